/** `swarmchart record`: runs another command and records its node. */
import { EngineError } from '../errors.js';
import type { RecordedNode } from '../replay/recorded-node.js';
import { recordedNode } from '../replay/recorded-node.js';
import type { TraceClass } from '../trace/format.js';
import type { Command } from './command.js';
import { readWords } from './command.js';
import { makeNodesBy } from './node-options.js';
import { printJson, printNote } from './output.js';

const CLASSES: readonly TraceClass[] = ['redacted', 'replayable', 'full'];

/** Commands that run one node, by name. */
const RECORDED: Readonly<Record<string, () => Promise<Command>>> = {
  dial: async () => (await import('./dial.js')).dialCommand,
  ping: async () => (await import('./ping.js')).pingCommand,
  cat: async () => (await import('./cat.js')).catCommand,
  get: async () => (await import('./get.js')).getCommand,
  add: async () => (await import('./add.js')).addCommand,
  listen: async () => (await import('./listen.js')).listenCommand,
  daemon: async () => (await import('./daemon.js')).daemonCommand,
};

export const recordCommand: Command = {
  name: 'record',
  usage: 'FILE -- COMMAND [WORDS...]',
  positionals: [2, Number.POSITIVE_INFINITY],
  options: {
    class: {
      type: 'string',
      value: 'CLASS',
      help: 'redacted, replayable (default: identity and all secrets from the seed) or full',
    },
    seed: {
      type: 'string',
      value: 'TEXT',
      help: 'what every secret follows from (default: a random one, told in the file)',
    },
    plaintext: { type: 'boolean', help: 'also what passes inside the secure channels, for trace export --pcapng' },
    'unsafe-include-secrets': { type: 'boolean', help: 'needed for class full, which writes keys into the file' },
  },
  examples: [
    'swarmchart record dial.trace.jsonl -- dial /ip4/127.0.0.1/tcp/4001',
    'swarmchart record --seed 7 fetch.trace.jsonl.gz -- cat CID --peer MA',
  ],
  async run(words) {
    const [path = '', name = '', ...args] = words.positionals;
    const load = RECORDED[name];
    if (load === undefined) throw invalid(`record runs ${Object.keys(RECORDED).join(', ')}; got "${name}"`);
    const traceClass = CLASSES.find((known) => known === (words.text('class') ?? 'replayable'));
    if (traceClass === undefined) throw invalid(`--class takes ${CLASSES.join(', ')}`);
    const command = await load();
    const seed = words.text('seed');
    let recording: RecordedNode | undefined;
    makeNodesBy(async (options) => {
      if (recording !== undefined) throw invalid(`"${name}" makes more than one node; record one that makes one`);
      recording = await recordedNode({
        ...options,
        to: path,
        class: traceClass,
        title: `swarmchart ${name}`,
        plaintext: words.flag('plaintext'),
        unsafeIncludeSecrets: words.flag('unsafe-include-secrets'),
        ...(seed === undefined ? {} : { seed }),
      });
      return recording.node;
    });
    try {
      return await command.run(readWords(command, args));
    } finally {
      await recording?.close();
      if (words.flag('json')) printJson({ event: 'recorded', file: path });
      else printNote(`recorded: ${path}`);
    }
  },
};

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}

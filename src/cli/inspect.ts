/** `swarmchart inspect`: serves the inspector's page for a trace, or shows the same as lines. */
import { EngineError } from '../errors.js';
import { openFileSource, type FileSourceOptions, type TraceText } from '../inspect/file-source.js';
import type { RecordChoice } from '../inspect/record-choice.js';
import type { InspectSource } from '../inspect/source.js';
import { traceTextOf } from '../platform/trace-stream.js';
import type { Command, Words } from './command.js';
import { PORT_MAX, serveUntilInterrupted } from './inspect-serving.js';
import { REPO_OPTION } from './node-options.js';
import { printJson, printLine } from './output.js';

export const inspectCommand: Command = {
  name: 'inspect',
  usage: '[TRACE] [OTHER]',
  positionals: [0, 2],
  options: {
    ...REPO_OPTION,
    port: { type: 'string', value: 'PORT', help: 'where the page is served, on loopback (default: whichever free port)' },
    actor: { type: 'string', value: 'GLOB', help: 'only these actors, e.g. "conn:1*" or "*/noise"' },
    from: { type: 'string', value: 'MS', help: 'only from so many milliseconds after the first record on' },
    to: { type: 'string', value: 'MS', help: 'only up to so many milliseconds after the first record' },
    'allow-control': { type: 'boolean', help: 'let the page hold, step and disturb what it looks at' },
    open: { type: 'boolean', help: 'open the page in the browser' },
  },
  examples: [
    'swarmchart inspect run.trace.jsonl',
    'swarmchart inspect before.trace.jsonl after.trace.jsonl       (compares them)',
    'swarmchart inspect huge.trace.jsonl.gz --actor "conn:7*" --from 1000 --to 2000',
  ],
  async run(words) {
    const [path] = words.positionals;
    if (path === undefined) return explain(words);
    const source = await sourceOf(words);
    return serveUntilInterrupted({
      source,
      port: words.number('port', 0, 0, PORT_MAX),
      allowControl: words.flag('allow-control'),
      opens: words.flag('open'),
      json: words.flag('json'),
    });
  },
};

/** The trace files that the words name, as a source. */
async function sourceOf(words: Words): Promise<InspectSource> {
  const [path = '', other] = words.positionals;
  const texts: [TraceText, ...TraceText[]] = [{ id: 'main', open: traceTextOf(path) }];
  if (other !== undefined) texts.push({ id: 'other', open: traceTextOf(other) });
  const options: FileSourceOptions = { choice: choiceOf(words) };
  return openFileSource(texts, options);
}

/** What the words choose of a trace. */
export function choiceOf(words: Words): RecordChoice {
  return { actor: words.text('actor'), fromMs: millisecondsOf(words, 'from'), toMs: millisecondsOf(words, 'to') };
}

function millisecondsOf(words: Words, name: string): number | undefined {
  const text = words.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--${name} takes milliseconds, got "${text}"`);
}

function explain(words: Words): number {
  const how = `Nothing to look at is named.
  swarmchart inspect FILE.trace.jsonl       a trace: swarmchart record FILE -- COMMAND writes one
  swarmchart daemon --inspect [PORT]        a node that runs, live
  npm start                                 a demo that ends with a trace to look at`;
  if (words.flag('json')) printJson({ ok: false, why: how });
  else printLine(how);
  return 2;
}

/** `swarmchart provide`: the other process of the demo. Adds one file, serves it, and tells its steps as JSON lines. */
import { createReadStream } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createNode } from '../create-node.js';
import type { Command } from './command.js';
import { REPO_OPTION, repoFolder, untilInterrupted } from './node-options.js';
import { printJson } from './output.js';

/** A node's clock counts from the start of its process; this puts it on the wall clock that two processes share. */
export function wallTimeMs(clockMs: number): number {
  return performance.timeOrigin + clockMs;
}

export const provideCommand: Command = {
  name: 'provide',
  usage: 'PATH',
  positionals: [1, 1],
  options: {
    ...REPO_OPTION,
    record: { type: 'string', value: 'FILE', help: 'write a trace of what the provider does, from the first peer on' },
  },
  examples: ['swarmchart provide ./video.mp4 --repo ./repo'],
  async run(words) {
    const [path = ''] = words.positionals;
    const node = await createNode({
      repo: repoFolder(words),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      security: ['noise', 'secio'],
    });
    const { cid } = await node.add(createReadStream(path));
    node.transitions$.subscribe(({ actor, machine, to, event, timeMs }) =>
      printJson({ event: 'step', step: { timeMs: wallTimeMs(timeMs), actor, machine, to, event } }),
    );
    const trace = words.text('record');
    if (trace !== undefined) node.record(trace, { title: 'provider' });
    const { timeOrigin: originMs } = performance;
    const ended = Promise.race([untilInterrupted(), standardInputEnds()]);
    printJson({ event: 'listening', addresses: node.addresses, cid: cid.toString(), originMs });
    await ended;
    await node.stop();
    return 0;
  },
};

/** Whoever started the process is gone. */
function standardInputEnds(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.resume();
    process.stdin.once('end', resolve);
  });
}

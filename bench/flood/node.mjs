// The node under test, as built in dist/: answers echo, and tells its figures when asked. Ends with its parent. Takes the
// bound of its memory and, as JSON, other bounds.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createNode } from '../../dist/index.js';

const memoryBytes = Number(process.argv[2]);
const limits = JSON.parse(process.argv[3] ?? '{}');
const node = await createNode({
  testProtocols: true,
  limits,
  resources: { system: { memoryBytes } },
  onBroken: (error) => process.send({ broken: `${error.code}: ${error.message}` }),
});
const told = {};
/** How long the loop was busy between two looks at its sockets. */
const turns = monitorEventLoopDelay({ resolution: 1 });
turns.enable();
node.events$.subscribe((event) => {
  if (event.error === undefined) return;
  const key = `${event.type} ${event.error.code}`;
  told[key] = (told[key] ?? 0) + 1;
});
/** Milliseconds that this process was ready and had no core: what other work on the machine takes. Linux alone says. */
function starvedMs() {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

process.on('message', async ({ ask }) => {
  if (ask === 'stop') {
    await node.stop();
    process.disconnect();
    return;
  }
  if (ask === 'collect') globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const { system, transient } = node.resources();
  const sockets = process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
  const turnMs = { p50: turns.percentile(50) / 1e6, p99: turns.percentile(99) / 1e6, max: turns.max / 1e6 };
  if (ask !== 'look') turns.reset();
  process.send({
    figures: {
      turnMs,
      rss,
      heapUsed,
      arrayBuffers,
      starvedMs: starvedMs(),
      cpuUs: process.cpuUsage().user + process.cpuUsage().system,
      actors: node.liveActors,
      sockets,
      connections: node.connections().length,
      system: system.usage,
      transient: transient.usage,
      told,
    },
  });
});
process.on('disconnect', () => process.exit(0));
process.send({ address: node.addresses[0] });

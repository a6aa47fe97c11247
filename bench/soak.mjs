/**
 * A soak: `node bench/soak.mjs [--minutes 10] [--json]`. A node in a process of its own, and peers that come, echo on many
 * streams, reset some, and leave, over and over, some of them in the middle of a handshake. Ends by itself; the node's
 * actors, sockets, scopes and heap at the end stand beside what they were at the beginning. Exits with 1 where actors,
 * sockets or scopes differ, or the heap has grown by more than a tenth and 8 MiB.
 */
import { fork } from 'node:child_process';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createNode } from '../dist/index.js';

const here = dirname(fileURLToPath(import.meta.url));
const MIB = 1024 * 1024;
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
});
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// What a node remembers of peers that left is bounded, at 10,000 of them; here it is full before the first count, so that
// whatever has grown at the end is a leak.
const REMEMBERED = { peerstorePeers: 50, bitswapDepartedLedgers: 50 };
const WARM_VISITS = 200;
const child = fork(join(here, 'flood', 'node.mjs'), [String(1024 * MIB), JSON.stringify(REMEMBERED)], {
  execArgv: ['--expose-gc'],
});
const broken = [];
const waiting = [];
child.on('message', (message) =>
  message.broken === undefined ? waiting.shift()?.(message) : broken.push(message.broken),
);
const next = () => new Promise((resolve) => waiting.push(resolve));
const ask = async (what) => {
  child.send({ ask: what });
  return (await next()).figures;
};

/** What is left when everybody has gone. */
async function settled() {
  await wait(3000);
  await ask('collect');
  await wait(500);
  return ask('collect');
}

/** One peer’s life: 20 streams, of which it resets five, and then it leaves. */
async function visit(address) {
  const peer = await createNode({ listen: [] });
  try {
    const echoes = Array.from({ length: 20 }, async (_, at) => {
      const stream = await peer.openStream(address, '/echo/1.0.0');
      stream.closed.catch(() => undefined);
      if (at % 4 === 0) return stream.reset();
      stream.write(new Uint8Array(10_000 * at));
      stream.closeWrite();
      for await (const chunk of stream) if (chunk.length === 0) throw new Error('an empty chunk');
    });
    await Promise.all(echoes);
  } finally {
    await peer.stop();
  }
}

/** A connection that is dropped in the middle of its handshake. */
async function intrude(address) {
  const [, , host, , port] = address.split('/');
  const socket = connect({ host, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(Buffer.from('\x13/multistream/1.0.0\n'));
  await wait(20);
  socket.destroy();
}

try {
  const { address } = await next();
  for (let warm = 0; warm < WARM_VISITS; warm++) await visit(address);
  const before = await settled();
  let visits = 0;
  for (const end = performance.now() + Number(values.minutes) * 60_000; performance.now() < end; visits++) {
    await Promise.all([visit(address), visit(address), intrude(address)]);
  }
  const after = await settled();
  const counts = ({ actors, sockets, system, transient }) => JSON.stringify({ actors, sockets, system, transient });
  const grown = after.heapUsed - before.heapUsed;
  const isClean = counts(before) === counts(after) && grown <= before.heapUsed / 10 + 8 * MIB && broken.length === 0;
  const figures = ({ actors, sockets, heapUsed, rss, system }) => ({
    actors,
    sockets,
    heapMib: Number((heapUsed / MIB).toFixed(1)),
    rssMib: Number((rss / MIB).toFixed(0)),
    scopes: system,
  });
  const summary = {
    minutes: Number(values.minutes),
    peers: 2 * visits,
    before: figures(before),
    after: figures(after),
    broken,
    isClean,
  };
  console.log(values.json ? JSON.stringify(summary) : JSON.stringify(summary, null, 2));
  process.exitCode = isClean ? 0 : 1;
} finally {
  child.kill('SIGKILL');
}

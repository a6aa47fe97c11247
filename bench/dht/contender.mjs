// A network of DHT servers of one contender in one process: the same commands and the same loops for both.
//
//   node --expose-gc bench/dht/contender.mjs --contender swarmchart|js-libp2p --nodes 50
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFlags, serveControl } from '../../test/peers/control.mjs';

const flags = parseFlags({
  contender: { type: 'string' },
  nodes: { type: 'string', default: '50' },
});
const WARM_NETWORKS = 2;
const WARM_NODES = 8;
const WARM_REST_MS = 35_000;
const CONTENDERS = { swarmchart: './swarmchart.mjs', 'js-libp2p': './js-libp2p.mjs' };
const { startNode } = await import(CONTENDERS[flags.contender]);

const memory = async () => {
  for (let i = 0; i < 3; i += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
};

// What one node more costs is asked, not what the code costs: small networks come and go before, and the first node of the
// large one is not counted. V8 fits the size of a class's objects to the first seven of them, as far as they live: there have
// to be more of each, at once, or whatever is made later has its fields in a list, or in a dictionary, beside it.
for (let network = 0; network < WARM_NETWORKS; network += 1) {
  const small = [];
  while (small.length < WARM_NODES) small.push(await startNode());
  for (const [index, node] of small.entries()) {
    for (const other of small.slice(index + 1)) await node.connect(other.addresses[0]);
  }
  for (let count = 0; count < 30; count += 1)
    await small[count % WARM_NODES].closestPeers(Buffer.from(`warm ${count}`));
  await Promise.all(small.map((node) => node.stop()));
}
const nodes = [await startNode()];
let before;

/** Numbers from a seed, the same for each contender: 0 to below `most`. */
function numbersOf(seed) {
  let count = 0;
  return (most) => bytesOf(`${seed}/${count++}`).readUInt32BE(0) % most;
}
const bytesOf = (text) => createHash('sha256').update(text).digest();

/** Messages that were sent since the last time it was called, by all nodes, requests, answers and others in one sum. */
function messagesSince(counted) {
  let sum = 0;
  for (const { counts } of nodes) sum += counts.requests + counts.answers + counts.others;
  return sum - counted;
}

/** Who has not been sent what is asked for: nobody answers from its own store. */
function stranger(pick, stored, own) {
  const holders = new Set([...stored, nodes[own].peerId]);
  const others = nodes.filter(({ peerId }) => !holders.has(peerId));
  if (others.length === 0) throw new Error('every node holds the record');
  return others[pick(others.length)];
}

/** Does `work` so many times, one after another. Times in milliseconds, of all work CPU and messages. */
async function timed(seed, count, work) {
  const pick = numbersOf(seed);
  const times = [];
  const counted = messagesSince(0);
  const cpu = process.cpuUsage();
  for (let number = 0; number < count; number += 1) {
    const act = await work(pick, `${seed}/${number}`);
    const begun = performance.now();
    await act();
    times.push(performance.now() - begun);
  }
  const { user, system } = process.cpuUsage(cpu);
  return { times, cpuMillis: (user + system) / 1e3 / count, messages: messagesSince(counted) / count };
}

const stored = [];
const values = [];

serveControl({
  peerId: nodes[0].peerId,
  addresses: nodes[0].addresses,
  commands: {
    // Every node dials the `degree` that come next in the ring, one dial after another.
    join: async ({ degree }) => {
      // What timers of stopped nodes still hold would be counted as there before, and be gone after.
      await sleep(WARM_REST_MS);
      before = await memory();
      while (nodes.length < Number(flags.nodes)) nodes.push(await startNode());
      const begun = performance.now();
      for (let step = 1; step <= Math.min(degree, Math.floor(nodes.length / 2)); step += 1) {
        for (const [index, node] of nodes.entries())
          await node.connect(nodes[(index + step) % nodes.length].addresses[0]);
      }
      return { millis: performance.now() - begun };
    },
    // Tables no longer grow, and nobody asks anybody: what a node does of itself at its start is over.
    settle: async ({ quietMs = 3_000, timeoutMs = 120_000 }) => {
      const giveUp = performance.now() + timeoutMs;
      const sum = () => nodes.reduce((total, node) => total + node.tableSize(), messagesSince(0));
      for (let last = -1; last !== sum() && performance.now() < giveUp;) {
        last = sum();
        await sleep(quietMs);
      }
      const sizes = nodes.map((node) => node.tableSize()).sort((a, b) => a - b);
      return { least: sizes[0], median: sizes[sizes.length >> 1], most: sizes.at(-1) };
    },
    /** At rest: streams that are kept for a while are gone after `restMs`. */
    memory: async ({ restMs }) => {
      await sleep(restMs);
      const now = await memory();
      const each = (bytes) => bytes / 1024 / (nodes.length - 1);
      return {
        heap: each(now.heapUsed + now.external - before.heapUsed - before.external),
        rss: each(now.rss - before.rss),
        // Two of one pair stay where both have dialed at once.
        connections: nodes.reduce((sum, node) => sum + node.connections(), 0) / nodes.length,
      };
    },
    closest: async ({ seed, count }) =>
      timed(seed, count, async (pick, text) => {
        const node = nodes[pick(nodes.length)];
        return async () => {
          const peers = await node.closestPeers(bytesOf(text));
          if (peers.length < Math.min(15, nodes.length - 1)) throw new Error(`only ${peers.length} peers were found`);
        };
      }),
    /** What is provided and put here is what `find` and `get` ask for. */
    provide: async ({ seed, count }) =>
      timed(seed, count, async (pick, text) => {
        const own = pick(nodes.length);
        return async () => {
          const holders = await nodes[own].provide(bytesOf(text));
          if (holders.length === 0) throw new Error('nobody took the record');
          stored.push({ text, own, holders });
        };
      }),
    find: async ({ seed, count }) =>
      timed(seed, count, async (pick) => {
        const { text, own, holders } = stored[pick(stored.length)];
        const node = stranger(pick, holders, own);
        return async () => {
          const id = await node.firstProvider(bytesOf(text));
          if (id !== nodes[own].peerId) throw new Error(`${id} was found`);
        };
      }),
    put: async ({ seed, count }) =>
      timed(seed, count, async (pick, text) => {
        const own = pick(nodes.length);
        const key = Buffer.from(`/v/${text}`);
        return async () => {
          const holders = await nodes[own].put(key, Buffer.from(`1 ${text}`));
          if (holders.length === 0) throw new Error('nobody took the value');
          values.push({ key, own, holders });
        };
      }),
    get: async ({ seed, count }) =>
      timed(seed, count, async (pick) => {
        const { key, own, holders } = values[pick(values.length)];
        const node = stranger(pick, holders, own);
        return async () => {
          const value = await node.firstValue(key);
          if (Buffer.from(value).toString() !== `1 ${key.subarray(3)}`) throw new Error('another value came');
        };
      }),
    /** Provides so many keys of one node in the way that is best of it. */
    provideMany: async ({ seed, count }) => {
      const counted = messagesSince(0);
      const begun = performance.now();
      const cpu = process.cpuUsage();
      const done = await nodes[0].provideMany(Array.from({ length: count }, (_, index) => bytesOf(`${seed}/${index}`)));
      const { user, system } = process.cpuUsage(cpu);
      const millis = performance.now() - begun;
      return { ...done, millis, cpuMillis: (user + system) / 1e3, messages: messagesSince(counted) };
    },
  },
  stop: () => Promise.all(nodes.map((node) => node.stop())),
  lifetimeSeconds: flags['lifetime-seconds'],
});

// One process of one contender: a server or a client, the same commands and the same loops for both contenders.
//
//   node bench/contender.mjs --contender swarmchart|js-libp2p --kind bare|node|content --security noise
//
// bare: connections and streams. node: identify and ping too. content: blocks, bitswap and UnixFS, stores in memory.
import { many, parseFlags, seededChunks, serveControl } from '../test/peers/control.mjs';

const flags = parseFlags({
  contender: { type: 'string' },
  kind: { type: 'string', default: 'node' },
  security: { type: 'string', default: 'noise' },
});
const CONTENDERS = { swarmchart: './swarmchart.mjs', 'js-libp2p': './js-libp2p.mjs' };
const { createContender } = await import(CONTENDERS[flags.contender]);
const config = { kind: flags.kind, security: flags.security };
const node = await createContender({ ...config, listens: true });

/** Connections that are kept, by address. */
const kept = new Map();
/** Streams that are kept. */
const heldStreams = [];
/** Nodes of the row on memory. */
const holders = [];

async function connection(address) {
  if (!kept.has(address)) kept.set(address, await node.dial(address));
  return kept.get(address);
}

/** Connections from `concurrency` identities, each one after another; made, secured, muxed, closed. */
async function dialMany({ address, count, concurrency, identified }) {
  const dialers = [];
  const prepare = async () => {
    const dialer = await createContender({ ...config, listens: false });
    dialers.push(dialer);
    return async () => {
      const dialed = await dialer.dial(address);
      if (identified) await dialer.identified(dialed);
      await dialer.close(dialed);
    };
  };
  return many({ count, concurrency }, prepare, () => void Promise.all(dialers.map((dialer) => dialer.stop())));
}

serveControl({
  peerId: node.peerId,
  addresses: node.addresses,
  commands: {
    cpu: async () => process.cpuUsage(),
    dialMany,
    echoMany: async ({ address, count, concurrency }) => {
      const over = await connection(address);
      const payload = new Uint8Array(32).fill(7);
      return many({ count, concurrency }, async () => () => node.echo(over, payload));
    },
    perf: async ({ address, send = 0, receive = 0 }) => {
      const over = await connection(address);
      const started = performance.now();
      await node.perf(over, send, receive);
      return { millis: performance.now() - started };
    },
    /** Connects from as many identities as said, and keeps the connections. */
    hold: async ({ address, count }) => {
      const prepare = async () => async () => {
        const holder = await createContender({ ...config, listens: false });
        holders.push(holder);
        const dialed = await holder.dial(address);
        await holder.identified?.(dialed);
      };
      return many({ count, concurrency: 8 }, prepare);
    },
    /** Opens streams on one connection, each with an echo answered, and keeps them. */
    holdStreams: async ({ address, count }) => {
      const over = await connection(address);
      return many({ count, concurrency: 64 }, async () => async () => void heldStreams.push(await node.openEcho(over)));
    },
    release: async () => {
      await Promise.all(holders.splice(0).map((holder) => holder.stop()));
      return {};
    },
    /** Resolves when the node has `count` connections, and knows who is there. */
    settled: async ({ count }) => {
      await node.settled(count);
      return {};
    },
    memory: async () => {
      for (let i = 0; i < 3; i += 1) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, heapUsed, external };
    },
    addFile: async ({ seed, size, chunkBytes }) => ({ cid: await node.addFile(seededChunks(seed, size), chunkBytes) }),
    getFile: async ({ address, cid, size }) => {
      await connection(address);
      const started = performance.now();
      let bytes = 0;
      let firstMillis;
      for await (const piece of node.readFile(cid)) {
        firstMillis ??= performance.now() - started;
        bytes += piece.length;
      }
      if (bytes !== size) throw new Error(`${bytes} of ${size} bytes came`);
      return { millis: performance.now() - started, firstMillis };
    },
    addBlocks: async ({ seed, count, size }) => ({
      cids: await node.addBlocks(seededChunks(seed, count * size, size)),
    }),
    getBlocks: async ({ address, cids, concurrency, size }) => {
      await connection(address);
      const left = [...cids];
      return many({ count: cids.length, concurrency }, async () => async () => {
        const { length } = await node.getBlock(left.pop());
        if (length !== size) throw new Error(`a block of ${length} bytes came`);
      });
    },
  },
  stop: () => Promise.all([...holders, node].map((each) => each.stop())),
  lifetimeSeconds: flags['lifetime-seconds'],
});

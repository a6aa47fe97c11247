// What the peers with a Kademlia DHT have in common: many nodes in one process, one set of commands, one namespace of
// records for tests. Node built-ins only.
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
const MAX_NODES = 100;

/** The namespace `v`: a value begins with a decimal number, and the greatest number is the best. */
export const testRecords = {
  validate: (value) => {
    if (!/^\d/.test(Buffer.from(value).toString('latin1'))) throw new Error('a value of /v/ begins with a number');
  },
  select: (values) => {
    const ranks = values.map((value) => Number.parseInt(Buffer.from(value).toString('latin1'), 10));
    return ranks.indexOf(Math.max(...ranks));
  },
};

/** Starts the nodes of `--nodes`. */
export async function startNodes(count, start) {
  const wanted = Number(count);
  if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > MAX_NODES)
    throw new RangeError(`--nodes is 1 to ${MAX_NODES}, not ${count}`);
  return Promise.all(Array.from({ length: wanted }, (_, index) => start(index)));
}

/** The addresses to announce: each ends in the id of its node. */
export const addressesOf = (nodes) => nodes.flatMap(({ addresses }) => addresses);

/**
 * The commands, see README.md. A node is `{ peerId, addresses, connect(address), tableSize(), provide(cid),
 * findProviders(cid, signal), findPeer(id), put(key, value), get(key), closestPeers(key), stop() }`; what finds peers yields
 * `{ peerId, addresses }`. Keys and values travel in base64.
 */
export function kadCommands(nodes) {
  const at = (index = 0) => {
    if (nodes[index] === undefined) throw new RangeError(`there are ${nodes.length} nodes, no number ${index}`);
    return nodes[index];
  };
  const bytes = (base64) => Buffer.from(base64, 'base64');
  return {
    nodes: async () => ({ list: nodes.map(({ peerId, addresses }) => ({ peerId, addresses })) }),
    connect: async ({ address, node }) => {
      const dialers = node === undefined ? nodes : [at(node)];
      await Promise.all(dialers.map((dialer) => dialer.connect(address)));
      return {};
    },
    // Every node dials the `degree` that come next in the ring; left out, all are connected with all. In a sparse ring the
    // js lookups find little: they ask none that is not closer than who told of it. One dial after another: all handshakes
    // are this one process's, and side by side each would wait for all.
    mesh: async ({ degree = nodes.length }) => {
      for (let step = 1; step <= Math.min(degree, Math.floor(nodes.length / 2)); step += 1) {
        for (const [index, node] of nodes.entries()) await node.connect(at((index + step) % nodes.length).addresses[0]);
      }
      return {};
    },
    waitTables: async ({ n, node, timeoutMs = 60_000 }) => {
      const watched = node === undefined ? nodes : [at(node)];
      const giveUp = performance.now() + timeoutMs;
      for (;;) {
        const sizes = watched.map((one) => one.tableSize());
        if (sizes.every((size) => size >= n)) return { sizes };
        if (performance.now() > giveUp) throw new Error(`the tables hold ${sizes.join(', ')}, not ${n}`);
        await sleep(POLL_MS);
      }
    },
    tableSize: async ({ node }) => ({ size: at(node).tableSize() }),
    provide: async ({ cid, node }) => ({ ...(await at(node).provide(cid)) }),
    findProviders: async ({ cid, node, enough = Infinity }) => {
      const providers = new Map();
      for await (const provider of at(node).findProviders(cid)) {
        providers.set(provider.peerId, provider);
        if (providers.size >= enough) break;
      }
      return { providers: [...providers.values()] };
    },
    findPeer: async ({ peerId, node }) => at(node).findPeer(peerId),
    getClosestPeers: async ({ key, node }) => {
      const peers = [];
      for await (const peer of at(node).closestPeers(bytes(key))) peers.push(peer);
      return { peers };
    },
    putValue: async ({ key, value, node }) => ({ ...(await at(node).put(bytes(key), bytes(value))) }),
    getValue: async ({ key, node }) => ({ value: Buffer.from(await at(node).get(bytes(key))).toString('base64') }),
  };
}

// Some of the DHT servers of a made network, whole nodes of swarmchart in one process: see made-network.mjs, which starts it.
// It ends with its standard input.
import { parseFlags, serveControl } from '../../test/peers/control.mjs';
import { createNode } from '../../dist/create-node.js';
import { generateIdentity } from '../../dist/crypto/keys.js';
import { nodeCiphers } from '../../dist/platform/node-ciphers.js';
import { SeededRandom } from '../../dist/sim/seeded-random.js';
import { inOrder, numbersOf, placed, tableOf } from './key-space.mjs';
import { LIMITS } from './swarmchart.mjs';

const DAY_MS = 86_400_000;
/** What a node does of itself now and then comes after the measurement: ten thousand nodes share a machine. */
const AT_REST = { kadRefreshMs: DAY_MS, kadBootstrapMs: DAY_MS, yamuxKeepAliveMs: DAY_MS };

const flags = parseFlags();
const servers = [];
let ordered = [];
const places = new Map();

/** Starts a server of a key of its own: the same seed is the same network. */
async function start(seed) {
  const { privateKeyProtobuf } = generateIdentity(nodeCiphers, new SeededRandom(seed));
  const node = await createNode({
    privateKey: privateKeyProtobuf,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    limits: { ...LIMITS, ...AT_REST },
    routing: { dht: { mode: 'server', peers: 'any' } },
    onBroken: (error) => console.error(error),
  });
  // The table is what it is made: nobody who comes gets in, and nobody is asked whether it is there.
  node.dhts[0].routing.upkeep.stop();
  servers.push(node);
  return [node.peerId, node.addresses[0].split('/p2p/')[0]];
}

/** Makes the table of a server, and lets it know where those in it are. Answers how many there are. */
async function fill(node, seed) {
  const { table, keySpace } = node.dhts[0].routing;
  // Places in the key space are the same for all servers: one of each in the process is enough.
  const peer = keySpace.peer.bind(keySpace);
  keySpace.peer = (id) => places.get(id) ?? peer(id);
  const index = ordered.indexOf(places.get(node.peerId));
  const known = tableOf(ordered, index, numbersOf(`${seed}/${node.peerId}`));
  for (const one of known) table.answered(one);
  await Promise.all(known.map(({ id, address }) => node.peers.merge(id, { addresses: [address] })));
  if (table.size !== known.length) throw new Error(`a table took ${table.size} of ${known.length} peers`);
  return table.size;
}

serveControl({
  peerId: '',
  addresses: [],
  commands: {
    /** Starts servers; answers their ids and addresses. */
    start: async ({ seeds }) => {
      const started = [];
      for (const seed of seeds) started.push(await start(seed));
      return { started };
    },
    /** Hears of the whole network. */
    hear: async ({ peers }) => {
      for (const [id, address] of peers) places.set(id, placed(id, address));
      ordered = inOrder(places.values());
      return {};
    },
    /** Makes the tables of some of the servers. */
    fill: async ({ from, to, seed }) => {
      const sizes = [];
      for (const node of servers.slice(from, to)) sizes.push(await fill(node, seed));
      return { sizes };
    },
    /** Who holds records of a provider: pairs of the number of a multihash, of these in hex, and a server's id. */
    holders: async ({ provider, multihashes }) => {
      const held = [];
      for (const { peerId, data } of servers) {
        for (const [index, multihash] of multihashes.entries()) {
          const record = await data.get(`/kad/dht/providers/${multihash}/${provider}`);
          if (record !== undefined) held.push([index, peerId]);
        }
      }
      return { held };
    },
    state: async () => ({
      connections: servers.reduce((sum, node) => sum + node.connections().length, 0),
      rssBytes: process.memoryUsage().rss,
    }),
  },
  // Thousands of nodes need not say goodbye one by one.
  stop: async () => undefined,
  lifetimeSeconds: flags['lifetime-seconds'],
});

// A live peer for the tests: js-libp2p 3 with the Kademlia DHT, `--nodes` of them in one process.
// Flags and control protocol: ../README.md.
import './polyfill.mjs';
import { parseFlags, serveControl } from '../control.mjs';
import { addressesOf, kadCommands, startNodes } from '../kad.mjs';

const flags = parseFlags({
  nodes: { type: 'string', default: '1' },
  protocol: { type: 'string', default: '/ipfs/kad/1.0.0' },
  client: { type: 'boolean', default: false },
});

// Imported late, so that the polyfill is there.
const { startNode } = await import('./node.mjs');
const { key, listen, protocol, client } = flags;
const nodes = await startNodes(flags.nodes, () => startNode({ key, listen, protocol, client }));

serveControl({
  peerId: nodes[0].peerId,
  addresses: addressesOf(nodes),
  commands: kadCommands(nodes),
  stop: () => Promise.all(nodes.map((node) => node.stop())),
  lifetimeSeconds: flags['lifetime-seconds'],
});

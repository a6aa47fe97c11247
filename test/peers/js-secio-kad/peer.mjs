// A live peer for the tests: js-libp2p 0.27 with secio, mplex and the Kademlia DHT 0.18, `--nodes` of them in one process.
// Flags and control protocol: ../README.md.
import { parseFlags, say, serveControl } from '../control.mjs';
import { addressesOf, kadCommands, startNodes } from '../kad.mjs';
import { startNode } from './node.mjs';

const flags = parseFlags({ key: { type: 'string', default: 'rsa' }, nodes: { type: 'string', default: '1' } });
const nodes = await startNodes(flags.nodes, () => startNode(flags));

serveControl({
  peerId: nodes[0].peerId,
  addresses: addressesOf(nodes),
  commands: kadCommands(nodes),
  stop: () => Promise.all(nodes.map((node) => node.stop())),
  lifetimeSeconds: flags['lifetime-seconds'],
});

// The library leaves some rejections of dead connections without an owner; they must not end the peer.
process.on('unhandledRejection', (error) => say({ event: 'unhandledRejection', error: String(error) }));

// A live peer for the tests: js-libp2p 3 and, with --helia, helia 7. Flags and control protocol: ../README.md.
import './polyfill.mjs';
import { parseFlags, serveControl } from '../control.mjs';

const flags = parseFlags({
  helia: { type: 'boolean', default: false },
  security: { type: 'string', multiple: true, default: ['noise'] },
  muxer: { type: 'string', multiple: true, default: ['yamux'] },
  parts: { type: 'string', default: '' },
  'no-identify': { type: 'boolean', default: false },
  'identify-push': { type: 'boolean', default: false },
});

// Imported late, so that the polyfills are there and a plain node does not wait for helia to load.
const { createNode, MUXER_OPTIONS, nodeCommands, privateKey } = await import('./node.mjs');
const names = flags.parts.split(',').filter((name) => name !== '');
const charted = names.length > 0 ? (await import('./parts.mjs')).chartedParts(names, MUXER_OPTIONS) : undefined;
const config = {
  key: await privateKey(flags.key),
  security: flags.security,
  muxers: flags.muxer,
  identify: !flags['no-identify'],
  identifyPush: flags['identify-push'],
  parts: charted?.parts,
};
const { helia, node } = flags.helia
  ? await (await import('./content.mjs')).startHelia({ ...config, listen: flags.listen })
  : { node: await createNode({ ...config, listen: flags.listen }) };
const content = helia ? (await import('./content.mjs')).contentCommands(helia, node) : {};

serveControl({
  peerId: node.peerId.toString(),
  addresses: node.getMultiaddrs().map(String),
  commands: { ...nodeCommands(node, config), ...content, ...charted?.commands },
  stop: () => (helia ?? node).stop(),
  lifetimeSeconds: flags['lifetime-seconds'],
});

// A live peer for the tests: mDNS of js-libp2p, and the tracker and client of bittorrent-tracker. Flags: ../README.md.
import { parseFlags, say, serveControl } from '../control.mjs';
import { startMdns } from './lan.mjs';
import { announce, leave, startTracker } from './tracker.mjs';

const flags = parseFlags({
  'mdns-port': { type: 'string', default: '' },
  'mdns-interval': { type: 'string', default: '1000' },
});

const found = (peer) => say({ event: 'found', peer });
const mdns =
  flags['mdns-port'] === ''
    ? undefined
    : await startMdns({
        key: flags.key,
        port: Number(flags['mdns-port']),
        interval: Number(flags['mdns-interval']),
        found,
      });
const tracker = await startTracker();

serveControl({
  peerId: mdns?.peerId ?? '',
  addresses: [mdns?.address ?? '/ip4/127.0.0.1/tcp/0'],
  commands: { announce, leave, ...tracker.commands },
  stop: () => Promise.all([mdns?.stop(), tracker.stop()]),
  lifetimeSeconds: flags['lifetime-seconds'],
});

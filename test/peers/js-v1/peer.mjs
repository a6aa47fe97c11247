// A live peer for the tests: js-libp2p 1. Flags and control protocol: ../README.md.
import '../js-modern/polyfill.mjs';
import { CONNECTION_LIMITS, runPeer, STREAM_LIMITS } from '../duplex.mjs';

// Imported late, so that the polyfills are there.
const { createEd25519PeerId, createRSAPeerId, createSecp256k1PeerId } = await import('@libp2p/peer-id-factory');
const { noise } = await import('@chainsafe/libp2p-noise');
const { yamux } = await import('@chainsafe/libp2p-yamux');
const { identify } = await import('@libp2p/identify');
const { mplex } = await import('@libp2p/mplex');
const { ping } = await import('@libp2p/ping');
const { plaintext } = await import('@libp2p/plaintext');
const { tcp } = await import('@libp2p/tcp');
const { tls } = await import('@libp2p/tls');
const { webSockets } = await import('@libp2p/websockets');
const { multiaddr } = await import('@multiformats/multiaddr');
const { createLibp2p } = await import('libp2p');

const KEYS = { rsa: () => createRSAPeerId({ bits: 2048 }), ed25519: createEd25519PeerId, secp256k1: createSecp256k1PeerId };
const SECURITY = { noise, plaintext, tls };
const MUXERS = { yamux, mplex };

await runPeer({
  multiaddr,
  start: async ({ key, listen, security, muxers, identify: identifies }) =>
    createLibp2p({
      peerId: await KEYS[key](),
      addresses: { listen },
      transports: [tcp(), webSockets()],
      connectionEncryption: security.map((name) => SECURITY[name]()),
      streamMuxers: muxers.map((name) => MUXERS[name](STREAM_LIMITS)),
      connectionManager: CONNECTION_LIMITS,
      connectionMonitor: { enabled: false },
      services: { ...(identifies ? { identify: identify(STREAM_LIMITS) } : {}), ping: ping(STREAM_LIMITS) },
    }),
});

// A live peer for the tests: js-libp2p 2. Flags and control protocol: ../README.md.
import '../js-modern/polyfill.mjs';
import { CONNECTION_LIMITS, runPeer, STREAM_LIMITS } from '../duplex.mjs';

// Imported late, so that the polyfills are there.
const { generateKeyPair } = await import('@libp2p/crypto/keys');
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

const KEYS = { rsa: ['RSA', 2048], ed25519: ['Ed25519'], secp256k1: ['secp256k1'] };
const SECURITY = { noise, plaintext, tls };
const MUXERS = { yamux, mplex };

await runPeer({
  multiaddr,
  start: async ({ key, listen, security, muxers, identify: identifies }) =>
    createLibp2p({
      privateKey: await generateKeyPair(...KEYS[key]),
      addresses: { listen },
      transports: [tcp(), webSockets()],
      connectionEncrypters: security.map((name) => SECURITY[name]()),
      streamMuxers: muxers.map((name) => MUXERS[name](STREAM_LIMITS)),
      connectionManager: CONNECTION_LIMITS,
      connectionMonitor: { enabled: false },
      services: { ...(identifies ? { identify: identify(STREAM_LIMITS) } : {}), ping: ping(STREAM_LIMITS) },
    }),
});

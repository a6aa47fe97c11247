// A live peer for the tests: js-libp2p 0.28 with libp2p-secio and mplex, or with --raw-secio TCP, multistream, secio
// and an echo of bytes without a muxer. Flags and control protocol: ../README.md.
import { generateKeyPairSync } from 'node:crypto';
import PeerId from 'peer-id';
import { parseFlags, serveControl } from '../control.mjs';
import { startNode } from './node.mjs';
import { startRaw } from './raw.mjs';
import { limitSuites } from './secio.mjs';

const flags = parseFlags({
  key: { type: 'string', default: 'rsa' },
  'raw-secio': { type: 'boolean', default: false },
  protocol: { type: 'string' },
  exchanges: { type: 'string' },
  ciphers: { type: 'string' },
  hashes: { type: 'string' },
});

limitSuites(flags);
const newIdentity = () => (flags.key === 'rsa' ? rsaIdentity() : PeerId.create({ keyType: flags.key }));
const peerId = await newIdentity();
const { addresses, commands, stop } = await (flags['raw-secio'] ? startRaw : startNode)({
  peerId,
  newIdentity,
  listen: flags.listen,
  protocol: flags.protocol,
});

serveControl({
  peerId: peerId.toB58String(),
  addresses,
  commands,
  stop,
  lifetimeSeconds: flags['lifetime-seconds'],
});

/** The library takes seconds to find an RSA key; Node's own is wrapped in the key protobuf instead. */
function rsaIdentity() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = privateKey.export({ type: 'pkcs1', format: 'der' });
  const head = Buffer.from([0x08, 0x00, 0x12, (der.length & 0x7f) | 0x80, der.length >> 7]);
  return PeerId.createFromPrivKey(Buffer.concat([head, der]));
}

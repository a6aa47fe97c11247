// A live peer for the tests: js-libp2p 0.26 with plaintext 1.0 or libp2p-secio, and libp2p-spdy or mplex. Flags and
// control protocol: ../README.md.
import { generateKeyPairSync } from 'node:crypto';
import PeerId from 'peer-id';
import { parseFlags, serveControl } from '../control.mjs';
import { startNode } from './node.mjs';

const flags = parseFlags({
  key: { type: 'string', default: 'rsa' },
  security: { type: 'string', default: 'plaintext' },
  muxer: { type: 'string', default: 'spdy' },
});
if (flags.key !== 'rsa') throw new Error('this peer has RSA identities only');

const peerId = await rsaIdentity();
const { addresses, commands, stop } = await startNode({
  peerId,
  newIdentity: rsaIdentity,
  listen: flags.listen,
  security: flags.security,
  muxer: flags.muxer,
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
  return new Promise((resolve, reject) => {
    PeerId.createFromPrivKey(Buffer.concat([head, der]), (error, id) => (error ? reject(error) : resolve(id)));
  });
}

/** Identities of every type that a node makes, over every security protocol, by the ciphers of node:crypto, noble and toys. */
import { describe, expect, test } from '@jest/globals';
import { noiseProtocol } from '../../../src/actors/connection/noise/handler.js';
import { plaintextProtocol } from '../../../src/actors/connection/plaintext/handler.js';
import { secioProtocol } from '../../../src/actors/connection/secio/handler.js';
import { tlsProtocol } from '../../../src/actors/connection/tls/handler.js';
import { generateIdentity } from '../../../src/crypto/keys.js';
import { portableCiphers } from '../../../src/crypto/portable-ciphers.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { insecureToyCiphers } from '../../../src/sim/index.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { exchange, NoiseSide } from '../../support/noise-side.js';

const PROTOCOLS = {
  noise: noiseProtocol,
  tls: tlsProtocol,
  secio: secioProtocol,
  plaintext: plaintextProtocol,
} as const;
const CIPHERS = { node: nodeCiphers, portable: portableCiphers, toy: insecureToyCiphers } as const;
const TYPES = ['Ed25519', 'Secp256k1', 'ECDSA'] as const;

describe.each(Object.entries(PROTOCOLS))('%s', (_name, protocol) => {
  test.each(Object.entries(CIPHERS).flatMap(([name, ciphers]) => TYPES.map((type) => ({ name, type, ciphers }))))(
    '$type, $name ciphers: each knows the other, who was expected',
    ({ type, ciphers }) => {
      const [ours, theirs] = ['ours', 'theirs'].map(
        (seed) => generateIdentity(ciphers, new SeededRandom(seed), type).identity,
      );
      if (ours === undefined || theirs === undefined) throw new Error('there are two');
      const dialer = new NoiseSide('dialer', {
        protocol,
        ciphers,
        identity: ours,
        expectedPeer: theirs.peerId,
      }).start();
      const listener = new NoiseSide('listener', { protocol, ciphers, identity: theirs }).start();
      exchange(dialer, listener);
      for (const [side, other] of [
        [dialer, theirs],
        [listener, ours],
      ] as const) {
        expect(side.failed).toBeUndefined();
        expect(side.secured?.remotePeer).toBe(other.peerId);
        expect(side.secured?.remotePublicKeyProtobuf).toEqual(other.publicKeyProtobuf);
      }
    },
  );
});

/** Identities and verification by key, under both twins of the Ciphers port. */
import { describe, expect, test } from '@jest/globals';
import { generateIdentity, identityFromPrivateKey, verifyWith } from '../../src/crypto/keys.js';
import { parsePeerId } from '../../src/crypto/peer-id.js';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { generateRsaPrivateKey } from '../../src/platform/generate-rsa.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { Ciphers, KeyType } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { decodePrivateKey, encodePrivateKey } from '../../src/wire/keys.js';
import { encodeP256PrivateKey } from '../../src/wire/p256-key.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface SpecKey {
  readonly type: KeyType;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly signature: string;
}
const { keys } = vectors('keys/libp2p-specs.json') as { readonly keys: readonly SpecKey[] };
const ecdsa = keys.find(({ type }) => type === 'ECDSA') as SpecKey;
const peerIds = (
  vectors('peer-ids/peer-ids.json') as {
    readonly ofKeys: readonly { readonly type: KeyType; readonly peerId: string }[];
  }
).ofKeys;

const signed = utf8('libp2p identity');
const twins: readonly { readonly name: string; readonly ciphers: Ciphers }[] = [
  { name: 'node', ciphers: nodeCiphers },
  { name: 'portable', ciphers: portableCiphers },
];
const ones = new Uint8Array(32).fill(1);
const P256_ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
/** The public key of a key on P-384, as libp2p would carry it, and its private key without the public one. */
const P384 = `080312783076301006072a8648ce3d020106052b8104002203620004${'11'.repeat(96)}`;
const P384_PRIVATE = `303e0201010430${'11'.repeat(48)}a00706052b81040022`;
const publicOfOnes = hex('8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c');

describe.each(twins)('$name ciphers', ({ name, ciphers }) => {
  const supported = keys.filter(({ type }) => name === 'node' || type !== 'RSA');

  test.each(supported)("the spec's $type key: public key, peer id, and the signature of other nodes", (key) => {
    const identity = identityFromPrivateKey(ciphers, hex(key.privateKey));
    expect(toHex(identity.publicKeyProtobuf)).toBe(key.publicKey);
    expect(identity.peerId).toBe(peerIds.find(({ type }) => type === key.type)?.peerId);
    expect(identity.signer.type).toBe(key.type);
    // Go draws a nonce for ECDSA: there is no one signature.
    if (key.type !== 'ECDSA') expect(toHex(identity.signer.sign(signed))).toBe(key.signature);
    expect(verifyWith(ciphers, identity.publicKeyProtobuf, signed, identity.signer.sign(signed))).toBe(true);
  });

  test.each(supported)(
    "a $type signature is by its key, its data and nobody else's",
    ({ type, publicKey, signature }) => {
      const verified = (overPublicKey: Uint8Array, data: Uint8Array, bytes: Uint8Array): boolean =>
        verifyWith(ciphers, overPublicKey, data, bytes);
      expect(verified(hex(publicKey), signed, hex(signature))).toBe(true);
      expect(verified(hex(publicKey), utf8('libp2p identitY'), hex(signature))).toBe(false);
      expect(verified(hex(publicKey), utf8(''), hex(signature))).toBe(false);
      expect(verified(hex(publicKey), signed, hex(signature).slice(1))).toBe(false);
      expect(verified(hex(publicKey), signed, concat(hex(signature), hex('00')))).toBe(false);
      expect(verified(hex(publicKey), signed, hex(''))).toBe(false);
      for (const other of keys) {
        if (other.type !== type) expect(verified(hex(other.publicKey), signed, hex(signature))).toBe(false);
      }
    },
  );

  test('keys that do not decode and keys of other types verify nothing, without an error', () => {
    for (const key of ['', '0801', 'ff'.repeat(40), ecdsa.publicKey, P384]) {
      expect(verifyWith(ciphers, hex(key), signed, hex(keys[0]?.signature ?? ''))).toBe(false);
    }
  });

  test('the Ed25519 seed of 32 bytes 01 is the peer that everybody knows', () => {
    const identity = identityFromPrivateKey(ciphers, encodePrivateKey({ type: 'Ed25519', data: ones }));
    expect(identity.peerId).toBe('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5');
    expect(identity.signer.publicKey).toEqual(publicOfOnes);
  });

  test.each([
    { name: 'the seed', data: ones },
    { name: 'seed and public key', data: concat(ones, publicOfOnes) },
    { name: 'seed and public key twice', data: concat(ones, publicOfOnes, publicOfOnes) },
  ])('an Ed25519 key stored as $name is the same', ({ data }) => {
    expect(ciphers.signer('Ed25519', data).publicKey).toEqual(publicOfOnes);
  });

  test.each([
    { name: 'another public key beside the seed', type: 'Ed25519', data: concat(ones, ones) },
    { name: 'two public keys that differ', type: 'Ed25519', data: concat(ones, publicOfOnes, ones) },
    { name: 'another public key twice', type: 'Ed25519', data: concat(ones, ones, ones) },
    { name: 'half a seed', type: 'Ed25519', data: ones.slice(16) },
    { name: 'zero', type: 'Secp256k1', data: new Uint8Array(32) },
    {
      name: 'the order of the group',
      type: 'Secp256k1',
      data: hex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'),
    },
    { name: 'a byte too few', type: 'Secp256k1', data: ones.slice(1) },
    { name: 'zero', type: 'ECDSA', data: encodeP256PrivateKey({ scalar: new Uint8Array(32) }) },
    {
      name: 'the order of the group',
      type: 'ECDSA',
      data: encodeP256PrivateKey({ scalar: hex(P256_ORDER) }),
    },
    {
      name: 'another public key beside it',
      type: 'ECDSA',
      data: encodeP256PrivateKey({ scalar: ones, point: hex(ecdsa.publicKey).slice(-65) }),
    },
    { name: 'another curve', type: 'ECDSA', data: hex(P384_PRIVATE) },
    { name: 'no DER', type: 'ECDSA', data: ones },
  ] as const)('a private key is refused: $type, $name', ({ type, data }) => {
    expect(thrownCode(() => ciphers.signer(type, data))).toBe('ERR_KEY_INVALID');
  });

  test('a signer does not see its key change', () => {
    for (const type of ['Ed25519', 'Secp256k1', 'ECDSA'] as const) {
      const data = type === 'ECDSA' ? encodeP256PrivateKey({ scalar: ones }) : ones.slice();
      const signer = ciphers.signer(type, data);
      const before = signer.sign(signed);
      data.fill(9);
      expect(signer.sign(signed)).toEqual(before);
    }
  });

  describe.each(['Ed25519', 'Secp256k1', 'ECDSA'] as const)('a new %s identity', (type) => {
    test('is the same for the same randomness, and another for another', () => {
      const first = generateIdentity(ciphers, new SeededRandom(7), type);
      const second = generateIdentity(ciphers, new SeededRandom(7), type);
      const third = generateIdentity(ciphers, new SeededRandom(8), type);
      expect(second.privateKeyProtobuf).toEqual(first.privateKeyProtobuf);
      expect(third.identity.peerId).not.toBe(first.identity.peerId);
      expect(parsePeerId(first.identity.peerId)).toBe(first.identity.peerId);
    });

    test('comes back from its private key', () => {
      const { identity, privateKeyProtobuf } = generateIdentity(ciphers, new SeededRandom(7), type);
      const again = identityFromPrivateKey(ciphers, privateKeyProtobuf);
      expect(again.peerId).toBe(identity.peerId);
      expect(decodePrivateKey(privateKeyProtobuf).data.length).toBe({ Ed25519: 64, Secp256k1: 32, ECDSA: 121 }[type]);
      expect(verifyWith(ciphers, again.publicKeyProtobuf, signed, identity.signer.sign(signed))).toBe(true);
    });
  });

  test('Ed25519 is what is made unless told otherwise', () => {
    expect(generateIdentity(ciphers, new SeededRandom(1)).identity.peerId).toMatch(/^12D3KooW/);
  });

  test('a stored key that does not decode is refused by name', () => {
    expect(thrownCode(() => identityFromPrivateKey(ciphers, hex('0801')))).toBe('ERR_KEY_INVALID');
    expect(thrownCode(() => identityFromPrivateKey(ciphers, hex('08041203010203')))).toBe('ERR_KEY_UNSUPPORTED');
  });
});

test('both twins make the same identities of the same randomness', () => {
  for (const type of ['Ed25519', 'Secp256k1', 'ECDSA'] as const) {
    const [one, other] = [nodeCiphers, portableCiphers].map((ciphers) =>
      generateIdentity(ciphers, new SeededRandom(3), type),
    );
    expect(one?.privateKeyProtobuf).toEqual(other?.privateKeyProtobuf);
    expect(one?.identity.peerId).toBe(other?.identity.peerId);
  }
});

describe('RSA', () => {
  test('is not there without node:crypto', () => {
    const rsa = keys.find(({ type }) => type === 'RSA');
    expect(thrownCode(() => identityFromPrivateKey(portableCiphers, hex(rsa?.privateKey ?? '')))).toBe(
      'ERR_KEY_UNSUPPORTED',
    );
    expect(verifyWith(portableCiphers, hex(rsa?.publicKey ?? ''), signed, hex(rsa?.signature ?? ''))).toBe(false);
  });

  test('a new key signs for a peer id of its own', () => {
    const identity = identityFromPrivateKey(nodeCiphers, generateRsaPrivateKey());
    expect(identity.peerId).toMatch(/^Qm/);
    expect(verifyWith(nodeCiphers, identity.publicKeyProtobuf, signed, identity.signer.sign(signed))).toBe(true);
  });

  test.each([2047, 1024, 8193, 0, Number.NaN, 2048.5])('a new key of %d bits is refused', (bits) => {
    expect(thrownCode(() => generateRsaPrivateKey(bits))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('a private key that is no PKCS#1 is refused', () => {
    expect(thrownCode(() => nodeCiphers.signer('RSA', hex('3003020101')))).toBe('ERR_KEY_INVALID');
    expect(thrownCode(() => nodeCiphers.signer('RSA', hex('')))).toBe('ERR_KEY_INVALID');
  });
});

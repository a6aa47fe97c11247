/** Identity keys: an {@link Identity} from a stored private key or from the node's randomness, and verification by key. */
import { assert } from '../errors.js';
import type { Ciphers, KeyType, RandomSource } from '../ports.js';
import { decodeP256PublicKey, encodeP256PrivateKey } from '../wire/p256-key.js';
import { decodePrivateKey, decodePublicKey, encodePrivateKey, encodePublicKey, type KeyMessage } from '../wire/keys.js';
import { privateKeyFromSeed } from './curve-orders.js';
import type { Identity } from './identity.js';
import { peerIdFromPublicKey } from './peer-id.js';

/** Key types that are made from the node's own randomness; RSA keys come from the platform. */
export type GeneratedKeyType = Exclude<KeyType, 'RSA'>;

/** An identity just made, and its private key (libp2p keys protobuf) for whoever stores it. */
export interface GeneratedIdentity {
  readonly identity: Identity;
  readonly privateKeyProtobuf: Uint8Array;
}

/**
 * The identity of a private key in the libp2p keys protobuf.
 * Throws `ERR_KEY_INVALID` and `ERR_KEY_UNSUPPORTED`.
 */
export function identityFromPrivateKey(ciphers: Ciphers, privateKeyProtobuf: Uint8Array): Identity {
  const { type, data } = decodePrivateKey(privateKeyProtobuf);
  const signer = ciphers.signer(type, data);
  const publicKeyProtobuf = encodePublicKey({ type, data: signer.publicKey });
  return { peerId: peerIdFromPublicKey(publicKeyProtobuf), signer, publicKeyProtobuf };
}

/** A new identity; the same random source gives the same one. */
export function generateIdentity(
  ciphers: Ciphers,
  random: RandomSource,
  type: GeneratedKeyType = 'Ed25519',
): GeneratedIdentity {
  const privateKeyProtobuf = encodePrivateKey(generateKey(ciphers, random, type));
  return { identity: identityFromPrivateKey(ciphers, privateKeyProtobuf), privateKeyProtobuf };
}

/**
 * Whether `signature` over `data` is by the public key in the libp2p keys protobuf. False, and never an error, for keys
 * and signatures that are malformed or of a type that is not supported.
 */
export function verifyWith(
  ciphers: Ciphers,
  publicKeyProtobuf: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  let key: KeyMessage;
  try {
    key = decodePublicKey(publicKeyProtobuf);
  } catch {
    return false;
  }
  return ciphers.verify(key.type, key.data, data, signature);
}

function generateKey(ciphers: Ciphers, random: RandomSource, type: GeneratedKeyType): KeyMessage {
  switch (type) {
    case 'Ed25519': {
      const seed = draw(random, 'identity.ed25519', 32);
      // Seed and public key side by side: the form that the spec prefers and every other node can read.
      const data = new Uint8Array(64);
      data.set(seed);
      data.set(ciphers.signer('Ed25519', seed).publicKey, 32);
      return { type, data };
    }
    case 'Secp256k1':
      return { type, data: privateKeyFromSeed('secp256k1', draw(random, 'identity.secp256k1', 48)) };
    case 'ECDSA': {
      const scalar = privateKeyFromSeed('P-256', draw(random, 'identity.ecdsa', 48));
      // With the public key beside it: js-libp2p reads no other.
      const { publicKey } = ciphers.signer(type, encodeP256PrivateKey({ scalar }));
      return { type, data: encodeP256PrivateKey({ scalar, point: decodeP256PublicKey(publicKey) }) };
    }
    default:
      return type satisfies never;
  }
}

function draw(random: RandomSource, label: string, size: number): Uint8Array {
  const bytes = random.bytes(label, size);
  assert(bytes.length === size, `the random source gave ${bytes.length} bytes for ${label}, not ${size}`);
  return bytes;
}

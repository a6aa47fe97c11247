/** Private keys of each type for live nodes, in the libp2p keys protobuf. */
import { readFileSync } from 'node:fs';
import { generateIdentity } from '../../src/crypto/keys.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { KeyType } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';

interface NamedKeyType {
  readonly type: KeyType;
  /** For `--key`. */
  readonly flag: string;
}

/** Ours and theirs. */
export interface KeyPair {
  readonly ours: NamedKeyType;
  readonly theirs: NamedKeyType;
  readonly name: string;
}

/** Key types, and how the peers' `--key` flag names them. */
export const KEY_TYPES: readonly NamedKeyType[] = [
  { type: 'RSA', flag: 'rsa' },
  { type: 'Ed25519', flag: 'ed25519' },
  { type: 'Secp256k1', flag: 'secp256k1' },
];

/** Each of ours with each of theirs. */
export const KEY_PAIRS = pairsOf(KEY_TYPES);

/** Of the Go peers: js-libp2p makes no peer id of an ECDSA key. */
const GO_KEY_TYPES: readonly NamedKeyType[] = [...KEY_TYPES, { type: 'ECDSA', flag: 'ecdsa' }];

/** Each of ours with each of the Go peers'. */
export const GO_KEY_PAIRS = pairsOf(GO_KEY_TYPES);

function pairsOf(types: readonly NamedKeyType[]): readonly KeyPair[] {
  return types.flatMap((ours) => types.map((theirs) => ({ ours, theirs, name: `${ours.type} and ${theirs.type}` })));
}

/** A private key of the type: always the same one, for finding an RSA key takes long. */
export function privateKeyOf(type: KeyType): Uint8Array {
  if (type !== 'RSA') return generateIdentity(nodeCiphers, new SeededRandom(`live/${type}`), type).privateKeyProtobuf;
  const { privateKey } = JSON.parse(
    readFileSync(new URL('../vectors/secio/rsa-identity.json', import.meta.url), 'utf8'),
  ) as { readonly privateKey: string };
  return new Uint8Array(Buffer.from(privateKey, 'base64'));
}

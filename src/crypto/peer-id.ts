/**
 * Peer ids (libp2p/specs peer-ids/peer-ids.md). Everywhere in the engine a peer id is its canonical text: the base58btc
 * form of the multihash, `12D3Koo...` (Ed25519), `16Uiu2...` (secp256k1) or `Qm...` (RSA and ECDSA). Short public keys are inlined
 * in it by the identity multihash; longer ones are hashed with sha2-256.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { base16 } from 'multiformats/bases/base16';
import { base32 } from 'multiformats/bases/base32';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { decodePublicKey, encodePublicKey } from '../wire/keys.js';
import { sameBytes } from './private-keys.js';

/** Multihash codes that a peer id may have. */
const IDENTITY = 0x00;
const SHA2_256 = 0x12;
/** Public keys of up to this many bytes, protobuf and all, are inlined: fixed by the spec. */
const INLINED_KEY_BYTES = 42;
/** Multicodec of the CID form. */
const LIBP2P_KEY = 0x72;

const MULTIBASE = base32.decoder.or(base58btc.decoder).or(base36.decoder).or(base16.decoder);

/**
 * The peer id of a public key in the libp2p keys protobuf. It is derived from the key's canonical encoding, so that one
 * key has one peer id however its sender wrote it.
 * Throws `ERR_KEY_INVALID` and `ERR_KEY_UNSUPPORTED`.
 */
export function peerIdFromPublicKey(publicKeyProtobuf: Uint8Array): string {
  const key = encodePublicKey(decodePublicKey(publicKeyProtobuf));
  const digest = key.length <= INLINED_KEY_BYTES ? Digest.create(IDENTITY, key) : Digest.create(SHA2_256, sha256(key));
  return toText(digest.bytes);
}

/**
 * Canonical text of a peer id in any of its text forms: base58btc, or a CIDv1 of codec libp2p-key in base32, base36,
 * base58btc or base16. Throws `ERR_PEER_ID_INVALID`.
 */
export function parsePeerId(text: string): string {
  // The length is judged first: decoding base58 and base36 takes time quadratic in it.
  if (text.length > LIMITS.peerIdTextChars) {
    throw invalid(`${text.slice(0, 16)}...`, `${text.length} characters, the limit is ${LIMITS.peerIdTextChars}`);
  }
  return guarded(`"${text}"`, () => toText(checked(multihashOf(text))));
}

/** The multihash of a peer id, as it travels. Throws `ERR_PEER_ID_INVALID`. */
export function peerIdToBytes(peerId: string): Uint8Array {
  return guarded(`"${peerId}"`, () => checked(base58btc.baseDecode(peerId)));
}

/** Canonical text of a peer id that travelled as a multihash. Throws `ERR_PEER_ID_INVALID`. */
export function peerIdFromBytes(bytes: Uint8Array): string {
  return guarded(`a multihash of ${bytes.length} bytes`, () => toText(checked(bytes)));
}

/** The public key (libp2p keys protobuf) that a peer id inlines; `undefined` where it holds only the key's hash. */
export function publicKeyOfPeerId(peerId: string): Uint8Array | undefined {
  const multihash = peerIdToBytes(peerId);
  return multihash[0] === IDENTITY ? multihash.subarray(2) : undefined;
}

function multihashOf(text: string): Uint8Array {
  if (text.startsWith('1') || text.startsWith('Qm')) return base58btc.baseDecode(text);
  const cid = CID.parse(text, MULTIBASE);
  if (cid.version !== 1 || cid.code !== LIBP2P_KEY) throw new RangeError('the CID is not a version 1 of libp2p-key');
  return cid.multihash.bytes;
}

/** The same multihash, once it is known to be one that the spec derives from a key. */
function checked(multihash: Uint8Array): Uint8Array {
  const { code, digest, bytes } = Digest.decode(multihash);
  if (code === IDENTITY) {
    if (digest.length > INLINED_KEY_BYTES) throw new RangeError(`an inlined key of ${digest.length} bytes`);
    const canonical = Digest.create(IDENTITY, encodePublicKey(decodePublicKey(digest))).bytes;
    if (!sameBytes(canonical, bytes)) throw new RangeError('not in the canonical encoding');
  } else if (code !== SHA2_256 || digest.length !== 32 || bytes.length !== 34) {
    throw new RangeError('neither an identity nor a sha2-256 multihash');
  }
  return bytes;
}

function toText(multihash: Uint8Array): string {
  return base58btc.baseEncode(multihash);
}

function guarded<Value>(subject: string, run: () => Value): Value {
  try {
    return run();
  } catch (cause) {
    throw invalid(subject, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(subject: string, why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_PEER_ID_INVALID', 'local', `${subject} is not a peer id: ${why}`, { cause });
}

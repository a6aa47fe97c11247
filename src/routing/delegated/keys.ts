/** Keys of delegated routing in text and in bytes (specs.ipfs.tech http-routing-v1, "Path Parameters"). */
import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { base64, base64url } from 'multiformats/bases/base64';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { parsePeerId, peerIdFromBytes, peerIdToBytes } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';

const LIBP2P_KEY = 0x72;
const RAW = 0x55;
const IPNS_PREFIX = new TextEncoder().encode('/ipns/');

const MULTIBASE = base32.decoder
  .or(base58btc.decoder)
  .or(base36.decoder)
  .or(base16.decoder)
  .or(base64.decoder)
  .or(base64url.decoder)
  .or(base32upper.decoder)
  .or(base36upper.decoder)
  .or(base16upper.decoder);

/** A CID in any base. Throws `ERR_INVALID_ARGUMENT`. */
export function parseCid(text: string): CID {
  // The length is judged first: decoding base58 and base36 takes time quadratic in it.
  if (text.length > LIMITS.httpRoutingKeyChars) {
    throw invalid(`a key of ${text.length} characters, the limit is ${LIMITS.httpRoutingKeyChars}`);
  }
  try {
    return CID.parse(text, MULTIBASE);
  } catch (cause) {
    throw invalid(`"${text}" is no CID`, cause);
  }
}

/** The key of a search for closest peers: the multihash of a CID or of a peer id. Throws `ERR_INVALID_ARGUMENT`. */
export function parseClosestKey(text: string): Uint8Array {
  try {
    return peerIdToBytes(parsePeerId(text));
  } catch {
    return parseCid(text).multihash.bytes;
  }
}

/** A multihash as a CID that leads to it, in base32. Throws `ERR_INVALID_ARGUMENT` for what is no multihash. */
export function closestKeyText(key: Uint8Array): string {
  try {
    return CID.createV1(RAW, Digest.decode(key)).toString();
  } catch (cause) {
    throw invalid('closestPeers: only the multihash of a CID or of a peer id can be asked for', cause);
  }
}

/** A peer id as a CID of libp2p-key, in base32. Throws `ERR_PEER_ID_INVALID`. */
export function peerCidText(peer: string): string {
  return peerCid(parsePeerId(peer)).toString();
}

/** The routing key of an IPNS name: `/ipns/` and the multihash of its peer id. Throws `ERR_PEER_ID_INVALID`. */
export function ipnsKey(name: string): Uint8Array {
  const multihash = peerIdToBytes(parsePeerId(name));
  const key = new Uint8Array(IPNS_PREFIX.length + multihash.length);
  key.set(IPNS_PREFIX);
  key.set(multihash, IPNS_PREFIX.length);
  return key;
}

/** The IPNS name of a routing key, as a CID in base36; `undefined` for a key of another namespace or without a peer id. */
export function ipnsNameOf(key: Uint8Array): string | undefined {
  if (!IPNS_PREFIX.every((byte, index) => key[index] === byte)) return undefined;
  try {
    return peerCid(peerIdFromBytes(key.subarray(IPNS_PREFIX.length))).toString(base36);
  } catch {
    return undefined;
  }
}

function peerCid(peer: string): CID {
  return CID.createV1(LIBP2P_KEY, Digest.decode(peerIdToBytes(peer)));
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message, { cause });
}

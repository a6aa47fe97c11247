/**
 * IPNS names (specs.ipfs.tech ipns-record, "IPNS Name"). A name is the multihash of a public key, as a peer id is: in the
 * engine it is the canonical peer id text; people see it as a CIDv1 of codec libp2p-key in base36, `k51...`.
 */
import { base36 } from 'multiformats/bases/base36';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import { parsePeerId, peerIdFromBytes, peerIdToBytes } from './peer-id.js';

/** Spaces of routing keys that hold what belongs to a peer id. */
export type KeyNamespace = 'ipns' | 'pk';

const PREFIX = '/ipns/';
/** Multicodec of the CID form. */
const LIBP2P_KEY = 0x72;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Canonical peer id text of a name in any of its forms: `k51...`, `12D3Koo...`, `Qm...`, with `/ipns/` before it or not.
 * Throws `ERR_IPNS_NAME_INVALID`; a name of DNS is none here.
 */
export function parseIpnsName(text: string): string {
  const name = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  try {
    return parsePeerId(name);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('ERR_IPNS_NAME_INVALID', 'local', `no IPNS name: ${why}`, { cause });
  }
}

/** A name as everybody prints it: base36, without `/ipns/`. Throws `ERR_PEER_ID_INVALID`. */
export function ipnsNameText(peer: string): string {
  return CID.createV1(LIBP2P_KEY, Digest.decode(peerIdToBytes(peer))).toString(base36);
}

/** Under which key of a router the record of a name (`ipns`), or the public key of a peer (`pk`), is stored. */
export function routingKeyOf(namespace: KeyNamespace, peer: string): Uint8Array {
  const prefix = encoder.encode(`/${namespace}/`);
  const multihash = peerIdToBytes(peer);
  const key = new Uint8Array(prefix.length + multihash.length);
  key.set(prefix);
  key.set(multihash, prefix.length);
  return key;
}

/** Whose key it is. Throws `ERR_PEER_ID_INVALID` with remote blame for another namespace, or no multihash behind it. */
export function peerOfRoutingKey(namespace: KeyNamespace, key: Uint8Array): string {
  const rest = namespaceOf(key) === namespace ? key.subarray(namespace.length + 2) : undefined;
  try {
    if (rest === undefined) throw new RangeError(`it is not under /${namespace}/`);
    return peerIdFromBytes(rest);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError('ERR_PEER_ID_INVALID', 'remote', `routing key of ${key.length} bytes: ${why}`, { cause });
  }
}

/** What stands between the first two slashes of a routing key; `undefined` where it does not begin so. */
export function namespaceOf(key: Uint8Array): string | undefined {
  const SLASH = 0x2f;
  const end = key[0] === SLASH ? key.indexOf(SLASH, 1) : -1;
  return end < 2 ? undefined : decoder.decode(key.subarray(1, end));
}

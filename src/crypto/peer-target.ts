/** By what a caller names whom it means: a peer id, a multiaddr, or a multiaddr with a peer id at its end. */
import { EngineError } from '../errors.js';
import { splitPeerAddress } from '../wire/multiaddr.js';
import { parsePeerId } from './peer-id.js';

/** A target in its parts; `/`, the empty multiaddr, has neither. */
export interface PeerTarget {
  /** In its usual text. */
  readonly peer: string | undefined;
  /** Without the peer; `undefined` where no address is named. */
  readonly address: string | undefined;
}

/** Reads a target. Throws `ERR_INVALID_ARGUMENT` for what is no text or no multiaddr, and `ERR_PEER_ID_INVALID`. */
export function parsePeerTarget(text: string): PeerTarget {
  const given: unknown = text;
  if (typeof given !== 'string') {
    const message = `a peer is a peer id or a multiaddr, got ${String(given)}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
  }
  if (!text.startsWith('/')) return { peer: parsePeerId(text), address: undefined };
  const { transport, peer } = splitPeerAddress(text);
  return {
    peer: peer === undefined ? undefined : parsePeerId(peer),
    address: transport === '/' ? undefined : transport,
  };
}

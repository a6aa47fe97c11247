/** Labels of bounded variety: what a peer can choose freely is told as `other`. */
import { ERROR_HINTS } from '../errors.js';

export const OTHER = 'other';

/** Protocols that nodes speak without a handler of the embedder's: what they open, rather than answer. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  '/ipfs/bitswap/1.2.0',
  '/ipfs/bitswap/1.1.0',
  '/ipfs/bitswap/1.0.0',
  '/ipfs/kad/1.0.0',
  '/libp2p/circuit/relay/0.1.0',
  '/echo/1.0.0',
  '/perf/1.0.0',
]);

/** A code of the engine, or `other`. */
export function codeLabel(code: string): string {
  return Object.hasOwn(ERROR_HINTS, code) ? code : OTHER;
}

/** A protocol that this node handles or is known to open; a family (`/chat/1.*`) by its pattern; else `other`. */
export function protocolLabel(protocol: string, handled: readonly string[]): string {
  if (WELL_KNOWN.has(protocol) || handled.includes(protocol)) return protocol;
  const pattern = handled.find((id) => id.endsWith('*') && protocol.startsWith(id.slice(0, -1)));
  return pattern ?? OTHER;
}

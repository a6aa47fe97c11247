/** Early muxer negotiation inside noise (libp2p/specs connections/inlined-muxer-negotiation.md). */
import type { Role } from '../security.js';

/** What two lists of muxers come to. */
export type EarlyMuxer =
  | { readonly kind: 'agreed'; readonly muxer: string }
  /** One side offers none this way: the inner multistream follows. */
  | { readonly kind: 'notOffered' }
  /** Both offer and share none: the handshake must fail. */
  | { readonly kind: 'noOverlap' };

/**
 * The first of the initiator's (dialer's) list that the other side has too; both sides come to the same.
 * A list of more than `maxMuxers` counts as none, as it does in go-libp2p.
 *
 * js-libp2p takes the first of the *other's* list on both sides. With it as dialer the two rules differ only where
 * both know several muxers and order them differently.
 */
export function chooseEarlyMuxer(
  role: Role,
  ours: readonly string[],
  theirs: readonly string[],
  maxMuxers: number,
): EarlyMuxer {
  if (ours.length === 0 || theirs.length === 0 || theirs.length > maxMuxers) return { kind: 'notOffered' };
  const [initiators, responders] = role === 'dialer' ? [ours, theirs] : [theirs, ours];
  const muxer = initiators.find((candidate) => responders.includes(candidate));
  return muxer === undefined ? { kind: 'noOverlap' } : { kind: 'agreed', muxer };
}

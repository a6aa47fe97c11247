/**
 * Which connections are trimmed first. A connection is never trimmed while its peer is protected or kept alive, or while it
 * is younger than the grace period. The others go in this order:
 *
 * 1. surplus ones: another connection with the same peer is better, and no stream is on this one;
 * 2. idle before busy: busy is one that has a stream which this node opened (the peer's own streams prove nothing);
 * 3. by the sum of the peer's tags, the lowest first;
 * 4. the youngest first: what has lasted is likely to last.
 *
 * Of two equals the later one goes, so that the order is the same for the same events.
 */

/** A connection as trimming sees it. */
export interface TrimCandidate {
  readonly id: string;
  readonly peer: string;
  readonly openedAtMs: number;
  /** Sum of the peer's tags. */
  readonly value: number;
  /** Protected or kept alive. */
  readonly isKept: boolean;
  /** The rule for new streams would take another connection with this peer. */
  readonly isSurplus: boolean;
  readonly streams: number;
  /** Streams that this node opened. */
  readonly ownStreams: number;
}

/** At most `count` of `candidates`, given oldest first, in the order in which they are to go. */
export function trimOrder(
  candidates: readonly TrimCandidate[],
  count: number,
  nowMs: number,
  graceMs: number,
): readonly TrimCandidate[] {
  const rank = (candidate: TrimCandidate): readonly number[] => [
    candidate.isSurplus && candidate.streams === 0 ? 0 : 1,
    candidate.ownStreams > 0 ? 1 : 0,
    candidate.value,
    -candidate.openedAtMs,
  ];
  return candidates
    .filter(({ isKept, openedAtMs }) => !isKept && nowMs - openedAtMs >= graceMs)
    .map((candidate, index) => ({ candidate, keys: [...rank(candidate), -index] }))
    .sort((one, other) => compare(one.keys, other.keys))
    .slice(0, Math.max(0, count))
    .map(({ candidate }) => candidate);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [at, key] of one.entries()) {
    const difference = key - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

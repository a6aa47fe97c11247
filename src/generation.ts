/**
 * Generations of the engine: what nodes did otherwise inside, in a way that a recording shows and the wire does not. A trace
 * tells its node's generation, so that a replay has the same habits; see docs/trace.md.
 *
 * - 1: all that tell none.
 * - 2: bitswap's way out to a peer is an actor only when there is something to say to it.
 * - 3: of two connections from dials that crossed, one is closed.
 */
export const GENERATION = 3;

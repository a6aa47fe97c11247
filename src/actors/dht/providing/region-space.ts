/**
 * Regions of the key space: all points that begin with the same bits. A point is the SHA-256 of a key or a peer id; where
 * order and distance of regions count, its first 32 bits stand for it, its head: a network that they do not tell apart
 * has billions of peers.
 */
const HEAD_BITS = 32;
const HEADS = 2 ** HEAD_BITS;

/** All points whose head begins with the same `length` bits (0 to 32). */
export interface Region {
  /** The lowest head in it. */
  readonly start: number;
  readonly length: number;
}

/** The whole key space. */
export const EVERYWHERE: Region = { start: 0, length: 0 };

/** The first 32 bits of a point. */
export function headOf(point: Uint8Array): number {
  return (((point[0] ?? 0) << 24) | ((point[1] ?? 0) << 16) | ((point[2] ?? 0) << 8) | (point[3] ?? 0)) >>> 0;
}

/** The region of that length that holds a head. */
export function regionAround(head: number, length: number): Region {
  const size = sizeOf(length);
  return { start: Math.floor(head / size) * size, length };
}

/** The highest head of a region. */
export function endOf({ start, length }: Region): number {
  return start + sizeOf(length) - 1;
}

export function holds(region: Region, head: number): boolean {
  return head >= region.start && head <= endOf(region);
}

/** The region one bit shorter; the whole key space is its own. */
export function widened({ start, length }: Region): Region {
  return length === 0 ? EVERYWHERE : regionAround(start, length - 1);
}

/** Its bits, e.g. `01101`; empty for the whole key space. */
export function regionText({ start, length }: Region): string {
  return start.toString(2).padStart(HEAD_BITS, '0').slice(0, length);
}

/** The length of regions that hold as many points as there are within `distance` of one of them. */
export function lengthWithin(distance: number): number {
  return HEAD_BITS - Math.ceil(Math.log2(distance + 1));
}

function sizeOf(length: number): number {
  return HEADS / 2 ** length;
}

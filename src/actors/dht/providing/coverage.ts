/**
 * Which part of the key space is known: where every peer has been heard of. A lookup that found the k peers closest to a
 * target leaves no peer unknown that is closer to it than the last of them: not a prefix alone, but a ball in XOR distance,
 * which is a few regions side by side.
 */
import { endOf, type Region } from './region-space.js';

/** Heads from `from` to `to`, both of them included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const BITS = 32;

/** The known part, as spans in order that neither touch nor overlap. */
export class Coverage {
  #spans: Span[] = [];

  /** Everything whose XOR distance from `target` is at most `distance` is known. */
  addBall(target: number, distance: number): void {
    // The distances below `distance` are the regions where it has a one and they have a zero, the bits above being the same.
    for (let bit = BITS - 1; bit >= 0; bit--) {
      const size = 2 ** bit;
      if (Math.floor(distance / size) % 2 === 0) continue;
      const from = Math.floor(xor(xor(target, distance), size) / size) * size;
      this.add({ from, to: from + size - 1 });
    }
    const last = xor(target, distance);
    this.add({ from: last, to: last });
  }

  add({ from, to }: Span): void {
    let start = from;
    let end = to;
    const apart: Span[] = [];
    for (const span of this.#spans) {
      if (span.to + 1 < start || span.from - 1 > end) apart.push(span);
      else {
        start = Math.min(start, span.from);
        end = Math.max(end, span.to);
      }
    }
    apart.push({ from: start, to: end });
    this.#spans = apart.sort((left, right) => left.from - right.from);
  }

  /** The parts of a region that are not known, in order. */
  gapsIn(region: Region): readonly Span[] {
    const gaps: Span[] = [];
    let from = region.start;
    const end = endOf(region);
    for (const span of this.#spans) {
      if (span.to < from) continue;
      if (span.from > end) break;
      if (span.from > from) gaps.push({ from, to: span.from - 1 });
      from = span.to + 1;
    }
    if (from <= end) gaps.push({ from, to: end });
    return gaps;
  }
}

/** The XOR distance of two heads. */
export function xor(left: number, right: number): number {
  return (left ^ right) >>> 0;
}

/** The largest region inside a span, the first of them. */
export function largestRegionIn({ from, to }: Span): Region {
  for (let length = 0; length < BITS; length++) {
    const size = 2 ** (BITS - length);
    const start = Math.ceil(from / size) * size;
    if (start + size - 1 <= to) return { start, length };
  }
  return { start: from, length: BITS };
}

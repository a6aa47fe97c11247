/** Bytes that are nearly right: real ones with a few pieces flipped, put in, taken out, doubled, moved or cut off. */
import fc from 'fast-check';
import { concat, hex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

/** One change; where and how far is taken modulo what there is. */
export interface Mutation {
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly size: number;
  readonly value: number;
}

const KINDS = ['flip', 'set', 'insert', 'delete', 'double', 'move', 'truncate', 'bound'] as const;

/** Numbers at the bounds of what fields hold: one byte, varints of every size, too long ones, 16, 32 and 64 bits. */
const BOUNDS: readonly Uint8Array[] = [
  '00', '01', '7f', '80', 'ff', '8001', '8000', 'ff7f', '808001', 'ffff', 'ffff03', 'ffffff7f', '80808001', '00000000',
  '7fffffff', '80000000', 'ffffffff', 'ffffffff07', 'ffffffff0f', '8080808010', 'ffffffffffffff0f', 'ffffffffffffff7f',
  'ffffffffffffffff7f', 'ffffffffffffffffff01', '80808080808080808080', 'ffffffffffffffffffff', '0a00', '0a', '0b', '1b1b1b',
].map(hex); // prettier-ignore

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: fc.nat(0xffff),
  size: fc.oneof(fc.nat(4), fc.nat(64)),
  value: fc.nat(255),
});

/** The bytes after the changes, at most `maxBytes` of them. */
export function mutate(bytes: Uint8Array, mutations: readonly Mutation[], maxBytes = 64 * 1024): Uint8Array {
  let result: Uint8Array = new Uint8Array(bytes);
  for (const { kind, at, size, value } of mutations) {
    const from = result.length === 0 ? 0 : at % (result.length + 1);
    const to = Math.min(result.length, from + size);
    const [before, piece, after] = [result.subarray(0, from), result.subarray(from, to), result.subarray(to)];
    switch (kind) {
      case 'flip': {
        result = result.slice();
        if (from < result.length) result[from] = (result[from] ?? 0) ^ (1 << (value & 7));
        break;
      }
      case 'set': {
        result = result.slice();
        if (from < result.length) result[from] = value;
        break;
      }
      case 'insert': {
        result = concat(before, new Uint8Array(size).fill(value), result.subarray(from));
        break;
      }
      case 'delete': {
        result = concat(before, after);
        break;
      }
      case 'double': {
        result = concat(before, piece, piece, after);
        break;
      }
      case 'move': {
        const rest = concat(before, after);
        const place = rest.length === 0 ? 0 : (value * 257) % (rest.length + 1);
        result = concat(rest.subarray(0, place), piece, rest.subarray(place));
        break;
      }
      case 'truncate': {
        result = before.slice();
        break;
      }
      case 'bound': {
        const bound = BOUNDS[value % BOUNDS.length] ?? BOUNDS[0]!;
        result = concat(before, bound, result.subarray(Math.min(result.length, from + bound.length)));
      }
    }
    result = result.slice(0, maxBytes);
  }
  return result;
}

/** Samples with up to four changes; now and then two joined, or bytes that have nothing to do with them. */
export function nearly(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const changed = fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation, { maxLength: 4 }))
    .map(([sample, mutations]) => mutate(sample, mutations));
  return fc.oneof(
    { weight: 12, arbitrary: changed },
    { weight: 2, arbitrary: fc.tuple(changed, changed).map((both) => concat(...both)) },
    { weight: 2, arbitrary: protobufBytes },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  );
}

/** Protobuf of any fields with any values, some of them messages again. */
export const protobufBytes: fc.Arbitrary<Uint8Array> = fc.letrec<{ message: Uint8Array; value: Uint8Array }>((tie) => ({
  message: fc
    .array(fc.record({ field: fc.nat(11), wire: fc.constantFrom(0, 0, 2, 2, 2, 2, 1, 5, 3, 7), value: tie('value') }), {
      maxLength: 6,
    })
    .map((fields) => concat(...fields.map(({ field, wire, value }) => encodeField(field, wire, value)))),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...BOUNDS),
    fc.string({ maxLength: 20 }).map((text) => new Uint8Array(Buffer.from(text))),
    tie('message'),
  ),
})).message;

function encodeField(field: number, wire: number, value: Uint8Array): Uint8Array {
  const tag = Uint8Array.of((field << 3) | wire);
  if (wire === 2) return concat(tag, Uint8Array.of((value.length & 0x7f) | 0x80, value.length >> 7), value);
  if (wire === 0) return concat(tag, value.length === 0 ? Uint8Array.of(0) : value.subarray(0, 10));
  return concat(tag, value);
}

/** Cuts bytes into chunks: whole, byte by byte, or of the sizes given in turn. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1);
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** Sizes for {@link cut}. */
export const cutting: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant([]),
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 }),
);

/** Every text of hex digits in a file of vectors, longest left out: real bytes, whatever they are. */
export function hexIn(file: string, maxBytes = 4096): Uint8Array[] {
  const found: Uint8Array[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'string' && value.length <= 2 * maxBytes && /^(?:[0-9a-f]{2})+$/.test(value)) {
      found.push(hex(value));
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) walk(inner);
    }
  };
  walk(vectors(file));
  return found;
}

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ReceiveBuffer } from '../../src/actors/receive-buffer.js';
import { concat, hex, toHex } from '../support/decoding.js';

const filled = (...chunks: string[]): ReceiveBuffer => {
  const buffer = new ReceiveBuffer();
  for (const chunk of chunks) buffer.append(hex(chunk));
  return buffer;
};

describe('receive buffer', () => {
  test('peeks across chunks and takes nothing', () => {
    const buffer = filled('0102', '', '0304', '05');
    expect(toHex(buffer.peek(3))).toBe('010203');
    expect(toHex(buffer.peek(9))).toBe('0102030405');
    expect(buffer.length).toBe(5);
  });

  test('takes all or nothing', () => {
    const buffer = filled('0102', '03');
    expect(buffer.take(4)).toBeUndefined();
    expect(toHex(buffer.take(1)!)).toBe('01');
    expect(toHex(buffer.take(2)!)).toBe('0203');
    expect(buffer.length).toBe(0);
    expect(toHex(buffer.peek(1))).toBe('');
  });

  test('a value inside one chunk is a view, not a copy', () => {
    const chunk = hex('0102030405');
    const buffer = new ReceiveBuffer();
    buffer.append(chunk);
    buffer.skip(1);
    expect(buffer.take(2)?.buffer).toBe(chunk.buffer);
  });

  test('skipping more than there is is refused', () => {
    expect(() => filled('01').skip(2)).toThrow(new RangeError('size must be at most 1, got 2'));
  });

  test('drains as the pieces came, less what was taken', () => {
    const buffer = filled('0102', '0304', '05');
    buffer.skip(1);
    expect(buffer.drain().map(toHex)).toEqual(['02', '0304', '05']);
    expect(buffer.length).toBe(0);
  });

  test('any chunks, any reads: the same bytes come out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 12 }),
        fc.array(fc.nat(12)),
        (chunks, reads) => {
          const buffer = new ReceiveBuffer();
          const expected = concat(...chunks);
          for (const chunk of chunks) buffer.append(chunk);
          const out: Uint8Array[] = [];
          for (const [index, read] of reads.entries()) {
            if (index % 3 === 0) buffer.peek(read);
            if (index % 3 === 1) out.push(buffer.take(read) ?? new Uint8Array(0));
            if (index % 3 === 2) out.push(...buffer.takePieces(read));
          }
          out.push(...buffer.drain());
          expect(toHex(concat(...out))).toBe(toHex(expected));
        },
      ),
    );
  });
});

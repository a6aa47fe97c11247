/** The protobuf reader against the encoding guide's bytes, and against what a hostile sender can write. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EngineError } from '../../src/errors.js';
import {
  bytesTag,
  finishMessage,
  messageWriter,
  readFields,
  varintTag,
  type FieldValue,
} from '../../src/wire/protobuf.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

type Kind = 'number' | 'int32' | 'bool' | 'bytes' | 'text';
type Read = readonly [field: number, value: unknown];

/** Reads fields by the kinds given and skips the others. */
function read(bytes: Uint8Array, kinds: Readonly<Record<number, Kind>>): Read[] {
  const fields: Read[] = [];
  readFields(bytes, 'Test', (field, value: FieldValue) => {
    const kind = kinds[field];
    fields.push([field, kind === undefined ? 'skipped' : value[kind]()]);
  });
  return fields;
}

describe('reading', () => {
  /** The first two are the examples of https://protobuf.dev/programming-guides/encoding/. */
  const cases: { name: string; bytes: string; kinds: Record<number, Kind>; fields: Read[] }[] = [
    { name: 'a varint', bytes: '089601', kinds: { 1: 'number' }, fields: [[1, 150]] },
    { name: 'a text', bytes: '120774657374696e67', kinds: { 2: 'text' }, fields: [[2, 'testing']] },
    { name: 'an empty message', bytes: '', kinds: {}, fields: [] },
    {
      name: 'a negative int32 in ten bytes',
      bytes: '08ffffffffffffffffff01',
      kinds: { 1: 'int32' },
      fields: [[1, -1]],
    },
    {
      name: 'booleans',
      bytes: '08000801',
      kinds: { 1: 'bool' },
      fields: [
        [1, false],
        [1, true],
      ],
    },
    { name: 'the largest number', bytes: '08ffffffffffffff0f', kinds: { 1: 'number' }, fields: [[1, 2 ** 53 - 1]] },
    { name: 'bytes', bytes: '0a020102', kinds: { 1: 'bytes' }, fields: [[1, Uint8Array.of(1, 2)]] },
    { name: 'empty bytes', bytes: '0a00', kinds: { 1: 'bytes' }, fields: [[1, Uint8Array.of()]] },
    {
      name: 'unknown fields of every wire type, between known ones',
      bytes: '0801 109601 190102030405060708 2203616263 2d01020304 0802',
      kinds: { 1: 'number' },
      fields: [
        [1, 1],
        [2, 'skipped'],
        [3, 'skipped'],
        [4, 'skipped'],
        [5, 'skipped'],
        [1, 2],
      ],
    },
    {
      name: 'the largest field number',
      bytes: 'f8ffffff0f07',
      kinds: { 536870911: 'number' },
      fields: [[536870911, 7]],
    },
  ];

  test.each(cases)('$name', ({ bytes, kinds, fields }) => {
    expect(read(hex(bytes), kinds)).toEqual(fields);
  });

  test('bytes are a view of the message, also of one inside a larger chunk', () => {
    const chunk = concat(hex('ffff'), hex('0a020102'), hex('ffff'));
    const [first] = read(chunk.subarray(2, 6), { 1: 'bytes' });
    const value = first?.[1] as Uint8Array;
    expect([...value]).toEqual([1, 2]);
    expect(value.buffer).toBe(chunk.buffer);
  });
});

describe('refused', () => {
  const cases: { name: string; bytes: string; kinds: Record<number, Kind> }[] = [
    { name: 'a varint that ends too soon', bytes: '0896', kinds: { 1: 'number' } },
    { name: 'a tag without a value', bytes: '08', kinds: { 1: 'number' } },
    { name: 'a tag that ends too soon', bytes: '88', kinds: {} },
    { name: 'a text that ends too soon', bytes: '1207746573', kinds: { 2: 'text' } },
    { name: 'a skipped text that ends too soon', bytes: '1207746573', kinds: {} },
    { name: 'bytes of 4 GiB', bytes: '0affffffff0f', kinds: { 1: 'bytes' } },
    { name: 'a skipped fixed64 that ends too soon', bytes: '1901020304', kinds: {} },
    { name: 'a skipped fixed32 that ends too soon', bytes: '2d0102', kinds: {} },
    { name: 'a number above 2^53 - 1', bytes: '088080808080808010', kinds: { 1: 'number' } },
    { name: 'a negative number', bytes: '08ffffffffffffffffff01', kinds: { 1: 'number' } },
    { name: 'a varint of eleven bytes', bytes: `08${'80'.repeat(10)}01`, kinds: { 1: 'number' } },
    { name: 'a skipped varint without end', bytes: `08${'ff'.repeat(32)}`, kinds: {} },
    { name: 'a group', bytes: '0b0801 0c', kinds: {} },
    { name: 'the end of a group', bytes: '0c', kinds: {} },
    { name: 'wire type 6', bytes: '0e01', kinds: {} },
    { name: 'wire type 7', bytes: '0f01', kinds: {} },
    { name: 'field number 0', bytes: '0001', kinds: {} },
    { name: 'nothing but zeros', bytes: '00000000', kinds: {} },
    { name: 'bytes where a number is due', bytes: '0a0101', kinds: { 1: 'number' } },
    { name: 'bytes where a truth value is due', bytes: '0a0101', kinds: { 1: 'bool' } },
    { name: 'bytes where an int32 is due', bytes: '0a0101', kinds: { 1: 'int32' } },
    { name: 'a number where bytes are due', bytes: '0801', kinds: { 1: 'bytes' } },
    { name: 'a number where a text is due', bytes: '0801', kinds: { 1: 'text' } },
    { name: 'a fixed64 where a number is due', bytes: '090102030405060708', kinds: { 1: 'number' } },
  ];

  test.each(cases)('$name', ({ bytes, kinds }) => {
    expect(thrownCode(() => read(hex(bytes), kinds))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('groups nested 100,000 deep, without a look inside', () => {
    const bomb = new Uint8Array(100_000).fill(0x0b);
    expect(thrownCode(() => read(bomb, {}))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('with the name of the message, the blame and the cause', () => {
    let thrown: unknown;
    try {
      read(hex('0896'), { 1: 'number' });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      blame: 'remote',
      message: 'Test: not a valid message',
      cause: expect.any(RangeError),
    });
  });

  test("an error of the reader's own passes unchanged", () => {
    const own = new EngineError('ERR_KEY_INVALID', 'remote', 'inner');
    expect(() =>
      readFields(hex('0801'), 'Test', () => {
        throw own;
      }),
    ).toThrow(own);
  });
});

test('messages nested 1,000 deep cost one level each, and only where they are read', () => {
  let message: Uint8Array = utf8('core');
  for (let depth = 0; depth < 1000; depth++) {
    message = finishMessage(messageWriter().uint32(bytesTag(1)).bytes(message));
  }
  expect(read(message, {})).toEqual([[1, 'skipped']]);
});

test('writing: tags, then values, in one plain array', () => {
  const writer = messageWriter();
  writer.uint32(varintTag(1)).uint32(150);
  writer.uint32(bytesTag(2)).string('testing');
  const bytes = finishMessage(writer);
  expect(toHex(bytes)).toBe('089601120774657374696e67');
  expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
});

test('any bytes are read or refused, never anything else', () => {
  const kinds: Record<number, Kind> = { 1: 'number', 2: 'bytes', 3: 'text', 4: 'bool', 5: 'int32' };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        read(bytes, kinds);
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'ERR_WIRE_PROTOBUF' });
      }
    }),
    { numRuns: 2000 },
  );
});

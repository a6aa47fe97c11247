import { describe, expect, test } from '@jest/globals';
import { decodeProvidedRecord, encodeProvidedRecord } from '../../src/wire/provided-key.js';
import { hex } from '../support/decoding.js';

/** Field 1 varint version, field 2 bytes key, field 3 varint milliseconds: by protobuf's encoding guide. */
const vectors = [
  { name: 'never provided', record: { key: hex('1220aa'), providedAtMs: 0 }, bytes: '080112031220aa' },
  { name: 'provided', record: { key: hex('1220aa'), providedAtMs: 300 }, bytes: '080112031220aa18ac02' },
  {
    name: 'in 2025',
    record: { key: hex('00'), providedAtMs: 1_764_000_000_000 },
    bytes: '080112010018' + '80d0dfb4ab33',
  },
];

describe.each(vectors)('a record $name', ({ record, bytes }) => {
  test('is written so', () => expect(encodeProvidedRecord(record)).toEqual(hex(bytes)));
  test('is read back', () => expect(decodeProvidedRecord(hex(bytes))).toEqual(record));
});

test('the key is a copy', () => {
  const bytes = hex('080112031220aa');
  const { key } = decodeProvidedRecord(bytes);
  bytes.fill(0);
  expect(key).toEqual(hex('1220aa'));
});

test.each([
  ['nothing', ''],
  ['no version', '12031220aa'],
  ['version 2', '080212031220aa'],
  ['version 0', '080012031220aa'],
  ['no key', '0801'],
  ['an empty key', '08011200'],
  ['cut in the key', '08011203122'.slice(0, 10)],
  ['cut in a tag', '0801ff'],
  ['no protobuf', 'ffffffff'],
])('%s cannot be read', (_, bytes) => {
  expect(() => decodeProvidedRecord(hex(bytes))).toThrow(
    expect.objectContaining({ code: 'ERR_PROVIDE_UNREADABLE', blame: 'local' }),
  );
});

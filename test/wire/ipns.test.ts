import { describe, expect, test } from '@jest/globals';
import { encode } from '@ipld/dag-cbor';
import { LIMITS } from '../../src/limits.js';
import { decodeIpnsData, decodeIpnsEntry, encodeIpnsData, encodeIpnsEntry } from '../../src/wire/ipns.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Vectors {
  readonly records: readonly { readonly name: string; readonly what: string; readonly record: string }[];
  readonly kubo: { readonly records: readonly { readonly name: string; readonly record: string }[] };
}
const { records, kubo } = vectors('ipns/gateway-conformance.json') as Vectors;

test('the parts of a record with both versions', () => {
  const { data, signatureV2, publicKey, v1 } = decodeIpnsEntry(hex(records[1]?.record ?? ''));
  const validity = utf8('2123-08-14T12:17:03.694052Z');
  expect({ publicKey, signatures: [signatureV2.length, v1?.signature.length] }).toEqual({
    publicKey: undefined,
    signatures: [64, 64],
  });
  const value = utf8('/ipfs/bafkqaddwgevxmmraojswg33smq');
  const ttlNanos = 1_800_000_000_000n;
  expect(v1).toMatchObject({ value, validity, validityType: 0, sequence: 0n, ttlNanos });
  expect(decodeIpnsData(data)).toEqual({ value, validity, validityType: 0n, sequence: 0n, ttlNanos });
});

test.each([...records, ...kubo.records].filter(({ name }) => !name.startsWith('k51qzi5uqu5dm4tm0')))(
  'what was read of $name is written as it was, byte for byte',
  ({ record }) => {
    const entry = decodeIpnsEntry(hex(record));
    expect(toHex(encodeIpnsEntry(entry))).toBe(record);
    expect(toHex(encodeIpnsData(decodeIpnsData(entry.data)))).toBe(toHex(entry.data));
  },
);

describe('the data', () => {
  const fields = { value: hex('01'), validity: hex('02'), validityType: 0n, sequence: 1n << 63n, ttlNanos: 1n };

  test('have their keys in canonical order', () => {
    const keys = ['TTL', 'Value', 'Sequence', 'Validity', 'ValidityType'];
    const text = String.fromCharCode(...encodeIpnsData(fields));
    expect(keys.map((key) => text.indexOf(key))).toEqual([2, 7, 15, 33, 44]);
    expect(decodeIpnsData(encodeIpnsData(fields))).toEqual(fields);
  });

  const whole = { Value: hex('01'), Validity: hex('02'), ValidityType: 0, Sequence: 3, TTL: 4 };
  const without = (name: keyof typeof whole): object =>
    Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));

  test('may hold more than we know, and come in any order', () => {
    const read = { value: hex('01'), validity: hex('02'), validityType: 0n, sequence: 3n, ttlNanos: 4n };
    expect(decodeIpnsData(encode({ ...whole, _more: { deep: [1] } }))).toEqual(read);
    // The first key and its value moved behind the others.
    const bytes = encode(whole);
    const moved = concat(hex('a5'), bytes.subarray(6), bytes.subarray(1, 6));
    expect(decodeIpnsData(moved)).toEqual(read);
  });

  test('may lack the TTL', () => {
    expect(decodeIpnsData(encode(without('TTL'))).ttlNanos).toBeUndefined();
  });

  test.each([
    { name: 'no bytes', bytes: new Uint8Array(0) },
    { name: 'no CBOR', bytes: hex('ff') },
    { name: 'a list', bytes: encode([]) },
    { name: 'a null', bytes: encode(null) },
    { name: 'bytes behind the map', bytes: concat(encode(whole), hex('00')) },
    { name: 'a key twice', bytes: concat(hex('a6'), encode(whole).subarray(1), hex('6354544c04')) },
    { name: 'a map of no known length', bytes: concat(hex('bf'), encode(whole).subarray(1), hex('ff')) },
    { name: 'no Value', bytes: encode(without('Value')) },
    { name: 'no Validity', bytes: encode(without('Validity')) },
    { name: 'no ValidityType', bytes: encode(without('ValidityType')) },
    { name: 'no Sequence', bytes: encode(without('Sequence')) },
    { name: 'a Value that is text', bytes: encode({ ...whole, Value: '/ipfs/' }) },
    { name: 'a Sequence that is text', bytes: encode({ ...whole, Sequence: '1' }) },
    { name: 'a broken Sequence', bytes: encode({ ...whole, Sequence: 1.5 }) },
    { name: 'a negative Sequence', bytes: encode({ ...whole, Sequence: -1 }) },
    { name: 'a negative TTL', bytes: encode({ ...whole, TTL: -1 }) },
    { name: 'lists in lists in lists', bytes: new Uint8Array(10_000).fill(0x81) },
    { name: 'a list of four thousand million', bytes: hex('9affffffff') },
  ])('are none: $name', ({ bytes }) => {
    expect(thrownCode(() => decodeIpnsData(bytes))).toBe('ERR_IPNS_BAD_RECORD');
  });
});

describe('the entry', () => {
  const entryOf = (size: number): Uint8Array => {
    const entry = (data: number): Uint8Array => encodeIpnsEntry({ data: new Uint8Array(data), signatureV2: hex('01') });
    return entry(size - entry(1000).length + 1000);
  };

  test('may have as many bytes as the limit, and no more', () => {
    const { ipnsRecordBytes } = LIMITS;
    expect(ipnsRecordBytes).toBe(10_240);
    expect(entryOf(ipnsRecordBytes).length).toBe(ipnsRecordBytes);
    expect(decodeIpnsEntry(entryOf(ipnsRecordBytes)).signatureV2).toEqual(hex('01'));
    expect(thrownCode(() => decodeIpnsEntry(entryOf(ipnsRecordBytes + 1)))).toBe('ERR_IPNS_TOO_LARGE');
  });

  test('over the limit is not looked at', () => {
    expect(thrownCode(() => decodeIpnsEntry(new Uint8Array(10_241).fill(0xff)))).toBe('ERR_IPNS_TOO_LARGE');
  });

  test.each([
    { name: 'a field cut off', bytes: '4a05 00' },
    { name: 'a number where bytes are due', bytes: '4800' },
    { name: 'bytes where a number is due', bytes: '2a00' },
    { name: 'a validity type below 0', bytes: '18ffffffffffffffffff01' },
  ])('is none: $name', ({ bytes }) => {
    expect(thrownCode(() => decodeIpnsEntry(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('of no bytes has nothing in it', () => {
    expect(decodeIpnsEntry(new Uint8Array(0))).toEqual({ data: new Uint8Array(0), signatureV2: new Uint8Array(0) });
  });
});

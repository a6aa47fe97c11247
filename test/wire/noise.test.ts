/** Frames and payloads of noise-libp2p against bytes written by hand from the specification. */
import { describe, expect, test } from '@jest/globals';
import {
  decodeNoiseFrame,
  decodeNoisePayload,
  describeNoiseMessage,
  encodeNoiseLength,
  encodeNoisePayload,
  NOISE_MAX_MESSAGE_BYTES,
  NOISE_MIN_MESSAGE_BYTES,
  type NoiseHandshakePayload,
} from '../../src/wire/noise.js';
import { concat, expectDecodes, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

describe('frames', () => {
  const cases = [
    { name: 'empty', length: 0, prefix: '0000' },
    { name: 'one byte', length: 1, prefix: '0001' },
    { name: 'a low byte of its own', length: 255, prefix: '00ff' },
    { name: 'both bytes', length: 256, prefix: '0100' },
    { name: 'longer', length: 4660, prefix: '1234' },
  ];

  test.each(cases)('$name, in every chunking', ({ length, prefix }) => {
    const message = new Uint8Array(length).fill(0xa5);
    expect(toHex(encodeNoiseLength(length))).toBe(prefix);
    expectDecodes(decodeNoiseFrame, concat(hex(prefix), message), message);
  });

  test('the longest is 65535 bytes, and one more cannot be said', () => {
    const message = new Uint8Array(NOISE_MAX_MESSAGE_BYTES).fill(7);
    const frame = concat(hex('ffff'), message);
    expect(decodeNoiseFrame(frame)).toEqual({ value: message, size: 65_537 });
    expect(decodeNoiseFrame(frame.subarray(0, 65_536))).toBeUndefined();
    expect(toHex(encodeNoiseLength(65_535))).toBe('ffff');
    expect(() => encodeNoiseLength(65_536)).toThrow(RangeError);
    expect(() => encodeNoiseLength(-1)).toThrow(RangeError);
  });

  test('a message is a view, not a copy', () => {
    const frame = hex('0002 aabb');
    expect(decodeNoiseFrame(frame)?.value.buffer).toBe(frame.buffer);
  });
});

describe('payload', () => {
  const cases: readonly { name: string; payload: NoiseHandshakePayload; bytes: string }[] = [
    {
      name: 'key and signature alone',
      payload: { identityKey: hex('08011200'), identitySignature: hex('ddee') },
      bytes: '0a04 08011200 1202 ddee',
    },
    {
      name: 'with muxers',
      payload: {
        identityKey: hex('01'),
        identitySignature: hex('02'),
        extensions: { webtransportCerthashes: [], streamMuxers: ['/yamux/1.0.0', '/m'] },
      },
      bytes: `0a01 01 1201 02 2212 120c ${toHex(utf8('/yamux/1.0.0'))} 1202 2f6d`,
    },
    {
      name: 'with certificate hashes before muxers',
      payload: {
        identityKey: hex('01'),
        identitySignature: hex('02'),
        extensions: { webtransportCerthashes: [hex('aa'), hex('bbcc')], streamMuxers: ['/m'] },
      },
      bytes: '0a01 01 1201 02 220b 0a01aa 0a02bbcc 12022f6d',
    },
  ];

  test.each(cases)('$name', ({ payload, bytes }) => {
    expect(toHex(encodeNoisePayload(payload))).toBe(bytes.replaceAll(' ', ''));
    expect(decodeNoisePayload(hex(bytes))).toEqual(payload);
  });

  test('extensions that say nothing are not written', () => {
    const payload = { identityKey: hex('01'), identitySignature: hex('02') };
    const extensions = { webtransportCerthashes: [], streamMuxers: [] };
    expect(toHex(encodeNoisePayload({ ...payload, extensions }))).toBe('0a0101120102');
    expect(decodeNoisePayload(hex('0a0101 120102 2200'))).toEqual({ ...payload, extensions });
  });

  test('unknown fields are skipped, such as field 3 of early drafts; a field given twice is its last, lists go on', () => {
    expect(decodeNoisePayload(hex('0a0109 1a0161 0a0101 120102 2204 12022f61 2204 12022f62 c03e07'))).toEqual({
      identityKey: hex('01'),
      identitySignature: hex('02'),
      extensions: { webtransportCerthashes: [], streamMuxers: ['/a', '/b'] },
    });
  });

  const bad = [
    { name: 'nothing', bytes: '' },
    { name: 'no key', bytes: '120102' },
    { name: 'an empty key', bytes: '0a00 120102' },
    { name: 'no signature', bytes: '0a0101' },
    { name: 'an empty signature', bytes: '0a0101 1200' },
    { name: 'a key cut short', bytes: '0a05 0101' },
    { name: 'a key that is a number', bytes: '0801 120102' },
    { name: 'a muxer that is a number', bytes: '0a0101 120102 2202 1001' },
    { name: 'extensions cut short', bytes: '0a0101 120102 2205 1203' },
    { name: 'a group', bytes: '0a0101 120102 2b 2c' },
    { name: 'text', bytes: toHex(utf8('/multistream/1.0.0\n')) },
  ];

  test.each(bad)('$name is refused', ({ bytes }) => {
    expect(thrownCode(() => decodeNoisePayload(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });
});

describe('messages', () => {
  test('the least lengths are keys, tags and an empty payload', () => {
    expect(NOISE_MIN_MESSAGE_BYTES).toEqual({ 1: 32, 2: 96, 3: 64 });
  });

  test('in words', () => {
    expect(describeNoiseMessage(1, 32)).toBe('message 1 (e), 32 bytes');
    expect(describeNoiseMessage(2, 95)).toBe('message 2 (e, ee, s, es), 95 bytes where 96 are the least');
    expect(describeNoiseMessage(3, undefined)).toBe('message 3 (s, se)');
  });
});

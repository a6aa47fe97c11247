import { describe, expect, test } from '@jest/globals';
import {
  decodeYamuxHeader,
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_FLAG,
  YAMUX_HEADER_BYTES,
  YAMUX_MAX_UINT32,
  YAMUX_TYPE,
  yamuxFlagNames,
} from '../../src/wire/yamux.js';
import { expectDecodes, hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface CapturedFrame {
  readonly peer: string;
  readonly what: string;
  readonly hex: string;
  readonly type: keyof typeof YAMUX_TYPE;
  readonly flags: readonly (keyof typeof YAMUX_FLAG)[];
  readonly streamId: number;
  readonly length: number;
  readonly body: string;
}

const { frames } = vectors('yamux/frames.json') as { readonly frames: readonly CapturedFrame[] };
const LIMIT = 16 * 1024 * 1024;
const decode = (bytes: Uint8Array, offset: number) => decodeYamuxHeader(bytes, LIMIT, offset);

describe('yamux headers', () => {
  test.each(frames)('$peer: $what', ({ hex: text, type, flags, streamId, length, body }) => {
    const bits = flags.reduce((sum, flag) => sum | YAMUX_FLAG[flag], 0);
    const header = hex(text).subarray(0, YAMUX_HEADER_BYTES);
    expectDecodes(decode, header, { type: YAMUX_TYPE[type], flags: bits, streamId, length });
    expect(toHex(encodeYamuxHeader(YAMUX_TYPE[type], bits, streamId, length)) + body).toBe(text);
    expect(yamuxFlagNames(bits)).toBe(flags.join('|'));
  });

  const extremes = [
    {
      text: '0001 000f ffffffff ffffffff',
      value: { type: 1, flags: 15, streamId: YAMUX_MAX_UINT32, length: YAMUX_MAX_UINT32 },
    },
    { text: '0000 ffff 80000000 01000000', value: { type: 0, flags: 0xffff, streamId: 0x8000_0000, length: LIMIT } },
    { text: '0003 0000 00000000 00000002', value: { type: 3, flags: 0, streamId: 0, length: 2 } },
  ];
  test.each(extremes)('$text, fields without sign', ({ text, value }) => {
    expectDecodes(decode, hex(text), value);
    expect(encodeYamuxHeader(value.type, value.flags, value.streamId, value.length)).toEqual(hex(text));
  });

  const refused = [
    { text: '0100 0000 00000001 00000000', code: 'ERR_YAMUX_BAD_HEADER', words: 'version 1' },
    { text: 'ff00 0000 00000001 00000000', code: 'ERR_YAMUX_BAD_HEADER', words: 'version 255' },
    { text: '0004 0000 00000001 00000000', code: 'ERR_YAMUX_BAD_HEADER', words: 'type 4' },
    { text: '00ff 0000 00000001 00000000', code: 'ERR_YAMUX_BAD_HEADER', words: 'type 255' },
    { text: '0000 0000 00000001 01000001', code: 'ERR_YAMUX_FRAME_TOO_LARGE', words: '16777217' },
    { text: '0000 0000 00000001 ffffffff', code: 'ERR_YAMUX_FRAME_TOO_LARGE', words: '4294967295' },
  ];
  test.each(refused)('$text -> $code', ({ text, code, words }) => {
    let caught: unknown;
    try {
      decode(hex(text), 0);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toMatchObject({ code, blame: 'remote', details: { lastBytesHex: text.replaceAll(' ', '') } });
    expect((caught as Error).message).toContain(words);
  });

  test('the length of anything but data is not a size: no limit applies', () => {
    for (const type of [YAMUX_TYPE.windowUpdate, YAMUX_TYPE.ping, YAMUX_TYPE.goAway]) {
      const header = encodeYamuxHeader(type, 0, 0, YAMUX_MAX_UINT32);
      expect(thrownCode(() => decodeYamuxHeader(header, 1))).toBe('nothing was thrown');
    }
  });

  test('any 12 bytes decode or are refused by name', () => {
    const bytes = new Uint8Array(YAMUX_HEADER_BYTES);
    for (let round = 0; round < 20_000; round++) {
      bytes[round % 12] = (round * 167 + (round >> 5)) & 0xff;
      const outcome = thrownCode(() => decode(bytes, 0));
      expect(['nothing was thrown', 'ERR_YAMUX_BAD_HEADER', 'ERR_YAMUX_FRAME_TOO_LARGE']).toContain(outcome);
    }
  });

  test('a header in words', () => {
    const header = { type: YAMUX_TYPE.windowUpdate, flags: YAMUX_FLAG.SYN | YAMUX_FLAG.FIN, streamId: 5, length: 7 };
    expect(describeYamuxHeader(header)).toBe('windowUpdate SYN|FIN stream 5 length 7');
    expect(describeYamuxHeader({ type: 0, flags: 0, streamId: 2, length: 9 })).toBe('data stream 2 length 9');
  });
});

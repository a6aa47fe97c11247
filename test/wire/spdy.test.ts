import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import {
  decodeSpdyControl,
  describeSpdyHeader,
  encodeSpdyData,
  encodeSpdyPair,
  encodeSpdyPing,
  encodeSpdySettings,
  encodeSpdySynReply,
  encodeSpdySynStream,
  isKnown,
  readSpdyHeader,
  SPDY_HEADER_BYTES,
  SPDY_MAX_UINT31,
  SPDY_TYPE,
  spdyTypeName,
  type SpdyControl,
  type SpdyHeader,
} from '../../src/wire/spdy.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface CapturedFrame {
  readonly peer: string;
  readonly side: 'dialer' | 'listener';
  readonly type: keyof typeof SPDY_TYPE;
  readonly hex: string;
  readonly flags: number;
  readonly length: number;
  readonly streamId?: number;
  readonly status?: number;
  readonly lastStreamId?: number;
  readonly delta?: number;
  readonly id?: number;
  readonly entries?: readonly [number, number][];
}

const { frames } = vectors('spdy/frames.json') as { readonly frames: readonly CapturedFrame[] };
const LIMIT = LIMITS.spdyControlFrameBytes;

const headerOf = (bytes: Uint8Array, limit: number = LIMIT): SpdyHeader => {
  const header = { type: 0, flags: 0, streamId: 0, length: 0 };
  readSpdyHeader(bytes, 0, limit, header);
  return header;
};
const controlOf = (bytes: Uint8Array): SpdyControl =>
  decodeSpdyControl(headerOf(bytes), bytes.subarray(SPDY_HEADER_BYTES));

/** The captured frame, made again by our encoders. */
function encodeAgain(frame: CapturedFrame): Uint8Array {
  const bytes = hex(frame.hex);
  const { type, streamId = 0, flags, length } = frame;
  switch (type) {
    case 'data':
      return concat(encodeSpdyData(streamId, flags, length), bytes.subarray(SPDY_HEADER_BYTES));
    case 'synStream':
      return encodeSpdySynStream(streamId, flags, bytes.subarray(SPDY_HEADER_BYTES + 10));
    case 'rstStream':
      return encodeSpdyPair(SPDY_TYPE.rstStream, streamId, frame.status ?? 0);
    case 'goAway':
      return encodeSpdyPair(SPDY_TYPE.goAway, frame.lastStreamId ?? 0, frame.status ?? 0);
    case 'windowUpdate':
      return encodeSpdyPair(SPDY_TYPE.windowUpdate, streamId, frame.delta ?? 0);
    case 'ping':
      return encodeSpdyPing(frame.id ?? 0);
    case 'settings':
      return encodeSpdySettings(frame.entries ?? []);
    default:
      throw new Error(`no ${type} was captured`);
  }
}

describe('spdy frames', () => {
  test.each(frames)('$peer, $side: $type $flags $length', (frame) => {
    const bytes = hex(frame.hex);
    const header = headerOf(bytes);
    expect(header).toEqual({
      type: SPDY_TYPE[frame.type],
      flags: frame.flags,
      streamId: frame.type === 'data' ? frame.streamId : 0,
      length: frame.length,
    });
    const again = encodeAgain(frame);
    // The peer marks its settings "remember me"; we do not.
    if (frame.type === 'settings') again[12] = 1;
    expect(toHex(again)).toBe(frame.hex);
    if (frame.type === 'data') return;
    const { entries } = frame;
    const decoded = controlOf(bytes);
    const said = Object.entries(decoded).filter(([field]) => field !== 'type' && field in frame && field !== 'entries');
    expect(said.length).toBeGreaterThan(entries === undefined ? 0 : -1);
    expect(frame).toMatchObject({ type: decoded.type, ...Object.fromEntries(said) });
    if (entries !== undefined) expect(decoded).toEqual({ type: 'settings', entries: new Map(entries) });
  });

  const extremes: [string, SpdyControl][] = [
    ['8003 0003 00000008 ffffffff ffffffff', { type: 'rstStream', streamId: SPDY_MAX_UINT31, status: 0xffff_ffff }],
    ['8003 0007 00000008 80000000 00000001', { type: 'goAway', lastStreamId: 0, status: 1 }],
    ['8003 0009 00000008 00000000 ffffffff', { type: 'windowUpdate', streamId: 0, delta: SPDY_MAX_UINT31 }],
    ['8003 0006 00000004 ffffffff', { type: 'ping', id: 0xffff_ffff }],
    ['8003 0004 00000004 00000000', { type: 'settings', entries: new Map() }],
    [
      '8003 0004 0000001c 00000003 03000007 00000001 00000007 00000002 02ffffff 00000003',
      {
        type: 'settings',
        entries: new Map([
          [7, 1],
          [0xff_ffff, 3],
        ]),
      },
    ],
    ['8003 0002 00000004 00000001', { type: 'synReply', streamId: 1, block: hex('') }],
    ['8003 0008 01000005 00000002 aa', { type: 'headers', streamId: 2, block: hex('aa') }],
    [
      '8003 0001 0300000b 80000003 80000002 e0 ff bb',
      { type: 'synStream', streamId: 3, associatedId: 2, block: hex('bb') },
    ],
  ];
  test.each(extremes)('%s', (text, value) => {
    expect(controlOf(hex(text))).toEqual(value);
  });

  test('a reply goes out without flags', () => {
    expect(toHex(encodeSpdySynReply(2, hex('abcd')))).toBe('800300020000000600000002abcd');
  });

  const refused: [string, string, string][] = [
    ['8002 0001 00000000', 'ERR_SPDY_BAD_VERSION', 'version 2'],
    ['8004 0006 00000004', 'ERR_SPDY_BAD_VERSION', 'version 4'],
    ['ffff ffff 00000000', 'ERR_SPDY_BAD_VERSION', 'version 32767'],
    ['8003 0001 00004001', 'ERR_SPDY_FRAME_TOO_LARGE', '16385'],
    ['8003 0006 00ffffff', 'ERR_SPDY_FRAME_TOO_LARGE', '16777215'],
    ['8003 0001 00000009 00000001 00000000 60', 'ERR_SPDY_BAD_FRAME', '9 bytes'],
    ['8003 0001 0000000a 00000000 00000000 6000', 'ERR_SPDY_BAD_FRAME', 'stream 0'],
    ['8003 0002 00000003 000001', 'ERR_SPDY_BAD_FRAME', '3 bytes'],
    ['8003 0002 00000004 80000000', 'ERR_SPDY_BAD_FRAME', 'stream 0'],
    ['8003 0003 00000007 00000001 000000', 'ERR_SPDY_BAD_FRAME', '7 bytes'],
    ['8003 0003 00000009 00000001 00000005 00', 'ERR_SPDY_BAD_FRAME', '9 bytes'],
    ['8003 0003 00000008 00000000 00000005', 'ERR_SPDY_BAD_FRAME', 'stream 0'],
    ['8003 0004 00000003 000000', 'ERR_SPDY_BAD_FRAME', '3 bytes'],
    ['8003 0004 00000004 00000001', 'ERR_SPDY_BAD_FRAME', '4 bytes'],
    ['8003 0004 00000004 20000000', 'ERR_SPDY_BAD_FRAME', '4 bytes'],
    ['8003 0004 0000000c 00000000 00000007 00000001', 'ERR_SPDY_BAD_FRAME', '12 bytes'],
    ['8003 0006 00000000', 'ERR_SPDY_BAD_FRAME', '0 bytes'],
    ['8003 0006 00000005 00000001 00', 'ERR_SPDY_BAD_FRAME', '5 bytes'],
    ['8003 0007 00000004 00000001', 'ERR_SPDY_BAD_FRAME', '4 bytes'],
    ['8003 0008 00000000', 'ERR_SPDY_BAD_FRAME', '0 bytes'],
    ['8003 0009 00000008 00000001 00000000', 'ERR_SPDY_BAD_FRAME', 'grants nothing'],
    ['8003 0009 00000008 00000001 80000000', 'ERR_SPDY_BAD_FRAME', 'grants nothing'],
    ['8003 0009 0000000c 00000001 00000001 00000000', 'ERR_SPDY_BAD_FRAME', '12 bytes'],
  ];
  test.each(refused)('%s -> %s', (text, code, words) => {
    let caught: unknown;
    try {
      controlOf(hex(text));
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toMatchObject({ code, blame: 'remote' });
    expect((caught as Error).message).toContain(words);
  });

  test('a control frame at the limit is read, data of any length is, and so is what nobody knows', () => {
    expect(headerOf(hex('8003 0001 00004000')).length).toBe(LIMIT);
    expect(headerOf(hex('0000 0001 00ffffff'))).toEqual({ type: 0, flags: 0, streamId: 1, length: 0xff_ffff });
    expect(headerOf(hex('7fff ffff 01000000'))).toEqual({ type: 0, flags: 1, streamId: SPDY_MAX_UINT31, length: 0 });
    for (const text of ['8003 0000 00ffffff', '8003 0005 00ffffff', '8003 000a 00ffffff', '8003 f000 00ffffff']) {
      const header = headerOf(hex(text));
      expect([header.length, isKnown(header.type), header.type === SPDY_TYPE.data]).toEqual([0xff_ffff, false, false]);
    }
  });

  test('any bytes decode or are refused by name', () => {
    const bytes = new Uint8Array(20);
    for (let round = 0; round < 40_000; round++) {
      bytes.set([0x80, 3, 0, round % 12], 0);
      bytes[8 + (round % 12)] = (round * 167 + (round >> 5)) & 0xff;
      const body = bytes.subarray(SPDY_HEADER_BYTES, SPDY_HEADER_BYTES + ((round * 7) % 13));
      const header = headerOf(bytes);
      const outcome = isKnown(header.type) ? thrownCode(() => decodeSpdyControl(header, body)) : 'unknown';
      expect(['nothing was thrown', 'ERR_SPDY_BAD_FRAME', 'unknown']).toContain(outcome);
    }
  });

  test('a header in words', () => {
    expect(describeSpdyHeader({ type: 0, flags: 1, streamId: 5, length: 7 })).toBe('data FIN stream 5 length 7');
    expect(describeSpdyHeader({ type: 4, flags: 0, streamId: 0, length: 12 })).toBe('settings length 12');
    expect([1, 2, 3, 6, 7, 8, 9, 10].map(spdyTypeName)).toEqual([
      'synStream',
      'synReply',
      'rstStream',
      'ping',
      'goAway',
      'headers',
      'windowUpdate',
      'type 10',
    ]);
  });
});

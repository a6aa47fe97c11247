import { describe, expect, test } from '@jest/globals';
import {
  decodeMplexHeader,
  describeMplexHeader,
  encodeMplexHeader,
  isInitiatorFlag,
  MPLEX_FLAG,
  mplexFlagName,
  mplexStreamId,
  mplexStreamNumber,
  printableStreamName,
} from '../../src/wire/mplex.js';
import { expectDecodes, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface CapturedMessage {
  readonly peer: string;
  readonly what: string;
  readonly hex: string;
  readonly flag: keyof typeof MPLEX_FLAG;
  readonly streamId: number;
  readonly length: number;
  readonly body: string;
}

const { messages } = vectors('mplex/messages.json') as { readonly messages: readonly CapturedMessage[] };
const LIMITS = { messageBytes: 1024 * 1024, nameBytes: 256 };
const decode = (bytes: Uint8Array, offset: number) => decodeMplexHeader(bytes, LIMITS, offset);

describe('mplex headers', () => {
  test.each(messages)('$peer: $what', ({ hex: text, flag, streamId, length, body }) => {
    const header = hex(text.slice(0, text.length - body.length));
    expectDecodes(decode, header, { flag: MPLEX_FLAG[flag], streamId, length });
    expect(toHex(encodeMplexHeader(MPLEX_FLAG[flag], streamId, length)) + body).toBe(text);
    expect(mplexFlagName(MPLEX_FLAG[flag])).toBe(flag);
  });

  /** By the spec's rule for varints: seven bits a byte, low ones first. */
  const extremes = [
    { text: '00 00', value: { flag: 0, streamId: 0, length: 0 } },
    { text: '7e 7f', value: { flag: 6, streamId: 15, length: 127 } },
    { text: '81 01 80 01', value: { flag: 1, streamId: 16, length: 128 } },
    { text: '02 80 80 40', value: { flag: 2, streamId: 0, length: LIMITS.messageBytes } },
    { text: '00 80 02', value: { flag: 0, streamId: 0, length: LIMITS.nameBytes } },
    { text: 'fa ff ff ff 07 00', value: { flag: 2, streamId: 2 ** 28 - 1, length: 0 } },
    { text: '83 80 80 80 08 00', value: { flag: 3, streamId: 2 ** 28, length: 0 } },
    { text: 'fe ff ff ff ff ff ff 0f 00', value: { flag: 6, streamId: 2 ** 50 - 1, length: 0 } },
  ];
  test.each(extremes)('$text', ({ text, value }) => {
    expectDecodes(decode, hex(text), value);
    expect(encodeMplexHeader(value.flag, value.streamId, value.length)).toEqual(hex(text));
  });

  const refused = [
    { text: '07', code: 'ERR_MPLEX_BAD_HEADER', words: 'flag 7' },
    { text: '8f 01', code: 'ERR_MPLEX_BAD_HEADER', words: 'flag 7' },
    { text: '82 00', code: 'ERR_MPLEX_BAD_HEADER', words: 'not the shortest form' },
    { text: '02 81 00', code: 'ERR_MPLEX_BAD_HEADER', words: 'not the shortest form' },
    { text: '82 80 80 80 80 80 80 10', code: 'ERR_MPLEX_BAD_HEADER', words: 'above 2^53 - 1' },
    { text: '82 80 80 80 80 80 80 80 80', code: 'ERR_MPLEX_BAD_HEADER', words: 'more than 9 bytes' },
    { text: '02 80 80 80 80 80 80 80 80 80', code: 'ERR_MPLEX_BAD_HEADER', words: 'more than 9 bytes' },
    {
      text: '02 81 80 40',
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
      words: 'message of 1048577 bytes, the limit is 1048576',
    },
    {
      text: '04 81 80 40',
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
      words: 'message of 1048577 bytes, the limit is 1048576',
    },
    {
      text: '00 81 80 40',
      code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
      words: 'message of 1048577 bytes, the limit is 1048576',
    },
    { text: '00 81 02', code: 'ERR_MPLEX_NAME_TOO_LONG', words: 'stream name of 257 bytes, the limit is 256' },
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

  test('any bytes decode, wait for more, or are refused by name', () => {
    const bytes = new Uint8Array(20);
    const allowed = [
      'nothing was thrown',
      'ERR_MPLEX_BAD_HEADER',
      'ERR_MPLEX_MESSAGE_TOO_LARGE',
      'ERR_MPLEX_NAME_TOO_LONG',
    ];
    for (let round = 0; round < 20_000; round++) {
      bytes[round % 20] = (round * 167 + (round >> 5)) & 0xff;
      expect(allowed).toContain(thrownCode(() => decode(bytes, 0)));
    }
  });
});

describe('what is said of a message', () => {
  test('who sends a flag', () => {
    expect(Object.entries(MPLEX_FLAG).map(([name, flag]) => [name, isInitiatorFlag(flag)])).toEqual([
      ['newStream', true],
      ['messageReceiver', false],
      ['messageInitiator', true],
      ['closeReceiver', false],
      ['closeInitiator', true],
      ['resetReceiver', false],
      ['resetInitiator', true],
    ]);
  });

  test('a header in words', () => {
    expect(describeMplexHeader({ flag: 2, streamId: 5, length: 7 })).toBe('messageInitiator stream 5 length 7');
    expect(mplexFlagName(7)).toBe('flag 7');
  });

  test('a stream has one number on both sides, and no other has it', () => {
    const ids = [0, 1, 2, 3, 2 ** 28, 2 ** 50 - 1];
    expect(ids.map((id) => mplexStreamNumber(id, true))).toEqual([1, 3, 5, 7, 2 ** 29 + 1, 2 ** 51 - 1]);
    expect(ids.map((id) => mplexStreamNumber(id, false))).toEqual([2, 4, 6, 8, 2 ** 29 + 2, 2 ** 51]);
    for (const id of ids) {
      for (const byDialer of [true, false]) expect(mplexStreamId(mplexStreamNumber(id, byDialer))).toBe(id);
    }
  });

  test('a name is shown with what cannot be printed as its bytes', () => {
    expect(printableStreamName(utf8('a name'))).toBe('a name');
    expect(printableStreamName(utf8('ö\\\n\u001b[31m'))).toBe('\\xc3\\xb6\\x5c\\x0a\\x1b[31m');
    expect(printableStreamName(new Uint8Array(0))).toBe('');
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { LIMITS } from '../../src/limits.js';
import {
  decodeLegacyMultistreamList,
  decodeMultistreamList,
  decodeMultistreamMessage,
  encodeMultistreamList,
  encodeMultistreamMessage,
} from '../../src/wire/multistream.js';
import { concat, expectDecodes, hex, thrownCode, utf8 } from '../support/decoding.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/multistream/messages.json', import.meta.url), 'utf8')) as {
  readonly messages: readonly { readonly source: string; readonly text: string; readonly hex: string }[];
  readonly lists: readonly { readonly source: string; readonly protocols: readonly string[]; readonly hex: string }[];
};

describe('messages', () => {
  test.each(vectors.messages)('$text, from $source', ({ text, hex: bytes }) => {
    expectDecodes(decodeMultistreamMessage, hex(bytes), text);
    expect(encodeMultistreamMessage(text)).toEqual(hex(bytes));
  });

  test('a line of 1024 bytes is read, one of 1025 is refused before its bytes come', () => {
    const limit = LIMITS.multistreamMessageBytes;
    const longest = 'x'.repeat(limit - 1);
    expectDecodes(decodeMultistreamMessage, concat(hex('8008'), utf8(`${longest}\n`)), longest);
    expect(thrownCode(() => decodeMultistreamMessage(hex('8108')))).toBe('ERR_WIRE_TOO_LARGE');
    expect(encodeMultistreamMessage(longest)).toEqual(concat(hex('8008'), utf8(`${longest}\n`)));
    expect(thrownCode(() => encodeMultistreamMessage(`${longest}x`))).toBe('ERR_INVALID_ARGUMENT');
  });

  const malformed = [
    { name: 'no newline', bytes: hex('02 6e61'), code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'a length of zero', bytes: hex('00'), code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'nothing but a newline', bytes: hex('01 0a'), code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'two lines in one message', bytes: hex('06 6e610a6e610a'), code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'not UTF-8', bytes: hex('03 c3280a'), code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'a length that is not the shortest form', bytes: hex('8300 6e610a'), code: 'ERR_WIRE_VARINT' },
    { name: 'a length without end', bytes: hex('ff ff ff ff ff ff ff ff ff ff'), code: 'ERR_WIRE_VARINT' },
    {
      name: 'an HTTP request',
      bytes: utf8('GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nUser-Agent: some-browser\r\n\r\n'),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    },
    {
      name: 'a TLS hello',
      bytes: hex('16 0301 00c8 010000c40303a1b2c3d4e5f60718293a4b5c6d'),
      code: 'ERR_MULTISTREAM_BAD_MESSAGE',
    },
  ];
  test.each(malformed)('$name -> $code', ({ bytes, code }) => {
    expect(thrownCode(() => decodeMultistreamMessage(bytes))).toBe(code);
  });

  test.each(['', 'two\nlines', 'ends\n'])('%j is not written', (text) => {
    expect(thrownCode(() => encodeMultistreamMessage(text))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('what is written is read, and random bytes parse or are refused by name', () => {
    const line = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(line, (text) => {
        const bytes = encodeMultistreamMessage(text);
        expect(decodeMultistreamMessage(bytes)).toEqual({ value: text, size: bytes.length });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => {
        const code = thrownCode(() => decodeMultistreamMessage(bytes));
        expect([
          'nothing was thrown',
          'ERR_WIRE_TOO_LARGE',
          'ERR_WIRE_VARINT',
          'ERR_MULTISTREAM_BAD_MESSAGE',
        ]).toContain(code);
      }),
    );
  });
});

describe('the answer to ls', () => {
  test.each(vectors.lists)('$protocols, from $source', ({ protocols, hex: bytes }) => {
    expectDecodes(decodeMultistreamList, hex(bytes), [...protocols]);
    expect(encodeMultistreamList(protocols)).toEqual(hex(bytes));
  });

  test.each([
    { protocols: [], bytes: '01 0a' },
    { protocols: ['/a', '/bc'], bytes: '0a 03 2f610a 04 2f62630a 0a' },
  ])('$protocols', ({ protocols, bytes }) => {
    expectDecodes(decodeMultistreamList, hex(bytes), protocols);
    expect(encodeMultistreamList(protocols)).toEqual(hex(bytes));
  });

  test('a list is cut at what a peer reads: 1024 bytes', () => {
    // 341 entries of 3 bytes and the newline are 1024 bytes.
    const protocols = Array.from({ length: 342 }, () => 'x');
    const list = encodeMultistreamList(protocols);
    expect(list.length).toBe(2 + 1024);
    expect(decodeMultistreamList(list)?.value).toEqual(protocols.slice(0, 341));
  });

  test.each([
    { name: 'an entry cut short', bytes: '04 09 2f61 0a', code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'no newline at the end', bytes: '04 03 2f610a 03', code: 'ERR_MULTISTREAM_BAD_MESSAGE' },
    { name: 'over the limit', bytes: '8108', code: 'ERR_WIRE_TOO_LARGE' },
  ])('$name -> $code', ({ bytes, code }) => {
    expect(thrownCode(() => decodeMultistreamList(hex(bytes)))).toBe(code);
  });

  test('the older form: a count, then each protocol as a message', () => {
    expectDecodes(decodeLegacyMultistreamList, hex('03 02 02 0a 03 2f610a 04 2f62630a'), ['/a', '/bc']);
    expect(thrownCode(() => decodeLegacyMultistreamList(hex('01 0a')))).toBe('ERR_MULTISTREAM_BAD_MESSAGE');
    expect(decodeLegacyMultistreamList(hex('04 e807 01 0a'))).toBeUndefined();
    expect(thrownCode(() => decodeLegacyMultistreamList(hex('04 e907 01 0a')))).toBe('ERR_MULTISTREAM_BAD_MESSAGE');
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import {
  decodeExchange,
  decodePropose,
  decodeSecioFrame,
  decodeSecioLength,
  describeExchange,
  describePropose,
  encodeSecioFrame,
  encodeSecioLength,
  makeExchange,
  makePropose,
  SECIO_NONCE_BYTES,
} from '../../src/wire/secio.js';
import { concat, expectDecodes, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

/** Sessions between two libp2p-secio of npm: all that each side sent. */
interface Sessions {
  readonly sessions: readonly { readonly name: string; readonly sides: readonly { readonly sent: string }[] }[];
}
const { sessions } = JSON.parse(
  readFileSync(new URL('../vectors/secio/js-sessions.json', import.meta.url), 'utf8'),
) as Sessions;
const streams = sessions.flatMap(({ name, sides }) => sides.map(({ sent }, side) => ({ name, side, sent: hex(sent) })));

const EIGHT_MIB = 8 * 1024 * 1024;

/** Written by hand from the proto2 text of the spec: tag, length, value. */
const PROPOSE = concat(
  hex('0a 10 000102030405060708090a0b0c0d0e0f'), // rand = 1
  hex('12 04 08011200'), // pubkey = 2
  hex('1a 11'), // exchanges = 3
  utf8('P-256,P-384,P-521'),
  hex('22 0f'), // ciphers = 4
  utf8('AES-256,AES-128'),
  hex('2a 0d'), // hashes = 5
  utf8('SHA256,SHA512'),
);
const PROPOSE_FIELDS = {
  rand: hex('000102030405060708090a0b0c0d0e0f'),
  publicKey: hex('08011200'),
  exchanges: ['P-256', 'P-384', 'P-521'],
  ciphers: ['AES-256', 'AES-128'],
  hashes: ['SHA256', 'SHA512'],
};
const EXCHANGE = hex('0a 03 040506 12 02 aabb');
const EXCHANGE_FIELDS = { ephemeralKey: hex('040506'), signature: hex('aabb') };

describe('frames', () => {
  test.each([
    { name: 'empty', bytes: '00000000', message: '' },
    { name: 'one byte', bytes: '00000001 2a', message: '2a' },
    { name: 'big-endian', bytes: `00000102 ${'07'.repeat(258)}`, message: '07'.repeat(258) },
  ])('$name: decodes in any chunking and encodes to the same', ({ bytes, message }) => {
    expectDecodes((input, offset) => decodeSecioFrame(input, EIGHT_MIB, offset), hex(bytes), hex(message));
    expect(encodeSecioFrame(hex(message))).toEqual(hex(bytes));
  });

  test('the length is judged before the bytes are here: 8 MiB waits, one more is refused', () => {
    expect(decodeSecioFrame(hex('00800000'), EIGHT_MIB)).toBeUndefined();
    expect(thrownCode(() => decodeSecioFrame(hex('00800001'), EIGHT_MIB))).toBe('ERR_WIRE_TOO_LARGE');
  });

  test.each([
    { length: 0, bytes: '00000000' },
    { length: 1, bytes: '00000001' },
    { length: 0x01020304, bytes: '01020304' },
    { length: 0xffffffff, bytes: 'ffffffff' },
  ])('the length $length is $bytes', ({ length, bytes }) => {
    expect(toHex(encodeSecioLength(length))).toBe(bytes);
    expect(decodeSecioLength(hex(bytes))).toBe(length);
    expect(decodeSecioLength(hex(`ffff${bytes}00`), 2)).toBe(length);
    for (const size of [0, 1, 2, 3]) expect(decodeSecioLength(hex(bytes).subarray(0, size))).toBeUndefined();
  });

  test.each([-1, 0x100000000, 1.5])('%p is no length', (length) => {
    expect(() => encodeSecioLength(length)).toThrow(RangeError);
  });
});

describe('Propose', () => {
  test('decodes to its fields and its bytes, and encodes to the same', () => {
    expect(decodePropose(PROPOSE)).toEqual({ ...PROPOSE_FIELDS, bytes: PROPOSE });
    expect(makePropose(PROPOSE_FIELDS)).toEqual({ ...PROPOSE_FIELDS, bytes: PROPOSE });
  });

  test.each([
    { name: 'no field', bytes: '', fields: {} },
    { name: 'empty lists', bytes: '1a00 2200 2a00', fields: {} },
    { name: 'a field twice: the last counts', bytes: '1a0141 1a0142', fields: { exchanges: ['B'] } },
    { name: 'names twice are kept', bytes: '1a03412c41', fields: { exchanges: ['A', 'A'] } },
    { name: 'commas alone name nothing known', bytes: '1a022c2c', fields: { exchanges: ['', '', ''] } },
    { name: 'unknown fields are skipped', bytes: '300a 3a0141 1a0143', fields: { exchanges: ['C'] } },
    { name: 'a nonce of one byte is for the handshake to judge', bytes: '0a0107', fields: { rand: hex('07') } },
  ])('$name', ({ bytes, fields }) => {
    const none = { rand: hex(''), publicKey: hex(''), exchanges: [], ciphers: [], hashes: [] };
    expect(decodePropose(hex(bytes))).toEqual({ ...none, ...fields, bytes: hex(bytes) });
  });

  test.each([
    { name: 'cut in a field', bytes: '0a10 0001' },
    { name: 'cut in a tag', bytes: '0a0107 80' },
    { name: 'a number where bytes are due', bytes: '0807' },
    { name: 'a group', bytes: '33 34' },
    { name: 'a list longer than the message', bytes: '1affffffff0f41' },
  ])('refuses: $name', ({ bytes }) => {
    expect(thrownCode(() => decodePropose(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('in words: sizes, names, nothing that a terminal would obey, and a bound', () => {
    expect(describePropose(decodePropose(PROPOSE))).toBe(
      'Propose: nonce of 16 bytes, key of 4 bytes, "P-256,P-384,P-521" "AES-256,AES-128" "SHA256,SHA512"',
    );
    const strange = { ...PROPOSE_FIELDS, exchanges: ['\u001b[31m'], ciphers: ['x'.repeat(100)], hashes: [] };
    expect(describePropose(strange)).toBe(
      `Propose: nonce of 16 bytes, key of 4 bytes, "?[31m" "${'x'.repeat(80)}..." ""`,
    );
  });
});

describe('Exchange', () => {
  test('decodes to its fields and its bytes, and encodes to the same', () => {
    expect(decodeExchange(EXCHANGE)).toEqual({ ...EXCHANGE_FIELDS, bytes: EXCHANGE });
    expect(makeExchange(EXCHANGE_FIELDS)).toEqual({ ...EXCHANGE_FIELDS, bytes: EXCHANGE });
    expect(decodeExchange(hex(''))).toEqual({ ephemeralKey: hex(''), signature: hex(''), bytes: hex('') });
    expect(describeExchange(EXCHANGE_FIELDS)).toBe('Exchange: ephemeral key of 3 bytes, signature of 2 bytes');
  });

  test.each(['0a05 04', '1007'])('refuses %s', (bytes) => {
    expect(thrownCode(() => decodeExchange(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });
});

describe('what libp2p-secio sends', () => {
  test('its Propose says what it was made with', () => {
    const [first] = streams;
    const propose = decodePropose(decodeSecioFrame(first?.sent ?? hex(''), EIGHT_MIB)?.value ?? hex(''));
    expect(propose).toMatchObject({ exchanges: ['P-256'], ciphers: ['AES-256'], hashes: ['SHA256'] });
    expect(propose.rand).toHaveLength(SECIO_NONCE_BYTES);
    // Ed25519: type 1, 32 bytes.
    expect(toHex(propose.publicKey.subarray(0, 4))).toBe('08011220');
    expect(makePropose(propose).bytes).toEqual(propose.bytes);
  });

  test.each(streams)('$name, side $side: the same messages in every chunking', ({ sent }) => {
    const whole = readFrames([sent]);
    expect(whole.length).toBeGreaterThan(3);
    expect(concat(...whole.map(encodeSecioFrame))).toEqual(sent);
    expect(makePropose(decodePropose(whole[0]!)).bytes).toEqual(whole[0]);
    expect(makeExchange(decodeExchange(whole[1]!)).bytes).toEqual(whole[1]);
    for (const size of [1, 2, 3, 4, 5, 7, 64, 333]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < sent.length; at += size) chunks.push(sent.subarray(at, at + size));
      expect({ size, frames: readFrames(chunks) }).toEqual({ size, frames: whole });
    }
  });
});

test('garbage is a message or ERR_WIRE_PROTOBUF, never anything else', () => {
  const seed = 20_240_507;
  const verdict = (run: () => unknown): string => {
    try {
      run();
      return 'decoded';
    } catch (thrown) {
      return (thrown as { code?: string }).code ?? String(thrown);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const decode of [decodePropose, decodeExchange]) {
        expect(['decoded', 'ERR_WIRE_PROTOBUF']).toContain(verdict(() => decode(bytes)));
      }
    }),
    { seed, numRuns: 2000 },
  );
});

/** Reads frames as a connection would: append, decode, drop. */
function readFrames(chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let buffer = hex('');
  for (const chunk of chunks) {
    buffer = concat(buffer, chunk);
    for (
      let next = decodeSecioFrame(buffer, EIGHT_MIB);
      next !== undefined;
      next = decodeSecioFrame(buffer, EIGHT_MIB)
    ) {
      frames.push(next.value.slice());
      buffer = buffer.slice(next.size);
    }
  }
  expect(buffer).toHaveLength(0);
  return frames;
}

/** DNS messages: those of others, byte for byte, ours read back, and everything that is none. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { decodeDns, encodeDns, type DnsMessage } from '../../src/wire/dns.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';

const empty: DnsMessage = { id: 0, isResponse: false, questions: [], answers: [], additionals: [] };
/** `_p2p._udp.local`, as it is encoded. */
const SERVICE = '045f703270045f756470056c6f63616c00';
const label = (text: string): string => toHex(new Uint8Array([text.length, ...new TextEncoder().encode(text)]));
const header = (flags: string, ...counts: number[]): string =>
  `0000${flags}${counts.map((count) => count.toString(16).padStart(4, '0')).join('')}`;

describe('the examples of RFC 1035, 4.1.4', () => {
  // F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92, as the figure shows; the rest is filler.
  const names = concat(
    hex('000a00000003000000000000'),
    new Uint8Array(0),
    hex(`${label('F')}${label('ISI')}${label('ARPA')}00000c0001`),
    hex(`${label('FOO')}c00c000c0001`),
    hex('c012000c0001'),
  );
  test('names share their ends', () => {
    expect(decodeDns(names).questions.map(({ name }) => name)).toEqual(['F.ISI.ARPA', 'FOO.F.ISI.ARPA', 'ARPA']);
    const questions = ['F.ISI.ARPA', 'FOO.F.ISI.ARPA', 'ARPA'].map((name) => ({ name, type: 12 }));
    expect(toHex(encodeDns({ ...empty, id: 10, questions }))).toBe(toHex(names));
  });
});

describe('read', () => {
  test.each<{ name: string; bytes: string; message: DnsMessage }>([
    {
      name: 'a question',
      bytes: `${header('0000', 1, 0, 0, 0)}${SERVICE}000c0001`,
      message: { ...empty, questions: [{ name: '_p2p._udp.local', type: 12 }] },
    },
    {
      name: 'a question that wants its answer unicast',
      bytes: `${header('0000', 1, 0, 0, 0)}${SERVICE}000c8001`,
      message: { ...empty, questions: [{ name: '_p2p._udp.local', type: 12 }] },
    },
    {
      name: 'a question of another class',
      bytes: `${header('0000', 1, 0, 0, 0)}${SERVICE}000c0003`,
      message: empty,
    },
    {
      name: 'texts, one of them empty, under the cache-flush bit',
      bytes: `${header('8400', 0, 1, 0, 0)}${label('a')}0000108001000000780004${label('xy')}00`,
      message: {
        ...empty,
        isResponse: true,
        answers: [{ type: 'TXT', name: 'a', ttlSeconds: 120, texts: ['xy', ''] }],
      },
    },
    {
      name: 'an address and an authority in between, stepped over',
      bytes: `${header('8400', 0, 1, 1, 1)}${label('a')}000001000100000078000401020304${label('b')}00000c0001000000780003${label('c')}00${label('d')}00000c0001ffffffff0002c02a`,
      message: {
        ...empty,
        isResponse: true,
        additionals: [{ type: 'PTR', name: 'd', ttlSeconds: 0xffffffff, target: 'c' }],
      },
    },
  ])('$name', ({ bytes, message }) => {
    expect(decodeDns(hex(bytes))).toEqual(message);
  });

  test('a message followed by more bytes is read without them', () => {
    expect(decodeDns(hex(`${header('0000', 0, 0, 0, 0)}ffff`))).toEqual(empty);
  });
});

describe('refused', () => {
  const pointers = (count: number): string =>
    Array.from({ length: count }, (_, at) =>
      at === 0 ? '00' : (0xc000 + (at === 1 ? 23 : 22 + 2 * (at - 1))).toString(16),
    ).join('');
  test.each([
    { name: 'nothing', bytes: '' },
    { name: 'eleven bytes', bytes: '0000000000000000000000' },
    { name: 'an operation other than a query', bytes: header('0800', 0, 0, 0, 0) },
    { name: 'a response that tells of an error', bytes: header('8403', 0, 0, 0, 0) },
    { name: 'a question that is not there', bytes: header('0000', 1, 0, 0, 0) },
    { name: 'a question cut in its type', bytes: `${header('0000', 1, 0, 0, 0)}${SERVICE}00` },
    { name: 'a name that ends in the middle', bytes: `${header('0000', 1, 0, 0, 0)}045f7032` },
    { name: 'a name that points to itself', bytes: `${header('0000', 1, 0, 0, 0)}c00c000c0001` },
    { name: 'a name that points forwards', bytes: `${header('0000', 1, 0, 0, 0)}c00e00000c0001` },
    { name: 'a name that points into the header', bytes: `${header('0000', 1, 0, 0, 0)}c000000c0001` },
    { name: 'two names that point to each other', bytes: `${header('0000', 1, 0, 0, 0)}0161c00e` },
    { name: 'a label of a kind that is none', bytes: `${header('0000', 1, 0, 0, 0)}4061000c0001` },
    {
      name: 'a record longer than the message',
      bytes: `${header('8400', 0, 1, 0, 0)}016100000c0001000000780100016200`,
    },
    {
      name: 'a pointer longer than its record',
      bytes: `${header('8400', 0, 1, 0, 0)}016100000c0001000000780001016200`,
    },
    {
      name: 'a pointer shorter than its record',
      bytes: `${header('8400', 0, 1, 0, 0)}016100000c000100000078000401620000`,
    },
    {
      name: 'a text longer than its record',
      bytes: `${header('8400', 0, 1, 0, 0)}016100001000010000007800020261620000`,
    },
    {
      name: 'a name longer than 255 bytes',
      bytes: `${header('0000', 1, 0, 0, 0)}${label('a'.repeat(63)).repeat(4)}00000c0001`,
    },
    {
      name: 'a name with more hops than it may have bytes',
      bytes: `${header('0000', 1, 0, 0, 1)}0000ff0001${pointers(300)}`,
    },
  ])('$name', ({ bytes }) => {
    expect(thrownCode(() => decodeDns(hex(bytes)))).toBe('ERR_WIRE_DNS');
  });

  test('every beginning of a message is none', () => {
    const answers = [{ type: 'PTR', name: 'a.b', ttlSeconds: 1, target: 'c.a.b' }] as const;
    const additionals = [{ type: 'TXT', name: 'c.a.b', ttlSeconds: 1, texts: ['one', 'two'] }] as const;
    const whole = encodeDns({
      ...empty,
      isResponse: true,
      questions: [{ name: 'a.b', type: 12 }],
      answers,
      additionals,
    });
    expect(decodeDns(whole)).toEqual({
      ...empty,
      isResponse: true,
      questions: [{ name: 'a.b', type: 12 }],
      answers,
      additionals,
    });
    for (let size = 0; size < whole.length; size++) {
      expect([size, thrownCode(() => decodeDns(whole.subarray(0, size)))]).toEqual([size, 'ERR_WIRE_DNS']);
    }
  });

  test('a byte changed anywhere never throws anything else', () => {
    const questions = [{ name: '_p2p._udp.local', type: 12 }];
    const answers = [{ type: 'PTR', name: '_p2p._udp.local', ttlSeconds: 9, target: 'x._p2p._udp.local' }] as const;
    const whole = encodeDns({ ...empty, questions, answers });
    const ends = new Set<string>();
    for (let at = 0; at < whole.length; at++) {
      for (let value = 0; value < 256; value++) {
        const changed = whole.slice();
        changed[at] = value;
        ends.add(thrownCode(() => decodeDns(changed)));
      }
    }
    expect([...ends].sort()).toEqual(['ERR_WIRE_DNS', 'nothing was thrown']);
  });
});

describe('bounds', () => {
  test('dnsMessageBytes', () => {
    const bytes = new Uint8Array(LIMITS.dnsMessageBytes + 1);
    expect(decodeDns(bytes.subarray(1))).toEqual(empty);
    expect(thrownCode(() => decodeDns(bytes))).toBe('ERR_WIRE_DNS');
  });

  test('dnsRecords, of all sections together', () => {
    const questions = (count: number): Uint8Array =>
      hex(`${header('0000', count, 0, 0, 0)}${'0000ff0001'.repeat(count)}`);
    expect(decodeDns(questions(LIMITS.dnsRecords)).questions.length).toBe(LIMITS.dnsRecords);
    expect(thrownCode(() => decodeDns(questions(LIMITS.dnsRecords + 1)))).toBe('ERR_WIRE_DNS');
    expect(thrownCode(() => decodeDns(hex(header('0000', 1, 511, 1, 0))))).toBe('ERR_WIRE_DNS');
  });

  test.each([
    { name: 'a label of 63 bytes', text: 'a'.repeat(63), code: 'nothing was thrown' },
    { name: 'one of 64', text: 'a'.repeat(64), code: 'ERR_INVALID_ARGUMENT' },
    { name: 'a name of 255 bytes', text: `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(61), code: 'nothing was thrown' },
    { name: 'one of 256', text: `${'a'.repeat(63)}.`.repeat(3) + 'b'.repeat(62), code: 'ERR_INVALID_ARGUMENT' },
    { name: 'an empty label', text: 'a..b', code: 'ERR_INVALID_ARGUMENT' },
  ])('written: $name', ({ text, code }) => {
    expect(thrownCode(() => decodeDns(encodeDns({ ...empty, questions: [{ name: text, type: 12 }] })))).toBe(code);
  });

  test.each([
    [255, 'nothing was thrown'],
    [256, 'ERR_INVALID_ARGUMENT'],
  ])('written: a text of %d bytes', (size, code) => {
    const answers = [{ type: 'TXT', name: 'a', ttlSeconds: 1, texts: ['x'.repeat(size)] }] as const;
    expect(thrownCode(() => encodeDns({ ...empty, answers }))).toBe(code);
  });
});

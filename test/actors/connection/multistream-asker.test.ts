/** The question for a list of protocols, judged by what libp2p 0.26 and 0.28 answered, in every cutting. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MultistreamAsker } from '../../../src/actors/connection/multistream-asker.js';
import { Environment } from '../../../src/actors/environment.js';
import type { EngineError } from '../../../src/errors.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeMultistreamMessage } from '../../../src/wire/multistream.js';
import { encodeVarint } from '../../../src/wire/varint.js';
import { concat, hex, toHex } from '../../support/decoding.js';

const ID = encodeMultistreamMessage('/multistream/1.0.0');
const LS = encodeMultistreamMessage('ls');
const vectorOf = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../vectors/multistream/${name}`, import.meta.url), 'utf8'));

const old = (vectorOf('js-libp2p-0.26.json') as { ls: { listener: string[]; protocols: string[] } }).ls;
const [present] = (vectorOf('messages.json') as { lists: { hex: string; protocols: string[] }[] }).lists;

/** What an asker says and comes to when it hears `chunks`. */
function asked(chunks: readonly Uint8Array[], end?: 'transport.ended' | 'silence', limits = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: {} as never, ciphers: {} as never, limits });
  const said: Uint8Array[] = [];
  const outcomes: (readonly string[] | EngineError)[] = [];
  let consumed = 0;
  const asker = new MultistreamAsker({
    environment,
    address: 'conn:1/yamux/1/multistream',
    connection: 'conn:1',
    onConsumed: (size) => (consumed += size),
    onListed: (protocols) => outcomes.push(protocols),
    onFailed: (error) => outcomes.push(error),
  });
  asker.outbound$.subscribe((message) => said.push(...message.chunks));
  const hear = (what: object): void =>
    environment.turns.post(() =>
      asker.receive(environment.message({ direction: 'inbound', layer: 'yamux', connection: 'conn:1', ...what })),
    );
  environment.turns.post(() => asker.start());
  for (const chunk of chunks) hear({ chunks: [chunk] });
  if (end === 'transport.ended') hear({ event: { type: end } });
  if (end === 'silence') clock.advance(10_000);
  environment.turns.post(() => asker.dispose());
  expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  expect(toHex(concat(...said))).toBe(toHex(concat(ID, LS)));
  return { outcomes, consumed };
}

const whole = (...messages: readonly Uint8Array[]): Uint8Array => concat(...messages);
const bytewise = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));

describe.each([
  ['libp2p 0.26, line by line behind the echo', whole(...old.listener.map((line) => hex(line))), old.protocols],
  ['libp2p 0.28, in one message', whole(ID, hex(present!.hex)), present!.protocols],
  ['one that speaks nothing', whole(ID, hex('010a')), []],
  ['an old one that speaks nothing', whole(ID, LS, hex('0300000a')), []],
])('the list of %s', (_, bytes, protocols) => {
  test('whole, byte by byte, and cut anywhere', () => {
    const expected = { outcomes: [protocols], consumed: bytes.length };
    expect(asked([bytes])).toEqual(expected);
    expect(asked(bytewise(bytes))).toEqual(expected);
    for (let at = 1; at < bytes.length; at++) expect(asked([bytes.slice(0, at), bytes.slice(at)])).toEqual(expected);
  });

  test.each([
    ['transport.ended', 'ERR_MULTISTREAM_ENDED'],
    ['silence', 'ERR_MULTISTREAM_TIMEOUT'],
  ] as const)('%s in the middle of it', (end, code) => {
    for (let at = 0; at < bytes.length; at++) {
      expect(asked([bytes.slice(0, at)], end).outcomes).toMatchObject([
        { code, blame: 'remote', details: { machine: 'multistreamAsker' } },
      ]);
    }
  });
});

/** The head of an old list: how many entries, and the bytes of their prefixes. */
function headOf(count: number): Uint8Array {
  const line = concat(encodeVarint(count), encodeVarint(count), Uint8Array.of(0x0a));
  return concat(encodeVarint(line.length), line);
}

describe('what is no list', () => {
  test.each([
    ['na', whole(ID, encodeMultistreamMessage('na')), 'ERR_MULTISTREAM_NO_LIST'],
    ['another header', encodeMultistreamMessage('/multistream/2.0.0'), 'ERR_MULTISTREAM_BAD_HEADER'],
    ['a second header', whole(ID, ID), 'ERR_MULTISTREAM_UNEXPECTED'],
    ['an entry cut short', whole(ID, hex('04 09 2f 61 0a')), 'ERR_MULTISTREAM_BAD_MESSAGE'],
    ['a line that is too long', whole(ID, hex('8108')), 'ERR_MULTISTREAM_BAD_MESSAGE'],
    [
      'an HTTP answer',
      Buffer.from(`HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nServer: one\r\n\r\n`),
      'ERR_MULTISTREAM_BAD_MESSAGE',
    ],
  ])('%s', (_, bytes, code) => {
    expect(asked([bytes]).outcomes).toMatchObject([{ code, blame: 'remote' }]);
  });

  test('an old list at the limit of protocols is taken, one past it is not', () => {
    const entries = Array.from({ length: 3 }, () => encodeMultistreamMessage('/a'));
    const limits = { multistreamProposals: 3 };
    expect(asked([whole(ID, LS, headOf(3), ...entries)], undefined, limits).outcomes).toEqual([['/a', '/a', '/a']]);
    expect(asked([whole(ID, LS, headOf(4))], undefined, limits).outcomes).toMatchObject([
      { code: 'ERR_MULTISTREAM_BAD_MESSAGE', details: { state: 'awaitingOldList' } },
    ]);
  });
});

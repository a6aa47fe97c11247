/** Nothing that reads what others wrote is left out of the fuzzer, and what it finds is told so that it can be found again. */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { EngineError } from '../../src/errors.js';
import { hex, toHex } from '../support/decoding.js';
import { judgeStream, judgeWhole } from './codec-judge.js';
import { DECODERS, STREAM_DECODERS } from './decoders.js';
import { optionsOf } from './command-line.js';
import { assertNamed, check, reportOf, target } from './target.js';
import { TARGETS } from './targets.js';

const WIRE = new URL('../../src/wire/', import.meta.url);

/** Read by others of the table: the body of a frame whose header is here. */
const WITHIN = new Set([
  'readYamuxHeader',
  // Elements of a certificate, and the extensions of a hello.
  'readDerElement',
  'readDerBitString',
  'readDerOid',
  'readDerBoolean',
  'decodeTlsExtensions',
  'readTlsExtensions',
]);

test('every decoder of src/wire has a row', () => {
  const exported = readdirSync(WIRE).flatMap((file) =>
    [
      ...readFileSync(new URL(file, WIRE), 'utf8').matchAll(/^export function ((?:decode|read)\w+|\w+FromBytes)\(/gm),
    ].map(([, name]) => name ?? ''),
  );
  expect(exported.length).toBeGreaterThan(25);
  const rows = new Set([...STREAM_DECODERS, ...DECODERS].map(({ of }) => of));
  expect(exported.filter((name) => !rows.has(name) && !WITHIN.has(name))).toEqual([]);
});

test('names are unique, as the command line goes by them', () => {
  const names = TARGETS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('what it finds', () => {
  const flawed = target('flawed', fc.uint8Array({ maxLength: 40 }), (bytes) => {
    if (bytes.includes(0x42)) throw new TypeError('42 is read of nothing');
  });

  test('is made small, and told with its seed, its bytes and the command that does it again', async () => {
    const { failure } = await check(flawed, { seed: 7, runs: 1000 });
    expect(failure).toMatchObject({ name: 'flawed', seed: 7, input: '42' });
    expect(failure!.command).toBe(`npm run fuzz -- --only 'flawed' --seed 7 --path ${failure!.path}`);
    expect(reportOf(failure!)).toContain('TypeError: 42 is read of nothing');
    const again = await check(flawed, { seed: 7, runs: 1000, path: failure!.path });
    expect(again.failure?.input).toBe('42');
  });

  test.each<[what: string, decode: (bytes: Uint8Array) => unknown, told: RegExp]>([
    ['an error without a name', () => JSON.parse('{') as unknown, /no named failure: SyntaxError/],
    ['the wrong blame', () => fail('ERR_WIRE_VARINT', 'local'), /blames local/],
    ['a name of another codec', () => fail('ERR_KEY_INVALID', 'remote'), /ERR_KEY_INVALID/],
    ['bytes that it changes', (bytes) => (bytes[0] = 9), /the bytes were changed/],
    ['a value much larger than the bytes', () => new Uint8Array(100_000), /a value of 100000 bytes from 3/],
    ['a value that is written otherwise', (bytes) => bytes.slice(1), /reads otherwise/],
  ])('in a codec: %s', (_, decode, told) => {
    const one = {
      of: 'flawed',
      samples: [],
      codes: /^ERR_WIRE/,
      decode,
      encode: (value: unknown) => value as Uint8Array,
    };
    expect(() => judgeWhole(one, hex('010203'))).toThrow(told);
  });

  test('in a codec of streams: what it says of a beginning and not of the whole', () => {
    const hasty = { of: 'hasty', samples: [], codes: /^ERR_WIRE/ };
    const sizeSoFar = (bytes: Uint8Array, offset: number) => ({ value: toHex(bytes.subarray(offset)), size: 1 });
    expect(() => judgeStream({ ...hasty, decode: sizeSoFar }, hex('0102'))).toThrow('it says otherwise of the first 0');
    const ofPlace = (_: Uint8Array, offset: number) => ({ value: offset, size: 1 });
    expect(() => judgeStream({ ...hasty, decode: ofPlace }, hex('0102'))).toThrow('in the middle of other bytes');
  });

  test('an error of ours without blame of the peer', () => {
    expect(() => assertNamed(new Error('?'), ['remote'])).toThrow('no named failure');
    expect(() => assertNamed(new EngineError('ERR_ENGINE_ASSERTION', 'engine', '?'), ['remote'])).toThrow(
      'blames engine',
    );
  });
});

test.each<[args: string[], told: unknown]>([
  [[], { seconds: 60, path: undefined, json: false, targets: TARGETS }],
  [
    ['--only', 'YAMUX OP', '--seed', '3', '--seconds', '0'],
    { seed: 3, seconds: 0, targets: [{ name: 'yamux operations' }] },
  ],
  [['--only', 'decode decodeVarint'], { targets: [{ name: 'decode decodeVarint' }] }],
  [['--only', 'nothing'], expect.stringContaining('no target has nothing in its name')],
  [['--seconds', 'x'], '--seconds is a number of seconds, got x'],
  [['--seed', '-1'], expect.stringContaining('--seed')],
  [['--faster'], expect.stringContaining('--faster')],
])('the command line: %j', (args, told) => {
  const options = optionsOf(args);
  if (typeof options === 'string') expect(options).toEqual(told);
  else expect(options).toMatchObject(told as object);
});

function fail(code: 'ERR_WIRE_VARINT' | 'ERR_KEY_INVALID', blame: 'local' | 'remote'): never {
  throw new EngineError(code, blame, 'flawed');
}

/** Bodies in every chunking, and every bound of theirs. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/limits.js';
import {
  LinesReader,
  ListReader,
  ValueReader,
  type AnswerReader,
} from '../../../src/routing/delegated/answer-readers.js';
import { thrownCode, utf8 } from '../../support/decoding.js';
import { PEERS } from './support.js';

const line = (port: number) => `{"Schema":"peer","ID":"${PEERS[0]}","Addrs":["/ip4/1.2.3.4/tcp/${port}"]}`;
const ports = (read: (onRecord: (port: string) => void) => AnswerReader, chunks: readonly Uint8Array[]): string[] => {
  const heard: string[] = [];
  const reader = read((port) => heard.push(port));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return heard;
};
const lines =
  (limits = {}) =>
  (onRecord: (port: string) => void) =>
    new LinesReader({ ...LIMITS, ...limits }, ({ addresses }) =>
      onRecord(addresses[0]?.address.split('/').at(-1) ?? ''),
    );
const list =
  (limits = {}) =>
  (onRecord: (port: string) => void) =>
    new ListReader({ ...LIMITS, ...limits }, 'Providers', ({ addresses }) =>
      onRecord(addresses[0]?.address.split('/').at(-1) ?? ''),
    );

const stream = utf8(`${line(1)}\n\n${line(2)}\r\n{"Schema":"other"}\n{"Schema":"peer"}\n${line(3)}`);
const body = utf8(`{"Providers":[${line(1)},{"Schema":"other"},${line(2)},${line(3)}]}`);

describe.each([
  ['lines', lines(), stream],
  ['a list', list(), body],
] as const)('%s', (_name, read, bytes) => {
  test('whole, byte by byte, and cut at every length', () => {
    expect(ports(read, [bytes])).toEqual(['1', '2', '3']);
    expect(
      ports(
        read,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(['1', '2', '3']);
    for (let at = 0; at <= bytes.length; at++) {
      expect([at, ports(read, [bytes.subarray(0, at), bytes.subarray(at)])]).toEqual([at, ['1', '2', '3']]);
    }
  });

  test('as many records as may be, those that are skipped included, and one more', () => {
    const many = (reader: typeof lines | typeof list, count: number) =>
      thrownCode(() => ports(reader({ httpRoutingRecords: count }), [bytes]));
    const count = bytes === stream ? 5 : 4;
    const reader = bytes === stream ? lines : list;
    expect([many(reader, count), many(reader, count - 1)]).toEqual([
      'nothing was thrown',
      'ERR_HTTP_ROUTING_TOO_LARGE',
    ]);
  });

  test('as many bytes as may be, and one more', () => {
    const reader = bytes === stream ? lines : list;
    const code = (bound: number) => thrownCode(() => ports(reader({ httpRoutingAnswerBytes: bound }), [bytes]));
    expect([code(bytes.length), code(bytes.length - 1)]).toEqual(['nothing was thrown', 'ERR_HTTP_ROUTING_TOO_LARGE']);
  });
});

test('a line as long as may be, and one longer, before its end has come', () => {
  const code = (length: number) =>
    thrownCode(() => lines({ httpRoutingLineBytes: length })(() => undefined).push(utf8(line(1))));
  expect([code(line(1).length), code(line(1).length - 1)]).toEqual([
    'nothing was thrown',
    'ERR_HTTP_ROUTING_TOO_LARGE',
  ]);
});

test('each line is handed on as it ends, and those before one that is refused stand', () => {
  const heard: string[] = [];
  const reader = lines()((port) => heard.push(port));
  reader.push(utf8(`${line(1)}\n${line(2)}`));
  expect(heard).toEqual(['1']);
  reader.push(utf8('\n'));
  expect(heard).toEqual(['1', '2']);
  expect(thrownCode(() => reader.push(utf8(`${line(3)}\n{nonsense}\n${line(4)}\n`)))).toBe('ERR_HTTP_ROUTING_BAD_JSON');
  expect(heard).toEqual(['1', '2', '3']);
});

test('a value of any chunking, as long as may be, and one longer', () => {
  const read = (bound: number, chunks: readonly Uint8Array[]): number[] => {
    let value: number[] = [];
    const reader = new ValueReader({ ...LIMITS, httpRoutingValueBytes: bound }, (bytes) => (value = [...bytes]));
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
    return value;
  };
  expect(read(3, [Uint8Array.of(1, 2, 3)])).toEqual([1, 2, 3]);
  expect(read(3, [Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)])).toEqual([1, 2, 3]);
  expect(thrownCode(() => read(2, [Uint8Array.of(1), Uint8Array.of(2, 3)]))).toBe('ERR_HTTP_ROUTING_TOO_LARGE');
});

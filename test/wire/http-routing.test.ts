/** Records of delegated routing: the published examples, and what else a server may send. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import {
  acceptsExactly,
  decodeRecord,
  decodeRecordLine,
  decodeRecordList,
  encodeRecordLine,
  encodeRecordList,
  mediaTypeOf,
} from '../../src/wire/http-routing.js';
import { hex, utf8, thrownCode } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Examples {
  readonly records: readonly {
    readonly name: string;
    readonly json: string;
    readonly schema: string;
    readonly addresses: readonly string[];
    readonly protocols: readonly string[];
  }[];
  readonly id: { readonly text: string; readonly canonical: string };
  readonly empty: { readonly Providers: string; readonly Peers: string };
}
const examples = vectors('http-routing/examples.json') as Examples;
const PEER = examples.id.canonical;

const plain = (addresses: readonly string[]) => addresses.map((address) => ({ address, peer: undefined }));

test.each(examples.records)('the published example: $name', ({ json, schema, addresses, protocols }) => {
  const record = { kind: 'peer', schema, id: examples.id.text, addresses: plain(addresses), protocols };
  expect(decodeRecordLine(utf8(json))).toEqual(record);
  expect(decodeRecordLine(utf8(`${json}\r`))).toEqual(record);
  const [listed] = decodeRecordList(utf8(`{"Providers":[${json}]}`), 'Providers');
  expect(decodeRecord(listed)).toEqual(record);
});

test('the published example of nothing', () => {
  expect(decodeRecordList(utf8(examples.empty.Providers), 'Providers')).toEqual([]);
  expect(decodeRecordList(utf8(examples.empty.Peers), 'Peers')).toEqual([]);
});

const record = (fields: object) => ({ Schema: 'peer', ID: PEER, ...fields });
const read = (fields: object) => ({ kind: 'peer', schema: 'peer', id: PEER, addresses: [], ...fields });

const cases: { name: string; value: unknown; decoded: object }[] = [
  { name: 'an id alone', value: record({}), decoded: read({}) },
  { name: 'lists that are null', value: record({ Addrs: null, Protocols: null }), decoded: read({}) },
  { name: 'empty lists: not known', value: record({ Addrs: [], Protocols: [] }), decoded: read({}) },
  {
    name: 'addresses that are none among one that is',
    value: record({
      Addrs: ['/ip4/1.2.3.4/tcp/1', '/ip4/1.2.3/tcp/1', 7, null, '', 'http://a', '/ip4/1.2.3.4/tcp/70000'],
    }),
    decoded: read({ addresses: plain(['/ip4/1.2.3.4/tcp/1']) }),
  },
  {
    name: 'an address with its peer, one of a relay, and a peer alone',
    value: record({
      Addrs: [`/ip4/1.2.3.4/tcp/1/p2p/${PEER}`, `/ip4/1.2.3.4/tcp/1/p2p/${PEER}/p2p-circuit`, `/p2p/${PEER}`],
    }),
    decoded: read({
      addresses: [
        { address: '/ip4/1.2.3.4/tcp/1', peer: PEER },
        { address: `/ip4/1.2.3.4/tcp/1/p2p/${PEER}/p2p-circuit`, peer: undefined },
      ],
    }),
  },
  {
    name: 'protocols: those that are names of up to 63 characters',
    value: record({ Protocols: ['a'.repeat(63), 'b'.repeat(64), '', 4, null] }),
    decoded: read({ protocols: ['a'.repeat(63)] }),
  },
  {
    name: 'a schema of others',
    value: { Schema: 'announcement', ID: PEER },
    decoded: { kind: 'unknown', schema: 'announcement' },
  },
  {
    name: 'a schema named like a built-in',
    value: { Schema: '__proto__' },
    decoded: { kind: 'unknown', schema: '__proto__' },
  },
  { name: 'no schema', value: { ID: PEER }, decoded: { kind: 'malformed', schema: '' } },
  { name: 'no id', value: { Schema: 'peer' }, decoded: { kind: 'malformed', schema: 'peer' } },
  { name: 'an id that is no text', value: { Schema: 'peer', ID: {} }, decoded: { kind: 'malformed', schema: 'peer' } },
  {
    name: 'addresses that are no list',
    value: record({ Addrs: '/ip4/1.2.3.4' }),
    decoded: { kind: 'malformed', schema: 'peer' },
  },
  {
    name: 'protocols that are no list',
    value: record({ Protocols: {} }),
    decoded: { kind: 'malformed', schema: 'peer' },
  },
];
test.each(cases)('$name', ({ value, decoded }) => expect(decodeRecord(value)).toEqual(decoded));

describe('bounds', () => {
  const addresses = (count: number) => Array.from({ length: count }, (_, index) => `/ip4/1.2.3.4/tcp/${index + 1}`);
  const decodedOf = (value: unknown) =>
    decodeRecord(value) as unknown as { addresses: unknown[]; protocols?: unknown[]; kind: string };

  test('as many addresses as may be, and one more', () => {
    const { httpRoutingAddresses: bound } = LIMITS;
    expect(decodedOf(record({ Addrs: addresses(bound) })).addresses).toHaveLength(bound);
    expect(decodedOf(record({ Addrs: addresses(bound + 1) })).addresses).toHaveLength(bound);
  });

  test('as many protocols as may be, and one more', () => {
    const { httpRoutingProtocols: bound } = LIMITS;
    const names = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`);
    expect(decodedOf(record({ Protocols: names(bound) })).protocols).toHaveLength(bound);
    expect(decodedOf(record({ Protocols: names(bound + 1) })).protocols).toHaveLength(bound);
  });

  test('an id as long as may be, and one longer', () => {
    const { httpRoutingKeyChars: bound } = LIMITS;
    expect(decodedOf(record({ ID: 'k'.repeat(bound) })).kind).toBe('peer');
    expect(decodedOf(record({ ID: 'k'.repeat(bound + 1) })).kind).toBe('malformed');
  });

  test('an address as long as may be, and one longer', () => {
    const text = (length: number) => `/dns4/${'a'.repeat(length - '/dns4//tcp/1'.length)}/tcp/1`;
    const { peerstoreAddressChars: bound } = LIMITS;
    expect(decodedOf(record({ Addrs: [text(bound)] })).addresses).toHaveLength(1);
    expect(decodedOf(record({ Addrs: [text(bound + 1)] })).addresses).toHaveLength(0);
  });
});

test.each([
  ['half an object', '{"Schema":"peer"'],
  ['two on one line', '{} {}'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a number', '5'],
  ['words', 'Not Found'],
])('a line of %s is refused', (_name, line) => {
  expect(thrownCode(() => decodeRecordLine(utf8(line)))).toBe('ERR_HTTP_ROUTING_BAD_JSON');
});

test.each([
  ['words', 'Not Found'],
  ['nothing', ''],
  ['a list', '[]'],
  ['a list that is none', '{"Peers":{}}'],
])('a body of %s is refused', (_name, body) => {
  expect(thrownCode(() => decodeRecordList(utf8(body), 'Peers'))).toBe('ERR_HTTP_ROUTING_BAD_JSON');
});

test('bytes that are no UTF-8 are refused', () => {
  expect(thrownCode(() => decodeRecordLine(hex('7b 22 ff 22 7d')))).toBe('ERR_HTTP_ROUTING_BAD_JSON');
});

test('an empty line is no record; a list that is null or absent is empty', () => {
  expect([decodeRecordLine(utf8('')), decodeRecordLine(utf8(' \r'))]).toEqual([undefined, undefined]);
  expect(decodeRecordList(utf8('{"Providers":null}'), 'Providers')).toEqual([]);
  expect(decodeRecordList(utf8('{"Peers":[{}]}'), 'Providers')).toEqual([]);
});

test('what we write is what we read', () => {
  const peers = [
    { id: PEER, addresses: ['/ip4/1.2.3.4/tcp/1'], protocols: ['transport-bitswap'] },
    { id: PEER, addresses: [] },
  ];
  const decoded = peers.map(({ addresses, ...rest }) => read({ ...rest, addresses: plain(addresses) }));
  expect(peers.map((peer) => decodeRecordLine(encodeRecordLine(peer)))).toEqual(decoded);
  expect(decodeRecordList(encodeRecordList(peers, 'Peers'), 'Peers').map((one) => decodeRecord(one))).toEqual(decoded);
  expect(new TextDecoder().decode(encodeRecordLine(peers[1]!))).toBe(`{"Schema":"peer","ID":"${PEER}","Addrs":[]}\n`);
});

test.each([
  [undefined, ''],
  ['application/json', 'application/json'],
  ['Application/JSON; charset=utf-8', 'application/json'],
])('the media type of %s', (header, type) => expect(mediaTypeOf(header)).toBe(type));

test.each([
  [undefined, false],
  ['*/*', false],
  ['application/*', false],
  ['application/json', false],
  ['application/x-ndjson', true],
  ['application/json, application/x-ndjson;q=0.5', true],
  ['APPLICATION/X-NDJSON', true],
  ['application/x-ndjson;q=0', false],
  ['application/x-ndjson; q=0.00, text/html', false],
])('a stream for %s: %s', (accept, streams) => expect(acceptsExactly(accept, 'application/x-ndjson')).toBe(streams));

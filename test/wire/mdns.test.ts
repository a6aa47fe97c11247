/** What libp2p says over multicast DNS: datagrams of `@libp2p/mdns` 12.0.32 as they were captured, ours, and what is left out. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { decodeDns, encodeDns, type DnsRecord } from '../../src/wire/dns.js';
import { decodeMdns, encodeMdnsAnswer, encodeMdnsQuery, encodeMdnsServices } from '../../src/wire/mdns.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';

const ID = '12D3KooWQnwEGNqcM2nAcPtRR9rAX8Hrg4k9kJLCHoTR5chJfz6d';
const OTHER = 'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC';
const SERVICE = '_p2p._udp.local';

/** Its question, and its answer for three addresses, of which it leaves out the public one. */
const JS_QUERY = '000000000001000000000000045f703270045f756470056c6f63616c00000c0001';
const JS_NAME = '2063617074757265643070656572306e616d65306f663074686972747932636872045f703270045f756470056c6f63616c00';
const JS_ANSWER =
  '000084000000000300000000045f703270045f756470056c6f63616c00000c000100000078003' +
  `2${JS_NAME}${JS_NAME}00100001000000780059` +
  '58646e73616464723d2f6970342f3132372e302e302e312f7463702f343030312f7032702f313244334b6f6f57516e7745474e71634d326e4163507452523972415838487267346b396b4a4c43486f54523563684a667a3664' +
  `${JS_NAME}0010000100000078005e` +
  '5d646e73616464723d2f6970342f3139322e3136382e312e372f7463702f343030312f77732f7032702f313244334b6f6f57516e7745474e71634d326e4163507452523972415838487267346b396b4a4c43486f54523563684a667a3664';

const answer = (records: readonly DnsRecord[]): Uint8Array =>
  encodeDns({ id: 0, isResponse: true, questions: [], answers: [], additionals: records });
const texts = (...values: string[]): DnsRecord => ({
  type: 'TXT',
  name: `a.${SERVICE}`,
  ttlSeconds: 120,
  texts: values,
});

describe('as js-libp2p says it', () => {
  test('its question is ours, byte for byte', () => {
    expect(decodeMdns(hex(JS_QUERY))).toEqual({ type: 'query', questions: [{ kind: 'peers' }], known: new Map() });
    expect(toHex(encodeMdnsQuery())).toBe(JS_QUERY);
  });

  test('its answer', () => {
    expect(decodeMdns(hex(JS_ANSWER))).toEqual({
      type: 'answer',
      peers: [
        {
          name: 'captured0peer0name0of0thirty2chr',
          ttlSeconds: 120,
          id: ID,
          addresses: ['/ip4/127.0.0.1/tcp/4001', '/ip4/192.168.1.7/tcp/4001/ws'],
        },
      ],
    });
  });
});

describe('questions', () => {
  const ask = (name: string, type: number, known: readonly DnsRecord[] = []): Uint8Array =>
    encodeDns({ id: 7, isResponse: false, questions: [{ name, type }], answers: known, additionals: [] });

  test.each([
    { name: 'who is there', bytes: ask(SERVICE, 12), questions: [{ kind: 'peers' }] },
    { name: 'the same in capitals', bytes: ask('_P2P._udp.LOCAL', 12), questions: [{ kind: 'peers' }] },
    { name: 'everything about it', bytes: ask(SERVICE, 255), questions: [{ kind: 'peers' }] },
    {
      name: 'which services there are',
      bytes: ask('_services._dns-sd._udp.local', 12),
      questions: [{ kind: 'services' }],
    },
    { name: 'details of one peer', bytes: ask(`Abc.${SERVICE}`, 16), questions: [{ kind: 'peer', name: 'abc' }] },
  ])('$name', ({ bytes, questions }) => {
    expect(decodeMdns(bytes)).toEqual({ type: 'query', questions, known: new Map() });
  });

  test.each([
    { name: 'another service', bytes: ask('_ipp._tcp.local', 12) },
    { name: 'an address', bytes: ask(SERVICE, 1) },
    { name: 'a pointer of one peer', bytes: ask(`abc.${SERVICE}`, 12) },
    { name: 'a part of a peer’s name', bytes: ask(`a.bc.${SERVICE}`, 16) },
    { name: 'a private network', bytes: ask('_p2p-abcd._udp.local', 12) },
  ])('$name is not for us', ({ bytes }) => {
    expect(decodeMdns(bytes)).toBeUndefined();
  });

  test('what the asker knows goes with it', () => {
    const known = new Map([
      ['one', 100],
      ['two', 61],
    ]);
    expect(decodeMdns(encodeMdnsQuery(known))).toEqual({ type: 'query', questions: [{ kind: 'peers' }], known });
  });

  test('a full list of what is known fits into an Ethernet frame', () => {
    const names = Array.from({ length: LIMITS.mdnsKnownAnswers }, (_, at) => [`${at}`.padStart(32, 'x'), 120] as const);
    expect(encodeMdnsQuery(new Map(names)).length).toBeLessThanOrEqual(LIMITS.mdnsAnswerBytes);
  });
});

describe('answers', () => {
  const self = { name: 'abc', id: ID, ttlSeconds: 120 };

  test('the pointer is the answer, the addresses are one additional record', () => {
    const addresses = ['/ip4/192.168.1.7/tcp/4001', '/ip6/fd00::2/tcp/4001'];
    const bytes = encodeMdnsAnswer({ ...self, addresses });
    expect(decodeDns(bytes)).toEqual({
      id: 0,
      isResponse: true,
      questions: [],
      answers: [{ type: 'PTR', name: SERVICE, ttlSeconds: 120, target: `abc.${SERVICE}` }],
      additionals: [
        {
          type: 'TXT',
          name: `abc.${SERVICE}`,
          ttlSeconds: 120,
          texts: addresses.map((one) => `dnsaddr=${one}/p2p/${ID}`),
        },
      ],
    });
    expect(decodeMdns(bytes)).toEqual({ type: 'answer', peers: [{ ...self, addresses }] });
  });

  test('a text over 255 bytes is left out', () => {
    const room = 255 - `dnsaddr=/dns4/.example/tcp/1/p2p/${ID}`.length;
    const fits = `/dns4/${'a'.repeat(room)}.example/tcp/1`;
    const over = `/dns4/${'a'.repeat(room + 1)}.example/tcp/1`;
    expect(decodeMdns(encodeMdnsAnswer({ ...self, addresses: [over, fits] }))).toEqual({
      type: 'answer',
      peers: [{ ...self, addresses: [fits] }],
    });
  });

  test('mdnsAddresses, written and read', () => {
    const addresses = Array.from({ length: LIMITS.mdnsAddresses + 1 }, (_, at) => `/ip4/10.0.0.${at}/tcp/1`);
    const first = addresses.slice(0, -1);
    expect(decodeMdns(encodeMdnsAnswer({ ...self, addresses: first }, { ...LIMITS, mdnsAnswerBytes: 9000 }))).toEqual({
      type: 'answer',
      peers: [{ ...self, addresses: first }],
    });
    expect(decodeMdns(encodeMdnsAnswer({ ...self, addresses }, { ...LIMITS, mdnsAnswerBytes: 9000 }))).toEqual({
      type: 'answer',
      peers: [{ ...self, addresses: first }],
    });
    const told = answer([texts(...addresses.map((one) => `dnsaddr=${one}/p2p/${ID}`))]);
    expect(decodeMdns(told)).toMatchObject({ peers: [{ addresses: first }] });
  });

  test('mdnsAnswerBytes', () => {
    const addresses = ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1'];
    const whole = encodeMdnsAnswer({ ...self, addresses });
    const limits = { ...LIMITS, mdnsAnswerBytes: whole.length };
    expect(toHex(encodeMdnsAnswer({ ...self, addresses }, limits))).toBe(toHex(whole));
    const less = encodeMdnsAnswer({ ...self, addresses }, { ...limits, mdnsAnswerBytes: whole.length - 1 });
    expect(decodeMdns(less)).toMatchObject({ peers: [{ addresses: ['/ip4/10.0.0.1/tcp/1'] }] });
  });

  test('that there is a service', () => {
    expect(decodeDns(encodeMdnsServices(120)).answers).toEqual([
      { type: 'PTR', name: '_services._dns-sd._udp.local', ttlSeconds: 120, target: SERVICE },
    ]);
  });

  const good = `dnsaddr=/ip4/10.0.0.1/tcp/1/p2p/${ID}`;
  test.each([
    { name: 'no addresses', records: [texts('')] },
    { name: 'other attributes', records: [texts('txtvers=1', `addr=/ip4/10.0.0.1/tcp/1/p2p/${ID}`)] },
    { name: 'an address without a peer', records: [texts('dnsaddr=/ip4/10.0.0.1/tcp/1')] },
    { name: 'a peer without an address', records: [texts(`dnsaddr=/p2p/${ID}`)] },
    { name: 'no address at all', records: [texts('dnsaddr=', 'dnsaddr=hello', 'dnsaddr=/ip4/1/tcp/x')] },
    { name: 'a record of another service', records: [{ ...texts(good), name: 'a._ipp._tcp.local' }] },
    { name: 'a record of the service itself', records: [{ ...texts(good), name: SERVICE }] },
    { name: 'a pointer alone', records: [{ type: 'PTR', name: SERVICE, ttlSeconds: 1, target: `a.${SERVICE}` }] },
  ] satisfies { name: string; records: DnsRecord[] }[])('$name: nobody', ({ records }) => {
    expect(decodeMdns(answer(records))).toBeUndefined();
  });

  test('addresses of another peer than the first are left out', () => {
    const told = [
      texts('x=1', good, `dnsaddr=/ip4/10.0.0.2/tcp/1/p2p/${OTHER}`, good, `dnsaddr=/ip4/10.0.0.3/tcp/1/p2p/${ID}`),
    ];
    expect(decodeMdns(answer(told))).toMatchObject({
      peers: [{ id: ID, addresses: ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.3/tcp/1'] }],
    });
  });

  test('several records of one name are one peer, with the shortest life', () => {
    const records = [texts(good), { ...texts(`dnsaddr=/ip4/10.0.0.2/tcp/1/p2p/${ID}`), ttlSeconds: 0 }];
    expect(decodeMdns(answer(records))).toMatchObject({
      peers: [{ ttlSeconds: 0, addresses: ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1'] }],
    });
  });

  test('of thousands of texts that are no addresses, four for each that could be are read', () => {
    const junk = (count: number): string[] => Array.from({ length: count }, (_, at) => `dnsaddr=/${at}`);
    const tries = 4 * LIMITS.mdnsAddresses;
    expect(decodeMdns(answer([texts(...junk(tries - 1), good)]))).toMatchObject({ peers: [{ id: ID }] });
    expect(decodeMdns(answer([texts(...junk(tries), good)]))).toBeUndefined();
  });

  test('bytes that are no message', () => {
    expect(thrownCode(() => decodeMdns(hex('00')))).toBe('ERR_WIRE_DNS');
  });
});

/** Announces over HTTP: what a tracker of `bittorrent-tracker` 11.2.3 answered, and what others might. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { compactPeers, decodeTrackerAnswer, trackerUrl } from '../../src/wire/tracker.js';
import { concat, hex, thrownCode, utf8 } from '../support/decoding.js';

const COMPACT =
  '64383a636f6d706c65746569326531303a696e636f6d706c657465693165383a696e74657276616c6931323065353a706565727331383a7f0000010fa17f0000010fa27f0000010fa3363a706565727336303a65';
const LONG =
  '64383a636f6d706c65746569326531303a696e636f6d706c657465693165383a696e74657276616c6931323065353a70656572736c64323a6970393a3132372e302e302e31373a7065657220696432303a0101010101010101010101010101010101010101343a706f72746934303031656564323a6970393a3132372e302e302e31373a7065657220696432303a0202020202020202020202020202020202020202343a706f72746934303032656564323a6970393a3132372e302e302e31373a7065657220696432303a0303030303030303030303030303030303030303343a706f7274693430303365656565';

test.each([
  { name: 'compact', bytes: COMPACT },
  { name: 'in words', bytes: LONG },
])('its answer, $name', ({ bytes }) => {
  expect(decodeTrackerAnswer(hex(bytes))).toEqual({
    intervalSeconds: 120,
    peers: ['/ip4/127.0.0.1/tcp/4001', '/ip4/127.0.0.1/tcp/4002', '/ip4/127.0.0.1/tcp/4003'],
  });
});

test('its refusal, in its words', () => {
  const refusal = (): unknown => decodeTrackerAnswer(utf8('d14:failure reason17:invalid info_hashe'));
  expect(thrownCode(refusal)).toBe('ERR_TRACKER_REFUSED');
  expect(refusal).toThrow('tracker: it refused: invalid info_hash');
});

test('a long refusal is cut, and has no control characters', () => {
  const reason = `\u001b[31m${'x'.repeat(10_000)}`;
  expect(() => decodeTrackerAnswer(utf8(`d14:failure reason${reason.length}:${reason}e`))).toThrow(
    new RegExp(`^tracker: it refused: \\?\\[31mx{195}$`),
  );
});

describe('read', () => {
  test.each([
    { name: 'nobody', text: 'd8:intervali1800e5:peers0:e', answer: { intervalSeconds: 1800, peers: [] } },
    { name: 'no peers at all', text: 'd8:intervali1800ee', answer: { intervalSeconds: 1800, peers: [] } },
    {
      name: 'the longer of two intervals',
      text: 'd8:intervali1e12:min intervali60ee',
      answer: { intervalSeconds: 60, peers: [] },
    },
    { name: 'an interval before now', text: 'd8:intervali-5ee', answer: { intervalSeconds: 0, peers: [] } },
    {
      name: 'one twice, an odd end, and port 0',
      text: 'd8:intervali1e5:peers22:\u0001\u0002\u0003\u0004\u0001\u0001\u0001\u0002\u0003\u0004\u0001\u0001\u0001\u0002\u0003\u0004\u0000\u0000abcde',
      answer: { intervalSeconds: 1, peers: ['/ip4/1.2.3.4/tcp/257'] },
    },
    {
      name: 'IPv6 in words; names, nonsense, and ports that are none left out',
      text:
        'd8:intervali1e5:peersld2:ip7:::ffff04:porti1eed2:ip11:2001:db8::14:porti4001eed2:ip11:example.com4:porti1ee' +
        'd2:ip7:1.2.3.44:porti0eed2:ip7:1.2.3.44:porti65536eed2:ip7:1.2.3.4ed4:porti1eei5e1:xd2:ipi1e4:porti1eeee',
      answer: { intervalSeconds: 1, peers: ['/ip6/2001:db8::1/tcp/4001'] },
    },
  ])('$name', ({ text, answer }) => {
    expect(decodeTrackerAnswer(utf8(text))).toEqual(answer);
  });

  test('IPv6 of BEP 7', () => {
    const peer = hex('20010db8000000000000000000000001 0fa1');
    expect(decodeTrackerAnswer(concat(utf8('d8:intervali1e6:peers618:'), peer, utf8('e')))).toEqual({
      intervalSeconds: 1,
      peers: ['/ip6/2001:db8::1/tcp/4001'],
    });
  });
});

test.each([
  { text: 'le', code: 'ERR_TRACKER_BAD_ANSWER' },
  { text: 'i1e', code: 'ERR_TRACKER_BAD_ANSWER' },
  { text: 'de', code: 'ERR_TRACKER_BAD_ANSWER' },
  { text: 'd8:interval1:1e', code: 'ERR_TRACKER_BAD_ANSWER' },
  { text: '<html>', code: 'ERR_WIRE_BENCODE' },
  { text: '', code: 'ERR_WIRE_BENCODE' },
])('"$text": $code', ({ text, code }) => {
  expect(thrownCode(() => decodeTrackerAnswer(utf8(text)))).toBe(code);
});

test('trackerPeersPerAnswer, in either form and both together', () => {
  const most = LIMITS.trackerPeersPerAnswer;
  const peers = (count: number): Uint8Array =>
    concat(...Array.from({ length: count }, (_, at) => Uint8Array.of(10, 0, at >> 8, at & 255, 1, 1)));
  const compact = (count: number): Uint8Array =>
    concat(utf8(`d8:intervali1e5:peers${6 * count}:`), peers(count), utf8('e'));
  expect(decodeTrackerAnswer(compact(most)).peers.length).toBe(most);
  expect(decodeTrackerAnswer(compact(most + 1)).peers.length).toBe(most);
  expect(decodeTrackerAnswer(compact(20_000)).peers.length).toBe(most);
  const words = Array.from({ length: most + 1 }, (_, at) => {
    const ip = `10.0.${at >> 8}.${at & 255}`;
    return `d2:ip${ip.length}:${ip}4:porti1ee`;
  });
  expect(decodeTrackerAnswer(utf8(`d8:intervali1e5:peersl${words.join('')}ee`)).peers.length).toBe(most);
  const six = concat(
    ...Array.from({ length: most }, (_, at) =>
      hex(`20010db80000000000000000000${at.toString(16).padStart(5, '0')}0101`),
    ),
  );
  const both = concat(
    utf8(`d8:intervali1e5:peers${6 * most}:`),
    peers(most),
    utf8(`6:peers6${six.length}:`),
    six,
    utf8('e'),
  );
  expect(decodeTrackerAnswer(both).peers.length).toBe(most);
  expect(compactPeers(peers(3), 4, 2)).toEqual(['/ip4/10.0.0.0/tcp/257', '/ip4/10.0.0.1/tcp/257']);
});

test('the URL of an announce', () => {
  const request = {
    infohash: Uint8Array.from({ length: 20 }, (_, at) => at * 13),
    peerId: utf8('-SC0010-abcdefghijkl'),
    port: 4001,
    isComplete: false,
    wanted: 50,
  };
  const hash = '%00%0d%1a%27%34%41%4e%5b%68%75%82%8f%9c%a9%b6%c3%d0%dd%ea%f7';
  const peerId = '%2d%53%43%30%30%31%30%2d%61%62%63%64%65%66%67%68%69%6a%6b%6c';
  const common = `info_hash=${hash}&peer_id=${peerId}&port=4001&uploaded=0&downloaded=0`;
  expect(trackerUrl('http://t.example/announce', { ...request, event: 'started' })).toBe(
    `http://t.example/announce?${common}&left=1&compact=1&numwant=50&event=started`,
  );
  expect(trackerUrl('http://t.example/announce?key=1', { ...request, isComplete: true, wanted: 0 })).toBe(
    `http://t.example/announce?key=1&${common}&left=0&compact=1&numwant=0`,
  );
});

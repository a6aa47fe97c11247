/** Announces over UDP: one exchange of `bittorrent-tracker` 11.2.3 with itself, byte for byte, and what is no answer. */
import { expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { decodeUdpTracker, encodeUdpAnnounce, encodeUdpConnect, udpTransactionOf } from '../../src/wire/tracker-udp.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

const CONNECT = '00000417271019800000000031e4f199';
const CONNECTED = '0000000031e4f1990000041727101980';
const ANNOUNCE =
  '0000041727101980000000019bedef72aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0404040404040404040404040404040404040404000000000000000000000000000000010000000000000000000000020000000000000000000000320fa4';
const ANNOUNCED = '000000019bedef720000007800000002000000027f0000010fa17f0000010fa37f0000010fa47f0000010fa2';

test('what its client sends is what we send', () => {
  expect(toHex(encodeUdpConnect(hex('31e4f199')))).toBe(CONNECT);
  const request = {
    infohash: hex('aa'.repeat(20)),
    peerId: hex('04'.repeat(20)),
    port: 4004,
    event: 'started',
    isComplete: false,
    wanted: 50,
  } as const;
  const ours = encodeUdpAnnounce(hex('0000041727101980'), hex('9bedef72'), request);
  // We send a key, which is optional (88), the last bytes of the peer id.
  expect(toHex(ours)).toBe(`${ANNOUNCE.slice(0, 176)}04040404${ANNOUNCE.slice(184)}`);
  expect(
    toHex(
      encodeUdpAnnounce(hex('00'.repeat(8)), hex('00'.repeat(4)), { ...request, event: 'stopped', isComplete: true }),
    ).slice(128, 168),
  ).toBe('0000000000000000000000000000000000000003');
});

test('what its server sends', () => {
  expect(toHex(udpTransactionOf(hex(CONNECTED)) ?? hex(''))).toBe('31e4f199');
  expect(decodeUdpTracker(hex(CONNECTED))).toEqual({ type: 'connected', connection: hex('0000041727101980') });
  expect(decodeUdpTracker(hex(ANNOUNCED))).toEqual({
    type: 'announced',
    answer: {
      intervalSeconds: 120,
      peers: [4001, 4003, 4004, 4002].map((port) => `/ip4/127.0.0.1/tcp/${port}`),
    },
  });
});

test('IPv6: the peers have the family of the tracker', () => {
  const bytes = hex('0000000100000000 00000001 00000000 00000001 20010db8000000000000000000000001 0fa1');
  expect(decodeUdpTracker(bytes, 6)).toMatchObject({ answer: { peers: ['/ip6/2001:db8::1/tcp/4001'] } });
});

test('a refusal, in its words', () => {
  const message = decodeUdpTracker(concat(hex('0000000331e4f199'), utf8('go away')));
  expect(message).toMatchObject({
    type: 'refused',
    error: { code: 'ERR_TRACKER_REFUSED', message: 'tracker: it refused: go away' },
  });
});

test.each([
  '',
  '00000000',
  '0000000031e4f1',
  '0000000031e4f19900000417271019',
  '0000000131e4f199000000780000000200000',
  '0000000231e4f199',
  'ffffffff31e4f199000000000000000000000000',
])('"%s" is no answer', (bytes) => {
  expect(thrownCode(() => decodeUdpTracker(hex(bytes.length % 2 === 0 ? bytes : bytes.slice(1))))).toBe(
    'ERR_TRACKER_BAD_ANSWER',
  );
});

test('trackerPeersPerAnswer', () => {
  const most = LIMITS.trackerPeersPerAnswer;
  const peers = Array.from({ length: most + 1 }, (_, at) => Uint8Array.of(10, 0, at >> 8, at & 255, 1, 1));
  expect(decodeUdpTracker(concat(hex(ANNOUNCED.slice(0, 40)), ...peers))).toMatchObject({
    answer: { peers: { length: most } },
  });
});

test('what is too short has no transaction', () => {
  expect(udpTransactionOf(hex('00000000000000'))).toBeUndefined();
});

/** The rows of `decoders.ts` for the local network and for trackers. */
import { decodeBencode } from '../../src/wire/bencode.js';
import { decodeDns, encodeDns } from '../../src/wire/dns.js';
import { decodeMdns, encodeMdnsAnswer, encodeMdnsQuery, encodeMdnsServices } from '../../src/wire/mdns.js';
import { decodeUdpTracker } from '../../src/wire/tracker-udp.js';
import { decodeTrackerAnswer } from '../../src/wire/tracker.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { invented } from '../support/invented-peers.js';
import type { DecoderRow } from './codec-judge.js';

const row = <Value>(one: DecoderRow<Value>): DecoderRow => one as unknown as DecoderRow;

const addresses = ['/ip4/10.0.0.1/tcp/4001', '/ip6/fd00::1/udp/4001/quic-v1', '/dns/example.local/tcp/1/ws'];
const messages = [
  encodeMdnsQuery(),
  encodeMdnsQuery(new Map([['abc', 100]])),
  encodeMdnsAnswer({ name: 'abc', id: invented(1), addresses, ttlSeconds: 120 }),
  encodeMdnsServices(120),
  encodeDns({ id: 1, isResponse: false, questions: [{ name: 'a.b', type: 255 }], answers: [], additionals: [] }),
];
const answers = [
  utf8('d8:completei2e10:incompletei1e8:intervali120e5:peers12:abcdefghijkle'),
  utf8('d8:intervali120e5:peersld2:ip9:127.0.0.14:porti4001eed2:ip3:::14:porti1eeee'),
  concat(utf8('d8:intervali1e6:peers618:'), hex('20010db8000000000000000000000001 0fa1'), utf8('e')),
  utf8('d14:failure reason2:noe'),
];
const datagrams = [
  hex('0000000031e4f1990000041727101980'),
  hex('000000019bedef720000007800000002000000027f0000010fa17f0000010fa3'),
  concat(hex('0000000331e4f199'), utf8('no')),
];

/** Codecs that read a whole message. */
export const LAN_DECODERS: readonly DecoderRow[] = [
  row({ of: 'decodeDns', samples: messages, decode: (bytes) => decodeDns(bytes), codes: /^ERR_WIRE_DNS$/ }),
  row({ of: 'decodeMdns', samples: messages, decode: (bytes) => decodeMdns(bytes), codes: /^ERR_WIRE_DNS$/ }),
  row({ of: 'decodeBencode', samples: answers, decode: (bytes) => decodeBencode(bytes), codes: /^ERR_WIRE_BENCODE$/ }),
  row({
    of: 'decodeTrackerAnswer',
    samples: answers,
    decode: (bytes) => decodeTrackerAnswer(bytes),
    codes: /^ERR_(WIRE_BENCODE|TRACKER_(BAD_ANSWER|REFUSED))$/,
  }),
  row({
    of: 'decodeUdpTracker',
    samples: datagrams,
    decode: (bytes) => decodeUdpTracker(bytes),
    codes: /^ERR_TRACKER_BAD_ANSWER$/,
  }),
];

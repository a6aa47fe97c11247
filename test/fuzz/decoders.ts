/** Every codec of src/wire that reads what somebody else wrote, with samples: what must hold is in `codec-judge.ts`. */
import { LIMITS } from '../../src/limits.js';
import * as bitswapCid from '../../src/wire/bitswap-cid.js';
import * as bitswapFields from '../../src/wire/bitswap-fields.js';
import * as bitswap from '../../src/wire/bitswap.js';
import { decodeRelayV1Type, encodeRelayV1Status } from '../../src/wire/circuit-v1.js';
import type { Decoded } from '../../src/wire/decoded.js';
import { decodeIdentify, encodeIdentify } from '../../src/wire/identify.js';
import { decodeIpnsData, decodeIpnsEntry, encodeIpnsEntry } from '../../src/wire/ipns.js';
import { decodeOwnIpns, encodeOwnIpns } from '../../src/wire/ipns-own.js';
import * as keys from '../../src/wire/keys.js';
import { addressFromBytes, addressToBytes } from '../../src/wire/address-memo.js';
import * as prefixed from '../../src/wire/length-prefixed.js';
import * as mplex from '../../src/wire/mplex.js';
import { multiaddrFromBytes, multiaddrToBytes } from '../../src/wire/multiaddr.js';
import * as multistream from '../../src/wire/multistream.js';
import * as noise from '../../src/wire/noise.js';
import { decodePeerEntry, encodePeerEntry } from '../../src/wire/peer-entry.js';
import * as peerRecord from '../../src/wire/peer-record.js';
import { decodePlaintextExchange, encodePlaintextExchange } from '../../src/wire/plaintext.js';
import { readFields } from '../../src/wire/protobuf.js';
import * as secio from '../../src/wire/secio.js';
import { decodeVarint, encodeVarint } from '../../src/wire/varint.js';
import * as yamux from '../../src/wire/yamux.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { JS_ENVELOPE } from '../vectors/peer-record.js';
import { hexIn, nearly } from './bytes.js';
import { judgeStream, judgeWhole, type DecoderRow, type StreamDecoderRow } from './codec-judge.js';
import { LAN_DECODERS } from './decoders-lan.js';
import { LATER_DECODERS, LATER_STREAM_DECODERS } from './decoders-later.js';
import { target, type FuzzTarget } from './target.js';

const row = <Value>(one: DecoderRow<Value>): DecoderRow => one as unknown as DecoderRow;
const streamRow = <Value>(one: StreamDecoderRow<Value>): StreamDecoderRow => one as unknown as StreamDecoderRow;

const MAX = 4096;
/** In the place of the bytes that a message travelled as. */
const NONE = new Uint8Array(0);
const MPLEX_LIMITS = { messageBytes: LIMITS.mplexMessageBytes, nameBytes: LIMITS.mplexStreamNameBytes };
const lengthsOf = (decoded: number | undefined, size: number): Decoded<number> | undefined =>
  decoded === undefined ? undefined : { value: decoded, size };
const varints = [0, 1, 127, 128, 16_384, 2 ** 31, 2 ** 53 - 1].map(encodeVarint);
const messages = hexIn('multistream/messages.json');
const list = multistream.encodeMultistreamList(['/noise', '/secio/1.0.0']);
const legacyList = concat(
  prefixed.encodeVarintPrefixed(Uint8Array.of(2, 21, 10)),
  ...['/noise', '/secio/1.0.0'].map((text) => multistream.encodeMultistreamMessage(text)),
);
const bitswapMessages = hexIn('bitswap/messages.json');
const publicKeys = [...hexIn('keys/libp2p-specs.json'), ...hexIn('keys/rsa-sizes.json')];
const noisePayload = noise.encodeNoisePayload({
  identityKey: Uint8Array.of(8, 1, 18, 32, ...new Uint8Array(32)),
  identitySignature: new Uint8Array(64).fill(7),
  extensions: { webtransportCerthashes: [Uint8Array.of(18, 32)], streamMuxers: ['/yamux/1.0.0', '/mplex/6.7.0'] },
});
const identifies = hexIn('identify/captured.json').map((bytes) => bytes.subarray(2));
const envelope = hex(JS_ENVELOPE);
const ipnsRecords = hexIn('ipns/gateway-conformance.json').filter((bytes) => bytes.length > 100);
/** Records of the peerstore. */
export const PEER_ENTRIES: readonly Uint8Array[] = [
  encodePeerEntry({
    publicKey: Uint8Array.of(8, 1, 18, 0),
    addresses: [
      { address: '/ip4/127.0.0.1/tcp/4001', source: 'signed', expiresAtMs: 1_700_000_000_000 },
      { address: '/dns/example.com/tcp/443/wss', source: 'manual' },
    ],
    protocols: ['/ipfs/ping/1.0.0'],
    agentVersion: 'swarmchart/0.1.0',
    protocolVersion: 'ipfs/0.1.0',
    metadata: { name: utf8('value') },
    latencyMs: 1.5,
    recordSequence: 2n ** 63n,
    usedAtMs: 1_700_000_000_000,
  }),
];
const proposes = [
  secio.makePropose({
    rand: new Uint8Array(16),
    publicKey: Uint8Array.of(8, 1, 18, 0),
    exchanges: ['P-256', 'P-384'],
    ciphers: ['AES-256'],
    hashes: ['SHA256'],
  }).bytes,
];
const exchanges = [secio.makeExchange({ ephemeralKey: new Uint8Array(65), signature: new Uint8Array(64) }).bytes];
const addresses = ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/udp/4001/quic-v1', '/dnsaddr/example.com', '/unix/%2Ftmp%2Fa'];
const binaryAddresses = addresses.map(multiaddrToBytes);

/** Codecs that read from a stream. */
export const STREAM_DECODERS: readonly StreamDecoderRow[] = [
  ...LATER_STREAM_DECODERS,
  streamRow({
    of: 'decodeVarint',
    samples: varints,
    decode: decodeVarint,
    encode: encodeVarint,
    codes: /^ERR_WIRE_VARINT$/,
  }),
  streamRow({
    of: 'decodeVarintPrefixed',
    samples: [prefixed.encodeVarintPrefixed(utf8('hello')), ...varints],
    decode: (bytes, offset) => prefixed.decodeVarintPrefixed(bytes, MAX, offset),
    encode: prefixed.encodeVarintPrefixed,
    codes: /^ERR_WIRE_(VARINT|TOO_LARGE)$/,
  }),
  streamRow({
    of: 'decodeUint32Prefixed',
    samples: [prefixed.encodeUint32Prefixed(utf8('hello'))],
    decode: (bytes, offset) => prefixed.decodeUint32Prefixed(bytes, MAX, offset),
    encode: prefixed.encodeUint32Prefixed,
    codes: /^ERR_WIRE_TOO_LARGE$/,
  }),
  streamRow({
    of: 'decodeSecioFrame',
    samples: proposes.map(secio.encodeSecioFrame),
    decode: (bytes, offset) => secio.decodeSecioFrame(bytes, MAX, offset),
    encode: secio.encodeSecioFrame,
    codes: /^ERR_WIRE_TOO_LARGE$/,
  }),
  streamRow({
    of: 'decodeSecioLength',
    samples: [secio.encodeSecioLength(0), secio.encodeSecioLength(0xffff_ffff)],
    decode: (bytes, offset) => lengthsOf(secio.decodeSecioLength(bytes, offset), secio.SECIO_LENGTH_BYTES),
    encode: secio.encodeSecioLength,
    codes: /^$/,
  }),
  streamRow({
    of: 'decodeNoiseFrame',
    samples: [concat(noise.encodeNoiseLength(32), new Uint8Array(32)), Uint8Array.of(0, 0)],
    decode: noise.decodeNoiseFrame,
    encode: (message) => concat(noise.encodeNoiseLength(message.length), message),
    codes: /^$/,
  }),
  streamRow({
    of: 'decodeNoiseLength',
    samples: [noise.encodeNoiseLength(0), noise.encodeNoiseLength(65_535)],
    decode: (bytes, offset) => lengthsOf(noise.decodeNoiseLength(bytes, offset), noise.NOISE_LENGTH_BYTES),
    encode: noise.encodeNoiseLength,
    codes: /^$/,
  }),
  streamRow({
    of: 'decodeMultistreamMessage',
    samples: messages,
    decode: multistream.decodeMultistreamMessage,
    encode: multistream.encodeMultistreamMessage,
    codes: /^ERR_(WIRE_(VARINT|TOO_LARGE)|MULTISTREAM_BAD_MESSAGE)$/,
  }),
  streamRow({
    of: 'decodeMultistreamList',
    samples: [list, ...messages],
    decode: multistream.decodeMultistreamList,
    encode: multistream.encodeMultistreamList,
    codes: /^ERR_(WIRE_(VARINT|TOO_LARGE)|MULTISTREAM_BAD_MESSAGE)$/,
  }),
  streamRow({
    of: 'decodeLegacyMultistreamList',
    samples: [legacyList, list],
    decode: multistream.decodeLegacyMultistreamList,
    codes: /^ERR_(WIRE_(VARINT|TOO_LARGE)|MULTISTREAM_BAD_MESSAGE)$/,
  }),
  streamRow({
    of: 'decodeLegacyMultistreamHead',
    samples: [legacyList, list],
    decode: multistream.decodeLegacyMultistreamHead,
    codes: /^ERR_(WIRE_(VARINT|TOO_LARGE)|MULTISTREAM_BAD_MESSAGE)$/,
  }),
  streamRow({
    of: 'decodeMplexHeader',
    samples: hexIn('mplex/messages.json'),
    decode: (bytes, offset) => mplex.decodeMplexHeader(bytes, MPLEX_LIMITS, offset),
    encode: ({ flag, streamId, length }) => mplex.encodeMplexHeader(flag, streamId, length),
    codes: /^ERR_MPLEX_(BAD_HEADER|MESSAGE_TOO_LARGE|NAME_TOO_LONG)$/,
  }),
  streamRow({
    of: 'decodeYamuxHeader',
    samples: hexIn('yamux/frames.json'),
    decode: (bytes, offset) => yamux.decodeYamuxHeader(bytes, 65_536, offset),
    encode: ({ type, flags, streamId, length }) => yamux.encodeYamuxHeader(type, flags, streamId, length),
    codes: /^ERR_YAMUX_(BAD_HEADER|FRAME_TOO_LARGE)$/,
  }),
  streamRow({
    of: 'decodeBitswapLength',
    samples: varints,
    decode: (bytes, offset) => bitswap.decodeBitswapLength(bytes, offset),
    encode: encodeVarint,
    codes: /^ERR_BITSWAP_(BAD_MESSAGE|TOO_LARGE)$/,
  }),
  streamRow({
    of: 'decodeBitswapFrame',
    samples: bitswapMessages,
    // What 1.2.0 writes of a block of 1.0.0 says that it is a CIDv0 block.
    decode: (bytes, offset) => {
      const frame = bitswap.decodeBitswapFrame(bytes, offset);
      if (frame === undefined) return undefined;
      const blocks = frame.value.blocks.map(({ prefix = hex('00701220'), data }) => ({ prefix, data }));
      return { ...frame, value: { ...frame.value, blocks } };
    },
    encode: (message) => concat(...bitswap.encodeBitswapMessage(message, '1.2.0')),
    codes: /^ERR_(BITSWAP_(BAD_MESSAGE|TOO_LARGE)|BLOCK_TOO_LARGE)$/,
  }),
];

/** Codecs that read a whole message. */
export const DECODERS: readonly DecoderRow[] = [
  ...LATER_DECODERS,
  ...LAN_DECODERS,
  row({
    of: 'decodePublicKey',
    samples: publicKeys,
    decode: keys.decodePublicKey,
    encode: keys.encodePublicKey,
    codes: /^ERR_KEY_/,
  }),
  row({
    of: 'decodePrivateKey',
    samples: publicKeys,
    decode: keys.decodePrivateKey,
    encode: keys.encodePrivateKey,
    blame: 'local',
    codes: /^ERR_(KEY_|WIRE_PROTOBUF)/,
  }),
  row({
    of: 'decodePropose',
    samples: proposes,
    decode: (bytes) => ({ ...secio.decodePropose(bytes), bytes: NONE }),
    encode: (propose) => secio.makePropose(propose).bytes,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeExchange',
    samples: exchanges,
    decode: (bytes) => ({ ...secio.decodeExchange(bytes), bytes: NONE }),
    encode: (exchange) => secio.makeExchange(exchange).bytes,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeNoisePayload',
    samples: [noisePayload],
    decode: noise.decodeNoisePayload,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodePlaintextExchange',
    samples: hexIn('plaintext/exchanges.json'),
    decode: decodePlaintextExchange,
    encode: encodePlaintextExchange,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeIdentify',
    samples: identifies,
    decode: (bytes) => decodeIdentify([bytes]),
    encode: (message) =>
      encodeIdentify(message, 1 << 20, 1 << 20).subarray(lengthSize(encodeIdentify(message, 1 << 20, 1 << 20))),
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeRelayV1Type',
    samples: [encodeRelayV1Status(270).subarray(1), hex('0801'), hex('0804')],
    decode: decodeRelayV1Type,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeEnvelope',
    samples: [envelope],
    decode: peerRecord.decodeEnvelope,
    encode: peerRecord.encodeEnvelope,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodePeerRecord',
    samples: [peerRecord.decodeEnvelope(envelope).payload],
    decode: (bytes) => peerRecord.decodePeerRecord(bytes),
    encode: peerRecord.encodePeerRecord,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeIpnsEntry',
    samples: ipnsRecords,
    decode: (bytes) => decodeIpnsEntry(bytes),
    encode: encodeIpnsEntry,
    codes: /^ERR_(WIRE_PROTOBUF|IPNS_TOO_LARGE)$/,
  }),
  row({
    of: 'decodeIpnsData',
    samples: ipnsRecords.map((bytes) => decodeIpnsEntry(bytes).data),
    decode: decodeIpnsData,
    codes: /^ERR_IPNS_BAD_RECORD$/,
  }),
  row({
    of: 'decodeOwnIpns',
    samples: ipnsRecords.map((record) =>
      encodeOwnIpns({ record, dueMs: 1, lifeMs: 2, ttlMs: 3, v2Only: true, superseded: true }),
    ),
    decode: decodeOwnIpns,
    encode: encodeOwnIpns,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodePeerEntry',
    samples: PEER_ENTRIES,
    decode: decodePeerEntry,
    encode: encodePeerEntry,
    blame: 'local',
    codes: /^ERR_PEERSTORE_(DAMAGED|VERSION)$/,
  }),
  row({
    of: 'decodeBitswapMessage',
    samples: bitswapMessages,
    decode: (bytes) => bitswap.decodeBitswapMessage(bytes),
    codes: /^ERR_(BITSWAP_BAD_MESSAGE|BLOCK_TOO_LARGE)$/,
  }),
  row({
    of: 'cidMultihash',
    samples: [hex('01551220' + '11'.repeat(32)), hex('1220' + '11'.repeat(32))],
    decode: bitswapCid.cidMultihash,
    codes: /^ERR_BITSWAP_BAD_MESSAGE$/,
  }),
  row({
    of: 'decodeBlockPrefix',
    samples: [hex('01551220'), hex('00701220')],
    decode: bitswapCid.decodeBlockPrefix,
    codes: /^ERR_BITSWAP_BAD_MESSAGE$/,
  }),
  row({ of: 'decodeFieldBytes', samples: bitswapMessages, decode: bitswapFields.decodeFieldBytes, codes: /^$/ }),
  row({
    of: 'decodeBlockHead',
    samples: bitswapMessages.map((bytes) => bytes.subarray(1)),
    decode: (bytes) => bitswapFields.decodeBlockHead(bytes, LIMITS),
    codes: /^ERR_BLOCK_TOO_LARGE$/,
  }),
  row({
    of: 'multiaddrFromBytes',
    samples: binaryAddresses,
    decode: multiaddrFromBytes,
    encode: (text) => (text === undefined ? new Uint8Array(0) : multiaddrToBytes(text)),
    codes: /^$/,
  }),
  row({
    of: 'addressFromBytes',
    samples: binaryAddresses,
    decode: addressFromBytes,
    encode: (text) => (text === undefined ? new Uint8Array(0) : addressToBytes(text)),
    codes: /^$/,
  }),
  row({
    of: 'readFields',
    samples: [...identifies, noisePayload, envelope],
    decode: (bytes) => {
      const fields: (number | bigint | Uint8Array | string)[] = [];
      const kinds = ['number', 'uint64', 'int32', 'bool', 'bytes', 'text'] as const;
      readFields(bytes, 'anything', (field, value) => {
        const kind = kinds[field % 7];
        if (kind !== undefined) fields.push(field, value[kind]() as number);
      });
      return fields;
    },
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
];

/** A target for each codec. */
export const DECODER_TARGETS: readonly FuzzTarget[] = [
  ...STREAM_DECODERS.map((one) => target(`decode ${one.of}`, nearly(one.samples), (bytes) => judgeStream(one, bytes))),
  ...DECODERS.map((one) => target(`decode ${one.of}`, nearly(one.samples), (bytes) => judgeWhole(one, bytes))),
];

function lengthSize(bytes: Uint8Array): number {
  return decodeVarint(bytes)?.size ?? 0;
}

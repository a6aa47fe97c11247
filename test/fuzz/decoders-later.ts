/** The rows of `decoders.ts` for rendezvous, TLS, its certificates, spdy, and the DHT. */
/** The rows of `decoders.ts` for TLS, its certificates, spdy, and delegated routing. */
import { LIMITS } from '../../src/limits.js';
import { readDerElements, readDerWhole } from '../../src/wire/der.js';
import { decodeRecord, decodeRecordLine, decodeRecordList } from '../../src/wire/http-routing.js';
import { decodeP256PrivateKey, decodeP256PublicKey } from '../../src/wire/p256-key.js';
import { decodeRendezvous } from '../../src/wire/rendezvous.js';
import { decodeSignedKey } from '../../src/wire/signed-key.js';
import { decodeSpdyHeaders } from '../../src/wire/spdy-headers.js';
import { decodeSpdyControl, isKnown, readSpdyHeader, type SpdyHeader } from '../../src/wire/spdy.js';
import { decodeKad, decodeKadRecord, encodeKad, encodeKadRecord } from '../../src/wire/kad.js';
import { decodeStoredProvider, encodeStoredProvider } from '../../src/wire/kad-stored.js';
import {
  decodePointRecord,
  decodeRegistrationRecord,
  encodePointRecord,
  encodeRegistrationRecord,
} from '../../src/wire/rendezvous-stored.js';
import { decodeProvidedRecord, encodeProvidedRecord } from '../../src/wire/provided-key.js';
import * as handshake from '../../src/wire/tls-handshake.js';
import { decodeTlsClientHello, decodeTlsServerHello } from '../../src/wire/tls-hello.js';
import { decodeTlsInnerPlaintext, decodeTlsRecordHeader } from '../../src/wire/tls-record.js';
import { decodeCertificate } from '../../src/wire/x509.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';
import { hexIn } from './bytes.js';
import type { DecoderRow, StreamDecoderRow } from './codec-judge.js';

const row = <Value>(one: DecoderRow<Value>): DecoderRow => one as unknown as DecoderRow;
const streamRow = <Value>(one: StreamDecoderRow<Value>): StreamDecoderRow => one as unknown as StreamDecoderRow;

const records = hexIn('tls/rfc8448.json');
/** Handshake messages without their header, among much else of the trace. */
const bodies = records.filter(({ length }) => length > 4).map((bytes) => bytes.subarray(4));
const certificates = hexIn('tls/libp2p-certificates.json');
/** ECDSA keys without their protobuf, among others. */
const ecdsaKeys = hexIn('keys/libp2p-specs.json').map((bytes) => bytes.subarray(4));
const spdyFrames = hexIn('spdy/frames.json');
const spdyHeaders = [hex('00000000'), hex('00000001 00000005 3a70617468 00000001 2f')];

const kadMessages = hexIn('kad/messages.json');
const kadRecords = kadMessages.flatMap((bytes) => decodeKad(bytes).record ?? []).map(encodeKadRecord);
const routingLines = (vectors('http-routing/examples.json') as { records: { json: string }[] }).records.map(
  ({ json }) => json,
);
const routingLists = [`{"Providers":[${routingLines.join(',')}]}`, '{"Providers":null}'].map(utf8);

const TLS = /^ERR_TLS_BAD_MESSAGE$/;
const DER = /^ERR_WIRE_DER$/;
const CERTIFICATE = /^ERR_(WIRE_DER|TLS_BAD_CERTIFICATE|TLS_BAD_MESSAGE)$/;
const SPDY_HEADER_BYTES = 8;

function spdyHeaderOf(bytes: Uint8Array): SpdyHeader | undefined {
  if (bytes.length < SPDY_HEADER_BYTES) return undefined;
  const header: SpdyHeader = { type: 0, flags: 0, streamId: 0, length: 0 };
  readSpdyHeader(bytes, 0, LIMITS.spdyControlFrameBytes, header);
  return header;
}

/** Codecs that read from a stream. */
export const LATER_STREAM_DECODERS: readonly StreamDecoderRow[] = [
  streamRow({ of: 'decodeTlsMessageHeader', samples: records, decode: handshake.decodeTlsMessageHeader, codes: TLS }),
  streamRow({
    of: 'decodeTlsRecordHeader',
    samples: records,
    decode: decodeTlsRecordHeader,
    codes: /^ERR_TLS_BAD_(MESSAGE|RECORD)$/,
  }),
];

/** Codecs of whole messages. */
export const LATER_DECODERS: readonly DecoderRow[] = [
  row({
    of: 'decodeRendezvous',
    samples: hexIn('rendezvous/rust-libp2p.json').map((bytes) => bytes.subarray(bytes.length < 128 ? 1 : 2)),
    decode: decodeRendezvous,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({ of: 'decodeTlsClientHello', samples: bodies, decode: decodeTlsClientHello, codes: TLS }),
  row({ of: 'decodeTlsServerHello', samples: bodies, decode: decodeTlsServerHello, codes: TLS }),
  row({
    of: 'decodeTlsEncryptedExtensions',
    samples: bodies,
    decode: handshake.decodeTlsEncryptedExtensions,
    codes: TLS,
  }),
  row({
    of: 'decodeTlsCertificateRequest',
    samples: bodies,
    decode: handshake.decodeTlsCertificateRequest,
    codes: TLS,
  }),
  row({ of: 'decodeTlsCertificate', samples: bodies, decode: handshake.decodeTlsCertificate, codes: TLS }),
  row({ of: 'decodeTlsCertificateVerify', samples: bodies, decode: handshake.decodeTlsCertificateVerify, codes: TLS }),
  row({
    of: 'decodeTlsKeyUpdate',
    samples: [Uint8Array.of(0), Uint8Array.of(1)],
    decode: handshake.decodeTlsKeyUpdate,
    codes: TLS,
  }),
  row({ of: 'decodeTlsInnerPlaintext', samples: records, decode: decodeTlsInnerPlaintext, codes: /^$/ }),
  row({ of: 'decodeCertificate', samples: certificates, decode: decodeCertificate, codes: CERTIFICATE }),
  row({ of: 'readDerElements', samples: certificates, decode: readDerElements, codes: DER }),
  row({
    of: 'readDerWhole',
    samples: certificates,
    decode: (bytes) => readDerWhole(bytes, 0x30, 'a certificate'),
    codes: DER,
  }),
  row({
    of: 'decodeSignedKey',
    samples: [concat(hex('3006 0401 01 0401 02'))],
    decode: decodeSignedKey,
    codes: /^ERR_(WIRE_DER|TLS_BAD_CERTIFICATE)$/,
  }),
  row({ of: 'decodeP256PublicKey', samples: ecdsaKeys, decode: decodeP256PublicKey, codes: DER }),
  row({ of: 'decodeP256PrivateKey', samples: ecdsaKeys, decode: decodeP256PrivateKey, codes: DER }),
  row({ of: 'decodeSpdyHeaders', samples: spdyHeaders, decode: decodeSpdyHeaders, codes: /^ERR_SPDY_BAD_HEADERS$/ }),
  row({
    of: 'readSpdyHeader',
    samples: spdyFrames,
    decode: spdyHeaderOf,
    codes: /^ERR_SPDY_(BAD_VERSION|FRAME_TOO_LARGE)$/,
  }),
  row({
    of: 'decodeSpdyControl',
    samples: spdyFrames,
    decode: (bytes) => {
      const header = spdyHeaderOf(bytes);
      if (header === undefined || !isKnown(header.type)) return undefined;
      return decodeSpdyControl(header, bytes.subarray(SPDY_HEADER_BYTES));
    },
    codes: /^ERR_SPDY_(BAD_VERSION|FRAME_TOO_LARGE|BAD_FRAME)$/,
  }),
  // Whatever comes is a message that is written and read as itself, or ERR_WIRE_PROTOBUF.
  row({
    of: 'decodeKad',
    samples: kadMessages,
    decode: decodeKad,
    encode: encodeKad,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeKadRecord',
    samples: kadRecords,
    decode: decodeKadRecord,
    encode: encodeKadRecord,
    codes: /^ERR_WIRE_PROTOBUF$/,
  }),
  row({
    of: 'decodeStoredProvider',
    samples: [encodeStoredProvider({ receivedAtMs: 1_700_000_000_000, addresses: ['/ip4/127.0.0.1/tcp/4001'] })],
    decode: decodeStoredProvider,
    encode: encodeStoredProvider,
    blame: 'local',
    codes: /^ERR_KAD_RECORD_DAMAGED$/,
  }),
  row({
    of: 'decodeRegistrationRecord',
    samples: [
      encodeRegistrationRecord({
        number: 7,
        registeredAtMs: 1_700_000_000_000,
        expiresAtMs: 1_700_007_200_000,
        signedPeerRecord: hex('0a02'),
      }),
    ],
    decode: decodeRegistrationRecord,
    encode: encodeRegistrationRecord,
    blame: 'local',
    codes: /^ERR_RENDEZVOUS_RECORD_DAMAGED$/,
  }),
  row({
    of: 'decodePointRecord',
    samples: [encodePointRecord({ cookieKey: new Uint8Array(32), highestNumber: 2 ** 40 })],
    decode: decodePointRecord,
    encode: encodePointRecord,
    blame: 'local',
    codes: /^ERR_RENDEZVOUS_RECORD_DAMAGED$/,
  }),
  row({
    of: 'decodeProvidedRecord',
    samples: [encodeProvidedRecord({ key: hex('1220' + '11'.repeat(32)), providedAtMs: 1_700_000_000_000 })],
    decode: decodeProvidedRecord,
    encode: encodeProvidedRecord,
    blame: 'local',
    codes: /^ERR_PROVIDE_UNREADABLE$/,
  }),
  row({
    of: 'decodeRecordLine',
    samples: routingLines.map(utf8),
    decode: (bytes) => decodeRecordLine(bytes),
    codes: /^ERR_HTTP_ROUTING_BAD_JSON$/,
  }),
  row({
    of: 'decodeRecordList',
    samples: routingLists,
    decode: (bytes) => decodeRecordList(bytes, 'Providers'),
    codes: /^ERR_HTTP_ROUTING_BAD_JSON$/,
  }),
  row({
    of: 'decodeRecord',
    samples: routingLists,
    decode: (bytes) => decodeRecordList(bytes, 'Providers').map((one) => decodeRecord(one)),
    codes: /^ERR_HTTP_ROUTING_BAD_JSON$/,
  }),
];

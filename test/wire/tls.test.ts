/** Records and handshake messages of TLS 1.3 against the traces of RFC 8448 and bytes written by hand from RFC 8446. */
import { describe, expect, test } from '@jest/globals';
import {
  decodeTlsExtensions,
  encodeTlsCodes,
  encodeTlsExtensions,
  encodeTlsKeyShares,
  encodeTlsProtocols,
  readTlsExtensions,
} from '../../src/wire/tls-extensions.js';
import {
  decodeTlsCertificate,
  decodeTlsCertificateRequest,
  decodeTlsCertificateVerify,
  decodeTlsEncryptedExtensions,
  decodeTlsKeyUpdate,
  decodeTlsMessageHeader,
  encodeTlsCertificate,
  encodeTlsCertificateRequest,
  encodeTlsCertificateVerify,
  encodeTlsKeyUpdate,
  encodeTlsMessage,
  tlsMessageName,
} from '../../src/wire/tls-handshake.js';
import {
  decodeTlsClientHello,
  decodeTlsServerHello,
  encodeTlsClientHello,
  encodeTlsServerHello,
  isTlsRetry,
  TLS_RETRY_RANDOM,
} from '../../src/wire/tls-hello.js';
import { tlsAlertName, tlsGroupName, tlsSchemeName, tlsSuite } from '../../src/wire/tls-names.js';
import {
  decodeTlsInnerPlaintext,
  decodeTlsRecordHeader,
  encodeTlsRecordHeader,
  judgeTlsRecordHeader,
  TLS_CHANGE_CIPHER_SPEC,
  tlsContentName,
} from '../../src/wire/tls-record.js';
import { TlsReader, tlsNumber, tlsVector } from '../../src/wire/tls-bytes.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { concat, expectDecodes, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

const { simple, retry } = vectors('tls/rfc8448.json') as {
  readonly simple: {
    readonly messages: Readonly<Record<string, string>>;
    readonly records: Readonly<Record<string, string>>;
  };
  readonly retry: Readonly<Record<string, string>>;
};
const body = (text: string | undefined): Uint8Array => hex(text ?? '').subarray(4);
const bad = (run: () => unknown): void => expect(thrownCode(run)).toBe('ERR_TLS_BAD_MESSAGE');

describe('records', () => {
  test.each(Object.entries(simple.records))('the header of %s, in every chunking', (_, record) => {
    const bytes = hex(record).subarray(0, 5);
    const length = hex(record).length - 5;
    const [type = 0, major = 0, minor = 0] = bytes;
    expectDecodes(decodeTlsRecordHeader, bytes, { type, version: major * 256 + minor, length });
    expect(judgeTlsRecordHeader({ type, version: major * 256 + minor, length })).toBeUndefined();
    if (minor === 3) expect(toHex(encodeTlsRecordHeader(type, length))).toBe(toHex(bytes));
  });

  test.each([
    { type: 19, version: 0x0303, length: 1, fault: 'type' },
    { type: 24, version: 0x0303, length: 1, fault: 'type' },
    { type: 22, version: 0x0203, length: 1, fault: 'version' },
    { type: 22, version: 0x0403, length: 1, fault: 'version' },
    { type: 22, version: 0x03ff, length: 1, fault: undefined },
    { type: 22, version: 0x0303, length: 16_384, fault: undefined },
    { type: 22, version: 0x0303, length: 16_385, fault: 'length' },
    { type: 23, version: 0x0303, length: 16_640, fault: undefined },
    { type: 23, version: 0x0303, length: 16_641, fault: 'length' },
  ])('type $type, version $version, $length bytes -> $fault', ({ fault, ...header }) => {
    expect(judgeTlsRecordHeader(header)).toBe(fault);
  });

  test('a length that cannot be said is not', () => {
    expect(() => encodeTlsRecordHeader(23, 16_641)).toThrow(RangeError);
    expect(() => encodeTlsRecordHeader(23, -1)).toThrow(RangeError);
    expect(() => encodeTlsRecordHeader(23, 0.5)).toThrow(RangeError);
  });

  test.each([
    { plaintext: 'aabb17', type: 23, content: 'aabb' },
    { plaintext: 'aabb17000000', type: 23, content: 'aabb' },
    { plaintext: 'aa0016', type: 22, content: 'aa00' },
    { plaintext: '17', type: 23, content: '' },
    { plaintext: '0015', type: 21, content: '00' },
  ])('inner plaintext $plaintext', ({ plaintext, type, content }) => {
    expect(decodeTlsInnerPlaintext(hex(plaintext))).toEqual({ type, content: hex(content) });
  });

  test('zeros alone are no plaintext', () => {
    expect(decodeTlsInnerPlaintext(hex('000000'))).toBeUndefined();
    expect(decodeTlsInnerPlaintext(hex(''))).toBeUndefined();
  });

  test('change_cipher_spec and names', () => {
    expect(toHex(TLS_CHANGE_CIPHER_SPEC)).toBe('140303000101');
    expect([20, 21, 22, 23, 24].map(tlsContentName)).toEqual([
      'changeCipherSpec',
      'alert',
      'handshake',
      'applicationData',
      'type 24',
    ]);
    expect([tlsAlertName(40), tlsAlertName(99)]).toEqual(['handshake_failure', 'alert 99']);
    expect([tlsMessageName(2), tlsMessageName(24), tlsMessageName(99)]).toEqual([
      'ServerHello',
      'KeyUpdate',
      'message 99',
    ]);
    expect([tlsGroupName(29), tlsGroupName(0x11ec), tlsSchemeName(0x0403), tlsSchemeName(1)]).toEqual([
      'x25519',
      undefined,
      'ecdsa_secp256r1_sha256',
      undefined,
    ]);
    expect([tlsSuite(0x1301)?.name, tlsSuite(0x1304)]).toEqual(['TLS_AES_128_GCM_SHA256', undefined]);
  });
});

describe('the frame of messages', () => {
  test.each(Object.entries(simple.messages))('%s', (_, message) => {
    const bytes = hex(message);
    expectDecodes(decodeTlsMessageHeader, bytes.subarray(0, 4), { type: bytes[0] ?? 0, length: bytes.length - 4 });
  });
});

describe('hellos', () => {
  test.each([simple.messages['clientHello'], retry['clientHello1'], retry['clientHello2']])(
    'a ClientHello of RFC 8448 is read and written again',
    (message) => {
      const hello = decodeTlsClientHello(body(message));
      expect(hello.suites).toEqual([0x1301, 0x1303, 0x1302]);
      const extensions = readTlsExtensions(hello.extensions);
      expect(extensions.versions()).toEqual([0x0304]);
      expect(extensions.codes(10)).toContain(0x001d);
      expect(extensions.keyShares()?.length).toBe(1);
      expect(extensions.protocols()).toBeUndefined();
      expect(toHex(encodeTlsMessage('clientHello', encodeTlsClientHello(hello)))).toBe(message);
    },
  );

  test.each([simple.messages['serverHello'], retry['serverHello'], retry['helloRetryRequest']])(
    'a ServerHello of RFC 8448 is read and written again',
    (message) => {
      const hello = decodeTlsServerHello(body(message));
      expect(hello).toMatchObject({ suite: 0x1301, compressionMethod: 0 });
      expect(readTlsExtensions(hello.extensions).code(43)).toBe(0x0304);
      expect(toHex(encodeTlsMessage('serverHello', encodeTlsServerHello(hello)))).toBe(message);
    },
  );

  test('a HelloRetryRequest is known by its random, which is the hash of its name', () => {
    expect(isTlsRetry(body(retry['helloRetryRequest']))).toBe(true);
    expect(isTlsRetry(body(retry['serverHello']))).toBe(false);
    expect(isTlsRetry(new Uint8Array(3))).toBe(false);
    expect(toHex(TLS_RETRY_RANDOM)).toBe(toHex(nodeCiphers.hash('sha256', [utf8('HelloRetryRequest')])));
    const extensions = readTlsExtensions(decodeTlsServerHello(body(retry['helloRetryRequest'])).extensions);
    expect(extensions.code(51)).toBe(0x0017);
    expect(extensions.cookie()?.length).toBe(114);
  });

  test.each([
    { name: 'ClientHello', message: simple.messages['clientHello'], decode: decodeTlsClientHello, least: 45 },
    { name: 'ServerHello', message: simple.messages['serverHello'], decode: decodeTlsServerHello, least: 38 },
  ])('$name, cut short or with bytes behind it', ({ message, decode, least }) => {
    const bytes = body(message);
    for (let size = 0; size < bytes.length; size++) {
      // Hellos of old could end before the extensions.
      if (size !== least) bad(() => decode(bytes.subarray(0, size)));
    }
    expect(decode(bytes.subarray(0, least)).extensions.size).toBe(0);
    bad(() => decode(concat(bytes, hex('00'))));
  });

  test('a session id of 32 bytes, and of one more', () => {
    const hello = { ...decodeTlsClientHello(body(simple.messages['clientHello'])), sessionId: new Uint8Array(32) };
    expect(decodeTlsClientHello(encodeTlsClientHello(hello)).sessionId.length).toBe(32);
    bad(() => decodeTlsClientHello(encodeTlsClientHello({ ...hello, sessionId: new Uint8Array(33) })));
  });

  test('a hello that offers nothing', () => {
    const hello = decodeTlsClientHello(body(simple.messages['clientHello']));
    bad(() => decodeTlsClientHello(encodeTlsClientHello({ ...hello, suites: [] })));
  });
});

describe('extensions', () => {
  test.each([
    { name: 'groups of odd length', type: 10, data: '000300 1d00', read: 'codes' },
    { name: 'no groups', type: 10, data: '0000', read: 'codes' },
    { name: 'bytes behind the list', type: 10, data: '0002001dff', read: 'codes' },
    { name: 'no versions', type: 43, data: '00', read: 'versions' },
    { name: 'a key share cut short', type: 51, data: '0006001d0004aabb', read: 'keyShares' },
    { name: 'no protocols', type: 16, data: '0000', read: 'protocols' },
    { name: 'a protocol without a name', type: 16, data: '000100', read: 'protocols' },
    { name: 'an empty cookie', type: 44, data: '0000', read: 'cookie' },
  ] as const)('$name', ({ type, data, read }) => {
    const extensions = readTlsExtensions(new Map([[type, hex(data)]]));
    bad(() => (read === 'codes' ? extensions.codes(type) : extensions[read]()));
  });

  test('one that is there twice', () => {
    bad(() => decodeTlsExtensions(new TlsReader(hex('0008 00100000 00100000'), 'it'), 'it'));
  });

  test('no key shares are a list too: the server asks for one', () => {
    expect(readTlsExtensions(new Map([[51, encodeTlsKeyShares([])]])).keyShares()).toEqual([]);
  });

  test('what is written is read', () => {
    const protocols = ['/yamux/1.0.0', 'libp2p'];
    const shares = [{ group: 29, key: hex('aa') }];
    const list = new Map([
      [16, encodeTlsProtocols(protocols)],
      [51, encodeTlsKeyShares(shares)],
      [13, encodeTlsCodes([0x0403, 0x0807])],
    ]);
    const extensions = readTlsExtensions(decodeTlsExtensions(new TlsReader(encodeTlsExtensions(list), 'it'), 'it'));
    expect([extensions.protocols(), extensions.keyShares(), extensions.codes(13)]).toEqual([
      protocols,
      shares,
      [0x0403, 0x0807],
    ]);
    expect(toHex(encodeTlsProtocols(protocols))).toBe('00140c2f79616d75782f312e302e30066c6962703270');
  });
});

describe('messages behind the hellos', () => {
  test('EncryptedExtensions, Certificate and CertificateVerify of RFC 8448', () => {
    expect([...decodeTlsEncryptedExtensions(body(simple.messages['encryptedExtensions'])).keys()]).toEqual([10, 28, 0]);
    const certificate = decodeTlsCertificate(body(simple.messages['certificate']));
    expect({
      context: certificate.context.length,
      sizes: certificate.certificates.map(({ length }) => length),
    }).toEqual({
      context: 0,
      sizes: [432],
    });
    expect(toHex(encodeTlsMessage('certificate', encodeTlsCertificate(certificate)))).toBe(
      simple.messages['certificate'],
    );
    const verify = decodeTlsCertificateVerify(body(simple.messages['certificateVerify']));
    expect({ scheme: verify.scheme, size: verify.signature.length }).toEqual({ scheme: 0x0804, size: 128 });
    expect(toHex(encodeTlsMessage('certificateVerify', encodeTlsCertificateVerify(verify)))).toBe(
      simple.messages['certificateVerify'],
    );
  });

  test('each cut short at every length, or with a byte behind', () => {
    const request = encodeTlsCertificateRequest({
      context: hex('aa'),
      extensions: new Map([[13, encodeTlsCodes([0x0403])]]),
    });
    const cases: readonly (readonly [Uint8Array, (bytes: Uint8Array) => unknown])[] = [
      [body(simple.messages['encryptedExtensions']), decodeTlsEncryptedExtensions],
      [body(simple.messages['certificate']), decodeTlsCertificate],
      [body(simple.messages['certificateVerify']), decodeTlsCertificateVerify],
      [request, decodeTlsCertificateRequest],
    ];
    for (const [bytes, decode] of cases) {
      expect(decode(bytes)).toBeDefined();
      for (let size = 0; size < bytes.length; size++) bad(() => decode(bytes.subarray(0, size)));
      bad(() => decode(concat(bytes, hex('00'))));
    }
    expect(toHex(request)).toBe('01aa0008000d000400020403');
  });

  test('certificates: none, several, one without bytes, one with extensions', () => {
    const certificates = [hex('aa'), hex('bbcc')];
    expect(decodeTlsCertificate(encodeTlsCertificate({ context: hex(''), certificates }))).toEqual({
      context: hex(''),
      certificates,
    });
    expect(decodeTlsCertificate(hex('00000000')).certificates).toEqual([]);
    bad(() => decodeTlsCertificate(hex('00 000005 000000 0000')));
    bad(() => decodeTlsCertificate(hex('00 00000a 000001 aa 0004 00050000')));
  });

  test('KeyUpdate', () => {
    expect([0, 1].map((request) => decodeTlsKeyUpdate(Uint8Array.of(request)))).toEqual([false, true]);
    expect([false, true].map((asks) => toHex(encodeTlsKeyUpdate(asks)))).toEqual(['00', '01']);
    for (const bytes of ['', '02', '0000']) bad(() => decodeTlsKeyUpdate(hex(bytes)));
  });
});

describe('numbers and vectors', () => {
  test('big-endian', () => {
    expect(
      [tlsNumber(1, 1), tlsNumber(0x0102, 2), tlsNumber(0x010203, 3), tlsNumber(0x81020304, 4)].map(toHex),
    ).toEqual(['01', '0102', '010203', '81020304']);
    expect(new TlsReader(hex('81020304'), 'it').number(4)).toBe(0x81020304);
  });

  test('the longest vector, and one that is too long', () => {
    expect(tlsVector(1, new Uint8Array(255)).length).toBe(256);
    expect(() => tlsVector(1, new Uint8Array(256))).toThrow(RangeError);
  });
});

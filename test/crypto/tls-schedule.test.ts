/** The key schedule, the transcript and the protection of records against the traces of RFC 8448, byte for byte. */
import { describe, expect, test } from '@jest/globals';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { hashBytes, nextTrafficSecret, TlsKeySchedule, trafficKey } from '../../src/crypto/tls-key-schedule.js';
import { TlsRecordCipher } from '../../src/crypto/tls-record-cipher.js';
import { TlsTranscript } from '../../src/crypto/tls-transcript.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { Ciphers } from '../../src/ports.js';
import { encodeTlsMessage, tlsSignedContent } from '../../src/wire/tls-handshake.js';
import { TLS_CONTENT, TLS_SUITES, tlsSuite, type TlsSuite } from '../../src/wire/tls-names.js';
import { decodeTlsInnerPlaintext } from '../../src/wire/tls-record.js';
import { concat, hex, toHex, utf8 } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Rfc8448 {
  readonly simple: {
    readonly clientPrivateKey: string;
    readonly clientPublicKey: string;
    readonly serverPrivateKey: string;
    readonly serverPublicKey: string;
    readonly sharedSecret: string;
    readonly messages: Readonly<Record<string, string>>;
    readonly hashes: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<Secret, string>>;
    readonly keys: Readonly<Record<Secret, { readonly key: string; readonly iv: string }>>;
    readonly verifyData: Readonly<Record<'client' | 'server', string>>;
    readonly applicationData: string;
    readonly records: Readonly<Record<string, string>>;
  };
  readonly retry: Readonly<Record<string, string>>;
}
type Secret = 'clientHandshake' | 'serverHandshake' | 'clientApplication' | 'serverApplication';

const { simple, retry } = vectors('tls/rfc8448.json') as Rfc8448;
const AES_128 = tlsSuite(0x1301) as TlsSuite;
const twins: readonly { readonly name: string; readonly ciphers: Ciphers }[] = [
  { name: 'node:crypto', ciphers: nodeCiphers },
  { name: 'noble', ciphers: portableCiphers },
];
const message = (name: string): Uint8Array => hex(simple.messages[name] ?? '');
const record = (name: string): Uint8Array => hex(simple.records[name] ?? '');

describe.each(twins)('RFC 8448, 3, simple 1-RTT handshake, by $name', ({ ciphers }) => {
  const schedule = new TlsKeySchedule(ciphers, AES_128, hex(simple.sharedSecret));
  const cipher = (secret: Secret): TlsRecordCipher =>
    new TlsRecordCipher(ciphers, AES_128, hex(simple.secrets[secret]));
  const sealed = (pieces: readonly Uint8Array[]): string => toHex(concat(...pieces));

  test('both key shares come to the shared secret', () => {
    const client = ciphers.keyAgreement('x25519', hex(simple.clientPrivateKey));
    const server = ciphers.keyAgreement('x25519', hex(simple.serverPrivateKey));
    expect([toHex(client.publicKey), toHex(server.publicKey)]).toEqual([
      simple.clientPublicKey,
      simple.serverPublicKey,
    ]);
    for (const secret of [client.sharedSecret(server.publicKey), server.sharedSecret(client.publicKey)]) {
      expect(toHex(secret ?? new Uint8Array(0))).toBe(simple.sharedSecret);
    }
  });

  test('transcript hashes, traffic secrets and verify_data follow each other', () => {
    const transcript = new TlsTranscript(ciphers);
    const add = (...names: readonly string[]): Uint8Array => {
      for (const name of names) transcript.add(message(name));
      return transcript.hash(AES_128);
    };
    const hellos = add('clientHello', 'serverHello');
    expect(toHex(hellos)).toBe(simple.hashes['hellos']);
    const [client, server] = (['client', 'server'] as const).map((side) =>
      schedule.handshakeTrafficSecret(side, hellos),
    ) as [Uint8Array, Uint8Array];
    expect(toHex(client)).toBe(simple.secrets.clientHandshake);
    expect(toHex(server)).toBe(simple.secrets.serverHandshake);
    const beforeFinished = add('encryptedExtensions', 'certificate', 'certificateVerify');
    expect(toHex(schedule.verifyData(server, beforeFinished))).toBe(simple.verifyData.server);
    const finished = add('serverFinished');
    expect(toHex(finished)).toBe(simple.hashes['serverFinished']);
    expect(toHex(schedule.applicationTrafficSecret('client', finished))).toBe(simple.secrets.clientApplication);
    expect(toHex(schedule.applicationTrafficSecret('server', finished))).toBe(simple.secrets.serverApplication);
    expect(toHex(schedule.verifyData(client, finished))).toBe(simple.verifyData.client);
    expect(toHex(add('clientFinished'))).toBe(simple.hashes['clientFinished']);
  });

  test.each(Object.keys(simple.keys) as Secret[])('key and iv of %s', (secret) => {
    const { key, iv } = trafficKey(ciphers, AES_128, hex(simple.secrets[secret]));
    expect({ key: toHex(key), iv: toHex(iv) }).toEqual(simple.keys[secret]);
  });

  test('the server’s flight is one record of four messages, and we seal the same', () => {
    const flight = ['encryptedExtensions', 'certificate', 'certificateVerify', 'serverFinished'].map(message);
    expect(sealed(cipher('serverHandshake').seal(TLS_CONTENT.handshake, flight))).toBe(simple.records['serverFlight']);
  });

  test('the client’s Finished, its data and its alert', () => {
    const { handshake, applicationData, alert } = TLS_CONTENT;
    expect(sealed(cipher('clientHandshake').seal(handshake, [message('clientFinished')]))).toBe(
      simple.records['clientFinished'],
    );
    const client = cipher('clientApplication');
    expect(sealed(client.seal(applicationData, [hex(simple.applicationData)]))).toBe(simple.records['clientData']);
    expect(sealed(client.seal(alert, [hex('0100')]))).toBe(simple.records['clientAlert']);
    expect(client.records).toBe(2);
  });

  test('the server’s ticket, data and alert open one after another, and in no other order', () => {
    const server = cipher('serverApplication');
    const open = (name: string): { type: number; content: string } | undefined => {
      const bytes = record(name);
      const opened = server.open(bytes.subarray(0, 5), bytes.subarray(5));
      const inner = opened && decodeTlsInnerPlaintext(opened);
      return inner && { type: inner.type, content: toHex(inner.content) };
    };
    expect(open('serverData')).toBeUndefined();
    expect(open('newSessionTicket')).toEqual({ type: 22, content: simple.messages['newSessionTicket'] });
    expect(open('newSessionTicket')).toBeUndefined();
    expect(open('serverData')).toEqual({ type: 23, content: simple.applicationData });
    expect(open('serverAlert')).toEqual({ type: 21, content: '0100' });
  });

  test('a header that was changed on its way is noticed', () => {
    const bytes = record('newSessionTicket');
    const server = cipher('serverApplication');
    expect(server.open(hex('17030100de'), bytes.subarray(5))).toBeUndefined();
    expect(server.open(bytes.subarray(0, 5), bytes.subarray(5))).toBeDefined();
  });
});

describe.each(twins)('RFC 8448, 5, HelloRetryRequest, by $name', ({ ciphers }) => {
  const bytes = (name: string): Uint8Array => hex(retry[name] ?? '');

  test('the first ClientHello counts by its hash alone', () => {
    const transcript = new TlsTranscript(ciphers);
    transcript.add(bytes('clientHello1'));
    transcript.beginAgain(AES_128);
    for (const name of ['helloRetryRequest', 'clientHello2', 'serverHello']) transcript.add(bytes(name));
    const hash = transcript.hash(AES_128);
    expect(toHex(hash)).toBe(retry['helloHash']);
    const schedule = new TlsKeySchedule(ciphers, AES_128, bytes('sharedSecret'));
    expect(toHex(schedule.handshakeTrafficSecret('client', hash))).toBe(retry['clientHandshake']);
    expect(toHex(schedule.handshakeTrafficSecret('server', hash))).toBe(retry['serverHandshake']);
  });
});

describe.each(TLS_SUITES)('$name', (suite) => {
  const secret = new Uint8Array(hashBytes(suite)).fill(9);

  test('what one twin seals the other opens, over many numbers and key updates', () => {
    const sealer = new TlsRecordCipher(nodeCiphers, suite, secret);
    const opener = new TlsRecordCipher(portableCiphers, suite, secret);
    for (let round = 0; round < 3; round++) {
      for (let number = 0; number < 300; number++) {
        const [header, ...rest] = sealer.seal(23, [utf8(`record ${number}`), utf8(' in pieces')]);
        const opened = opener.open(header as Uint8Array, concat(...rest)) as Uint8Array;
        expect(decodeTlsInnerPlaintext(opened)).toEqual({ type: 23, content: utf8(`record ${number} in pieces`) });
      }
      expect([sealer.records, opener.records]).toEqual([300, 300]);
      const [header, ...rest] = sealer.seal(23, [utf8('under the old key')]);
      sealer.update();
      opener.update();
      expect(opener.open(header as Uint8Array, concat(...rest))).toBeUndefined();
      expect([sealer.records, opener.records]).toEqual([0, 0]);
    }
  });

  test('an updated secret is another one, of the same length, by either twin', () => {
    const next = nextTrafficSecret(nodeCiphers, suite, secret);
    expect(next.length).toBe(secret.length);
    expect(toHex(next)).not.toBe(toHex(secret));
    expect(toHex(nextTrafficSecret(portableCiphers, suite, secret))).toBe(toHex(next));
  });
});

test('what CertificateVerify signs, as RFC 8446, 4.4.3, spells it out', () => {
  const content = toHex(tlsSignedContent('server', new Uint8Array(32).fill(1)));
  expect(content).toBe(
    `${'20'.repeat(64)}544c5320312e332c2073657276657220436572746966696361746556657269667900${'01'.repeat(32)}`,
  );
});

test('message_hash has the form of a message', () => {
  expect(toHex(encodeTlsMessage('messageHash', new Uint8Array(2)))).toBe('fe0000020000');
});

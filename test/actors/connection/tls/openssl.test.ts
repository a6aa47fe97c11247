/** OpenSSL as the judge, by node:tls: both roles, every suite and group, retries, key updates, tickets, alerts and ends. */
import { describe, expect, jest, test } from '@jest/globals';
import { tlsProtocol } from '../../../../src/actors/connection/tls/handler.js';
import type { Role } from '../../../../src/actors/connection/security.js';
import { utf8 } from '../../../support/decoding.js';
import type { Forgery } from '../../../support/forged-certificate.js';
import { cutAt, NoiseSide, type SideOptions } from '../../../support/noise-side.js';
import { OpenSslPeer, type OpenSslOptions } from '../../../support/openssl-peer.js';

jest.setTimeout(30_000);
const ROLES: readonly Role[] = ['dialer', 'listener'];

function connected(
  role: Role,
  options: OpenSslOptions = {},
  side: SideOptions = {},
): { readonly ours: NoiseSide; readonly theirs: OpenSslPeer } {
  const ours = new NoiseSide(role, { protocol: tlsProtocol, ...side });
  return { ours, theirs: new OpenSslPeer(ours, role === 'dialer', options) };
}

const plaintextOf = ({ inbound }: NoiseSide): string =>
  Buffer.concat(inbound.flatMap(({ chunks }) => [...chunks])).toString();

async function secured(
  role: Role,
  options: OpenSslOptions = {},
  side: SideOptions = {},
): Promise<{ readonly ours: NoiseSide; readonly theirs: OpenSslPeer }> {
  const pair = connected(role, options, side);
  await pair.theirs.until(() => pair.ours.secured !== undefined || pair.ours.failed !== undefined);
  if (pair.ours.failed !== undefined) throw pair.ours.failed;
  await pair.theirs.until(() => pair.theirs.isSecure);
  return pair;
}

async function expectEcho({ ours, theirs }: { ours: NoiseSide; theirs: OpenSslPeer }, size = 40_000): Promise<void> {
  const bytes = 'libp2p '.repeat(Math.ceil(size / 7)).slice(0, size);
  ours.say(utf8('from us '), utf8(bytes));
  await theirs.until(() => theirs.heard.length >= size + 8);
  expect(theirs.heard).toBe(`from us ${bytes}`);
  theirs.socket.write(`from them ${bytes}`);
  await theirs.until(() => plaintextOf(ours).length >= size + 10);
  expect(plaintextOf(ours)).toBe(`from them ${bytes}`);
  expect([ours.broken, ours.failed, theirs.errors]).toEqual([[], undefined, []]);
}

describe.each(ROLES)('we are the %s', (role) => {
  test('agreed as expected, and the bytes go both ways', async () => {
    const { ours, theirs } = await secured(role);
    expect(ours.secured).toMatchObject({
      remotePeer: theirs.peerId,
      muxer: '/yamux/1.0.0',
      agreed: { version: 'TLS 1.3', group: 'x25519', signature: 'ecdsa_secp256r1_sha256' },
    });
    expect(theirs.socket.getProtocol()).toBe('TLSv1.3');
    expect(theirs.socket.alpnProtocol).toBe('/yamux/1.0.0');
    expect(theirs.socket.getPeerX509Certificate?.()?.subject).toBe('O=libp2p.io');
    await expectEcho({ ours, theirs }, 300_000);
  });

  test.each(['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'])(
    'with %s alone',
    async (suite) => {
      const pair = await secured(role, { tls: { ciphers: suite } });
      expect(pair.ours.secured?.agreed).toMatchObject({ suite });
      expect(pair.theirs.socket.getCipher()).toMatchObject({ standardName: suite });
      await expectEcho(pair);
    },
  );

  test('a group that we do not send a key for: HelloRetryRequest', async () => {
    const pair = await secured(role, { tls: { ecdhCurve: 'P-256' } });
    expect(pair.ours.secured?.agreed).toMatchObject({ group: 'secp256r1' });
    await expectEcho(pair);
  });

  test('a key for a group that we do not know comes first: the other side is asked again', async () => {
    const pair = await secured(role, { tls: { ecdhCurve: 'P-521:X25519' } });
    expect(pair.ours.secured?.agreed).toMatchObject({ group: 'x25519' });
    const states = pair.ours.handler.stays.map(({ state }) => state);
    expect(states.includes('awaitingSecondClientHello')).toBe(role === 'listener');
    await expectEcho(pair);
  });

  test.each([
    { keyType: 'p256', signature: 'ecdsa_secp256r1_sha256' },
    { keyType: 'ed25519', signature: 'ed25519' },
    { keyType: 'rsa', signature: 'rsa_pss_rsae_sha256' },
  ] satisfies { keyType: Forgery['keyType']; signature: string }[])(
    'a peer whose certificate has a key of $keyType',
    async ({ keyType, signature }) => {
      const pair = await secured(role, { forgery: { keyType } });
      expect(pair.ours.secured?.agreed).toMatchObject({ signature });
      await expectEcho(pair);
    },
  );

  test.each([1, 5, 17, 1000])('in chunks of %i bytes', async (size) => {
    const pair = await secured(role, { cut: cutAt(size) });
    await expectEcho(pair, 3000);
  });

  test.each([
    { offered: ['libp2p'], muxer: undefined },
    { offered: ['/mplex/6.7.0', '/yamux/1.0.0', 'libp2p'], muxer: '/yamux/1.0.0' },
    { offered: ['/mplex/6.7.0', 'libp2p'], muxer: undefined },
  ])('they offer $offered -> $muxer', async ({ offered, muxer }) => {
    const pair = await secured(role, { tls: { ALPNProtocols: offered } });
    expect(pair.ours.secured?.muxer).toBe(muxer);
    await expectEcho(pair, 10);
  });

  test('no application protocol at all: the inner multistream follows', async () => {
    const pair = await secured(role, { tls: { ALPNProtocols: undefined } });
    expect(pair.ours.secured?.muxer).toBeUndefined();
    await expectEcho(pair, 10);
  });

  test('our close_notify ends their reading', async () => {
    const { ours, theirs } = await secured(role);
    ours.say(utf8('last words'));
    ours.environment.turns.post(() => ours.handler.close?.());
    await theirs.until(() => theirs.ended);
    expect([theirs.heard, theirs.errors]).toEqual(['last words', []]);
  });

  test('their close_notify is the end of the transport, once', async () => {
    const { ours, theirs } = await secured(role);
    theirs.socket.end('last words');
    const events = (): string[] => ours.inbound.flatMap(({ event }) => (event === undefined ? [] : [event.type]));
    await theirs.until(() => events().length > 0);
    await theirs.until(() => theirs.socket.writableFinished);
    expect(plaintextOf(ours)).toBe('last words');
    expect(events()).toEqual(['transport.ended']);
    expect(ours.failed).toBeUndefined();
  });

  test('our keys change under many records, and they follow', async () => {
    const pair = await secured(role, {}, { limits: { tlsRecordsPerKey: 3, tlsSendRecordBytes: 1000 } });
    await expectEcho(pair, 20_000);
  });

  test('no suite in common: the peer is told by an alert', async () => {
    const { ours, theirs } = connected(role, { tls: { ciphers: 'TLS_AES_128_CCM_SHA256' } });
    await theirs.until(() => ours.failed !== undefined);
    expect(ours.failed?.code).toBe(role === 'dialer' ? 'ERR_TLS_ALERT' : 'ERR_TLS_NO_COMMON_SUITE');
  });

  test('TLS 1.2 alone', async () => {
    const { ours, theirs } = connected(role, { tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } });
    await theirs.until(() => ours.failed !== undefined);
    expect(ours.failed?.code).toBe(role === 'dialer' ? 'ERR_TLS_ALERT' : 'ERR_TLS_NO_COMMON_VERSION');
  });
});

describe('a server that asks for no certificate', () => {
  test('is refused: nobody would know who we are', async () => {
    const { ours, theirs } = connected('dialer', { tls: { requestCert: false } });
    await theirs.until(() => ours.failed !== undefined);
    expect(ours.failed).toMatchObject({
      code: 'ERR_TLS_UNEXPECTED',
      details: { machine: 'tlsClient', state: 'awaitingCertificateRequest', lastEvent: 'wire.certificate' },
    });
  });
});

describe('a client that shows no certificate', () => {
  test('is refused, and told why', async () => {
    const { ours, theirs } = connected('listener', { tls: { cert: undefined, key: undefined } });
    await theirs.until(() => ours.failed !== undefined);
    expect(ours.failed).toMatchObject({
      code: 'ERR_TLS_BAD_CERTIFICATE',
      message: 'tls: no certificate came',
      details: { machine: 'tlsServer', state: 'judgingCertificate' },
    });
  });
});

/** Hostile TLS over TCP against live nodes of either role: each act fails by its name, and the node goes on serving. */
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/actors/connection/security.js';
import type { CreateNodeOptions } from '../../src/create-node.js';
import { encodeTlsProtocols } from '../../src/wire/tls-extensions.js';
import { TLS_ALERT, TLS_EXTENSION } from '../../src/wire/tls-names.js';
import { encodeYamuxHeader, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { concat } from '../support/decoding.js';
import { agree, propose } from '../support/hostile-peer.js';
import { connectRaw, listenRaw, type RawPeer } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { testIdentity } from '../support/noise-side.js';
import { MESSAGE_LIMIT_BYTES, TLS_ACTS, TLS_CHANNEL_ACTS } from '../support/tls-acts/index.js';
import { TlsForger } from '../support/tls-forger.js';

const TLS = '/tls/1.0.0';
const ROLES: readonly Role[] = ['dialer', 'listener'];
/** The honest node that asks afterwards speaks noise. */
const SECURITY: CreateNodeOptions['security'] = ['tls', 'noise'];

/** A connection of the node on which TLS is agreed and has not begun. */
async function atTls({ node, address }: Target, role: Role): Promise<RawPeer> {
  if (role === 'listener') {
    const raw = await connectRaw(address);
    await propose(raw, TLS);
    return raw;
  }
  const { address: ours, peer } = await listenRaw();
  node.dial(ours).catch(() => undefined);
  const raw = await peer;
  expect(await agree(raw)).toBe(TLS);
  return raw;
}

/** Hears records until one of this kind has come. */
async function hearUntil(raw: RawPeer, forger: TlsForger, kind: string): Promise<void> {
  while (!forger.heard.some((heard) => heard.kind === kind)) {
    const head = await raw.read(5);
    forger.hear(concat(head, await raw.read(((head[3] ?? 0) << 8) | (head[4] ?? 0))));
  }
}

/** Both hellos are exchanged; what follows is the forger's proof. */
async function toProof(raw: RawPeer, forger: TlsForger): Promise<void> {
  if (forger.side === 'client') {
    raw.send(forger.messages(forger.clientHello()));
    await hearUntil(raw, forger, '22/20');
  } else {
    raw.send(forger.messages(forger.serverHello()));
    forger.seal();
  }
}

const forgerFor = (role: Role, forgery?: TlsForger['forgery']): TlsForger =>
  new TlsForger(role === 'dialer' ? 'listener' : 'dialer', forgery);

describe.each(ROLES)('in the handshake, the node is the %s', (role) => {
  test.each(TLS_ACTS.filter((act) => act.role === role))('$name -> $code', async (act) => {
    const { at, bytes, ends, code, state, forgery, limits = {} } = act;
    const target = await startTarget({ security: SECURITY, limits });
    const raw = await atTls(target, role);
    const forger = forgerFor(role, forgery);
    if (role === 'dialer') await hearUntil(raw, forger, '22/1');
    if (at === 'proof') await toProof(raw, forger);
    raw.send(bytes(forger));
    if (ends === true) raw.end();
    const machine = role === 'dialer' ? 'tlsClient' : 'tlsServer';
    await expectFailure(target, { event: 'connection.failed', code, machine, state });
    await raw.expectClosed();
    await expectStillServing(target);
  });
});

describe.each(ROLES)('in the channel, the node is the %s', (role) => {
  test.each(TLS_CHANNEL_ACTS.filter((act) => act.role === undefined || act.role === role))(
    '$name -> $code',
    async ({ bytes, ends, code }) => {
      const limits = { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES };
      const target = await startTarget({ security: SECURITY, limits });
      const raw = await atTls(target, role);
      const forger = forgerFor(role);
      if (role === 'dialer') await hearUntil(raw, forger, '22/1');
      await toProof(raw, forger);
      raw.send(forger.side === 'client' ? forger.proof() : forger.flight());
      if (forger.side === 'server') await hearUntil(raw, forger, '22/20');
      // The muxer was agreed with ALPN: a ping is answered at once.
      raw.send(forger.data(encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7)));
      await hearUntil(raw, forger, '23');
      raw.send(bytes(forger));
      if (ends === true) raw.end();
      const machine = role === 'dialer' ? 'tlsClient' : 'tlsServer';
      await expectFailure(target, { event: 'connection.closed', code, machine, state: 'secured' });
      await raw.expectClosed();
      expect(target.node.connections()).toEqual([]);
      await expectStillServing(target);
    },
  );
});

test('another peer than was dialed is refused, though it can prove who it is', async () => {
  const target = await startTarget({ security: SECURITY });
  const { address, peer } = await listenRaw();
  const dialing = target.node.dial(`${address}/p2p/${testIdentity('wanted').peerId}`);
  dialing.catch(() => undefined);
  const raw = await peer;
  await agree(raw);
  const forger = new TlsForger('listener');
  await hearUntil(raw, forger, '22/1');
  await toProof(raw, forger);
  raw.send(forger.flight());
  await expectFailure(target, {
    event: 'connection.failed',
    code: 'ERR_PEER_ID_MISMATCH',
    machine: 'tlsClient',
    state: 'judgingCertificate',
  });
  await expect(dialing).rejects.toMatchObject({ code: 'ERR_PEER_ID_MISMATCH' });
  await expectStillServing(target);
});

test('the peer is told why before the socket closes', async () => {
  const target = await startTarget({ security: SECURITY });
  const raw = await atTls(target, 'listener');
  const forger = new TlsForger('dialer');
  const protocols = encodeTlsProtocols(['h2']);
  raw.send(
    forger.messages(
      forger.clientHello({ extensions: { [TLS_EXTENSION.applicationLayerProtocolNegotiation]: protocols } }),
    ),
  );
  await hearUntil(raw, forger, '21');
  expect(forger.heard).toEqual([{ kind: '21', bytes: Uint8Array.of(2, TLS_ALERT.no_application_protocol) }]);
  await raw.expectClosed();
});

test('a node that closes says so: close_notify, then the end', async () => {
  const target = await startTarget({ security: SECURITY });
  const raw = await atTls(target, 'listener');
  const forger = new TlsForger('dialer');
  await toProof(raw, forger);
  raw.send(forger.proof());
  await hearUntil(raw, forger, '23');
  target.node.disconnect(forger.certificate.peerId);
  await hearUntil(raw, forger, '21');
  expect(forger.heard.at(-1)).toEqual({ kind: '21', bytes: Uint8Array.of(1, TLS_ALERT.close_notify) });
  await raw.expectClosed();
});

/**
 * Every act of a hostile peer against the handler: what it comes to, where, and what the peer is told, whole and in every
 * chunking.
 */
import { describe, expect, test } from '@jest/globals';
import { tlsProtocol } from '../../../../src/actors/connection/tls/handler.js';
import type { Role } from '../../../../src/actors/connection/security.js';
import type { Limits } from '../../../../src/limits.js';
import { readTlsExtensions } from '../../../../src/wire/tls-extensions.js';
import { decodeTlsClientHello } from '../../../../src/wire/tls-hello.js';
import { TLS_ALERT } from '../../../../src/wire/tls-names.js';
import { concat, hex, utf8 } from '../../../support/decoding.js';
import { cutAt, NoiseSide } from '../../../support/noise-side.js';
import { MESSAGE_LIMIT_BYTES, TLS_ACTS, TLS_CHANNEL_ACTS, type TlsAct } from '../../../support/tls-acts/index.js';
import { TlsForger } from '../../../support/tls-forger.js';

const CUTS = [1, 3, 7, 1000, Number.MAX_SAFE_INTEGER];

interface Scene {
  readonly side: NoiseSide;
  readonly forger: TlsForger;
}

function begin(role: Role, { forgery, limits }: Pick<TlsAct, 'forgery' | 'limits'> = {}): Scene {
  const side = new NoiseSide(role, { protocol: tlsProtocol, ...(limits === undefined ? {} : { limits }) }).start();
  return { side, forger: new TlsForger(role === 'dialer' ? 'listener' : 'dialer', forgery) };
}

/** Both hellos are exchanged; what follows is the forger's proof. */
function toProof({ side, forger }: Scene): void {
  forger.hear(side.takeWire());
  if (forger.side === 'client') {
    side.hear(forger.messages(forger.clientHello()));
    forger.hear(side.takeWire());
  } else {
    side.hear(forger.messages(forger.serverHello()));
    forger.seal();
  }
}

/** An open channel. */
function toChannel(role: Role, limits?: Partial<Limits>): Scene {
  const scene = begin(role, limits === undefined ? {} : { limits });
  const { side, forger } = scene;
  toProof(scene);
  side.hear(forger.side === 'client' ? forger.proof() : forger.flight());
  forger.hear(side.takeWire());
  if (side.secured === undefined) throw side.failed ?? new Error('not secured');
  return scene;
}

function hearIn({ side }: Scene, bytes: Uint8Array, size: number): void {
  for (const chunk of cutAt(Math.min(size, Math.max(1, bytes.length)))(bytes)) side.hear(chunk);
}

/** Names of the alerts that the peer could read. */
function told({ side, forger }: Scene): string {
  const heard = forger.hear(concat(...(side.farewell ?? [])));
  const codes = heard.map(({ kind, bytes }) => (kind === '21' ? bytes[1] : kind));
  return (
    codes.map((code) => Object.entries(TLS_ALERT).find(([, value]) => value === code)?.[0] ?? code).join() || 'none'
  );
}

describe.each(['dialer', 'listener'] as const)('we are the %s', (role) => {
  test.each(TLS_ACTS.filter((act) => act.role === role))('$name -> $code', (act) => {
    for (const size of CUTS) {
      const scene = begin(role, act);
      const { side, forger } = scene;
      if (act.at === 'proof') toProof(scene);
      else forger.hear(side.takeWire());
      hearIn(scene, act.bytes(forger), size);
      if (act.ends === true) side.hearEvent({ type: 'transport.ended' });
      if (act.code === 'ERR_TLS_TIMEOUT') side.clock.advance(200);
      const { code, blame, details } = side.failed ?? { details: {} };
      const machine = role === 'dialer' ? 'tlsClient' : 'tlsServer';
      expect({ size, code, blame, machine: details.machine, state: details.state, alert: told(scene) }).toEqual({
        size,
        code: act.code,
        blame: 'remote',
        machine,
        state: act.state,
        alert: act.alert,
      });
      expect([side.failures, side.secured, side.broken, side.inbound]).toEqual([1, undefined, [], []]);
      expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
    }
  });

  test.each(TLS_CHANNEL_ACTS.filter((act) => act.role === undefined || act.role === role))(
    'in the channel: $name -> $code',
    (act) => {
      for (const size of CUTS) {
        const scene = toChannel(role, { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES });
        const { side, forger } = scene;
        hearIn(scene, concat(forger.data(utf8('before')), act.bytes(forger)), size);
        forger.hear(side.takeWire());
        if (act.ends === true) side.hearEvent({ type: 'transport.ended' });
        const { code, blame, details } = side.failed ?? { details: {} };
        expect({ size, code, blame, state: details.state, alert: told(scene) }).toEqual({
          size,
          code: act.code,
          blame: 'remote',
          state: 'secured',
          alert: act.alert,
        });
        expect(details.peer).toBe(forger.certificate.peerId);
        expect(Buffer.from(side.takePlaintext()).toString()).toMatch(/^before/);
        expect([side.failures, side.broken]).toEqual([1, []]);
      }
    },
  );
});

describe('at each limit, and not past it', () => {
  test('a message of the most bytes is read to its end', () => {
    const scene = begin('listener', { limits: { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES } });
    const { side, forger } = scene;
    const bare = forger.clientHello({ extensions: { 0x1234: new Uint8Array(0) } });
    const fresh = begin('listener', { limits: { tlsHandshakeMessageBytes: MESSAGE_LIMIT_BYTES } });
    const room = MESSAGE_LIMIT_BYTES - (bare.length - 4);
    fresh.side.hear(fresh.forger.messages(fresh.forger.clientHello({ extensions: { 0x1234: new Uint8Array(room) } })));
    fresh.forger.hear(fresh.side.takeWire());
    expect(fresh.forger.heard.map(({ kind }) => kind)).toContain('22/20');
    side.hear(forger.messages(forger.clientHello({ extensions: { 0x1234: new Uint8Array(room + 1) } })));
    expect(side.failed?.message).toBe(`tls: ClientHello of ${MESSAGE_LIMIT_BYTES + 1} bytes is over the limit`);
  });

  test.each([
    { name: 'empty records', bytes: (forger: TlsForger) => forger.data(hex('')) },
    {
      name: 'key updates',
      bytes: (forger: TlsForger) => {
        const record = forger.messages(hex('1800000100'));
        forger.sending?.update();
        return record;
      },
    },
  ])('$name in a row, and again after data', ({ bytes }) => {
    const { side, forger } = toChannel('listener');
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 32; count++) side.hear(bytes(forger));
      side.hear(forger.data(utf8('data')));
    }
    expect([Buffer.from(side.takePlaintext()).toString(), side.failed]).toEqual(['datadatadata', undefined]);
    for (let count = 0; count < 32; count++) side.hear(bytes(forger));
    expect(side.failed).toBeUndefined();
    side.hear(bytes(forger));
    expect(side.failed?.code).toBe('ERR_TLS_FLOOD');
  });

  test('session tickets of one connection, data between them or not', () => {
    const { side, forger } = toChannel('dialer');
    const ticket = (): Uint8Array => forger.messages(hex('0400000e 00000000 00000000 00 0001 aa 0000'));
    for (let count = 0; count < 16; count++) {
      side.hear(ticket());
      side.hear(forger.data(utf8('.')));
    }
    expect([Buffer.from(side.takePlaintext()).toString(), side.failed]).toEqual(['.'.repeat(16), undefined]);
    side.hear(ticket());
    expect(side.failed).toMatchObject({ code: 'ERR_TLS_FLOOD', message: 'tls: 17 session tickets' });
  });

  test('change_cipher_spec during the handshake', () => {
    const scene = begin('listener');
    const { side, forger } = scene;
    toProof(scene);
    for (let count = 0; count < 32; count++) side.hear(hex('140303000101'));
    side.hear(forger.proof());
    expect([side.secured?.remotePeer, side.failed]).toEqual([forger.certificate.peerId, undefined]);
  });

  test('records of the most content, and padding up to the most of a sealed record', () => {
    const { side, forger } = toChannel('listener');
    side.hear(forger.data(new Uint8Array(2 ** 14)));
    expect(side.takePlaintext().length).toBe(2 ** 14);
    side.hear(forger.padded(23, new Uint8Array(2 ** 14), 239));
    expect(side.takePlaintext().length).toBe(2 ** 14);
    side.hear(forger.padded(23, utf8('padded'), 16_000));
    expect(side.takePlaintext()).toEqual(utf8('padded'));
    expect(side.failed).toBeUndefined();
    side.hear(hex('1703034101'));
    expect(side.failed?.message).toBe('tls: a record of 16641 bytes is over the limit');
  });

  test('what we send fills records, and none is over', () => {
    const [most, { side, forger }] = [2 ** 14, toChannel('dialer')];
    side.say(new Uint8Array(10), new Uint8Array(2 * most - 10), new Uint8Array(1));
    const sizes = forger.hear(side.takeWire()).map(({ bytes }) => bytes.length);
    expect(sizes).toEqual([most, most, 1]);
    const small = toChannel('dialer', { tlsSendRecordBytes: 100 });
    small.side.say(new Uint8Array(201));
    expect(small.forger.hear(small.side.takeWire()).map(({ bytes }) => bytes.length)).toEqual([100, 100, 1]);
  });

  test('records under one key: the next one comes under another', () => {
    const { side, forger } = toChannel('dialer', { tlsRecordsPerKey: 2, tlsSendRecordBytes: 10 });
    side.say(new Uint8Array(50));
    const kinds = forger.hear(side.takeWire()).map(({ kind }) => kind);
    expect(kinds).toEqual(['23', '23', '22/24', '23', '23', '22/24', '23']);
  });
});

describe('a KeyUpdate', () => {
  const updated = (forger: TlsForger, asks: 0 | 1): Uint8Array => {
    const record = forger.messages(Uint8Array.of(24, 0, 0, 1, asks));
    forger.sending?.update();
    return record;
  };

  test('that asks for one is answered by one, before the next data', () => {
    const { side, forger } = toChannel('listener');
    side.hear(concat(updated(forger, 1), updated(forger, 1), forger.data(utf8('under the third key'))));
    expect(side.takePlaintext()).toEqual(utf8('under the third key'));
    side.say(utf8('answer'));
    expect(forger.hear(side.takeWire()).map(({ kind }) => kind)).toEqual(['22/24', '23']);
  });

  test('that asks for none is answered by none', () => {
    const { side, forger } = toChannel('listener');
    side.hear(updated(forger, 0));
    side.say(utf8('answer'));
    expect(forger.hear(side.takeWire()).map(({ kind }) => kind)).toEqual(['23']);
  });
});

describe('messages in any cut of records', () => {
  test('a proof in records of one byte each', () => {
    const scene = begin('listener');
    const { side, forger } = scene;
    toProof(scene);
    for (const message of [forger.certificates(), forger.certificateVerify(), forger.finished()]) {
      for (const byte of message) side.hear(forger.messages(Uint8Array.of(byte)));
    }
    expect(side.secured?.remotePeer).toBe(forger.certificate.peerId);
  });

  test('a hello in records of one byte each, with a session id that is echoed and change_cipher_spec behind', () => {
    const { side, forger } = begin('listener');
    const sessionId = new Uint8Array(32).fill(9);
    for (const byte of forger.clientHello({ sessionId })) side.hear(forger.messages(Uint8Array.of(byte)));
    const heard = forger.hear(side.takeWire());
    expect(heard.map(({ kind }) => kind)).toEqual(['22/2', '20', '22/8', '22/13', '22/11', '22/15', '22/20']);
    expect(heard[0]?.bytes.subarray(35, 67)).toEqual(sessionId);
    expect(heard[1]?.bytes).toEqual(hex('01'));
  });

  test('behind close_notify nothing counts', () => {
    const { side, forger } = toChannel('listener');
    const data = forger.data(utf8('last'));
    const closeNotify = forger.record(21, hex('0100'));
    side.hear(concat(data, closeNotify, forger.data(utf8('more')), new Uint8Array(40)));
    side.hear(new Uint8Array(100));
    side.hearEvent({ type: 'transport.ended' });
    expect(side.inbound.map(({ event, length }) => event?.type ?? length)).toEqual([4, 'transport.ended']);
    expect(side.failed).toBeUndefined();
  });

  test('user_canceled is not the end', () => {
    const { side, forger } = toChannel('listener');
    side.hear(concat(forger.record(21, hex('015a')), forger.data(utf8('goes on'))));
    expect([side.takePlaintext(), side.failed]).toEqual([utf8('goes on'), undefined]);
  });
});

describe('a retry', () => {
  const kinds = (forger: TlsForger): string[] => forger.heard.map(({ kind }) => kind);

  test('its cookie is echoed, the key is of the group that was asked for, and nothing else changes', () => {
    const { side, forger } = begin('dialer');
    forger.hear(side.takeWire());
    const cookie = hex('0003aabbcc');
    side.hear(forger.messages(forger.retry(0x0017, { 44: cookie })));
    forger.hear(side.takeWire());
    const [first, second] = forger.heard.map(({ bytes }) => decodeTlsClientHello(bytes));
    expect(second?.extensions.get(44)).toEqual(cookie);
    expect(readTlsExtensions(second?.extensions ?? new Map()).keyShares()).toMatchObject([{ group: 0x0017 }]);
    const rest = (hello: typeof first): unknown => ({
      ...hello,
      extensions: [...(hello?.extensions ?? [])].filter(([type]) => type !== 44 && type !== 51),
    });
    expect(rest(second)).toEqual(rest(first));
    side.hear(forger.messages(forger.serverHello()));
    side.hear(forger.seal().flight());
    expect(side.secured?.agreed).toMatchObject({ group: 'secp256r1' });
  });

  test('a cookie alone asks for the same key again', () => {
    const { side, forger } = begin('dialer');
    forger.hear(side.takeWire());
    side.hear(forger.messages(forger.retry(0, { 51: null, 44: hex('0001aa') })));
    forger.hear(side.takeWire());
    side.hear(forger.messages(forger.serverHello()));
    side.hear(forger.seal().flight());
    expect(side.secured?.agreed).toMatchObject({ group: 'x25519' });
  });

  test('the ServerHello behind it has to choose the same suite', () => {
    const { side, forger } = begin('dialer');
    forger.hear(side.takeWire());
    side.hear(forger.messages(forger.retry(0x0017)));
    forger.hear(side.takeWire());
    side.hear(forger.messages(forger.serverHello({ suites: [0x1303] })));
    expect(side.failed).toMatchObject({
      code: 'ERR_TLS_BAD_MESSAGE',
      message: 'tls: ServerHello chose TLS_AES_128_GCM_SHA256 before',
    });
  });

  const asked = (): Scene => {
    const scene = begin('listener');
    const { side, forger } = scene;
    side.hear(forger.messages(forger.clientHello({ extensions: { 51: hex('0000') } })));
    forger.hear(side.takeWire());
    expect(kinds(forger)).toEqual(['22/2']);
    return scene;
  };

  test('of ours is answered by the hello with one key', () => {
    const { side, forger } = asked();
    side.hear(forger.messages(forger.clientHello()));
    forger.hear(side.takeWire());
    side.hear(forger.proof());
    expect(side.secured?.agreed).toMatchObject({ group: 'x25519' });
  });

  test.each<{ readonly name: string; readonly options: Parameters<TlsForger['clientHello']>[0] }>([
    { name: 'another random', options: { random: new Uint8Array(32).fill(1) } },
    { name: 'another session id', options: { sessionId: hex('aa') } },
    { name: 'other suites', options: { suites: [0x1303] } },
    { name: 'another group', options: { group: 'secp256r1' } },
    { name: 'no key again', options: { extensions: { 51: hex('0000') } } },
  ])('of ours is not answered with $name', ({ options }) => {
    const { side, forger } = asked();
    side.hear(forger.messages(forger.clientHello(options)));
    expect(side.failed).toMatchObject({
      code: 'ERR_TLS_BAD_MESSAGE',
      details: { machine: 'tlsServer', state: 'judgingSecondClientHello' },
    });
  });
});

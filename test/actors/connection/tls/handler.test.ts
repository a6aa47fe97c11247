/** The TLS handler: handshakes of two of them in every chunking, agreement on muxers, and the chain's events. */
import { describe, expect, test } from '@jest/globals';
import { tlsProtocol } from '../../../../src/actors/connection/tls/handler.js';
import { portableCiphers } from '../../../../src/crypto/portable-ciphers.js';
import { generateIdentity } from '../../../../src/crypto/keys.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';
import { insecureToyCiphers } from '../../../../src/sim/index.js';
import { decodeTlsClientHello } from '../../../../src/wire/tls-hello.js';
import { concat, toHex, utf8 } from '../../../support/decoding.js';
import { cutAt, exchange, NoiseSide, testIdentity, type SideOptions } from '../../../support/noise-side.js';
import type { Role } from '../../../../src/actors/connection/security.js';

const AGREED = {
  version: 'TLS 1.3',
  suite: 'TLS_AES_128_GCM_SHA256',
  group: 'x25519',
  signature: 'ecdsa_secp256r1_sha256',
};
const side = (role: Role, options: SideOptions = {}): NoiseSide =>
  new NoiseSide(role, { protocol: tlsProtocol, ...options }).start();

function pair(dialer: SideOptions = {}, listener: SideOptions = {}): [NoiseSide, NoiseSide] {
  const sides: [NoiseSide, NoiseSide] = [side('dialer', dialer), side('listener', listener)];
  exchange(...sides);
  return sides;
}

describe('the handshake', () => {
  test.each([1, 2, 3, 7, 31, 64, 100, 1000, 5000])('in chunks of %i', (size) => {
    const dialer = side('dialer', { expectedPeer: testIdentity('listener').peerId });
    const listener = side('listener');
    exchange(dialer, listener, cutAt(size));
    for (const [one, other] of [
      [dialer, listener],
      [listener, dialer],
    ] as const) {
      expect(one.secured).toEqual({
        remotePeer: other.identity.peerId,
        remotePublicKeyProtobuf: other.identity.publicKeyProtobuf,
        muxer: '/yamux/1.0.0',
        agreed: AGREED,
      });
    }
    dialer.say(utf8('from the dialer'));
    listener.say(utf8('from the listener'));
    exchange(dialer, listener, cutAt(size));
    expect(listener.takePlaintext()).toEqual(utf8('from the dialer'));
    expect(dialer.takePlaintext()).toEqual(utf8('from the listener'));
    expect([dialer.broken, listener.broken, dialer.failures, listener.failures]).toEqual([[], [], 0, 0]);
  });

  test('its machines go the way of the specification and leave nothing behind', () => {
    const [dialer, listener] = pair();
    expect(dialer.handler.stays.map(({ state }) => state)).toEqual([
      'awaitingServerHello',
      'judgingServerHello',
      'awaitingEncryptedExtensions',
      'judgingEncryptedExtensions',
      'awaitingCertificateRequest',
      'judgingCertificateRequest',
      'awaitingCertificate',
      'judgingCertificate',
      'awaitingCertificateVerify',
      'judgingCertificateVerify',
      'awaitingFinished',
      'judgingFinished',
      'secured',
    ]);
    expect(listener.handler.stays.map(({ state }) => state)).toEqual([
      'awaitingClientHello',
      'judgingClientHello',
      'awaitingCertificate',
      'judgingCertificate',
      'awaitingCertificateVerify',
      'judgingCertificateVerify',
      'awaitingFinished',
      'judgingFinished',
      'secured',
    ]);
    for (const one of [dialer, listener]) {
      expect([one.environment.liveActors, one.clock.pendingTimers]).toEqual([0, 0]);
    }
  });

  test('the same seeds give the same bytes, by either twin of the ciphers; another seed gives others', () => {
    const run = (seed: string, ciphers = nodeCiphers, others = nodeCiphers): string => {
      const dialer = side('dialer', { seed: `${seed}/dialer`, ciphers });
      const listener = side('listener', { seed: `${seed}/listener`, ciphers: others });
      const wire: Uint8Array[] = [];
      const copy = (bytes: Uint8Array): Uint8Array[] => {
        wire.push(bytes);
        return bytes.length === 0 ? [] : [bytes];
      };
      exchange(dialer, listener, copy);
      dialer.say(utf8('data'));
      exchange(dialer, listener, copy);
      expect(listener.takePlaintext()).toEqual(utf8('data'));
      return toHex(concat(...wire));
    };
    expect(run('one')).toBe(run('one'));
    expect(run('one', portableCiphers)).toBe(run('one'));
    expect(run('one', nodeCiphers, portableCiphers)).toBe(run('one'));
    expect(run('one')).not.toBe(run('two'));
  });

  test('with the toy ciphers of simulations too', () => {
    const toy = (seed: string): SideOptions => {
      const { identity } = generateIdentity(insecureToyCiphers, new SeededRandom(seed));
      return { ciphers: insecureToyCiphers, identity };
    };
    const [dialer, listener] = pair(toy('a'), toy('b'));
    expect(dialer.secured?.remotePeer).toBe(listener.identity.peerId);
    expect(listener.secured?.remotePeer).toBe(dialer.identity.peerId);
    dialer.say(utf8('toys'));
    exchange(dialer, listener);
    expect(listener.takePlaintext()).toEqual(utf8('toys'));
  });

  test('a node has one certificate for its identity, and a fresh key and random for every connection', () => {
    const [dialer] = pair();
    const { environment, identity } = dialer;
    const drawn: string[] = [];
    const bytes = environment.random.bytes.bind(environment.random);
    environment.random.bytes = (label, size) => {
      drawn.push(label);
      return bytes(label, size);
    };
    const second = side('dialer', { identity, environment });
    exchange(second, side('listener'));
    expect(second.secured).toBeDefined();
    expect(drawn).toEqual(['tls.random', 'tls.x25519']);
  });

  test('a silent peer costs a listener no key', () => {
    const listener = side('listener');
    const drawn: string[] = [];
    listener.environment.random.bytes = (label, size) => {
      drawn.push(label);
      return new Uint8Array(size);
    };
    listener.clock.advance(29_999);
    expect([drawn, listener.failed]).toEqual([[], undefined]);
    listener.clock.advance(1);
    expect(listener.failed).toMatchObject({ code: 'ERR_TLS_TIMEOUT', details: { state: 'awaitingClientHello' } });
  });

  test('names nobody: the hello has no server name', () => {
    const hello = toHex(side('dialer').takeWire());
    const { extensions } = decodeTlsClientHello(Buffer.from(hello, 'hex').subarray(9));
    // Versions, groups, schemes, key, protocols.
    expect([...extensions.keys()]).toEqual([43, 10, 13, 51, 16]);
    expect(Buffer.from(hello, 'hex').toString('latin1')).toContain('\u000c/yamux/1.0.0\u0006libp2p');
  });
});

describe('bytes behind the handshake', () => {
  test('data in the same chunk as the client’s proof is published after onSecured has returned', () => {
    const seen: string[] = [];
    const dialer = side('dialer', { onSecured: (one) => one.say(utf8('early '), utf8('data')) });
    const listener = side('listener', {
      onSecured: (one) => {
        one.handler.inbound$.subscribe(() => seen.push('inbound'));
        seen.push(`onSecured, ${one.inbound.length} published`);
      },
    });
    exchange(dialer, listener);
    expect(seen).toEqual(['onSecured, 0 published', 'inbound']);
    expect(listener.takePlaintext()).toEqual(utf8('early data'));
  });

  test('what the listener says in onSecured reaches the dialer', () => {
    const [dialer] = pair({}, { onSecured: (one) => one.say(utf8('hello')) });
    expect(dialer.takePlaintext()).toEqual(utf8('hello'));
  });

  test('a side that is disposed in onSecured publishes nothing', () => {
    const [, listener] = pair(
      { onSecured: (one) => one.say(utf8('early')) },
      { onSecured: (one) => one.handler.dispose() },
    );
    expect(listener.secured).toBeDefined();
    expect([listener.inbound, listener.broken]).toEqual([[], []]);
  });

  test('one turn is sealed in as few records as it fits in', () => {
    const [dialer, listener] = pair();
    dialer.say(new Uint8Array(10_000), new Uint8Array(6_000), new Uint8Array(385));
    const wire = dialer.takeWire();
    expect(wire.length).toBe(16_385 + 2 * (5 + 1 + 16));
    listener.hear(wire);
    expect(listener.takePlaintext().length).toBe(16_385);
  });
});

/** connections/inlined-muxer-negotiation.md: the first of the client's list that the server has. */
describe('the muxer by ALPN', () => {
  const cases: readonly { dialer: string[]; listener: string[]; muxer: string | undefined }[] = [
    { dialer: ['/yamux/1.0.0'], listener: ['/yamux/1.0.0'], muxer: '/yamux/1.0.0' },
    { dialer: ['/a', '/b'], listener: ['/b', '/a'], muxer: '/a' },
    { dialer: ['/x', '/b', '/a'], listener: ['/a', '/b'], muxer: '/b' },
    { dialer: ['/a'], listener: ['/b'], muxer: undefined },
    { dialer: [], listener: ['/a'], muxer: undefined },
    { dialer: ['/a'], listener: [], muxer: undefined },
    { dialer: [], listener: [], muxer: undefined },
  ];

  test.each(cases)('dialer $dialer, listener $listener -> $muxer', ({ dialer, listener, muxer }) => {
    const sides = pair({ muxers: dialer }, { muxers: listener });
    expect(sides.map(({ secured }) => secured?.muxer)).toEqual([muxer, muxer]);
    expect(sides.map(({ secured }) => secured?.remotePeer).every(Boolean)).toBe(true);
  });
});

describe('identities', () => {
  test('the peer that was dialed must be the one that answers', () => {
    const [dialer, listener] = pair({ expectedPeer: testIdentity('somebody else').peerId });
    expect(dialer.failed).toMatchObject({
      code: 'ERR_PEER_ID_MISMATCH',
      blame: 'remote',
      details: { machine: 'tlsClient', state: 'judgingCertificate' },
    });
    for (const chunk of dialer.farewell ?? []) listener.hear(chunk);
    expect(listener.failed).toMatchObject({ code: 'ERR_TLS_ALERT', message: 'tls: the peer says bad_certificate' });
  });

  test('a certificate that is not valid at the time of our clock is refused', () => {
    const { clock } = side('dialer');
    clock.wallTime = () => -1;
    const [dialer] = pair({ clock });
    expect(dialer.failed?.message).toBe('tls: the certificate is not valid yet');
  });
});

describe('ends', () => {
  const events = ({ inbound }: NoiseSide): string[] => inbound.flatMap(({ event }) => event?.type ?? []);

  test('the end of the transport between two records is passed on', () => {
    const [dialer] = pair();
    dialer.hearEvent({ type: 'transport.ended' });
    expect([events(dialer), dialer.failed]).toEqual([['transport.ended'], undefined]);
  });

  test('congestion is passed inward', () => {
    const [dialer] = pair();
    dialer.hearEvent({ type: 'transport.congested' });
    dialer.hearEvent({ type: 'transport.drained' });
    expect(events(dialer)).toEqual(['transport.congested', 'transport.drained']);
  });

  test('close is the last word, said once', () => {
    const [dialer, listener] = pair();
    for (let times = 0; times < 2; times++) dialer.environment.turns.post(() => dialer.handler.close?.());
    dialer.say(utf8('too late'));
    listener.hear(dialer.takeWire());
    expect([events(listener), listener.takePlaintext().length]).toEqual([['transport.ended'], 0]);
  });

  test('close before the channel says nothing', () => {
    const dialer = side('dialer');
    dialer.takeWire();
    dialer.environment.turns.post(() => dialer.handler.close?.());
    expect(dialer.takeWire().length).toBe(0);
  });
});

/** The noise handler: handshakes of two of them in every chunking, agreement on muxers, and the chain's events. */
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../../../src/actors/connection/security.js';
import { portableCiphers } from '../../../../src/crypto/portable-ciphers.js';
import type { ConnectionMessage } from '../../../../src/messages.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { concat, toHex, utf8 } from '../../../support/decoding.js';
import { cutAt, exchange, NoiseSide, securedPair, testIdentity } from '../../../support/noise-side.js';

const AGREED = { pattern: 'XX', curve: 'X25519', cipher: 'ChaCha20-Poly1305', hash: 'SHA-256' };

describe('the handshake', () => {
  test.each([1, 2, 3, 7, 31, 64, 100, 1000])('in chunks of %i', (size) => {
    const dialer = new NoiseSide('dialer', { expectedPeer: testIdentity('listener').peerId }).start();
    const listener = new NoiseSide('listener').start();
    exchange(dialer, listener, cutAt(size));
    expect(dialer.secured).toEqual({
      remotePeer: listener.identity.peerId,
      remotePublicKeyProtobuf: listener.identity.publicKeyProtobuf,
      muxer: '/yamux/1.0.0',
      agreed: AGREED,
    });
    expect(listener.secured).toEqual({
      remotePeer: dialer.identity.peerId,
      remotePublicKeyProtobuf: dialer.identity.publicKeyProtobuf,
      muxer: '/yamux/1.0.0',
      agreed: AGREED,
    });
    dialer.say(utf8('from the dialer'));
    listener.say(utf8('from the listener'));
    exchange(dialer, listener, cutAt(size));
    expect(listener.takePlaintext()).toEqual(utf8('from the dialer'));
    expect(dialer.takePlaintext()).toEqual(utf8('from the listener'));
    expect([dialer.broken, listener.broken, dialer.failures, listener.failures]).toEqual([[], [], 0, 0]);
  });

  test('its machine goes the way of the specification and leaves nothing behind', () => {
    const [dialer, listener] = securedPair();
    expect(dialer.handler.stays.map(({ state }) => state)).toEqual([
      'idle',
      'dialing.awaitingMessage2',
      'dialing.openingMessage2',
      'dialing.verifyingPayload',
      'secured',
    ]);
    expect(listener.handler.stays.map(({ state }) => state)).toEqual([
      'idle',
      'listening.awaitingMessage1',
      'listening.openingMessage1',
      'listening.awaitingMessage3',
      'listening.openingMessage3',
      'listening.verifyingPayload',
      'secured',
    ]);
    for (const side of [dialer, listener]) {
      expect(side.environment.liveActors).toBe(0);
      expect(side.clock.pendingTimers).toBe(0);
    }
  });

  test('the same seeds give the same bytes, another seed gives others', () => {
    const run = (seed: string): string => {
      const dialer = new NoiseSide('dialer', { seed: `${seed}/dialer` }).start();
      const listener = new NoiseSide('listener', { seed: `${seed}/listener` }).start();
      const wire: Uint8Array[] = [];
      const copy = (bytes: Uint8Array): Uint8Array[] => {
        wire.push(bytes);
        return bytes.length === 0 ? [] : [bytes];
      };
      exchange(dialer, listener, copy);
      dialer.say(utf8('data'));
      exchange(dialer, listener, copy);
      return toHex(concat(...wire));
    };
    expect(run('one')).toBe(run('one'));
    expect(run('one')).not.toBe(run('two'));
  });

  test('node:crypto and the portable ciphers understand each other, and make the same bytes of the same seeds', () => {
    const [dialer, listener] = securedPair({ ciphers: portableCiphers }, { ciphers: nodeCiphers });
    const [sameDialer] = securedPair({ ciphers: nodeCiphers }, { ciphers: portableCiphers });
    dialer.say(utf8('from the portable'));
    sameDialer.say(utf8('from the portable'));
    const wire = dialer.takeWire();
    expect(toHex(sameDialer.takeWire())).toBe(toHex(wire));
    listener.hear(wire);
    expect(listener.takePlaintext()).toEqual(utf8('from the portable'));
  });

  test('a node has one static key for its identity, and a fresh ephemeral key for every connection', () => {
    const dialer = new NoiseSide('dialer').start();
    const { environment, identity } = dialer;
    const drawn: string[] = [];
    const bytes = environment.random.bytes.bind(environment.random);
    environment.random.bytes = (label, size) => {
      drawn.push(label);
      return bytes(label, size);
    };
    const first = toHex(dialer.takeWire());
    const second = new NoiseSide('dialer', { identity, environment }).start();
    expect(toHex(second.takeWire())).not.toBe(first);
    expect(drawn).toEqual(['noise.ephemeral']);
  });

  test('payloads that we send in the clear say nothing: message 1 is 32 bytes', () => {
    expect(new NoiseSide('dialer').start().takeWire().length).toBe(2 + 32);
  });
});

describe('bytes behind the handshake', () => {
  test('data in the same chunk as message 3 is published after onSecured has returned', () => {
    const seen: string[] = [];
    const dialer = new NoiseSide('dialer', {
      onSecured: (side) => side.say(utf8('early '), utf8('data')),
    }).start();
    const listener = new NoiseSide('listener', {
      onSecured: (side) => {
        side.handler.inbound$.subscribe(() => seen.push('inbound'));
        seen.push(`onSecured, ${side.inbound.length} published`);
      },
    }).start();
    listener.hear(dialer.takeWire());
    dialer.hear(listener.takeWire());
    listener.hear(dialer.takeWire());
    expect(seen).toEqual(['onSecured, 0 published', 'inbound']);
    expect(listener.takePlaintext()).toEqual(utf8('early data'));
  });

  test('what the listener says in onSecured reaches the dialer', () => {
    const [dialer] = securedPair({}, { onSecured: (side) => side.say(utf8('hello')) });
    expect(dialer.takePlaintext()).toEqual(utf8('hello'));
  });

  test('a side that is disposed in onSecured publishes nothing', () => {
    const dialer = new NoiseSide('dialer', { onSecured: (side) => side.say(utf8('early')) }).start();
    const listener = new NoiseSide('listener', { onSecured: (side) => side.handler.dispose() }).start();
    exchange(dialer, listener);
    expect(listener.secured?.remotePeer).toBe(dialer.identity.peerId);
    expect(listener.inbound).toEqual([]);
    expect(listener.broken).toEqual([]);
  });
});

/** connections/inlined-muxer-negotiation.md: the first of the initiator's list that both have. */
describe('early muxer negotiation', () => {
  const cases: readonly { dialer: string[]; listener: string[]; muxer: string | undefined }[] = [
    { dialer: ['/yamux/1.0.0'], listener: ['/yamux/1.0.0'], muxer: '/yamux/1.0.0' },
    { dialer: ['/a', '/b'], listener: ['/b', '/a'], muxer: '/a' },
    { dialer: ['/x', '/b', '/a'], listener: ['/a', '/b'], muxer: '/b' },
    { dialer: [], listener: ['/a'], muxer: undefined },
    { dialer: ['/a'], listener: [], muxer: undefined },
    { dialer: [], listener: [], muxer: undefined },
  ];

  test.each(cases)('dialer $dialer, listener $listener -> $muxer', ({ dialer, listener, muxer }) => {
    const sides = securedPair({ muxers: dialer }, { muxers: listener });
    for (const side of sides) {
      expect(side.failed).toBeUndefined();
      expect(side.secured).toMatchObject({ agreed: AGREED });
      expect(side.secured?.muxer).toBe(muxer);
    }
  });

  test('no overlap fails the handshake, by the name of the first to notice', () => {
    const [dialer, listener] = securedPair({ muxers: ['/a', '/b'] }, { muxers: ['/c'] });
    expect(dialer.failed?.code).toBe('ERR_NOISE_NO_COMMON_MUXER');
    expect(dialer.failed?.message).toContain('/a, /b');
    expect(dialer.failed?.message).toContain('/c');
    expect(dialer.failed?.details).toMatchObject({
      state: 'dialing.verifyingPayload',
      lastEvent: 'crypto.noCommonMuxer',
    });
    listener.hearEvent({ type: 'transport.ended' });
    expect(listener.failed?.code).toBe('ERR_NOISE_ENDED');
  });

  test('a list at the limit counts, one past it does not, as in go-libp2p', () => {
    const named = (count: number): string[] => Array.from({ length: count }, (_, index) => `/m/${index}`);
    const outcome = (count: number): string | undefined => {
      const [dialer, listener] = securedPair({ muxers: named(count) }, { muxers: ['/m/0'] });
      expect(dialer.secured?.muxer).toBe('/m/0');
      return listener.secured?.muxer;
    };
    expect(outcome(100)).toBe('/m/0');
    expect(outcome(101)).toBeUndefined();
  });
});

describe('events of the chain', () => {
  const passed = ['transport.congested', 'transport.drained', 'transport.ended', 'transport.failed'];

  test.each(passed)('%s is passed inward once secured', (type) => {
    const [dialer] = securedPair();
    dialer.hearEvent({ type });
    expect(dialer.inbound).toMatchObject([{ direction: 'inbound', layer: 'noise', event: { type }, chunks: [] }]);
    expect(dialer.failed).toBeUndefined();
  });

  test('bytes that came before the end are published before it', () => {
    const [dialer, listener] = securedPair();
    listener.say(utf8('last words'));
    dialer.hear(listener.takeWire());
    dialer.hearEvent({ type: 'transport.ended' });
    expect(dialer.inbound.map(({ event, length }) => event?.type ?? length)).toEqual([10, 'transport.ended']);
  });

  test('congestion before the channel is up says nothing inward', () => {
    const dialer = new NoiseSide('dialer').start();
    dialer.hearEvent({ type: 'transport.congested' });
    expect(dialer.inbound).toEqual([]);
    expect(dialer.failed).toBeUndefined();
  });

  test('an end in the middle of a frame is a failure', () => {
    const [dialer, listener] = securedPair();
    listener.say(utf8('cut short'));
    dialer.hear(listener.takeWire().slice(0, 9));
    dialer.hearEvent({ type: 'transport.ended' });
    expect(dialer.inbound).toEqual([]);
    expect(dialer.failed?.code).toBe('ERR_TRANSPORT_ENDED');
    expect(dialer.failed?.details).toMatchObject({
      machine: 'noiseHandshake',
      state: 'secured',
      peer: listener.identity.peerId,
    });
    expect(dialer.failed?.details.lastBytesHex).toHaveLength(18);
  });
});

test('whoever taps sees the handshake message by message, and nobody pays when nobody taps', () => {
  const tapped: ConnectionMessage[] = [];
  const dialer = new NoiseSide('dialer');
  dialer.environment.messages$.subscribe((message) => tapped.push(message));
  const listener = new NoiseSide('listener').start();
  dialer.start();
  exchange(dialer, listener);
  expect(
    tapped.filter(({ layer }) => layer === 'noise').map(({ direction, event }) => ({ direction, ...event })),
  ).toEqual([
    { direction: 'outbound', type: 'noise.handshake', message: 1, tokens: ['e'] },
    { direction: 'inbound', type: 'noise.handshake', message: 2, tokens: ['e', 'ee', 's', 'es'] },
    { direction: 'outbound', type: 'noise.handshake', message: 3, tokens: ['s', 'se'] },
    { direction: 'inbound', type: 'noise.secured', peer: listener.identity.peerId, muxer: '/yamux/1.0.0' },
  ]);
});

describe('dispose', () => {
  test.each<[string, Role]>([
    ['dialer', 'dialer'],
    ['listener', 'listener'],
  ])('in the middle of a handshake: the %s stops its machine and its timer', (_, role) => {
    const side = new NoiseSide(role).start();
    expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([1, 1]);
    side.handler.dispose();
    side.handler.dispose();
    expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
    side.takeWire();
    side.hear(new Uint8Array(200));
    side.hearEvent({ type: 'transport.ended' });
    expect([side.outbound, side.inbound, side.failures]).toEqual([[], [], 0]);
  });

  test('of a channel: nothing is sent or published any more', () => {
    const [dialer, listener] = securedPair();
    listener.say(utf8('too late'));
    dialer.handler.dispose();
    dialer.hear(listener.takeWire());
    dialer.say(utf8('nor this'));
    dialer.hearEvent({ type: 'transport.ended' });
    expect([dialer.outbound, dialer.inbound, dialer.failures, dialer.broken]).toEqual([[], [], 0, []]);
  });
});

test('data before the channel is up is a mistake of ours: it is reported and sends nothing', () => {
  const dialer = new NoiseSide('dialer').start();
  dialer.takeWire();
  dialer.say(utf8('too early'));
  expect(dialer.broken.map(({ code, blame }) => ({ code, blame }))).toEqual([
    { code: 'ERR_ENGINE_ASSERTION', blame: 'engine' },
  ]);
  expect(dialer.outbound).toEqual([]);
});

test('a failure of our own signing ends this handshake, is reported, and leaves no actor', () => {
  const identity = testIdentity('broken');
  const sign = (): Uint8Array => {
    throw new Error('no such key');
  };
  const dialer = new NoiseSide('dialer', { identity: { ...identity, signer: { ...identity.signer, sign } } }).start();
  expect(dialer.failed).toMatchObject({
    code: 'ERR_ENGINE_MACHINE',
    blame: 'engine',
    cause: { message: 'no such key' },
  });
  expect(dialer.failed?.details).toMatchObject({ machine: 'noiseHandshake', lastEvent: 'local.dial' });
  expect([dialer.broken.length, dialer.failures, dialer.environment.liveActors, dialer.clock.pendingTimers]).toEqual([
    1, 1, 0, 0,
  ]);
});

test('bytes that come before start wait for it', () => {
  const dialer = new NoiseSide('dialer').start();
  const listener = new NoiseSide('listener');
  listener.hear(dialer.takeWire());
  expect(listener.outbound).toEqual([]);
  listener.start();
  exchange(dialer, listener);
  expect(listener.secured?.remotePeer).toBe(dialer.identity.peerId);
});

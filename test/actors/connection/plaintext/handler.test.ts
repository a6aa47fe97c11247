/** The plaintext handler: two of them, captured messages, bad peers, and what passes through once it is secured. */
import { describe, expect, test } from '@jest/globals';
import { plaintextProtocol } from '../../../../src/actors/connection/plaintext/handler.js';
import type { Role } from '../../../../src/actors/connection/security.js';
import { generateIdentity, identityFromPrivateKey } from '../../../../src/crypto/keys.js';
import { peerIdToBytes } from '../../../../src/crypto/peer-id.js';
import { EngineError, type ErrorCode } from '../../../../src/errors.js';
import { LIMITS } from '../../../../src/limits.js';
import type { ConnectionMessage } from '../../../../src/messages.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';
import { encodePrivateKey } from '../../../../src/wire/keys.js';
import { encodeVarintPrefixed } from '../../../../src/wire/length-prefixed.js';
import { encodePlaintextExchange } from '../../../../src/wire/plaintext.js';
import { encodeVarint } from '../../../../src/wire/varint.js';
import { concat, hex, toHex, utf8 } from '../../../support/decoding.js';
import {
  cutAt,
  exchange,
  NoiseSide,
  securedPair,
  testIdentity,
  type SideOptions,
} from '../../../support/noise-side.js';
import { vectors } from '../../../support/vectors.js';

const ROLES: readonly Role[] = ['dialer', 'listener'];
const protocol = plaintextProtocol;
const mallory = testIdentity('mallory');

/** A side whose message is out; the wire holds it until it is taken. */
function begun(role: Role, options: SideOptions = {}): NoiseSide {
  return new NoiseSide(role, { protocol, ...options }).start();
}

/** An Exchange as `identity` would send it, length and all. */
function exchangeOf(identity: { readonly peerId: string; readonly publicKeyProtobuf: Uint8Array }): Uint8Array {
  const id = peerIdToBytes(identity.peerId);
  return encodeVarintPrefixed(encodePlaintextExchange({ id, publicKey: identity.publicKeyProtobuf }));
}

/** It failed once, by this name, and is gone: no actor, no timer, nothing published. */
function expectFailed(side: NoiseSide, code: ErrorCode): EngineError {
  expect(side.failed?.code).toBe(code);
  const error = side.failed as EngineError;
  expect(error.blame).toBe('remote');
  expect(error.details.machine).toBe('plaintextExchange');
  expect(error.details.timeline).toEqual(side.handler.stays);
  expect([side.failures, side.secured, side.broken]).toEqual([1, undefined, []]);
  expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
  expect(side.inbound).toEqual([]);
  return error;
}

describe('two of ours', () => {
  test.each([1, 2, 7, 1000])('know each other, with wires cut into chunks of %d bytes', (size) => {
    const dialer = begun('dialer', { expectedPeer: testIdentity('listener').peerId });
    const listener = begun('listener');
    exchange(dialer, listener, cutAt(size));
    expect(dialer.secured).toEqual({
      remotePeer: listener.identity.peerId,
      remotePublicKeyProtobuf: listener.identity.publicKeyProtobuf,
      agreed: {},
    });
    expect(listener.secured).toEqual({
      remotePeer: dialer.identity.peerId,
      remotePublicKeyProtobuf: dialer.identity.publicKeyProtobuf,
      agreed: {},
    });
    for (const side of [dialer, listener]) {
      expect(side.handler.stays.map(({ state, event }) => [state, event])).toEqual([
        ['awaitingExchange', 'start'],
        ['verifyingExchange', 'wire.exchange'],
        ['secured', 'crypto.exchangeVerified'],
      ]);
      expect([side.environment.liveActors, side.clock.pendingTimers, side.failures]).toEqual([0, 0, 0]);
    }
  });

  test('each sends at once, without waiting', () => {
    for (const role of ROLES) {
      const side = begun(role);
      expect(side.takeWire()).toEqual(exchangeOf(side.identity));
    }
  });

  test('every type of key may be told', () => {
    const secp256k1 = generateIdentity(nodeCiphers, new SeededRandom(1), 'Secp256k1').identity;
    const { keys } = vectors('keys/libp2p-specs.json') as { keys: { type: string; privateKey: string }[] };
    const rsa = identityFromPrivateKey(nodeCiphers, hex(keys.find(({ type }) => type === 'RSA')?.privateKey ?? ''));
    const [dialer, listener] = securedPair({ protocol, identity: secp256k1 }, { protocol, identity: rsa });
    expect([dialer.secured?.remotePeer, listener.secured?.remotePeer]).toEqual([rsa.peerId, secp256k1.peerId]);
  });
});

describe('messages of @libp2p/plaintext', () => {
  interface Captured {
    readonly type: string;
    readonly peerId: string;
    readonly exchange: string;
  }
  const { exchanges } = vectors('plaintext/exchanges.json') as { readonly exchanges: readonly Captured[] };
  test.each(exchanges)('a $type key is $peerId', ({ peerId, exchange: message }) => {
    const side = begun('dialer', { expectedPeer: peerId });
    side.hear(encodeVarintPrefixed(hex(message)));
    expect(side.secured?.remotePeer).toBe(peerId);
  });

  test('ours is theirs, byte for byte', () => {
    const { keys } = vectors('keys/libp2p-specs.json') as { keys: { type: string; privateKey: string }[] };
    for (const { type, exchange } of exchanges) {
      const privateKey = hex(keys.find((key) => key.type === type)?.privateKey ?? '');
      const side = begun('listener', { identity: identityFromPrivateKey(nodeCiphers, privateKey) });
      expect(toHex(side.takeWire())).toBe(toHex(encodeVarintPrefixed(hex(exchange))));
    }
  });
});

describe('once secured', () => {
  test('bytes pass unchanged both ways, piece by piece, under our own layer', () => {
    const [dialer, listener] = securedPair({ protocol }, { protocol });
    const pieces = [utf8('one'), utf8('two')];
    dialer.say(...pieces);
    const [sent] = dialer.outbound;
    expect(sent).toMatchObject({ direction: 'outbound', layer: 'plaintext', connection: 'conn:1', length: 6 });
    expect(sent?.chunks[0]).toBe(pieces[0]);
    expect(sent?.chunks[1]).toBe(pieces[1]);
    const wire = dialer.takeWire();
    listener.hear(wire);
    const [heard] = listener.inbound;
    expect(heard).toMatchObject({ direction: 'inbound', layer: 'plaintext', connection: 'conn:1', length: 6 });
    expect(heard?.chunks[0]).toBe(wire);
  });

  test.each(ROLES)('what came with the Exchange is published after onSecured returned: %s', (role) => {
    const order: string[] = [];
    const side = begun(role, { onSecured: () => order.push('secured') });
    side.handler.inbound$.subscribe(({ length }) => order.push(`${length} bytes`));
    side.hear(concat(exchangeOf(mallory), utf8('muxer')));
    expect(order).toEqual(['secured', '5 bytes']);
    expect(side.takePlaintext()).toEqual(utf8('muxer'));
  });

  test('chain events pass inward, with their error', () => {
    const [dialer] = securedPair({ protocol }, { protocol });
    const error = new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'gone');
    for (const type of ['transport.congested', 'transport.drained', 'transport.ended']) dialer.hearEvent({ type });
    dialer.hearEvent({ type: 'transport.failed' }, error);
    expect(dialer.inbound.map((message) => [message.event?.type, message.error])).toEqual([
      ['transport.congested', undefined],
      ['transport.drained', undefined],
      ['transport.ended', undefined],
      ['transport.failed', error],
    ]);
  });

  test('an end that comes with the last of the Exchange passes inward too', () => {
    const side = begun('dialer');
    const { environment } = side;
    environment.turns.post(() => {
      const chunks = [concat(exchangeOf(mallory), utf8('x'))];
      const event = { type: 'transport.ended' };
      side.handler.receive(
        environment.message({ direction: 'inbound', layer: 'transport', connection: 'conn:1', chunks, event }),
      );
    });
    expect(side.inbound.map(({ length, event }) => [length, event?.type])).toEqual([
      [1, undefined],
      [0, 'transport.ended'],
    ]);
  });

  test('no transition is made for data', () => {
    const [dialer, listener] = securedPair({ protocol }, { protocol });
    let transitions = 0;
    for (const side of [dialer, listener]) side.environment.transitions$.subscribe(() => transitions++);
    for (let round = 0; round < 100; round++) {
      dialer.say(utf8('data'));
      listener.hear(dialer.takeWire());
    }
    expect([transitions, listener.takePlaintext().length]).toEqual([0, 400]);
  });

  test('the deadline is gone', () => {
    const [dialer] = securedPair({ protocol }, { protocol });
    dialer.clock.advance(LIMITS.plaintextTimeoutMs + 1);
    expect(dialer.failures).toBe(0);
  });

  test('the key that is kept is a copy, not a view of the chunk', () => {
    const side = begun('dialer');
    const chunk = concat(exchangeOf(mallory), new Uint8Array(10_000));
    side.hear(chunk);
    expect(side.secured?.remotePublicKeyProtobuf.buffer.byteLength).toBe(mallory.publicKeyProtobuf.length);
  });
});

test('taps see both messages and the end', () => {
  const side = new NoiseSide('dialer', { protocol });
  const seen: ConnectionMessage[] = [];
  side.environment.messages$.subscribe((message) => seen.push(message));
  side.start();
  side.hear(exchangeOf(mallory));
  expect(
    seen.filter(({ layer }) => layer === 'plaintext').map(({ direction, event, length }) => [direction, event, length]),
  ).toEqual([
    ['outbound', { type: 'plaintext.exchange', peer: side.identity.peerId }, exchangeOf(side.identity).length],
    ['inbound', { type: 'plaintext.exchange' }, exchangeOf(mallory).length],
    ['inbound', { type: 'plaintext.secured', peer: mallory.peerId }, 0],
  ]);
});

describe('a bad peer', () => {
  const publicKey = mallory.publicKeyProtobuf;
  const id = peerIdToBytes(mallory.peerId);
  const other = peerIdToBytes(testIdentity('other').peerId);
  const message = (fields: { id: Uint8Array; publicKey: Uint8Array }): Uint8Array =>
    encodeVarintPrefixed(encodePlaintextExchange(fields));

  const cases: readonly {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly state: 'awaitingExchange' | 'verifyingExchange';
    readonly lastEvent: string;
    readonly says: RegExp;
  }[] = [
    {
      name: 'garbage for a length',
      bytes: hex('ff'.repeat(10)),
      state: 'awaitingExchange',
      lastEvent: 'wire.badMessage',
      says: /varint/,
    },
    {
      name: 'a length one past the limit',
      bytes: encodeVarint(LIMITS.plaintextMessageBytes + 1),
      state: 'awaitingExchange',
      lastEvent: 'wire.badMessage',
      says: /message of 65537 bytes, the limit is 65536/,
    },
    {
      name: 'HTTP',
      bytes: utf8('GET / HTTP/1.1\r\n\r\n' + 'x'.repeat(100)),
      state: 'verifyingExchange',
      lastEvent: 'crypto.badExchange',
      says: /Exchange: not a valid message/,
    },
    {
      name: 'an empty message',
      bytes: hex('00'),
      state: 'verifyingExchange',
      lastEvent: 'crypto.badExchange',
      says: /id is missing/,
    },
    {
      name: 'an id that is no peer id',
      bytes: message({ id: hex('0001ff'), publicKey }),
      state: 'verifyingExchange',
      lastEvent: 'crypto.badExchange',
      says: /not a peer id/,
    },
    {
      name: 'a key that does not decode',
      bytes: message({ id, publicKey: hex('0801') }),
      state: 'verifyingExchange',
      lastEvent: 'crypto.badExchange',
      says: /PublicKey: Data is missing/,
    },
    {
      name: 'a key of a type that we do not know',
      bytes: message({ id, publicKey: hex('08041203010203') }),
      state: 'verifyingExchange',
      lastEvent: 'crypto.badExchange',
      says: /keys of type 4 are not supported/,
    },
    {
      name: 'the id of another key',
      bytes: message({ id: other, publicKey }),
      state: 'verifyingExchange',
      lastEvent: 'crypto.idMismatch',
      says: /the peer says it is 12D3KooW\w+, but its key is that of 12D3KooW\w+/,
    },
  ];

  test.each(cases)('$name', ({ bytes, state, lastEvent, says }) => {
    for (const role of ROLES) {
      const side = begun(role);
      side.hear(bytes);
      const error = expectFailed(side, 'ERR_PLAINTEXT_BAD_EXCHANGE');
      expect(error.message).toMatch(says);
      expect(error.details).toMatchObject({ state, lastEvent });
      expect(error.details.lastBytesHex).toBe(toHex(bytes.subarray(0, 64)));
    }
  });

  test('another peer than the one that was dialed', () => {
    const expectedPeer = testIdentity('other').peerId;
    const side = begun('dialer', { expectedPeer });
    side.hear(exchangeOf(mallory));
    const error = expectFailed(side, 'ERR_PEER_ID_MISMATCH');
    expect(error.message).toBe(`plaintext: ${expectedPeer} was dialed, ${mallory.peerId} answered`);
    expect(error.details).toMatchObject({
      state: 'verifyingExchange',
      lastEvent: 'crypto.peerMismatch',
      lastBytesDecoded: `an Exchange of ${exchangeOf(mallory).length} bytes`,
    });
  });

  test('a message as long as the limit is judged, byte by byte as it comes', () => {
    const frameBytes = 1 + 1 + id.length + 1 + 1 + publicKey.length;
    const filler = new Uint8Array(LIMITS.plaintextMessageBytes - frameBytes - 4);
    const longest = concat(encodePlaintextExchange({ id, publicKey }), hex('1a'), encodeVarint(filler.length), filler);
    expect(longest.length).toBe(LIMITS.plaintextMessageBytes);
    const side = begun('listener');
    for (const chunk of cutAt(1)(encodeVarintPrefixed(longest))) side.hear(chunk);
    expect(side.secured?.remotePeer).toBe(mallory.peerId);
  });

  test.each(['transport.ended', 'transport.failed'])('closes before its message is whole: %s', (type) => {
    const whole = exchangeOf(mallory);
    for (const length of [0, 1, whole.length - 1]) {
      const side = begun('dialer');
      side.hear(whole.slice(0, length));
      const cause = new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'reset');
      side.hearEvent({ type }, cause);
      const error = expectFailed(side, 'ERR_PLAINTEXT_ENDED');
      expect(error.cause).toBe(cause);
      expect(error.details).toMatchObject({ state: 'awaitingExchange', lastEvent: type });
      expect(error.details.lastBytesHex).toBe(length === 0 ? undefined : toHex(whole.slice(0, length)).slice(0, 128));
    }
  });

  test('never answers: just before the deadline, and at it', () => {
    const side = begun('dialer');
    side.hear(exchangeOf(mallory).slice(0, 5));
    side.clock.advance(LIMITS.plaintextTimeoutMs - 1);
    expect(side.failures).toBe(0);
    side.clock.advance(1);
    const error = expectFailed(side, 'ERR_PLAINTEXT_TIMEOUT');
    expect(error.details.timeline).toEqual([
      {
        machine: 'plaintextExchange',
        state: 'awaitingExchange',
        event: 'start',
        enteredAtMs: 0,
        durationMs: LIMITS.plaintextTimeoutMs,
        order: 0,
      },
      {
        machine: 'plaintextExchange',
        state: 'timedOut',
        event: 'deadline',
        enteredAtMs: LIMITS.plaintextTimeoutMs,
        order: 1,
      },
    ]);
    expect(error.details.lastBytesDecoded).toBe('the first 5 bytes of an Exchange');
  });

  test('after a failure nothing more is heard', () => {
    const side = begun('listener');
    side.hear(hex('00'));
    side.hear(exchangeOf(mallory));
    side.hearEvent({ type: 'transport.ended' });
    expectFailed(side, 'ERR_PLAINTEXT_BAD_EXCHANGE');
  });
});

describe('disposed', () => {
  test('in the middle of the exchange: no timer, no actor, no word', () => {
    const side = begun('dialer');
    side.handler.dispose();
    side.handler.dispose();
    side.hear(exchangeOf(mallory));
    side.clock.advance(LIMITS.plaintextTimeoutMs);
    expect([side.failures, side.secured, side.inbound]).toEqual([0, undefined, []]);
    expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
  });

  test('by its owner when it hears of the channel: what came behind is dropped', () => {
    const side = begun('dialer', { onSecured: ({ handler }) => handler.dispose() });
    side.hear(concat(exchangeOf(mallory), utf8('muxer')));
    side.say(utf8('late'));
    expect(side.inbound).toEqual([]);
    expect(side.takeWire()).toEqual(exchangeOf(side.identity));
    expect([side.failures, side.broken]).toEqual([0, []]);
  });
});

test('data before the exchange is done is a bug of ours, reported and not fatal', () => {
  const side = begun('dialer');
  side.say(utf8('early'));
  expect(side.broken.map(({ code }) => code)).toEqual(['ERR_ENGINE_ASSERTION']);
});

test('the exchange is deterministic: the same identity sends the same bytes', () => {
  const identity = identityFromPrivateKey(
    nodeCiphers,
    encodePrivateKey({ type: 'Ed25519', data: new Uint8Array(32).fill(1) }),
  );
  expect(begun('dialer', { identity }).takeWire()).toEqual(begun('listener', { identity, seed: 'x' }).takeWire());
});

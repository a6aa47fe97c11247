/** The secio handler with another of ours and with reference peers: all suites, all identities, both families. */
import { describe, expect, test } from '@jest/globals';
import type { ConnectionMessage } from '../../../../src/messages.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve, type KeyType } from '../../../../src/ports.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';
import { concat, thrownCode, toHex, utf8 } from '../../../support/decoding.js';
import { framesOf, type Family } from '../../../support/secio-reference.js';
import {
  cutAt,
  exchange,
  finish,
  firstKey,
  identityOf,
  meet,
  secioSide,
  secureWith,
} from '../../../support/secio-side.js';
import { secioProtocol, secioProtocolWith } from '../../../../src/actors/connection/secio/handler.js';

const CURVES = ['P-256', 'P-384', 'P-521'] as const;
const CIPHERS = ['AES-256', 'AES-128'] as const;
const HASHES = ['SHA256', 'SHA512'] as const;
const FAMILIES: readonly Family[] = ['go', 'js'];
const suites = CURVES.flatMap((curve) => CIPHERS.flatMap((cipher) => HASHES.map((hash) => ({ curve, cipher, hash }))));

/** Jest compares long arrays element by element, which takes seconds. */
const same = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;
const pattern = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => (index * 31) & 0xff);

test('speaks /secio/1.0.0', () => {
  expect(secioProtocol.id).toBe('/secio/1.0.0');
  expect(secioProtocolWith({ hashes: ['SHA512'] }).id).toBe('/secio/1.0.0');
  expect(thrownCode(() => secioProtocolWith({ ciphers: [] }))).toBe('ERR_INVALID_ARGUMENT');
});

describe('two of ours', () => {
  test.each(suites)('$curve, $cipher, $hash', ({ curve, cipher, hash }) => {
    const preferences = { exchanges: [curve], ciphers: [cipher], hashes: [hash] };
    const dialer = secioSide('dialer', {}, preferences).start();
    const listener = secioSide('listener', {}).start();
    exchange(dialer, listener);
    for (const [side, other] of [
      [dialer, listener],
      [listener, dialer],
    ] as const) {
      expect(side.secured).toEqual({
        remotePeer: other.identity.peerId,
        remotePublicKeyProtobuf: other.identity.publicKeyProtobuf,
        agreed: { curve, cipher, hash },
      });
      expect([side.failures, side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0, 0]);
    }
    const text = pattern(300_000);
    dialer.say(text);
    listener.say(utf8('short'), text.subarray(0, 70_000));
    exchange(dialer, listener);
    expect(same(listener.takePlaintext(), text)).toBe(true);
    expect(same(dialer.takePlaintext(), concat(utf8('short'), text.subarray(0, 70_000)))).toBe(true);
  });

  const types: readonly KeyType[] = ['RSA', 'Ed25519', 'Secp256k1', 'ECDSA'];
  test.each(types.flatMap((dialing) => types.map((listening) => ({ dialing, listening }))))(
    '$dialing dials $listening, each knowing whom to expect',
    ({ dialing, listening }) => {
      // One RSA identity cannot meet itself: the listener's is of another type there.
      const [left, right] = [identityOf(dialing, 'left'), identityOf(listening, 'right')];
      if (left.peerId === right.peerId) {
        expect([dialing, listening]).toEqual(['RSA', 'RSA']);
        return;
      }
      const dialer = secioSide('dialer', { identity: left, expectedPeer: right.peerId }).start();
      const listener = secioSide('listener', { identity: right, expectedPeer: left.peerId }).start();
      exchange(dialer, listener);
      expect(dialer.secured?.remotePeer).toBe(right.peerId);
      expect(listener.secured?.remotePeer).toBe(left.peerId);
    },
  );

  test.each([1, 2, 3, 4, 5, 16, 17, 100, 1000])('the same in chunks of %i bytes', (size) => {
    const run = (cut?: (bytes: Uint8Array) => readonly Uint8Array[]): unknown => {
      const [dialer, listener] = [secioSide('dialer').start(), secioSide('listener').start()];
      exchange(dialer, listener, cut);
      dialer.say(utf8('one'), utf8('two'));
      exchange(dialer, listener, cut);
      dialer.say(pattern(5000));
      listener.say(utf8('three'));
      exchange(dialer, listener, cut);
      return [dialer, listener].map((side) => ({
        secured: side.secured,
        states: side.handler.stays.map(({ state }) => state),
        plaintext: toHex(side.takePlaintext()),
      }));
    };
    expect(run(cutAt(size))).toEqual(run());
  });

  test('the same seeds give the same bytes, other seeds others', () => {
    const run = (seed: string): string[] => {
      const sides = [secioSide('dialer', { seed }), secioSide('listener', { seed: `${seed} listener` })] as const;
      const wire: string[] = [];
      for (const side of sides) {
        side.handler.outbound$.subscribe(({ chunks }) => wire.push(toHex(concat(...chunks))));
        side.start();
      }
      exchange(...sides);
      sides[0].say(pattern(1000));
      exchange(...sides);
      return wire;
    };
    expect(run('one')).toEqual(run('one'));
    expect(run('one')).not.toEqual(run('two'));
  });

  test('32 handshakes of P-521, where every other secret could be in doubt', () => {
    const won = { dialer: 0, listener: 0 };
    const redrawn = { count: 0 };
    for (let round = 0; round < 32; round++) {
      const seeds = [`round ${round} dialer`, `round ${round} listener`] as const;
      const sides = [
        secioSide('dialer', { seed: seeds[0] }, { exchanges: ['P-521'] }).start(),
        secioSide('listener', { seed: seeds[1] }, { exchanges: ['P-521'] }).start(),
      ] as const;
      exchange(...sides);
      const failures = sides.map((side) => side.failed?.message);
      expect({ round, failures, curves: sides.map((side) => side.secured?.agreed['curve']) }).toEqual({
        round,
        failures: [undefined, undefined],
        curves: ['P-521', 'P-521'],
      });
      const winner = sides.findIndex((side) =>
        side.handler.stays.some(({ state }) => state === 'awaitingExchange.sent'),
      );
      won[winner === 0 ? 'dialer' : 'listener']++;
      // Neither held its nonce back: the one that lost picked a key that leaves no doubt.
      for (const side of sides)
        expect(side.handler.stays.map(({ state }) => state)).not.toContain('awaitingNonce.held');
      const [first, second] = seeds.map((seed) => firstKey(seed, 'P-521'));
      if (first!.sharedSecret(second!.publicKey)?.[0] === 0) redrawn.count++;
    }
    // The test means something only if doubt was there to be met, on both sides.
    expect(redrawn.count).toBeGreaterThan(8);
    expect(Math.min(won.dialer, won.listener)).toBeGreaterThan(8);
  });
});

describe('leading zeros of the secret', () => {
  const cases = CURVES.flatMap((curve) =>
    FAMILIES.flatMap((family) => [true, false].map((wins) => ({ curve, family, wins }))),
  );

  test.each(cases.filter(({ wins }) => !wins))(
    '$curve, we won, the secret begins with zero: our nonce waits for a $family peer`s',
    ({ curve, family, wins }) => {
      const met = meet({ family, wins, exchanges: curve, leadingZero: true });
      met.side.hear(met.peer.exchange());
      // In doubt: nothing goes out until the peer's frame has come.
      expect(met.side.takeWire()).toHaveLength(0);
      expect(met.peer.secret[0]).toBe(0);
      met.side.hear(met.peer.seal(met.peer.theirNonce));
      expect(met.side.secured?.agreed['curve']).toBe(curve);
      const [nonce] = framesOf(met.side.takeWire());
      expect(met.peer.open(nonce!)).toEqual(met.peer.nonce);
      expect(met.side.handler.stays.map(({ state }) => state)).toEqual([
        'awaitingPropose',
        'selectingSuite',
        'awaitingExchange.sent',
        'verifyingExchange.sent',
        'awaitingNonce.held',
        'checkingNonce.held',
        'secured',
      ]);
      met.side.say(utf8('to the peer'));
      expect(met.peer.open(met.side.takeWire()).toString()).toBe('to the peer');
      met.side.hear(met.peer.seal(utf8('to us')));
      expect(met.side.takePlaintext()).toEqual(utf8('to us'));
    },
  );

  test.each(cases.filter(({ wins }) => wins))(
    '$curve, a $family peer won and our first key would bring a zero: we take the next',
    ({ curve, family, wins }) => {
      const met = meet({ family, wins, exchanges: curve, leadingZero: true });
      expect(met.exchange).toBeUndefined();
      finish(met);
      expect(met.peer.secret[0]).not.toBe(0);
      expect(met.peer.theirEphemeral).not.toEqual(Buffer.from(firstKey(met.seed, curve).publicKey));
      expect(met.side.handler.stays.map(({ state }) => state)).toEqual([
        'awaitingPropose',
        'selectingSuite',
        'awaitingExchange.held',
        'verifyingExchange.held',
        'awaitingNonce.sent',
        'checkingNonce.sent',
        'secured',
      ]);
      // It is the first of the keys drawn that leaves no doubt, and no later one.
      const random = new SeededRandom(met.seed);
      const draw = (): Uint8Array => random.bytes('conn:1/secio/ephemeral', AGREEMENT_SEED_BYTES[curve]);
      const remote = ephemeralOf(met.peer.exchange(firstKey(met.seed, curve).publicKey));
      for (let key = nodeCiphers.keyAgreement(curve, draw()); ; key = nodeCiphers.keyAgreement(curve, draw())) {
        if (key.sharedSecret(remote)?.[0] === 0) continue;
        expect(met.peer.theirEphemeral).toEqual(Buffer.from(key.publicKey));
        break;
      }
    },
  );

  test.each(cases)('$curve, $family, peer wins: $wins, no zero: nothing waits that need not', (reference) => {
    const { curve, ...rest } = reference;
    const { side } = secureWith({ ...rest, exchanges: curve, leadingZero: false });
    const states = side.handler.stays.map(({ state }) => state);
    expect(states).toContain('awaitingNonce.sent');
    expect(states).toContain(rest.wins ? 'awaitingExchange.held' : 'awaitingExchange.sent');
  });

  test.each(FAMILIES)('40 handshakes of P-521 with a %s peer, by chance', (family) => {
    const held = { count: 0 };
    for (let round = 0; round < 40; round++) {
      const seed = `${family} ${round}`;
      const { side } = secureWith({ family, seed, wins: round % 2 === 0, exchanges: 'P-521' }, { seed });
      if (side.handler.stays.some(({ state }) => state === 'awaitingNonce.held')) held.count++;
    }
    // We won 20 times; half of those secrets begin with a zero byte.
    expect(held.count).toBeGreaterThan(4);
    expect(held.count).toBeLessThan(16);
  });

  test('when no key of the bounded tries would do, the last one goes and our nonce waits', () => {
    // One try, and a peer whose key brings a zero with it.
    const limits = { secioKeyAttempts: 1 };
    const met = meet({ family: 'go', wins: true, leadingZero: true }, { limits });
    finish(met);
    expect(met.peer.secret[0]).toBe(0);
    expect(met.side.handler.stays.map(({ state }) => state)).toContain('awaitingNonce.held');
  });

  test('a bound of tries is kept: the second key is the last', () => {
    const drawn: number[] = [];
    const always = { publicKey: new Uint8Array(65), sharedSecret: () => new Uint8Array(32) };
    const ciphers = { ...nodeCiphers, keyAgreement: () => (drawn.push(1), always) };
    const met = meet({ wins: true }, { ciphers, limits: { secioKeyAttempts: 2 } });
    met.side.hear(met.peer.exchange());
    expect(drawn).toHaveLength(2);
    expect(met.side.handler.stays.at(-1)?.state).toBe('awaitingNonce.held');
  });
});

describe('the channel', () => {
  test('what a turn sends is one message, in as few frames as fit', () => {
    const { side, peer } = secureWith();
    const limit = side.environment.limits.secioSendFrameBytes - 32;
    const sizes = (bytes: Uint8Array): number[] => framesOf(bytes).map((frame) => frame.length - 4 - 32);
    const cases = [
      { send: [pattern(1)], frames: [1] },
      { send: [pattern(limit)], frames: [limit] },
      { send: [pattern(limit + 1)], frames: [limit, 1] },
      { send: [pattern(limit - 1), pattern(2)], frames: [limit, 1] },
      { send: Array.from({ length: 1000 }, () => pattern(12)), frames: [12_000] },
      { send: [pattern(12), pattern(65_536), pattern(12), pattern(65_536)], frames: [131_040, 56] },
      { send: [new Uint8Array(0), pattern(3), new Uint8Array(0)], frames: [3] },
    ];
    for (const { send, frames } of cases) {
      side.say(...send);
      expect(side.outbound).toHaveLength(1);
      const wire = side.takeWire();
      expect(sizes(wire)).toEqual(frames);
      const opened = framesOf(wire).map((frame) => peer.open(frame));
      expect(same(Buffer.concat(opened), Buffer.concat(send))).toBe(true);
    }
  });

  test('several sends of one turn are sealed together, in order', () => {
    const { side, peer } = secureWith();
    side.environment.turns.post(() => {
      for (const text of ['a', 'bc', 'def']) side.say(utf8(text));
    });
    const frames = framesOf(side.takeWire());
    expect(frames.map((frame) => peer.open(frame).toString())).toEqual(['abcdef']);
  });

  test('nothing to send is no frame', () => {
    const { side } = secureWith();
    side.say();
    side.say(new Uint8Array(0));
    expect(side.outbound).toEqual([]);
  });

  test('a frame of 8 MiB in small chunks opens as one, and none of it shows before its end', () => {
    const { side, peer } = secureWith();
    const plaintext = Buffer.from(pattern(8 * 1024 * 1024 - 32));
    const frame = peer.seal(plaintext);
    expect(frame.readUInt32BE(0)).toBe(8 * 1024 * 1024);
    for (let at = 0; at < frame.length; at += 65_521) {
      expect(side.inbound).toEqual([]);
      side.hear(frame.subarray(at, at + 65_521));
    }
    expect(side.inbound).toHaveLength(1);
    expect(same(side.takePlaintext(), plaintext)).toBe(true);
  });

  test('empty frames are swallowed', () => {
    const { side, peer } = secureWith();
    side.hear(Buffer.concat([peer.seal(Buffer.alloc(0)), peer.seal(Buffer.alloc(0)), peer.seal(Buffer.from('x'))]));
    expect(side.inbound.map(({ chunks }) => chunks.map(toHex))).toEqual([['78']]);
  });

  test('frames that come with the last handshake message follow `onSecured`', () => {
    const order: string[] = [];
    const met = meet({}, { onSecured: () => order.push('secured') });
    met.side.handler.inbound$.subscribe(({ chunks }) => order.push(Buffer.concat(chunks).toString()));
    met.side.hear(met.peer.exchange());
    const early = [met.peer.seal(met.peer.theirNonce), met.peer.seal(utf8('early ')), met.peer.seal(utf8('data'))];
    met.side.hear(Buffer.concat(early));
    expect(order).toEqual(['secured', 'early data']);
  });

  test('a data frame costs no transition', () => {
    const { side, peer } = secureWith();
    const steps: string[] = [];
    side.environment.transitions$.subscribe(({ to }) => steps.push(to));
    for (let count = 0; count < 100; count++) {
      side.hear(peer.seal(pattern(1000)));
      side.say(pattern(1000));
    }
    expect(steps).toEqual([]);
  });

  test('events of the chain go inward once secured, and are kept before', () => {
    const met = meet();
    met.side.hearEvent({ type: 'transport.congested' });
    expect(met.side.inbound).toEqual([]);
    finish(met);
    met.side.hearEvent({ type: 'transport.congested' });
    met.side.hearEvent({ type: 'transport.drained' });
    met.side.hearEvent({ type: 'transport.ended' });
    expect(met.side.inbound.map(({ event, layer, direction }) => [event?.type, layer, direction])).toEqual([
      ['transport.congested', 'secio', 'inbound'],
      ['transport.drained', 'secio', 'inbound'],
      ['transport.ended', 'secio', 'inbound'],
    ]);
    expect(met.side.failures).toBe(0);
  });

  test('data before the channel is a bug of ours and is reported', () => {
    const { side } = meet();
    side.say(utf8('too early'));
    expect(side.broken.map(({ code, blame }) => [code, blame])).toEqual([['ERR_ENGINE_ASSERTION', 'engine']]);
  });

  test('after dispose nothing is published and nothing lives', () => {
    const secured = secureWith();
    secured.side.say(utf8('x'));
    secured.side.takeWire();
    const met = meet();
    for (const { side, peer } of [secured, met]) {
      side.handler.dispose();
      side.handler.dispose();
      side.hear(peer.exchange());
      side.say(utf8('late'));
      side.hearEvent({ type: 'transport.ended' });
      expect([side.inbound, side.outbound, side.failures]).toEqual([[], [], 0]);
      expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
    }
  });
});

test('taps see each message by name', () => {
  const side = secioSide('dialer');
  const tapped: ConnectionMessage[] = [];
  side.environment.messages$.subscribe((message) => tapped.push(message));
  const peerless = secioSide('listener').start();
  side.start();
  exchange(side, peerless);
  const own = tapped.filter(({ layer }) => layer === 'secio');
  expect(own.map(({ direction, event }) => `${direction} ${event?.type}`).sort()).toEqual([
    'inbound secio.exchange',
    'inbound secio.nonce',
    'inbound secio.propose',
    'inbound secio.secured',
    'outbound secio.exchange',
    'outbound secio.nonce',
    'outbound secio.propose',
  ]);
  expect(own.find(({ event }) => event?.type === 'secio.secured')?.event).toEqual({
    type: 'secio.secured',
    peer: peerless.identity.peerId,
    curve: 'P-256',
    cipher: 'AES-256',
    hash: 'SHA256',
  });
  expect(own[0]?.event).toEqual({
    type: 'secio.propose',
    exchanges: ['P-256', 'P-384', 'P-521'],
    ciphers: ['AES-256', 'AES-128'],
    hashes: ['SHA256', 'SHA512'],
  });
});

/** The ephemeral key in an Exchange: its first field, whose length fits two bytes at the most. */
function ephemeralOf(frame: Uint8Array): Uint8Array {
  const body = frame.subarray(4);
  const long = body[1]! > 127;
  const length = long ? (body[1]! & 127) | (body[2]! << 7) : body[1]!;
  const start = long ? 3 : 2;
  return new Uint8Array(body.subarray(start, start + length));
}

/** Keeps the type of the curves in step with the port. */
CURVES satisfies readonly AgreementCurve[];

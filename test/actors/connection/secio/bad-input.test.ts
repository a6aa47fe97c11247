/** What a peer may do wrong in secio: each ends in its named failure, with its report, and nothing stays. */
import { createECDH } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../../../src/actors/connection/security.js';
import { EngineError, type ErrorCode } from '../../../../src/errors.js';
import { hex, toHex, utf8 } from '../../../support/decoding.js';
import { frameOf, framesOf, message, ReferencePeer } from '../../../support/secio-reference.js';
import {
  finish,
  identityOf,
  meet,
  secioSide,
  secureWith,
  type SecureSide,
  type SideOptions,
} from '../../../support/secio-side.js';

const ROLES: readonly Role[] = ['dialer', 'listener'];
const HANDSHAKE_BYTES = 64 * 1024;
const EIGHT_MIB = 8 * 1024 * 1024;

/** It failed once, by this name and blame, and is gone: no actor, no timer, nothing published. */
function expectFailed(side: SecureSide, code: ErrorCode, blame = 'remote'): EngineError {
  expect(side.failed?.code).toBe(code);
  const error = side.failed as EngineError;
  expect(error).toBeInstanceOf(EngineError);
  expect(error.blame).toBe(blame);
  expect(error.details.machine).toBe('secioHandshake');
  expect(error.details.timeline?.length).toBeGreaterThan(1);
  expect([side.failures, side.broken]).toEqual([1, []]);
  expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
  const before = side.outbound.length;
  side.hear(hex('0000000100'));
  side.say(utf8('late'));
  side.hearEvent({ type: 'transport.ended' });
  expect([side.inbound, side.outbound.length - before, side.failures]).toEqual([[], 0, 1]);
  return error;
}

/** A side that waits for the peer's Propose, and the Propose that it sent. */
function waiting(role: Role = 'dialer', options: SideOptions = {}): { side: SecureSide; own: Uint8Array } {
  const side = secioSide(role, options).start();
  return { side, own: side.takeWire() };
}

/** A Propose of a peer with some fields replaced. */
function proposeWith(
  own: Uint8Array,
  change: Partial<Record<'nonce' | 'key' | 'exchanges' | 'ciphers' | 'hashes', string | Uint8Array>>,
): Buffer {
  const peer = new ReferencePeer();
  peer.answerPropose(own);
  return frameOf(
    message(
      change.nonce ?? peer.nonce,
      change.key ?? peer.publicKey,
      change.exchanges ?? 'P-256',
      change.ciphers ?? 'AES-256',
      change.hashes ?? 'SHA256',
    ),
  );
}

describe('frames of the handshake', () => {
  test.each(ROLES)('garbage of another protocol is a frame of an impossible length: %s', (role) => {
    const { side } = waiting(role);
    side.hear(utf8('GET / HTTP/1.1\r\n'));
    const error = expectFailed(side, 'ERR_SECIO_BAD_FRAME');
    expect(error.message).toBe('secio: a frame of 1195725856 bytes, 0 to 65536 are allowed here');
    expect(error.details).toMatchObject({
      state: 'awaitingPropose',
      lastEvent: 'wire.badFrame',
      lastBytesHex: toHex(utf8('GET / HTTP/1.1\r\n')),
    });
  });

  test('a Propose at the limit is read, one byte more is refused before it comes', () => {
    const padded = (size: number): Buffer => {
      const { side, own } = waiting();
      const body = proposeWith(own, {}).subarray(4);
      // An unknown field fills it up: tag, length of three bytes, bytes.
      const fill = size - body.length - 4;
      const length = [(fill & 127) | 128, ((fill >> 7) & 127) | 128, fill >> 14];
      const frame = frameOf(Buffer.concat([body, Buffer.from([0x3a, ...length]), Buffer.alloc(fill)]));
      expect(frame.readUInt32BE(0)).toBe(size);
      side.hear(frame);
      expect(side.failed).toBeUndefined();
      expect(side.handler.stays.at(-1)?.state).toMatch(/^awaitingExchange/);
      return frame;
    };
    padded(HANDSHAKE_BYTES);
    const { side } = waiting();
    side.hear(hex('0001'));
    expect(side.failed).toBeUndefined();
    side.hear(hex('0001'));
    expectFailed(side, 'ERR_SECIO_BAD_FRAME');
  });

  test('an Exchange past the limit is refused', () => {
    const { side } = meet();
    side.hear(hex('00010001'));
    expect(expectFailed(side, 'ERR_SECIO_BAD_FRAME').details.state).toBe('awaitingExchange.sent');
  });

  test.each([
    { name: 'longer than a handshake message', length: HANDSHAKE_BYTES + 1 },
    { name: 'shorter than its MAC', length: 31 },
    { name: 'empty', length: 0 },
  ])('a first sealed frame that is $name', ({ length }) => {
    const { side, peer } = meet();
    side.hear(peer.exchange());
    const frame = Buffer.alloc(4);
    frame.writeUInt32BE(length);
    side.hear(frame);
    const error = expectFailed(side, 'ERR_SECIO_BAD_FRAME');
    expect(error.message).toBe(`secio: a frame of ${length} bytes, 32 to 65536 are allowed here`);
    expect(error.details.state).toBe('awaitingNonce.sent');
  });
});

describe('Propose', () => {
  const nonce = Buffer.alloc(16, 7);
  test.each([
    { name: 'no protobuf', frame: () => frameOf(hex('0affff')) },
    { name: 'empty', frame: () => frameOf(hex('')) },
    { name: 'no nonce', frame: (own: Uint8Array) => proposeWith(own, { nonce: '' }) },
    { name: 'a nonce of 15 bytes', frame: (own: Uint8Array) => proposeWith(own, { nonce: nonce.subarray(1) }) },
    { name: 'a nonce of 17 bytes', frame: (own: Uint8Array) => proposeWith(own, { nonce: Buffer.alloc(17, 7) }) },
    { name: 'no key', frame: (own: Uint8Array) => proposeWith(own, { key: '' }) },
    { name: 'a key of an unknown type', frame: (own: Uint8Array) => proposeWith(own, { key: hex('0809 1201 00') }) },
    { name: 'an Ed25519 key cut short', frame: (own: Uint8Array) => proposeWith(own, { key: hex('0801 1202 0102') }) },
  ])('$name', ({ frame }) => {
    for (const role of ROLES) {
      const { side, own } = waiting(role);
      side.hear(frame(own));
      const error = expectFailed(side, 'ERR_SECIO_BAD_PROPOSE');
      expect(error.cause).toBeInstanceOf(EngineError);
      expect(error.details).toMatchObject({ state: 'selectingSuite', lastEvent: 'crypto.badPropose' });
      // Nothing but our Propose was ever sent.
      expect(side.outbound).toEqual([]);
    }
  });

  test.each([
    { name: 'no curves', change: { exchanges: '' }, what: 'curve' },
    { name: 'unknown curves', change: { exchanges: 'P-224,X25519,p-256' }, what: 'curve' },
    { name: 'no ciphers', change: { ciphers: '' }, what: 'cipher' },
    { name: 'Blowfish alone, twice', change: { ciphers: 'Blowfish,Blowfish' }, what: 'cipher' },
    { name: 'no hashes', change: { hashes: '' }, what: 'hash' },
    { name: 'unknown hashes', change: { hashes: 'SHA1,MD5' }, what: 'hash' },
    { name: 'commas', change: { hashes: ',,,' }, what: 'hash' },
  ])('$name: nothing in common', ({ change, what }) => {
    const { side, own } = waiting();
    const frame = proposeWith(own, change);
    side.hear(frame);
    const error = expectFailed(side, 'ERR_SECIO_NO_COMMON_SUITE');
    expect(error.message).toMatch(new RegExp(`^secio: no common ${what}: we offer "`));
    expect(error.details.lastBytesDecoded).toContain('Propose: nonce of 16 bytes, key of 36 bytes, "');
    expect(error.details.lastBytesHex).toBe(toHex(frame.subarray(4, 68)));
    expect(side.outbound).toEqual([]);
  });

  test('names that come twice are taken once', () => {
    const { side } = secureWith({ exchanges: 'P-256,P-256', ciphers: 'AES-128,AES-128,AES-256', wins: true });
    expect(side.secured?.agreed).toEqual({ curve: 'P-256', cipher: 'AES-128', hash: 'SHA256' });
  });

  test.each(ROLES)('our own Propose comes back: %s', (role) => {
    const { side, own } = waiting(role);
    side.hear(own);
    expectFailed(side, 'ERR_DIAL_SELF', role === 'dialer' ? 'local' : 'remote');
  });

  test.each(ROLES)('our own key with another nonce: %s', (role) => {
    const { side, own } = waiting(role);
    side.hear(proposeWith(own, { key: side.identity.publicKeyProtobuf }));
    const error = expectFailed(side, 'ERR_DIAL_SELF', role === 'dialer' ? 'local' : 'remote');
    expect(error.message).toBe('secio: the other end is this very node');
    expect(side.outbound).toEqual([]);
  });

  test('another peer than the one expected is refused before our Exchange', () => {
    const expectedPeer = identityOf('Ed25519', 'somebody else').peerId;
    for (const wins of [true, false]) {
      const { side, exchange } = meet({ wins }, { expectedPeer });
      const got = side.failed?.details.peer;
      const error = expectFailed(side, 'ERR_PEER_ID_MISMATCH');
      expect(error.message).toBe(`secio: expected peer ${expectedPeer}, got ${got}`);
      expect(got).toMatch(/^12D3Koo/);
      expect(exchange).toBeUndefined();
      expect(error.details).toMatchObject({ state: 'selectingSuite', lastEvent: 'crypto.peerMismatch' });
    }
  });
});

describe.each([{ wins: false }, { wins: true }])('Exchange, the peer wins: $wins', ({ wins }) => {
  const state = wins ? 'verifyingExchange.held' : 'verifyingExchange.sent';
  const point = (curve = 'prime256v1', form: 'uncompressed' | 'compressed' = 'uncompressed'): Buffer => {
    const ecdh = createECDH(curve);
    ecdh.setPrivateKey(Buffer.alloc(32, 9));
    return ecdh.getPublicKey(undefined as never, form);
  };

  test.each([
    { name: 'a flipped bit', signature: (peer: ReferencePeer) => (corpus: Buffer) => flipped(peer.sign(corpus), 3) },
    { name: 'no signature', signature: () => () => Buffer.alloc(0) },
    { name: 'cut short', signature: (peer: ReferencePeer) => (corpus: Buffer) => peer.sign(corpus).subarray(1) },
    {
      name: 'by another key',
      signature: () => (corpus: Buffer) => new ReferencePeer({ seed: 'somebody else' }).sign(corpus),
    },
    {
      name: 'over the Proposes in the wrong order',
      signature: (peer: ReferencePeer) => (corpus: Buffer) => {
        const key = corpus.subarray(peer.propose.length + peer.theirPropose.length);
        return peer.sign(Buffer.concat([peer.theirPropose, peer.propose, key]));
      },
    },
    {
      name: 'over another ephemeral key',
      signature: (peer: ReferencePeer) => () =>
        peer.sign(Buffer.concat([peer.propose, peer.theirPropose, point('secp384r1')])),
    },
  ])('signature: $name', ({ signature }) => {
    const { side, peer } = meet({ wins });
    side.hear(peer.exchangeWith(point(), signature(peer)));
    const error = expectFailed(side, 'ERR_SECIO_BAD_SIGNATURE');
    expect(error.details).toMatchObject({ state, lastEvent: 'crypto.badSignature' });
    expect(error.details.lastBytesDecoded).toMatch(/^Exchange: ephemeral key of 65 bytes, signature of \d+ bytes$/);
    expect(side.outbound).toEqual([]);
  });

  test.each([
    { name: 'off the curve', key: () => flipped(point(), 64) },
    { name: 'of another curve', key: () => point('secp384r1') },
    { name: 'compressed', key: () => point('prime256v1', 'compressed') },
    { name: 'cut short', key: () => point().subarray(0, 64) },
    { name: 'one byte too long', key: () => Buffer.concat([point(), Buffer.alloc(1)]) },
    { name: 'the point at infinity', key: () => Buffer.from([0]) },
    { name: 'all zeros', key: () => Buffer.concat([Buffer.from([4]), Buffer.alloc(64)]) },
    { name: 'missing', key: () => Buffer.alloc(0) },
  ])('ephemeral key, rightly signed: $name', ({ key }) => {
    const { side, peer } = meet({ wins });
    side.hear(peer.exchangeWith(key()));
    const error = expectFailed(side, 'ERR_SECIO_BAD_EXCHANGE');
    expect(error.message).toBe('secio: the ephemeral key in Exchange is not a point of P-256');
    expect(error.details).toMatchObject({ state, lastEvent: 'crypto.badExchange', peer: error.details.peer });
    expect(side.outbound).toEqual([]);
  });

  test('no protobuf', () => {
    const { side } = meet({ wins });
    side.hear(frameOf(hex('0aff')));
    const error = expectFailed(side, 'ERR_SECIO_BAD_EXCHANGE');
    expect(error.cause).toMatchObject({ code: 'ERR_WIRE_PROTOBUF' });
    expect(error.details.lastBytesHex).toBe('0aff');
    expect(error.details.lastBytesDecoded).toBeUndefined();
  });

  test('a second Propose in its place proves nothing', () => {
    const { side, peer } = meet({ wins });
    side.hear(frameOf(peer.propose));
    expectFailed(side, 'ERR_SECIO_BAD_SIGNATURE');
  });
});

describe.each([
  { name: 'no doubt', reference: { leadingZero: false }, held: 'sent' },
  { name: 'in doubt', reference: { leadingZero: true }, held: 'held' },
])('the nonce, $name', ({ reference, held }) => {
  const awaitingNonce = (): ReturnType<typeof meet> => {
    const met = meet(reference);
    met.side.hear(met.peer.exchange());
    expect(met.side.handler.stays.at(-1)?.state).toBe(`awaitingNonce.${held}`);
    met.side.takeWire();
    return met;
  };

  test.each([
    { name: 'another nonce', nonce: (peer: ReferencePeer) => flipped(peer.theirNonce, 0) },
    { name: 'its own nonce', nonce: (peer: ReferencePeer) => peer.nonce },
    { name: 'our nonce cut short', nonce: (peer: ReferencePeer) => peer.theirNonce.subarray(1) },
    { name: 'our nonce and more', nonce: (peer: ReferencePeer) => Buffer.concat([peer.theirNonce, Buffer.alloc(1)]) },
    { name: 'nothing', nonce: () => Buffer.alloc(0) },
  ])('$name', ({ nonce }) => {
    const { side, peer } = awaitingNonce();
    side.hear(peer.seal(nonce(peer)));
    const error = expectFailed(side, 'ERR_SECIO_BAD_NONCE');
    expect(error.details).toMatchObject({ state: `checkingNonce.${held}`, lastEvent: 'crypto.badNonce' });
    expect(side.secured).toBeUndefined();
    expect(side.outbound).toEqual([]);
  });

  test.each([
    { name: 'in the ciphertext', at: 4 },
    { name: 'in the last byte of the ciphertext', at: 19 },
    { name: 'in the first byte of the MAC', at: 20 },
    { name: 'in the last byte of the MAC', at: 51 },
  ])('a flipped bit $name', ({ at }) => {
    const { side, peer } = awaitingNonce();
    side.hear(flipped(peer.seal(peer.theirNonce), at));
    const error = expectFailed(side, 'ERR_SECIO_BAD_MAC');
    expect(error.details).toMatchObject({ state: `checkingNonce.${held}`, lastEvent: 'crypto.badMac' });
    expect(error.details.lastBytesDecoded).toBe('sealed frame of 48 bytes');
  });

  test('sealed with other keys', () => {
    const { side } = awaitingNonce();
    side.hear(frameOf(Buffer.alloc(48, 0x5a)));
    expectFailed(side, 'ERR_SECIO_BAD_MAC');
  });
});

describe('the channel', () => {
  const opened = (side: SecureSide): string[] =>
    side.inbound.splice(0).map(({ chunks }) => Buffer.concat(chunks).toString());

  test.each([
    { name: 'in its ciphertext', at: 4 },
    { name: 'in its MAC', at: 8 },
    { name: 'at its end', at: 4 + 4 + 31 },
  ])('a frame with a flipped bit $name: what came before it is published, nothing of it', ({ at }) => {
    const { side, peer } = secureWith();
    const good = peer.seal(utf8('good'));
    const bad = flipped(peer.seal(utf8('evil')), at);
    side.hear(Buffer.concat([good, bad, peer.seal(utf8('more'))]));
    expect(opened(side)).toEqual(['good']);
    const error = expectFailed(side, 'ERR_SECIO_BAD_MAC');
    expect(error.message).toBe('secio: a frame of 36 bytes has a wrong MAC');
    expect(error.details).toMatchObject({
      state: 'secured',
      lastBytesHex: toHex(bad.subarray(4)),
      peer: side.secured?.remotePeer,
    });
  });

  test('a replayed frame', () => {
    const { side, peer } = secureWith();
    const frame = peer.seal(utf8('once, and once only'));
    side.hear(frame);
    side.hear(peer.seal(utf8('between')));
    expect(opened(side)).toEqual(['once, and once only', 'between']);
    side.hear(frame);
    expect(expectFailed(side, 'ERR_SECIO_BAD_MAC').message).toBe('secio: a frame of 51 bytes came before');
  });

  test('the first sealed frame replayed', () => {
    const met = meet();
    met.side.hear(met.peer.exchange());
    const nonce = met.peer.seal(met.peer.theirNonce);
    met.side.hear(nonce);
    expect(met.side.secured).toBeDefined();
    met.side.hear(nonce);
    expectFailed(met.side, 'ERR_SECIO_BAD_MAC');
  });

  test('our own frame sent back', () => {
    const { side } = secureWith();
    side.say(utf8('an echo of our own'));
    side.hear(side.takeWire());
    expectFailed(side, 'ERR_SECIO_BAD_MAC');
  });

  test('a frame of 8 MiB waits for its bytes, one byte more is refused at once', () => {
    const waitingSide = secureWith().side;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(EIGHT_MIB);
    waitingSide.hear(length);
    expect(waitingSide.failed).toBeUndefined();
    const { side } = secureWith();
    length.writeUInt32BE(EIGHT_MIB + 1);
    for (const byte of length) {
      expect(side.failed).toBeUndefined();
      side.hear(Uint8Array.of(byte));
    }
    const error = expectFailed(side, 'ERR_SECIO_BAD_FRAME');
    expect(error.message).toBe('secio: a frame of 8388609 bytes, 32 to 8388608 are allowed');
    expect(error.details.lastBytesHex).toBe('00800001');
  });

  test.each([0, 1, 31])('a frame of %i bytes cannot hold its MAC', (length) => {
    const { side } = secureWith();
    side.hear(Buffer.from([0, 0, 0, length]));
    expect(expectFailed(side, 'ERR_SECIO_BAD_FRAME').message).toContain(`a frame of ${length} bytes, 32 to 8388608`);
  });

  test('with SHA512 the least is 64', () => {
    const { side } = secureWith({ hashes: 'SHA512' });
    side.hear(hex('0000003f'));
    expectFailed(side, 'ERR_SECIO_BAD_FRAME');
  });

  test.each(['transport.ended', 'transport.failed'])('%s anywhere in a frame is a truncation', (type) => {
    const size = 4 + 5 + 32;
    for (let length = 1; length < size; length++) {
      const { side, peer } = secureWith();
      const frame = peer.seal(utf8('trunc'));
      expect(frame).toHaveLength(size);
      side.hear(frame.subarray(0, length));
      side.hearEvent({ type }, new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'reset'));
      const error = expectFailed(side, 'ERR_TRANSPORT_ENDED');
      expect(error.message).toBe(`secio: the peer closed in the middle of a frame, after ${length} bytes of it`);
      expect(error.cause).toMatchObject({ code: 'ERR_TRANSPORT_FAILED' });
      expect(error.details).toMatchObject({ state: 'secured', lastBytesHex: toHex(frame.subarray(0, length)) });
    }
  });
});

/** Every state that waits for the peer, and how to come there. */
const stages: readonly { readonly state: string; readonly come: () => SecureSide }[] = [
  { state: 'awaitingPropose', come: () => secioSide('dialer').start() },
  { state: 'awaitingExchange.sent', come: () => meet().side },
  { state: 'awaitingExchange.held', come: () => meet({ wins: true }).side },
  {
    state: 'awaitingNonce.sent',
    come: () => {
      const { side, peer } = meet();
      side.hear(peer.exchange());
      return side;
    },
  },
  {
    state: 'awaitingNonce.held',
    come: () => {
      const { side, peer } = meet({ leadingZero: true });
      side.hear(peer.exchange());
      return side;
    },
  },
];

describe.each(stages)('a peer that goes silent in $state', ({ state, come }) => {
  test('runs into the deadline, and not a millisecond before', () => {
    const side = come();
    side.clock.advance(19_999);
    expect(side.failed).toBeUndefined();
    side.clock.advance(1);
    side.takeWire();
    const error = expectFailed(side, 'ERR_SECIO_TIMEOUT');
    expect(error.message).toBe(`secio: not secured after 20000 ms, in ${state}`);
    expect(error.details).toMatchObject({ state, lastEvent: 'deadline' });
    expect(error.details.timeline?.at(-2)).toMatchObject({ machine: 'secioHandshake', state, durationMs: 20_000 });
    expect(error.details.timeline?.at(-1)).toMatchObject({ state: 'timedOut' });
  });

  test.each(['transport.ended', 'transport.failed'])('and then %s', (type) => {
    const side = come();
    side.takeWire();
    side.hear(hex('00'));
    const cause = new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'reset by peer');
    side.hearEvent({ type }, cause);
    const error = expectFailed(side, 'ERR_SECIO_ENDED');
    expect(error.message).toBe(`secio: the peer closed in ${state}`);
    expect(error.cause).toBe(cause);
    expect(error.details).toMatchObject({ state, lastEvent: type, lastBytesHex: '00' });
  });
});

test('the deadline is gone once secured', () => {
  const met = meet();
  expect(met.side.clock.pendingTimers).toBe(1);
  finish(met);
  met.side.clock.advance(60_000);
  expect([met.side.failures, met.side.clock.pendingTimers]).toEqual([0, 0]);
});

test('a report holds every stay with its time', () => {
  const side = secioSide('dialer').start();
  const peer = new ReferencePeer();
  const own = side.takeWire();
  side.clock.advance(20);
  side.hear(peer.answerPropose(own));
  peer.readExchange(framesOf(side.takeWire())[0]!);
  side.clock.advance(30);
  side.hear(peer.exchange());
  side.takeWire();
  side.clock.advance(5);
  side.hear(peer.seal(Buffer.alloc(16)));
  const error = expectFailed(side, 'ERR_SECIO_BAD_NONCE');
  expect(error.details.timeline).toEqual(
    [
      { state: 'awaitingPropose', event: 'start', enteredAtMs: 0, durationMs: 20 },
      { state: 'selectingSuite', event: 'wire.propose', enteredAtMs: 20, durationMs: 0 },
      { state: 'awaitingExchange.sent', event: 'crypto.localPreferred', enteredAtMs: 20, durationMs: 30 },
      { state: 'verifyingExchange.sent', event: 'wire.exchange', enteredAtMs: 50, durationMs: 0 },
      { state: 'awaitingNonce.sent', event: 'crypto.secretAgreed', enteredAtMs: 50, durationMs: 5 },
      { state: 'checkingNonce.sent', event: 'wire.nonce', enteredAtMs: 55, durationMs: 0 },
      { state: 'badNonce', event: 'crypto.badNonce', enteredAtMs: 55 },
    ].map((stay, order) => ({ machine: 'secioHandshake', order, ...stay })),
  );
});

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

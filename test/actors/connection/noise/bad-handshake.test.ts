/** What a peer may do wrong in a noise handshake: each ends in its named failure, with its report, and nothing stays. */
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../../../src/actors/connection/security.js';
import { signNoiseStaticKey } from '../../../../src/crypto/noise-identity.js';
import { EngineError, type ErrorCode } from '../../../../src/errors.js';
import { encodeNoisePayload, type NoiseHandshakePayload } from '../../../../src/wire/noise.js';
import { concat, hex, toHex, utf8 } from '../../../support/decoding.js';
import { frame, NoiseForger } from '../../../support/noise-forger.js';
import { NoiseSide, testIdentity, type SideOptions } from '../../../support/noise-side.js';

const ROLES: readonly Role[] = ['dialer', 'listener'];
const mallory = testIdentity('mallory');

/** A side under test and a forger that is about to send its message with the payload: number 2 or 3. */
function before(role: Role, options: SideOptions = {}): { side: NoiseSide; forger: NoiseForger } {
  const side = new NoiseSide(role, options).start();
  const forger = new NoiseForger(role === 'dialer' ? 'listener' : 'dialer');
  if (role === 'listener') side.hear(forger.write());
  forger.read(side.takeWire());
  return { side, forger };
}

const stateOf = (role: Role, dialing: string, listening: string): string =>
  role === 'dialer' ? `dialing.${dialing}` : `listening.${listening}`;

/** It failed once, by this name, and is gone: no actor, no timer, no answer, nothing published. */
function expectFailed(side: NoiseSide, code: ErrorCode): EngineError {
  expect(side.failed?.code).toBe(code);
  const error = side.failed as EngineError;
  expect(error).toBeInstanceOf(EngineError);
  expect(error.blame).toBe('remote');
  expect(error.details.machine).toBe('noiseHandshake');
  expect(error.details.timeline?.length).toBeGreaterThan(1);
  expect([side.failures, side.secured, side.broken]).toEqual([1, undefined, []]);
  expect([side.environment.liveActors, side.clock.pendingTimers]).toEqual([0, 0]);
  expect([side.inbound, side.outbound]).toEqual([[], []]);
  return error;
}

describe('a message cut short', () => {
  test('message 1 of any length below 32 is judged by its length, before its bytes come', () => {
    for (let length = 0; length < 32; length++) {
      const side = new NoiseSide('listener').start();
      side.hear(Uint8Array.of(0));
      side.hear(Uint8Array.of(length));
      const error = expectFailed(side, 'ERR_NOISE_BAD_MESSAGE');
      expect(error.message).toBe(`noise: message 1 (e), ${length} bytes where 32 are the least`);
    }
  });

  test.each(ROLES)('the message with the payload, cut to any length: %s', (role) => {
    const whole = before(role).forger.write(utf8('some payload')).subarray(2);
    for (let length = 0; length < whole.length; length++) {
      const { side } = before(role);
      side.hear(frame(whole.subarray(0, length)));
      const error = expectFailed(side, 'ERR_NOISE_BAD_MESSAGE');
      expect(error.details.state).toBe(stateOf(role, 'openingMessage2', 'openingMessage3'));
      expect(error.details.lastEvent).toBe('crypto.rejected');
    }
  });

  test.each(ROLES)('the peer ends anywhere in the message with the payload: %s', (role) => {
    const whole = before(role).forger.write(utf8('some payload'));
    for (let length = 0; length < whole.length; length++) {
      const { side } = before(role);
      if (length > 0) side.hear(whole.subarray(0, length));
      side.hearEvent({ type: 'transport.ended' });
      const error = expectFailed(side, 'ERR_NOISE_ENDED');
      expect(error.details.state).toBe(stateOf(role, 'awaitingMessage2', 'awaitingMessage3'));
      expect(error.details.lastEvent).toBe('transport.ended');
      if (length > 0) expect(error.details.lastBytesHex).toBe(toHex(whole.subarray(0, Math.min(length, 64))));
    }
  });

  test('the peer ends anywhere in message 1', () => {
    const whole = new NoiseForger('dialer').write();
    for (let length = 0; length < whole.length; length++) {
      const side = new NoiseSide('listener').start();
      if (length > 0) side.hear(whole.subarray(0, length));
      side.hearEvent({ type: 'transport.ended' });
      expect(expectFailed(side, 'ERR_NOISE_ENDED').details.state).toBe('listening.awaitingMessage1');
    }
  });
});

test('a transport that fails in the middle is the cause of ERR_NOISE_ENDED', () => {
  const { side } = before('dialer');
  const cause = new EngineError('ERR_TRANSPORT_FAILED', 'remote', 'connection reset');
  side.hearEvent({ type: 'transport.failed' }, cause);
  expect(expectFailed(side, 'ERR_NOISE_ENDED').cause).toBe(cause);
});

describe('a message that does not decrypt', () => {
  test.each(ROLES)('with any bit of the sealed parts changed: %s', (role) => {
    const first = before(role).forger.write(utf8('some payload'));
    for (let index = 2; index < first.length; index++) {
      const { side, forger } = before(role);
      const changed = forger.write(utf8('some payload'));
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      side.hear(changed);
      expectFailed(side, 'ERR_NOISE_BAD_MESSAGE');
    }
  });

  test('an ephemeral key of zeros', () => {
    const listener = new NoiseSide('listener').start();
    listener.hear(frame(new Uint8Array(32)));
    const error = expectFailed(listener, 'ERR_NOISE_BAD_MESSAGE');
    expect(error.message).toBe('noise: the ephemeral key is not a valid point');
    expect(error.details).toMatchObject({
      state: 'listening.openingMessage1',
      lastBytesDecoded: 'message 1 (e), 32 bytes',
    });

    const dialer = before('dialer').side;
    dialer.hear(frame(concat(new Uint8Array(32), new Uint8Array(64))));
    expectFailed(dialer, 'ERR_NOISE_BAD_MESSAGE');
  });

  test('the other end of the same kind: two dialers', () => {
    const [one, other] = [new NoiseSide('dialer').start(), new NoiseSide('dialer', { seed: 'other' }).start()];
    one.hear(other.takeWire());
    one.takeWire();
    expect(expectFailed(one, 'ERR_NOISE_BAD_MESSAGE').message).toContain('32 bytes where 96 are the least');
  });
});

/** What an honest mallory would send through `forger`. */
function honest(forger: NoiseForger): NoiseHandshakePayload {
  return {
    identityKey: mallory.publicKeyProtobuf,
    identitySignature: signNoiseStaticKey(mallory.signer, forger.staticPublicKey),
  };
}

describe('the size of a handshake message', () => {
  test.each(ROLES)('at the limit it is read, one past it is refused before its bytes come: %s', (role) => {
    const size = (role === 'dialer' ? 96 : 64) + encodeNoisePayload(honest(new NoiseForger(role))).length;
    const at = before(role, { limits: { noiseHandshakeMessageBytes: size } });
    at.side.hear(at.forger.write(encodeNoisePayload(honest(at.forger))));
    expect(at.side.secured?.remotePeer).toBe(mallory.peerId);

    const past = before(role, { limits: { noiseHandshakeMessageBytes: size - 1 } });
    past.side.hear(past.forger.write(encodeNoisePayload(honest(past.forger))).subarray(0, 2));
    expectFailed(past.side, 'ERR_NOISE_BAD_MESSAGE');
  });
});

describe('the payload', () => {
  const noKey = new Uint8Array(0);
  const secp256k1 = (key: Uint8Array): Uint8Array => concat(hex('0802 12'), Uint8Array.of(key.length), key);
  const cases: readonly {
    name: string;
    forge: (honest: NoiseHandshakePayload) => Uint8Array;
    code: ErrorCode;
  }[] = [
    { name: 'is empty', forge: () => new Uint8Array(0), code: 'ERR_NOISE_BAD_PAYLOAD' },
    { name: 'is text', forge: () => utf8('/multistream/1.0.0\n'), code: 'ERR_NOISE_BAD_PAYLOAD' },
    { name: 'is cut short', forge: (good) => encodeNoisePayload(good).slice(0, -1), code: 'ERR_NOISE_BAD_PAYLOAD' },
    {
      name: 'has no key',
      forge: (good) => encodeNoisePayload({ ...good, identityKey: noKey }),
      code: 'ERR_NOISE_BAD_PAYLOAD',
    },
    {
      name: 'has no signature',
      forge: (good) => encodeNoisePayload({ ...good, identitySignature: noKey }),
      code: 'ERR_NOISE_BAD_PAYLOAD',
    },
    {
      name: 'has a key of a type that we do not know',
      forge: (good) => encodeNoisePayload({ ...good, identityKey: hex('0804 1203 010203') }),
      code: 'ERR_NOISE_BAD_PAYLOAD',
    },
    {
      name: 'has a key that is no protobuf',
      forge: (good) => encodeNoisePayload({ ...good, identityKey: utf8('key') }),
      code: 'ERR_NOISE_BAD_PAYLOAD',
    },
    {
      name: 'has an Ed25519 key that calls itself secp256k1',
      forge: (good) => encodeNoisePayload({ ...good, identityKey: secp256k1(good.identityKey.subarray(4)) }),
      code: 'ERR_NOISE_BAD_PAYLOAD',
    },
    {
      name: 'has a secp256k1 key off the curve',
      forge: (good) =>
        encodeNoisePayload({ ...good, identityKey: secp256k1(concat(hex('02'), new Uint8Array(32).fill(0xff))) }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
    {
      name: 'is signed over another static key',
      forge: (good) =>
        encodeNoisePayload({ ...good, identitySignature: signNoiseStaticKey(mallory.signer, new Uint8Array(32)) }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
    {
      name: 'is signed by another identity',
      forge: (good) => encodeNoisePayload({ ...good, identityKey: testIdentity('victim').publicKeyProtobuf }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
    {
      name: 'is signed without the prefix',
      forge: (good) =>
        encodeNoisePayload({
          ...good,
          identitySignature: mallory.signer.sign(new NoiseForger('dialer').staticPublicKey),
        }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
    {
      name: 'has one bit of its signature changed',
      forge: (good) =>
        encodeNoisePayload({
          ...good,
          identitySignature: good.identitySignature.map((byte, index) => (index === 40 ? byte ^ 1 : byte)),
        }),
      code: 'ERR_NOISE_BAD_SIGNATURE',
    },
  ];

  describe.each(ROLES)('heard by a %s', (role) => {
    test.each(cases)('$name -> $code', ({ forge, code }) => {
      const { side, forger } = before(role);
      side.hear(forger.write(forge(honest(forger))));
      const error = expectFailed(side, code);
      expect(error.details.state).toBe(stateOf(role, 'verifyingPayload', 'verifyingPayload'));
      expect(error.cause === undefined).toBe(code !== 'ERR_NOISE_BAD_PAYLOAD');
    });

    test('is good: the same forger is let in', () => {
      const { side, forger } = before(role, { expectedPeer: mallory.peerId });
      side.hear(forger.write(encodeNoisePayload(honest(forger))));
      expect(side.secured).toMatchObject({ remotePeer: mallory.peerId });
      expect(side.secured?.muxer).toBeUndefined();
    });

    test('is another peer than the one that was asked for -> ERR_PEER_ID_MISMATCH', () => {
      const wanted = testIdentity('wanted').peerId;
      const { side, forger } = before(role, { expectedPeer: wanted });
      side.hear(forger.write(encodeNoisePayload(honest(forger))));
      const error = expectFailed(side, 'ERR_PEER_ID_MISMATCH');
      expect(error.message).toBe(`noise: ${wanted} was expected, ${mallory.peerId} answered`);
      expect(error.details).toMatchObject({ peer: wanted, lastEvent: 'crypto.peerMismatch' });
    });

    test('is another peer whose signature is wrong too: the claim counts for nothing -> ERR_NOISE_BAD_SIGNATURE', () => {
      const { side, forger } = before(role, { expectedPeer: testIdentity('wanted').peerId });
      side.hear(forger.write(encodeNoisePayload({ ...honest(forger), identitySignature: new Uint8Array(64) })));
      expectFailed(side, 'ERR_NOISE_BAD_SIGNATURE');
    });
  });
});

describe('the deadline', () => {
  const cases: readonly { state: string; make: () => NoiseSide }[] = [
    { state: 'dialing.awaitingMessage2', make: () => new NoiseSide('dialer').start() },
    { state: 'listening.awaitingMessage1', make: () => new NoiseSide('listener').start() },
    { state: 'listening.awaitingMessage3', make: () => before('listener').side },
  ];

  test.each(cases)('in $state: alive at the last millisecond, timed out after it', ({ state, make }) => {
    const side = make();
    side.takeWire();
    side.clock.advance(9_999);
    expect(side.failed).toBeUndefined();
    side.clock.advance(1);
    const error = expectFailed(side, 'ERR_NOISE_TIMEOUT');
    expect(error.details).toMatchObject({ state, lastEvent: 'deadline' });
    expect(error.details.timeline?.find((stay) => stay.state === state)?.durationMs).toBe(10_000);
  });

  test('says what had come by then', () => {
    const { side, forger } = before('dialer');
    side.hear(forger.write(utf8('some payload')).subarray(0, 5));
    side.clock.advance(10_000);
    const { details, hint, message } = expectFailed(side, 'ERR_NOISE_TIMEOUT');
    expect(message).toBe('noise: deadline while message 2 (e, ee, s, es) was due');
    expect(hint).toBe('The peer stopped answering during the noise handshake.');
    expect(details.lastBytesHex).toMatch(/^006c[0-9a-f]{6}$/);
    expect(details.lastBytesDecoded).toBe('the first 5 bytes of message 2 (e, ee, s, es), 108 bytes');
  });

  test('stops with the handshake: a channel has none', () => {
    const { side, forger } = before('dialer');
    side.hear(forger.write(encodeNoisePayload(honest(forger))));
    side.clock.advance(1_000_000);
    expect([side.failed, side.clock.pendingTimers]).toEqual([undefined, 0]);
  });
});

test('one report in full', () => {
  const { side, forger } = before('listener', { seed: 'report' });
  side.clock.advance(7);
  const bad = forger.write(encodeNoisePayload({ ...honest(forger), identitySignature: new Uint8Array(64) }));
  side.hear(bad);
  const error = expectFailed(side, 'ERR_NOISE_BAD_SIGNATURE');
  expect(error.message).toBe(`noise: the signature by ${mallory.peerId} over the static key is wrong`);
  let order = 0;
  const stay = (state: string, event: string, enteredAtMs: number): object => ({
    order: order++,
    machine: 'noiseHandshake',
    state,
    event,
    enteredAtMs,
  });
  expect(error.details).toEqual({
    machine: 'noiseHandshake',
    state: 'listening.verifyingPayload',
    lastEvent: 'crypto.badSignature',
    timeline: [
      { ...stay('idle', 'start', 0), durationMs: 0 },
      { ...stay('listening.awaitingMessage1', 'local.listen', 0), durationMs: 0 },
      { ...stay('listening.openingMessage1', 'wire.message', 0), durationMs: 0 },
      { ...stay('listening.awaitingMessage3', 'crypto.opened', 0), durationMs: 7 },
      { ...stay('listening.openingMessage3', 'wire.message', 7), durationMs: 0 },
      { ...stay('listening.verifyingPayload', 'crypto.opened', 7), durationMs: 0 },
      stay('badSignature', 'crypto.badSignature', 7),
    ],
    lastBytesHex: toHex(bad.subarray(0, 64)),
    lastBytesDecoded: `message 3 (s, se), ${bad.length - 2} bytes`,
  });
});

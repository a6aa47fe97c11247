/** What a peer may do wrong in noise, against a node over TCP, whoever dialed. */
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/actors/connection/security.js';
import { signNoiseStaticKey } from '../../src/crypto/noise-identity.js';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { encodeNoisePayload } from '../../src/wire/noise.js';
import { encodeYamuxHeader, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { agree, noisePayload, readNoiseFrame, upgradeToSecurity } from '../support/hostile-peer.js';
import { listenRaw, type RawPeer } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux, type HostileYamux } from '../support/hostile-yamux.js';
import { concat, hex } from '../support/decoding.js';
import { frame, NoiseForger } from '../support/noise-forger.js';
import { testIdentity } from '../support/noise-side.js';

const ROLES: readonly Role[] = ['listener', 'dialer'];
const mallory = testIdentity('mallory');
const TAG_BYTES = 16;
const YAMUX_HEADER = 12;
const HANDSHAKE_BYTES = LIMITS.noiseHandshakeMessageBytes;

/** A connection on which noise has just been agreed; `role` is the node's. */
async function atNoise(target: Target, role: Role): Promise<RawPeer> {
  if (role === 'listener') return upgradeToSecurity(target.address, 'noise');
  const { address, peer } = await listenRaw();
  // The rejection is the same error as the event's.
  target.node.dial(address).catch(() => undefined);
  const raw = await peer;
  await agree(raw);
  return raw;
}

/** Up to where the message with our payload is due: the third when the node listens, the second when it dials. */
async function beforePayload(raw: RawPeer, role: Role): Promise<NoiseForger> {
  const forger = new NoiseForger(role === 'listener' ? 'dialer' : 'listener');
  if (role === 'listener') raw.send(forger.write());
  forger.read(await readNoiseFrame(raw));
  return forger;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function lengthOf(size: number): Uint8Array {
  return Uint8Array.of(size >> 8, size & 255);
}

const honestPayload = (forger: NoiseForger): Uint8Array => encodeNoisePayload(noisePayload(mallory, forger));

interface Act {
  readonly name: string;
  /** What is sent where the message with our payload is due. */
  readonly bytes: (forger: NoiseForger) => Uint8Array;
  readonly ends?: boolean;
  readonly code: ErrorCode;
  /** The state, without `listening.` or `dialing.`; `#` is the message's number. */
  readonly state: 'awaitingMessage#' | 'openingMessage#' | 'verifyingPayload';
  readonly limits?: Partial<Limits>;
}

const ACTS: readonly Act[] = [
  {
    name: 'a message truncated by a byte, its length right',
    bytes: (forger) => frame(forger.write(honestPayload(forger)).subarray(2, -1)),
    code: 'ERR_NOISE_BAD_MESSAGE',
    state: 'openingMessage#',
  },
  {
    name: 'a message shorter than its keys and tags',
    bytes: () => frame(new Uint8Array(20)),
    code: 'ERR_NOISE_BAD_MESSAGE',
    state: 'openingMessage#',
  },
  {
    name: 'a message one byte over the limit of the handshake, by its length',
    bytes: () => lengthOf(HANDSHAKE_BYTES + 1),
    code: 'ERR_NOISE_BAD_MESSAGE',
    state: 'openingMessage#',
  },
  {
    name: 'a message at the limit of the handshake that does not decrypt',
    bytes: () => frame(new Uint8Array(HANDSHAKE_BYTES).fill(9)),
    code: 'ERR_NOISE_BAD_MESSAGE',
    state: 'openingMessage#',
  },
  {
    name: 'a flipped bit',
    bytes: (forger) => flipped(forger.write(honestPayload(forger)), 90),
    code: 'ERR_NOISE_BAD_MESSAGE',
    state: 'openingMessage#',
  },
  {
    name: 'a payload that is no protobuf',
    bytes: (forger) => forger.write(hex('0affff')),
    code: 'ERR_NOISE_BAD_PAYLOAD',
    state: 'verifyingPayload',
  },
  {
    name: 'a payload of deep groups',
    bytes: (forger) => forger.write(new Uint8Array(16_000).fill(0x0b)),
    code: 'ERR_NOISE_BAD_PAYLOAD',
    state: 'verifyingPayload',
  },
  {
    name: 'a payload without a signature',
    bytes: (forger) =>
      forger.write(
        encodeNoisePayload({ identityKey: mallory.publicKeyProtobuf, identitySignature: new Uint8Array(0) }),
      ),
    code: 'ERR_NOISE_BAD_PAYLOAD',
    state: 'verifyingPayload',
  },
  {
    name: "a signature over another static key than the handshake's",
    bytes: (forger) =>
      forger.write(
        encodeNoisePayload({
          identityKey: mallory.publicKeyProtobuf,
          identitySignature: signNoiseStaticKey(mallory.signer, new Uint8Array(32).fill(7)),
        }),
      ),
    code: 'ERR_NOISE_BAD_SIGNATURE',
    state: 'verifyingPayload',
  },
  {
    name: 'the signature of another identity',
    bytes: (forger) =>
      forger.write(
        encodeNoisePayload({
          identityKey: mallory.publicKeyProtobuf,
          identitySignature: signNoiseStaticKey(testIdentity('eve').signer, forger.staticPublicKey),
        }),
      ),
    code: 'ERR_NOISE_BAD_SIGNATURE',
    state: 'verifyingPayload',
  },
  {
    name: 'no muxer in common',
    bytes: (forger) =>
      forger.write(
        encodeNoisePayload({
          ...noisePayload(mallory, forger),
          extensions: { streamMuxers: ['/mplex/6.7.0'], webtransportCerthashes: [] },
        }),
      ),
    code: 'ERR_NOISE_NO_COMMON_MUXER',
    state: 'verifyingPayload',
  },
  {
    name: 'silence',
    bytes: () => hex(''),
    code: 'ERR_NOISE_TIMEOUT',
    state: 'awaitingMessage#',
    limits: { noiseHandshakeTimeoutMs: 200 },
  },
  {
    name: 'silence in the middle of the message',
    bytes: () => concat(lengthOf(200), new Uint8Array(100)),
    code: 'ERR_NOISE_TIMEOUT',
    state: 'awaitingMessage#',
    limits: { noiseHandshakeTimeoutMs: 200 },
  },
  {
    name: 'the end before the message',
    bytes: () => hex(''),
    ends: true,
    code: 'ERR_NOISE_ENDED',
    state: 'awaitingMessage#',
  },
  {
    name: 'the end in the middle of the message',
    bytes: (forger) => forger.write(honestPayload(forger)).subarray(0, 77),
    ends: true,
    code: 'ERR_NOISE_ENDED',
    state: 'awaitingMessage#',
  },
];

describe.each(ROLES)('in the handshake, the node is the %s', (role) => {
  const place = role === 'listener' ? 'listening' : 'dialing';
  const number = role === 'listener' ? '3' : '2';

  test.each(ACTS)('$name', async ({ bytes, ends, code, state, limits }) => {
    const target = await startTarget(limits === undefined ? {} : { limits });
    const raw = await atNoise(target, role);
    const forger = await beforePayload(raw, role);
    raw.send(bytes(forger));
    if (ends === true) raw.end();
    await expectFailure(target, {
      event: 'connection.failed',
      code,
      machine: 'noiseHandshake',
      state: `${place}.${state.replace('#', number)}`,
    });
    await raw.expectClosed();
    await expectStillServing(target);
  });
});

test.each([
  { name: 'garbage in place of message 1', bytes: new Uint8Array(100).fill(0xfe), state: 'openingMessage1' },
  { name: 'a message 1 of 31 bytes', bytes: lengthOf(31), state: 'openingMessage1' },
  { name: 'an ephemeral key of low order', bytes: frame(new Uint8Array(32)), state: 'openingMessage1' },
])('$name', async ({ bytes, state }) => {
  const target = await startTarget();
  const raw = await upgradeToSecurity(target.address, 'noise');
  raw.send(bytes);
  const expected = { code: 'ERR_NOISE_BAD_MESSAGE', machine: 'noiseHandshake', state: `listening.${state}` } as const;
  await expectFailure(target, { event: 'connection.failed', ...expected });
  await raw.expectClosed();
  await expectStillServing(target);
});

describe('in the channel', () => {
  /** A frame of exactly `size` bytes: one data frame of a stream that is gone, discarded as it comes. */
  function frameOfSize(yamux: HostileYamux, size: number): Uint8Array {
    const body = size - TAG_BYTES - YAMUX_HEADER;
    const sealed = yamux.pipe.seal(concat(encodeYamuxHeader(YAMUX_TYPE.data, 0, 99, body), new Uint8Array(body)));
    expect(sealed.length).toBe(2 + size);
    return sealed;
  }

  test('frames of 65,535 bytes and of one and two less, and an empty one, are opened', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    for (const size of [65_535, 65_534, 65_533]) yamux.pipe.raw.send(frameOfSize(yamux, size));
    yamux.pipe.raw.send(yamux.pipe.seal(hex('')));
    await yamux.expectEcho('after the largest frames');
    await expectStillServing(target);
  });

  // Sixteen bits hold no more than 65,535, so what is past the limit is tried at a lower one.
  test.each([
    { size: 4096, refused: false },
    { size: 4097, refused: true },
  ])('with a limit of 4096, a frame of $size bytes', async ({ size, refused }) => {
    const target = await startTarget({ limits: { noiseFrameBytes: 4096 } });
    const yamux = await upgradeToYamux(target.address);
    yamux.pipe.raw.send(refused ? lengthOf(size) : frameOfSize(yamux, size));
    if (!refused) await yamux.expectEcho('at the limit');
    else await expectBadFrame(target, yamux);
    // An honest node would send larger frames than this limit.
    await (await upgradeToYamux(target.address, { seed: 'another' })).expectEcho('served');
  });

  async function expectBadFrame(
    target: Target,
    yamux: HostileYamux,
    code: ErrorCode = 'ERR_NOISE_BAD_FRAME',
  ): Promise<void> {
    await expectFailure(target, { event: 'connection.closed', code, machine: 'noiseHandshake', state: 'secured' });
    await yamux.pipe.raw.expectClosed();
    expect(target.node.connections()).toEqual([]);
  }

  const ping = encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7);
  test.each<{ readonly name: string; readonly act: (yamux: HostileYamux) => void; readonly code?: ErrorCode }>([
    { name: 'a frame too short for its tag', act: ({ pipe }) => pipe.raw.send(lengthOf(TAG_BYTES - 1)) },
    { name: 'an empty frame without a tag', act: ({ pipe }) => pipe.raw.send(lengthOf(0)) },
    { name: 'a flipped bit of the tag', act: ({ pipe }) => pipe.raw.send(flipped(pipe.seal(ping), 2 + 12 + 15)) },
    { name: 'a flipped bit of the ciphertext', act: ({ pipe }) => pipe.raw.send(flipped(pipe.seal(ping), 2)) },
    {
      name: 'a replayed frame',
      act: ({ pipe }) => {
        const sealed = pipe.seal(ping);
        pipe.raw.send(sealed, sealed);
      },
    },
    {
      name: 'a frame left out',
      act: ({ pipe }) => {
        pipe.seal(ping);
        pipe.raw.send(pipe.seal(ping));
      },
    },
    {
      name: 'the end in the middle of a frame',
      act: ({ pipe }) => {
        pipe.raw.send(pipe.seal(ping).subarray(0, 9));
        pipe.raw.end();
      },
      code: 'ERR_TRANSPORT_ENDED',
    },
  ])('$name', async ({ act, code }) => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    await yamux.expectEcho('before');
    act(yamux);
    await expectBadFrame(target, yamux, code);
    await expectStillServing(target);
  });
});

/** What a peer may do wrong in secio, against a node over TCP, whoever dialed. */
import { createECDH } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Role } from '../../src/actors/connection/security.js';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { agree, readSecioFrame, upgradeToSecurity, SecioPipe } from '../support/hostile-peer.js';
import { as, listenRaw, type RawPeer } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget, type Target } from '../support/hostile-target.js';
import { upgradeToYamux } from '../support/hostile-yamux.js';
import { concat } from '../support/decoding.js';
import { frameOf, message, ReferencePeer } from '../support/secio-reference.js';
import type { Limits } from '../../src/limits.js';

const ROLES: readonly Role[] = ['listener', 'dialer'];
const secioTarget = (limits: Partial<Limits> = {}): Promise<Target> => startTarget({ security: ['secio'], limits });

/** A connection on which secio has just been agreed; `role` is the node's. */
async function atSecio(target: Target, role: Role): Promise<RawPeer> {
  if (role === 'listener') return upgradeToSecurity(target.address, 'secio');
  const { address, peer } = await listenRaw();
  // The rejection is the same error as the event's.
  target.node.dial(address).catch(() => undefined);
  const raw = await peer;
  await agree(raw);
  return raw;
}

function lengthOf(size: number): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(size);
  return prefix;
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

const point = (): Buffer => {
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.alloc(32, 9));
  return ecdh.getPublicKey();
};

interface Act {
  readonly name: string;
  readonly act: (raw: RawPeer) => Promise<void>;
  readonly code: ErrorCode;
  /** The state, or its part before the dot where the rest is who was preferred. */
  readonly state: string;
  readonly limits?: Partial<Limits>;
}

/** Sends a Propose with some fields replaced. */
async function proposing(raw: RawPeer, exchanges = 'P-256', ciphers = 'AES-256', hashes = 'SHA256'): Promise<void> {
  const reference = new ReferencePeer();
  reference.answerPropose(await readSecioFrame(raw));
  raw.send(frameOf(message(reference.nonce, reference.publicKey, exchanges, ciphers, hashes)));
}

async function proposed(raw: RawPeer): Promise<ReferencePeer> {
  const reference = new ReferencePeer();
  raw.send(reference.answerPropose(await readSecioFrame(raw)));
  return reference;
}

/** Both Exchanges are through, and the keys stand. */
async function exchanged(raw: RawPeer): Promise<ReferencePeer> {
  const reference = await proposed(raw);
  raw.send(reference.exchange());
  reference.readExchange(await readSecioFrame(raw));
  return reference;
}

const HANDSHAKE: readonly Act[] = [
  {
    name: 'garbage',
    act: async (raw) => raw.send(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    code: 'ERR_SECIO_BAD_FRAME',
    state: 'awaitingPropose',
  },
  {
    name: 'a Propose over 8 MiB, by its length',
    act: async (raw) => raw.send(lengthOf(LIMITS.secioFrameBytes + 1)),
    code: 'ERR_SECIO_BAD_FRAME',
    state: 'awaitingPropose',
  },
  {
    name: 'a Propose one byte over the limit of the handshake',
    act: async (raw) => raw.send(lengthOf(LIMITS.secioHandshakeMessageBytes + 1)),
    code: 'ERR_SECIO_BAD_FRAME',
    state: 'awaitingPropose',
  },
  {
    name: 'a Propose at the limit of the handshake that holds nothing',
    act: async (raw) =>
      raw.send(lengthOf(LIMITS.secioHandshakeMessageBytes), Buffer.alloc(LIMITS.secioHandshakeMessageBytes, 0xff)),
    code: 'ERR_SECIO_BAD_PROPOSE',
    state: 'selectingSuite',
  },
  {
    name: 'no common curve',
    act: (raw) => proposing(raw, 'P-224,X25519'),
    code: 'ERR_SECIO_NO_COMMON_SUITE',
    state: 'selectingSuite',
  },
  {
    name: 'no common cipher',
    act: (raw) => proposing(raw, 'P-256', 'Blowfish'),
    code: 'ERR_SECIO_NO_COMMON_SUITE',
    state: 'selectingSuite',
  },
  {
    name: 'no common hash',
    act: (raw) => proposing(raw, 'P-256', 'AES-128', 'MD5'),
    code: 'ERR_SECIO_NO_COMMON_SUITE',
    state: 'selectingSuite',
  },
  {
    name: "the node's own Propose sent back",
    act: async (raw) => raw.send(await readSecioFrame(raw)),
    code: 'ERR_DIAL_SELF',
    state: 'selectingSuite',
  },
  {
    name: 'a wrong signature',
    act: async (raw) => {
      const reference = await proposed(raw);
      raw.send(reference.exchangeWith(point(), (corpus) => flipped(reference.sign(corpus), 5)));
    },
    code: 'ERR_SECIO_BAD_SIGNATURE',
    state: 'verifyingExchange.sent',
  },
  {
    name: 'a point off the curve, rightly signed',
    act: async (raw) => raw.send((await proposed(raw)).exchangeWith(flipped(point(), 64))),
    code: 'ERR_SECIO_BAD_EXCHANGE',
    state: 'verifyingExchange.sent',
  },
  {
    name: 'a wrong nonce',
    act: async (raw) => {
      const reference = await exchanged(raw);
      raw.send(reference.seal(flipped(reference.theirNonce, 0)));
    },
    code: 'ERR_SECIO_BAD_NONCE',
    state: 'checkingNonce',
  },
  {
    name: 'a nonce with a flipped MAC',
    act: async (raw) => {
      const reference = await exchanged(raw);
      raw.send(flipped(reference.seal(reference.theirNonce), 51));
    },
    code: 'ERR_SECIO_BAD_MAC',
    state: 'checkingNonce',
  },
  {
    name: 'silence',
    act: async () => undefined,
    code: 'ERR_SECIO_TIMEOUT',
    state: 'awaitingPropose',
    limits: { secioHandshakeTimeoutMs: 200 },
  },
  {
    name: 'silence after Propose',
    act: async (raw) => {
      await proposed(raw);
    },
    code: 'ERR_SECIO_TIMEOUT',
    state: 'awaitingExchange',
    limits: { secioHandshakeTimeoutMs: 200 },
  },
  {
    name: 'the end before Propose',
    act: async (raw) => raw.end(),
    code: 'ERR_SECIO_ENDED',
    state: 'awaitingPropose',
  },
  {
    name: 'the end in the middle of Propose',
    act: async (raw) => {
      raw.send(lengthOf(200), Buffer.alloc(17));
      raw.end();
    },
    code: 'ERR_SECIO_ENDED',
    state: 'awaitingPropose',
  },
  {
    name: 'the end in the middle of Exchange',
    act: async (raw) => {
      raw.send((await proposed(raw)).exchangeWith(point()).subarray(0, 40));
      raw.end();
    },
    code: 'ERR_SECIO_ENDED',
    state: 'awaitingExchange',
  },
  {
    name: 'the end in the middle of the nonce',
    act: async (raw) => {
      const reference = await exchanged(raw);
      raw.send(reference.seal(reference.theirNonce).subarray(0, 30));
      raw.end();
    },
    code: 'ERR_SECIO_ENDED',
    state: 'awaitingNonce',
  },
];

describe.each(ROLES)('in the handshake, the node is the %s', (role) => {
  test.each(HANDSHAKE)('$name', async ({ act, code, state, limits }) => {
    const target = await secioTarget(limits);
    const raw = await atSecio(target, role);
    await act(raw);
    const error = await expectFailure(target, {
      event: 'connection.failed',
      code,
      machine: 'secioHandshake',
      state: expect.stringContaining(state) as unknown as string,
      ...(code === 'ERR_DIAL_SELF' && role === 'dialer' ? { blame: 'local' } : {}),
    });
    expect(error.details.address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/);
    await raw.expectClosed();
    await expectStillServing(target);
  });
});

describe('in the channel', () => {
  const YAMUX_HEADER = 12;

  test('a frame of 8 MiB is opened, and the connection goes on', async () => {
    const target = await secioTarget();
    const yamux = await upgradeToYamux(target.address, { security: 'secio' });
    const pipe = as(SecioPipe, yamux.pipe);
    // One data frame of a stream that is gone fills it: it is discarded as it comes.
    const body = LIMITS.secioFrameBytes - 32 - YAMUX_HEADER;
    const frame = pipe.seal(concat(encodeYamuxHeader(YAMUX_TYPE.data, 0, 99, body), new Uint8Array(body)));
    expect(Buffer.from(frame).readUInt32BE(0)).toBe(LIMITS.secioFrameBytes);
    pipe.raw.send(frame);
    await yamux.expectEcho('after 8 MiB');
    await expectStillServing(target);
  });

  const acts: readonly (Pick<Act, 'name' | 'code'> & { readonly act: (pipe: SecioPipe) => void })[] = [
    {
      name: 'a frame one byte over 8 MiB, by its length',
      act: (pipe) => pipe.raw.send(lengthOf(LIMITS.secioFrameBytes + 1)),
      code: 'ERR_SECIO_BAD_FRAME',
    },
    {
      name: 'a frame shorter than its MAC',
      act: (pipe) => pipe.raw.send(lengthOf(31)),
      code: 'ERR_SECIO_BAD_FRAME',
    },
    {
      name: 'a flipped MAC',
      act: (pipe) => {
        const frame = pipe.seal(encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7));
        pipe.raw.send(flipped(frame, frame.length - 1));
      },
      code: 'ERR_SECIO_BAD_MAC',
    },
    {
      name: 'a flipped bit of the ciphertext',
      act: (pipe) => pipe.raw.send(flipped(pipe.seal(encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7)), 4)),
      code: 'ERR_SECIO_BAD_MAC',
    },
    {
      name: 'a replayed frame',
      act: (pipe) => {
        const frame = pipe.seal(encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7));
        pipe.raw.send(frame, frame);
      },
      code: 'ERR_SECIO_BAD_MAC',
    },
    {
      name: 'the end in the middle of a frame',
      act: (pipe) => {
        pipe.raw.send(pipe.seal(encodeYamuxHeader(YAMUX_TYPE.ping, 1, 0, 7)).subarray(0, 20));
        pipe.raw.end();
      },
      code: 'ERR_TRANSPORT_ENDED',
    },
  ];

  test.each(acts)('$name', async ({ act, code }) => {
    const target = await secioTarget();
    const yamux = await upgradeToYamux(target.address, { security: 'secio' });
    await yamux.expectEcho('before');
    act(as(SecioPipe, yamux.pipe));
    await expectFailure(target, { event: 'connection.closed', code, machine: 'secioHandshake', state: 'secured' });
    await yamux.pipe.raw.expectClosed();
    expect(target.node.connections()).toEqual([]);
    await expectStillServing(target);
  });
});

/** Our security protocols as encrypters of js-libp2p: what they hand over, and every way to fail. */
import { describe, expect, test } from '@jest/globals';
import { generateKeyPair } from '@libp2p/crypto/keys';
import type { MessageStream, SecureConnectionOptions, SecuredConnection, StreamMuxerFactory } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { multiaddrConnectionPair } from '@libp2p/utils';
import { createChart, noise, plaintext, secio, yamux, type EncrypterFactory } from '../../src/libp2p/index.js';
import { generateIdentity } from '../../src/crypto/keys.js';
import { LIMITS } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { FakeConnection, settled, virtualChart } from '../support/js-libp2p.js';
import { NoiseSide } from '../support/noise-side.js';

const yamuxFactory = yamux()();
const other: StreamMuxerFactory = {
  protocol: '/other/1.0.0',
  createStreamMuxer: () => yamuxFactory.createStreamMuxer(new FakeConnection()),
};
const upgraderOf = (...muxers: StreamMuxerFactory[]) => ({
  getStreamMuxers: () => new Map(muxers.map((muxer) => [muxer.protocol, muxer])),
});

/** Both ends of one connection, secured. */
async function secured(
  factory: EncrypterFactory,
  options: {
    readonly dialer?: SecureConnectionOptions;
    readonly muxers?: readonly [StreamMuxerFactory[], StreamMuxerFactory[]];
  } = {},
): Promise<readonly [SecuredConnection, SecuredConnection]> {
  const [dialerMuxers, listenerMuxers] = options.muxers ?? [[], []];
  const [ours, theirs] = multiaddrConnectionPair();
  return Promise.all([
    factory({ privateKey: await generateKeyPair('Ed25519'), upgrader: upgraderOf(...dialerMuxers) }).secureOutbound(
      ours,
      options.dialer,
    ),
    factory({ privateKey: await generateKeyPair('Ed25519'), upgrader: upgraderOf(...listenerMuxers) }).secureInbound(
      theirs,
    ),
  ]);
}

describe('a secured connection', () => {
  test.each(Object.entries({ noise, secio, plaintext }))(
    'of %s names the peer, and hands bytes over',
    async (_name, part) => {
      const chart = createChart();
      const [dialer, listener] = await secured(part({ chart }));
      expect(dialer.remotePeer.toString()).not.toBe(listener.remotePeer.toString());
      const heard = new Promise<Uint8Array>((resolve) =>
        listener.connection.addEventListener('message', ({ data }) => resolve(data.subarray())),
      );
      expect(dialer.connection.send(Uint8Array.of(1, 2, 3))).toBe(true);
      expect([...(await heard)]).toEqual([1, 2, 3]);
      await dialer.connection.close();
      await settled();
      expect([dialer.connection.status, listener.connection.status]).toEqual(['closed', 'closed']);
      expect(chart.liveActors).toBe(0);
    },
  );

  test.each([
    { dialers: [yamuxFactory], listeners: [yamuxFactory, other], skip: false, agreed: '/yamux/1.0.0' },
    { dialers: [other, yamuxFactory], listeners: [yamuxFactory, other], skip: false, agreed: '/other/1.0.0' },
    { dialers: [], listeners: [yamuxFactory], skip: false, agreed: undefined },
    { dialers: [yamuxFactory], listeners: [yamuxFactory], skip: true, agreed: undefined },
  ])('of noise has the muxer that both agreed on: $agreed', async ({ dialers, listeners, skip, agreed }) => {
    const [dialer, listener] = await secured(noise(), {
      muxers: [dialers, listeners],
      dialer: { skipStreamMuxerNegotiation: skip },
    });
    expect([dialer.streamMuxer?.protocol, listener.streamMuxer?.protocol]).toEqual([agreed, agreed]);
  });

  test('of secio takes preferences', async () => {
    const chart = createChart();
    const agreed: unknown[] = [];
    chart.messages$.subscribe(
      ({ event }) => event?.type === 'secio.secured' && agreed.push([event['curve'], event['cipher'], event['hash']]),
    );
    await secured(secio({ chart, exchanges: ['P-521'], ciphers: ['AES-128'], hashes: ['SHA512'] }));
    expect(agreed).toEqual([
      ['P-521', 'AES-128', 'SHA512'],
      ['P-521', 'AES-128', 'SHA512'],
    ]);
  });
});

/** A dialer's handshake with a peer that the test plays. */
async function handshake(
  part: (options: { readonly chart: ReturnType<typeof createChart> }) => EncrypterFactory,
  options?: SecureConnectionOptions,
) {
  const { chart, clock } = virtualChart();
  const connection = new FakeConnection('outbound');
  const privateKey = await generateKeyPair('Ed25519');
  const result = part({ chart })({ privateKey }).secureOutbound(connection, options);
  const failed = result.then(
    () => undefined,
    (error: unknown) => error,
  );
  await settled();
  return { chart, clock, connection, failed };
}

describe('a handshake that fails', () => {
  const ENDS: readonly { what: string; bring: (connection: FakeConnection) => void; code: string }[] = [
    {
      what: 'garbage',
      bring: (connection) => connection.onData(Uint8Array.of(0, 4, 1, 2, 3, 4)),
      code: 'ERR_NOISE_BAD_MESSAGE',
    },
    { what: 'its end', bring: (connection) => connection.onTransportClosed(), code: 'ERR_NOISE_ENDED' },
    { what: 'a reset', bring: (connection) => connection.onRemoteReset(), code: 'ERR_NOISE_ENDED' },
  ];

  test.each(ENDS)('because of $what says why, and leaves nothing behind', async ({ bring, code }) => {
    const { chart, connection, failed } = await handshake(noise);
    bring(connection);
    expect(await failed).toMatchObject({ code });
    expect([chart.liveActors, connection.listenerCount('message'), connection.listenerCount('idle')]).toEqual([
      0, 0, 0,
    ]);
  });

  test('because the peer is silent', async () => {
    const { chart, clock, failed } = await handshake(noise);
    clock.advance(LIMITS.noiseHandshakeTimeoutMs);
    expect(await failed).toMatchObject({ code: 'ERR_NOISE_TIMEOUT' });
    expect(chart.liveActors).toBe(0);
  });

  test('because the caller gives it up', async () => {
    const giveUp = new AbortController();
    const { chart, failed } = await handshake(noise, { signal: giveUp.signal });
    giveUp.abort(new TypeError('enough'));
    expect(await failed).toMatchObject({ name: 'TypeError', message: 'enough' });
    expect(chart.liveActors).toBe(0);
  });

  test('because another peer answers: with the error that js-libp2p knows, and ours as its cause', async () => {
    const expected = peerIdFromPrivateKey(await generateKeyPair('Ed25519'));
    await expect(secured(noise(virtualChart()), { dialer: { remotePeer: expected } })).rejects.toMatchObject({
      name: 'UnexpectedPeerError',
      cause: { code: 'ERR_PEER_ID_MISMATCH' },
    });
  });

  test('because the peer has an ECDSA key, of which js-libp2p makes no peer id', async () => {
    const { identity } = generateIdentity(nodeCiphers, new SeededRandom('ecdsa'), 'ECDSA');
    const peer = new NoiseSide('listener', { identity }).start();
    const { chart, connection, failed } = await handshake(noise);
    peer.hear(connection.takeSent());
    connection.onData(peer.takeWire());
    expect(await failed).toMatchObject({ name: 'UnsupportedKeyTypeError' });
    peer.hear(connection.takeSent());
    expect(peer.secured).toBeDefined();
    await settled();
    expect([chart.liveActors, connection.reset?.name]).toEqual([0, 'UnsupportedKeyTypeError']);
  });

  test('before it begins, with a key that we do not sign with', async () => {
    const privateKey = await generateKeyPair('ECDSA', 'P-256');
    expect(() => noise()({ privateKey })).toThrow(expect.objectContaining({ code: 'ERR_KEY_UNSUPPORTED' }));
  });
});

/** What the mock below has and its interface does not show. */
type Mock = MessageStream & { readonly readStatus: string; onData(data: Uint8Array): void };
const onData = (below: MessageStream, data: Uint8Array): void => (below as Mock).onData(data);
const readStatus = (below: MessageStream): string => (below as Mock).readStatus;

describe('a secured connection whose peer', () => {
  const pair = async (): Promise<{
    readonly ours: MessageStream;
    readonly below: MessageStream;
    readonly theirs: MessageStream;
  }> => {
    const [below, remote] = multiaddrConnectionPair();
    const [{ connection: ours }, { connection: theirs }] = await Promise.all([
      noise()({ privateKey: await generateKeyPair('Ed25519') }).secureOutbound(below),
      noise()({ privateKey: await generateKeyPair('Ed25519') }).secureInbound(remote),
    ]);
    return { ours, below, theirs };
  };
  const ended = (stream: MessageStream): Promise<string> =>
    new Promise((resolve) => stream.addEventListener('close', ({ error }) => resolve(error?.message ?? 'well')));

  test('sends a frame that does not verify is dropped, with the reason', async () => {
    const { ours, below } = await pair();
    const end = ended(ours);
    onData(below, Uint8Array.of(0, 20, ...new Uint8Array(20)));
    expect(await end).toMatch(/noise/);
    expect([ours.status, below.status]).toEqual(['aborted', 'aborted']);
  });

  test('resets it sees it reset', async () => {
    const { ours, theirs } = await pair();
    const end = ended(theirs);
    ours.abort(new Error('enough'));
    expect(await end).toBe('The stream has been reset');
    expect([ours.status, theirs.status]).toEqual(['aborted', 'reset']);
  });

  test('does not read: the writer waits, then goes on', async () => {
    const { ours, theirs } = await pair();
    let bytes = 0;
    let sent = 0;
    theirs.addEventListener('message', ({ data: { byteLength } }) => void (bytes += byteLength));
    const write = async (): Promise<void> => {
      for (; sent < 64; sent++)
        if (!ours.send(new Uint8Array(65_536)))
          await new Promise((resolve) => ours.addEventListener('drain', resolve, { once: true }));
    };
    const writing = write();
    expect(sent).toBeLessThan(64);
    await writing;
    while (bytes < 64 * 65_536) await settled();
    expect(bytes).toBe(64 * 65_536);
  });

  test('is slow: what a writer sends in spite of that waits in js-libp2p, and all of it comes', async () => {
    const { ours, below, theirs } = await pair();
    const size = 4 * LIMITS.outboxBytes;
    let bytes = 0;
    theirs.addEventListener('message', ({ data: { byteLength } }) => void (bytes += byteLength));
    for (let sent = 0; sent < size; sent += 1024 * 1024) ours.send(new Uint8Array(1024 * 1024));
    expect(below.writeBufferLength).toBeLessThan(2 * LIMITS.outboxLowWaterBytes);
    expect(ours.writeBufferLength).toBeGreaterThan(size / 2);
    while (bytes < size && ours.status === 'open') await settled();
    expect([bytes, ours.status, ours.writeBufferLength]).toEqual([size, 'open', 0]);
  });

  test('is told to wait by pause', async () => {
    const { ours, below } = await pair();
    ours.pause();
    expect(readStatus(below)).toBe('paused');
    ours.resume();
    expect(readStatus(below)).toBe('readable');
  });
});

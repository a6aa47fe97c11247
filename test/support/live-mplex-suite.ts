/** mplex with one peer that speaks it, over one security protocol, in both directions: the same for every family. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SecurityName } from '../../src/index.js';
import { seededBytes, startPeer, type Peer, type PeerName } from '../peers/peers.js';
import { sha256Hex } from './live-bytes.js';
import { echoed } from './live-echo.js';
import { liveNode } from './live-node.js';

const ECHO = '/echo/1.0.0';
const MIB = 1024 * 1024;

/** What a suite is run with. */
export interface LiveMplexOptions {
  readonly peer: PeerName;
  readonly flags: readonly string[];
  readonly security: SecurityName;
  /** Multistream id of the security protocol. */
  readonly id: string;
}

/** Defines the tests. */
export function liveMplexSuite(title: string, { peer: name, flags, security, id }: LiveMplexOptions): void {
  describe(title, () => {
    let peer: Peer;
    beforeAll(async () => {
      peer = await startPeer(name, flags);
    });
    afterAll(() => peer.stop());

    const weListen = () => liveNode({ security: [security], muxers: ['mplex'] });
    const weDial = () => liveNode({ security: [security], muxers: ['mplex'], listen: [] });

    test('we dial: mplex is agreed, identify both ways, ping', async () => {
      const node = await weDial();
      const connection = await node.dial(peer.addresses[0]);
      expect(connection).toMatchObject({ remotePeer: peer.peerId, security: id, muxer: '/mplex/6.7.0' });
      const identify = await node.identify(peer.addresses[0]);
      expect(identify.protocols).toEqual(expect.arrayContaining([ECHO, '/ipfs/ping/1.0.0', '/ipfs/id/1.0.0']));
      const times: number[] = [];
      for await (const roundTripMs of node.ping(peer.addresses[0], { count: 5 })) times.push(roundTripMs);
      expect(times.length).toBe(5);
    });

    test('we offer yamux first and mplex second: mplex is what is left', async () => {
      const node = await liveNode({ security: [security], muxers: ['yamux', 'mplex'], listen: [] });
      expect(await node.dial(peer.addresses[0])).toMatchObject({ muxer: '/mplex/6.7.0' });
    });

    test('they dial: identify tells who we are, ping is answered, the bytes come back', async () => {
      const node = await weListen();
      const address = node.addresses[0];
      expect(await peer.request('dial', { address })).toMatchObject({ peerId: node.peerId });
      expect(node.connections()).toMatchObject([{ direction: 'inbound', muxer: '/mplex/6.7.0' }]);
      expect(await peer.request('identify', { address })).toMatchObject({ agentVersion: 'swarmchart/0.1.0' });
      expect(((await peer.request('ping', { address, count: 3 }))['rttMillis'] as number[]).length).toBe(3);
      const size = 3_000_001;
      expect(await peer.request('echo', { address, size, seed: 7 })).toMatchObject({
        bytes: size,
        sha256: sha256Hex(seededBytes(7, size)),
      });
    });

    test.each([0, 1, 65_535, 65_536, 65_537, 1_048_576, 1_048_577])(
      '%i bytes there and back, sent by us',
      async (size) => {
        const node = await weDial();
        const bytes = seededBytes(size, size);
        const stream = await node.openStream(peer.addresses[0], ECHO);
        expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
        await stream.closed;
      },
    );

    test.each([1, 65_536, 1_048_576, 1_048_577])('%i bytes there and back, sent by them', async (size) => {
      const node = await weListen();
      const answer = await peer.request('echo', { address: node.addresses[0], size, seed: size });
      expect(answer).toMatchObject({ bytes: size, sha256: sha256Hex(seededBytes(size, size)) });
    });

    test('a hundred streams of ours at once, each its own bytes', async () => {
      const node = await weDial();
      await node.identify(peer.addresses[0]);
      const same = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const bytes = seededBytes(index + 1, 20_000 + index);
          const stream = await node.openStream(peer.addresses[0], ECHO);
          return sha256Hex(await echoed(stream, bytes, 999)) === sha256Hex(bytes);
        }),
      );
      expect(same.filter(Boolean).length).toBe(100);
      expect(node.connections().length).toBe(1);
    });

    test('they open five hundred streams, 32 at once', async () => {
      const node = await weListen();
      const address = node.addresses[0];
      const result = await peer.request('echoMany', { address, count: 500, concurrency: 32, size: 64, seed: 1 });
      expect(result).toMatchObject({ count: 500 });
    });

    test('streams of both sides at once: each side has a stream 0', async () => {
      const node = await weListen();
      const address = node.addresses[0];
      await peer.request('dial', { address });
      const [theirs, ours] = await Promise.all([
        peer.request('echoMany', { address, count: 50, concurrency: 8, size: 5000, seed: 3 }),
        Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const bytes = seededBytes(index + 1, 5000);
            const stream = await node.openStream(peer.peerId, ECHO);
            return sha256Hex(await echoed(stream, bytes)) === sha256Hex(bytes);
          }),
        ),
      ]);
      expect(theirs).toMatchObject({ count: 50 });
      expect(ours.filter(Boolean).length).toBe(50);
      expect(node.connections().length).toBe(1);
    });

    test('32 MiB each way on one stream', async () => {
      const node = await weListen();
      const result = await peer.request('perf', { address: node.addresses[0], send: 32 * MIB, receive: 32 * MIB });
      expect(result).toMatchObject({ sent: 32 * MIB, received: 32 * MIB });
    });

    test('a stream that we reset is gone at the peer, and the others go on', async () => {
      const node = await weDial();
      const stalled = await node.openStream(peer.addresses[0], '/stall/1.0.0');
      stalled.write(new Uint8Array(10_000));
      stalled.reset();
      const bytes = seededBytes(3, 100_000);
      const stream = await node.openStream(peer.addresses[0], ECHO);
      expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
      await stream.closed;
      await expect(stalled.closed).rejects.toMatchObject({ code: 'ERR_STREAM_RESET', blame: 'local' });
    });

    test('a reader of ours that stalls loses its stream, and the others go on', async () => {
      const node = await liveNode({ security: [security], muxers: ['mplex'], testProtocols: false });
      node.registerHandle('/perf/1.0.0', (stream) => stream.closed);
      const failed = new Promise<unknown>((resolve) => {
        node.events$.subscribe((event) => event.type === 'stream.failed' && resolve(event.error));
      });
      const address = node.addresses[0];
      await peer.request('dial', { address });
      // What the peer makes of the reset is its own: js-libp2p 0.28 waits for an answer all the same.
      peer.request('perf', { address, send: 8 * MIB, receive: 1 }).catch(() => undefined);
      expect(await failed).toMatchObject({ code: 'ERR_MPLEX_QUEUE_FULL', details: { machine: 'mplexStream' } });
      expect(node.streams().filter(({ protocol }) => protocol === '/perf/1.0.0')).toEqual([]);
      expect(((await peer.request('ping', { address, count: 1 }))['rttMillis'] as number[]).length).toBe(1);
      expect(node.connections().length).toBe(1);
    });

    test('both sides close: nothing is left open', async () => {
      const node = await weDial();
      await node.identify(peer.addresses[0]);
      const closed = new Promise<unknown>((resolve) => {
        node.events$.subscribe((event) => event.type === 'connection.closed' && resolve(event));
      });
      node.disconnect(peer.peerId);
      await closed;
      expect([node.connections(), node.streams()]).toEqual([[], []]);
    });
  });
}

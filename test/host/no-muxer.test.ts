/** Whole nodes without a muxer: one stream a connection, and as many connections as streams. */
import { describe, expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import { LIMITS } from '../../src/limits.js';
import type { CreateNodeOptions } from '../../src/create-node.js';
import type { HostEvent, ProtocolStream } from '../../src/index.js';
import { seededBytes } from '../peers/peers.js';
import { echoed, readBytes } from '../support/live-echo.js';
import { sha256Hex } from '../support/live-bytes.js';
import { eventually } from '../support/hostile-pipe.js';
import { startTarget, type Target } from '../support/hostile-target.js';

const ECHO = '/echo/1.0.0';
const STALL = '/stall/1.0.0';

async function pairOf(options: CreateNodeOptions = {}): Promise<{ readonly server: Target; readonly client: Target }> {
  const server = await startTarget({ muxers: ['none'], ...options });
  const client = await startTarget({ muxers: ['none'], listen: [], ...options });
  server.node.registerHandle(STALL, (stream) => stream.closed);
  return { server, client };
}

function closings({ events }: Target): (HostEvent & { readonly type: 'connection.closed' })[] {
  return events.filter((event) => event.type === 'connection.closed');
}

describe.each(['noise', 'secio', 'plaintext'] as const)('over %s', (security) => {
  test('a stream has the connection, and the connection ends with it', async () => {
    const { server, client } = await pairOf({ security: [security] });
    const bytes = seededBytes(1, 1_000_000);
    const stream = await client.node.openStream(server.address, ECHO);
    expect(client.node.connections()).toMatchObject([{ muxer: 'none', streams: 1 }]);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    await stream.closed;
    for (const target of [client, server]) {
      await eventually('it is closed', () => closings(target).length > 0);
      expect(closings(target)).toEqual([expect.not.objectContaining({ error: expect.anything() })]);
      expect(target.node.streams()).toEqual([]);
    }
  });

  test('a connection that is closed in the middle of a stream is no end of it', async () => {
    const { server, client } = await pairOf({ security: [security] });
    server.node.registerHandle('/half/1.0.0', async (stream) => {
      stream.write(seededBytes(1, 1000));
      await stream.closed.catch(() => undefined);
    });
    const stream = await client.node.openStream(server.address, '/half/1.0.0');
    const reading = readBytes(stream, 2000);
    await eventually('its bytes are here', () => (client.node.connections()[0]?.bytesIn ?? 0) > 1000);
    server.node.disconnect(client.node.peerId);
    await expect(reading).rejects.toMatchObject({ code: 'ERR_TRANSPORT_ENDED', blame: 'remote' });
  });

  test('negotiation and stream are the only plaintext: no muxer is spoken of', async () => {
    const { server, client } = await pairOf({ security: [security] });
    const texts: string[] = [];
    client.node.messages$.subscribe(({ event }) => {
      if (event?.type === 'multistream.messages') texts.push(...(event['lines'] as string[]));
    });
    const stream = await client.node.openStream(server.address, ECHO);
    const id = { noise: '/noise', secio: '/secio/1.0.0', plaintext: '/plaintext/2.0.0' }[security];
    expect(texts).toEqual(['/multistream/1.0.0', id, '/multistream/1.0.0', ECHO]);
    stream.reset();
    await eventually('it is closed', () => server.node.connections().length === 0);
  });
});

describe('many streams', () => {
  test('each takes a connection of its own', async () => {
    const { server, client } = await pairOf();
    const same = await Promise.all(
      Array.from({ length: LIMITS.connectionsPerPeer }, async (_, index) => {
        const bytes = seededBytes(index + 1, 100_000);
        const stream = await client.node.openStream(server.address, ECHO);
        return sha256Hex(await echoed(stream, bytes)) === sha256Hex(bytes);
      }),
    );
    expect(same).toEqual(same.map(() => true));
    const opened = client.events.filter(({ type }) => type === 'connection.opened');
    expect(opened.length).toBe(LIMITS.connectionsPerPeer);
    await eventually('all are closed', () => client.node.connections().length === 0);
  });

  test('as many as a peer may have connections, the next is refused, and room comes back', async () => {
    const { server, client } = await pairOf();
    const streams: ProtocolStream[] = [];
    for (let count = 0; count < LIMITS.connectionsPerPeer; count++) {
      streams.push(await client.node.openStream(server.address, STALL));
    }
    expect(client.node.connections().length).toBe(LIMITS.connectionsPerPeer);
    expect(new Set(streams.map(({ connection }) => connection.id)).size).toBe(LIMITS.connectionsPerPeer);
    const refused = { code: 'ERR_CONNECTION_LIMIT', blame: 'local' };
    await expect(client.node.openStream(server.address, STALL)).rejects.toMatchObject(refused);
    await expect(client.node.openStream(server.node.peerId, STALL)).rejects.toMatchObject(refused);
    streams[0]?.reset();
    for (const { node } of [client, server]) {
      await eventually('there is room', () => node.connections().length < LIMITS.connectionsPerPeer);
    }
    const again = await client.node.openStream(server.node.peerId, STALL);
    expect(again.protocol).toBe(STALL);
  });

  test('a connection that was dialed and not used is the first one’s', async () => {
    const { server, client } = await pairOf();
    const { id } = await client.node.dial(server.address);
    expect((await client.node.dial(server.address)).id).toBe(id);
    const streams = await Promise.all([1, 2, 3].map(() => client.node.openStream(server.address, STALL)));
    expect(streams.map(({ connection }) => connection.id)).toContain(id);
    expect(new Set(streams.map(({ connection }) => connection.id)).size).toBe(3);
  });

  test('who was dialed has no address to dial back, and says so', async () => {
    const { server, client } = await pairOf();
    await client.node.openStream(server.address, STALL);
    await eventually('it is there', () => server.node.streams().length === 1);
    await expect(server.node.openStream(client.node.peerId, ECHO)).rejects.toMatchObject({
      code: 'ERR_DIAL_NO_ADDRESS',
    });
  });
});

describe('the built-in protocols', () => {
  test('identify and ping, each on a connection of its own', async () => {
    const { server, client } = await pairOf();
    const told = await client.node.identify(server.address);
    expect(told).toMatchObject({ protocols: expect.arrayContaining([ECHO, '/ipfs/ping/1.0.0']) });
    const times: number[] = [];
    for await (const roundTripMs of client.node.ping(server.address, { count: 3 })) times.push(roundTripMs);
    expect(times.length).toBe(3);
    await eventually('all are closed', () => client.node.connections().length === 0);
  });

  test('32 MiB are read by a slow reader without loss', async () => {
    const { server, client } = await pairOf();
    let length = 0;
    server.node.registerHandle('/slow/1.0.0', async (stream) => {
      for await (const chunk of stream) {
        length += chunk.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      stream.closeWrite();
    });
    const stream = await client.node.openStream(server.address, '/slow/1.0.0');
    const piece = new Uint8Array(65_536);
    for (let count = 0; count < 512; count++) {
      if (!stream.write(piece)) await stream.whenWritable();
    }
    stream.closeWrite();
    await stream.closed;
    expect(length).toBe(32 * 1024 * 1024);
  });
});

describe('what goes wrong', () => {
  test('no muxer stands alone', async () => {
    await expect(createNode({ muxers: ['none', 'yamux'], listen: [] })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      blame: 'local',
    });
  });

  test('an unknown protocol is declined, and the connection ends', async () => {
    const { server, client } = await pairOf();
    await expect(client.node.openStream(server.address, '/nobody/1.0.0')).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
    });
    await eventually(
      'both are closed',
      () => server.node.connections().length + client.node.connections().length === 0,
    );
  });

  test('a peer that wants a muxer: both sides say so', async () => {
    const { server, client } = await pairOf();
    const muxed = await startTarget({ muxers: ['yamux'] });
    await expect(muxed.node.openStream(server.address, ECHO)).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      message: 'multistream: the peer speaks none of /yamux/1.0.0',
    });
    await expect(client.node.openStream(muxed.address, ECHO)).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      message: 'multistream: the peer speaks none of /echo/1.0.0',
    });
  });

  test('a reset ends the connection on both sides', async () => {
    const { server, client } = await pairOf();
    const stream = await client.node.openStream(server.address, STALL);
    await eventually('it is there', () => server.node.streams().length === 1);
    stream.reset();
    await expect(stream.closed).rejects.toMatchObject({ code: 'ERR_STREAM_RESET', blame: 'local' });
    for (const target of [client, server]) await eventually('it is closed', () => closings(target).length === 1);
    expect(closings(server)[0]).toMatchObject({ error: { code: 'ERR_TRANSPORT_ENDED', blame: 'remote' } });
    expect(closings(client)[0]).toMatchObject({
      error: { code: 'ERR_STREAM_RESET', details: { machine: 'soleStream', state: 'open.writing' } },
    });
  });

  test('disconnect resets the stream', async () => {
    const { server, client } = await pairOf();
    const stream = await client.node.openStream(server.address, STALL);
    client.node.disconnect(server.node.peerId);
    await expect(stream.closed).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    await eventually('it is closed', () => client.node.connections().length === 0);
  });
});

/** Its Close ends both halves: an echo would be cut short wherever the end overtakes it. */
describe('a WebSocket, which has no half-close', () => {
  const LISTEN = '/ip4/127.0.0.1/tcp/0/ws';
  const refusal = {
    code: 'ERR_TRANSPORT_UNSUPPORTED',
    blame: 'local',
    message: expect.stringMatching(/without a muxer a transport must know half-close, and a WebSocket does not$/),
  };

  test('is not listened on', async () => {
    await expect(createNode({ muxers: ['none'], listen: [LISTEN] })).rejects.toMatchObject(refusal);
  });

  test('is not dialed', async () => {
    const { client } = await pairOf();
    const muxed = await startTarget({ listen: [LISTEN] });
    expect(muxed.address).toMatch(/\/ws\//);
    await expect(client.node.openStream(muxed.address, ECHO)).rejects.toMatchObject(refusal);
    await expect(client.node.dial(muxed.address)).rejects.toMatchObject(refusal);
    expect(client.node.connections()).toEqual([]);
  });
});

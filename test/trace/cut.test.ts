/** One connection cut out of a trace of several stands by itself: it replays, byte for byte. */
import { describe, expect, test } from '@jest/globals';
import { connect } from 'node:net';
import { filter, firstValueFrom } from 'rxjs';
import type { Host } from '../../src/host/host.js';
import { replayTrace } from '../../src/replay/index.js';
import type { MuxerName } from '../../src/chain-protocols.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { cutConnection, type Cut } from '../../src/trace/tools/cut/index.js';
import { traceText } from '../../src/trace/writer.js';
import { liveNode } from '../support/live-node.js';
import { addressOf, bytesOf, once, peerOf, recordedTrace, useAll } from './support/recorded.js';
import { draft, traceOf } from './support/traces.js';

const randomOf = (seed: string): SeededRandom => new SeededRandom(seed);
const cutOf = (trace: Trace, connection: string): Cut => {
  const cut = cutConnection(trace, connection, { randomOf });
  // What is written has to be a trace that reads.
  return { ...cut, trace: parseTrace(traceText(cut.trace)) };
};
const connectionsOf = ({ records }: Trace): string[] =>
  records.filter(({ name }) => name === 'io:opened').map(({ actor }) => actor.replace('/node/swarm/', ''));

describe.each(['noise', 'secio', 'plaintext'] as const)('%s', (security) => {
  test('each of three dialed connections replays alone', async () => {
    const remotes = [await peerOf(security), await peerOf(security), await peerOf(security)];
    const trace = await recordedTrace({ security: [security] }, async (node) => {
      for (const remote of remotes) await node.dial(addressOf(remote));
      // Across one another, so that no connection is a piece of the log.
      for (const remote of [...remotes].reverse()) await node.identify(remote.peerId);
      for (const remote of remotes) for await (const time of node.ping(remote.peerId)) expect(time).toBeGreaterThan(-1);
    });
    const connections = connectionsOf(trace);
    expect(connections).toEqual(['conn:2', 'conn:4', 'conn:6']);
    for (const connection of connections) {
      const cut = cutOf(trace, connection);
      expect(cut.entangled).toEqual([]);
      expect(connectionsOf(cut.trace)).toEqual(['conn:2']);
      expect(cut.trace.records.length).toBeLessThan(trace.records.length / 2);
      const replay = await replayTrace(cut.trace);
      expect(replay.difference?.report).toBeUndefined();
    }
  });

  test('a connection with all its protocols replays beside one that is left out', async () => {
    const [quiet, remote] = [await peerOf(security), await peerOf(security)];
    const { cid } = await remote.add(once(bytesOf(100_000)));
    const trace = await recordedTrace({ security: [security] }, async (node) => {
      await useAll(node, remote, cid.toString());
      await node.dial(addressOf(quiet));
    });
    const replay = await replayTrace(cutOf(trace, 'conn:2').trace);
    expect(replay.difference?.report).toBeUndefined();
  });
});

describe('two connections, and calls that name neither', () => {
  type Use = (node: Host, one: Host, other: Host, cids: readonly string[]) => Promise<unknown>;
  const closed = (node: Host, id: string): Promise<unknown> =>
    firstValueFrom(node.events$.pipe(filter((event) => event.type === 'connection.closed' && event.info.id === id)));

  const uses: readonly { readonly name: string; readonly muxer?: MuxerName; readonly use: Use }[] = [
    {
      name: 'a fetch over the one before the other is there',
      use: async (node, one, other, [cid = '']) => {
        await useAll(node, one, cid);
        await node.dial(addressOf(other));
      },
    },
    {
      name: 'a fetch over the other, and then calls for both',
      use: async (node, one, other, [, cid = '']) => {
        await node.dial(addressOf(one));
        await node.dial(addressOf(other));
        for await (const piece of node.cat(cid, { peers: [other.peerId] })) expect(piece.length).toBeGreaterThan(0);
        await node.identify(one.peerId);
        await node.identify(other.peerId);
      },
    },
    {
      name: 'calls for both in one breath, answered one after the other',
      use: async (node, one, other) => {
        await Promise.all([node.dial(addressOf(one)), node.identify(addressOf(other)), node.identify(addressOf(one))]);
        await Promise.all([node.identify(other.peerId), node.identify(one.peerId)]);
      },
    },
    {
      name: 'what the embedder told of the peers',
      use: async (node, one, other) => {
        for (const peer of [one, other]) await node.peers.merge(peer.peerId, { addresses: [addressOf(peer)] });
        for (const peer of [one, other]) await node.dial(peer.peerId);
        await node.identify(one.peerId);
      },
    },
    {
      name: 'one after the other with the same peer',
      use: async (node, one) => {
        const { id } = await node.dial(addressOf(one));
        const gone = closed(node, id);
        node.disconnect(one.peerId);
        await gone;
        await node.dial(addressOf(one));
        await node.identify(one.peerId);
      },
    },
    {
      name: 'a stream each, without a muxer',
      muxer: 'none',
      use: async (node, one, other) => {
        for (const peer of [one, other]) {
          const stream = await node.openStream(addressOf(peer), '/echo/1.0.0');
          stream.write(bytesOf(1_000));
          stream.closeWrite();
          for await (const piece of stream) expect(piece.length).toBeGreaterThan(0);
        }
      },
    },
  ];

  const recorded = async (use: Use, muxer: MuxerName = 'yamux'): Promise<Trace> => {
    const [one, other] = [await liveNode({ muxers: [muxer] }), await liveNode({ muxers: [muxer] })];
    const cids: string[] = [];
    for (const [salt, node] of [one, other].entries()) {
      cids.push((await node.add(once(bytesOf(100_000, salt)))).cid.toString());
    }
    return recordedTrace({ muxers: [muxer] }, (node) => use(node, one, other, cids));
  };

  test.each(uses)('$name: each replays alone', async ({ use, muxer }) => {
    const trace = await recorded(use, muxer);
    const connections = connectionsOf(trace);
    expect(connections).toHaveLength(2);
    for (const connection of connections) {
      const cut = cutOf(trace, connection);
      expect(cut.entangled).toEqual([]);
      const replay = await replayTrace(cut.trace);
      expect({ connection, report: replay.difference?.report }).toEqual({ connection, report: undefined });
    }
  });

  test('a second fetch is the first one of the connection that served it', async () => {
    const trace = await recorded(async (node, one, other, [first = '', second = '']) => {
      await useAll(node, one, first);
      await useAll(node, other, second);
    });
    const { trace: cut } = cutOf(trace, connectionsOf(trace)[1] ?? '');
    expect(cut.records.filter(({ actor }) => actor.endsWith('/bitswap/session:1')).length).toBeGreaterThan(0);
    expect((await replayTrace(cut)).difference?.report).toBeUndefined();
  });
});

describe('inbound', () => {
  const dialBoth = async (node: Host): Promise<void> => {
    for (let dialers = 0; dialers < 2; dialers++) {
      const dialer = await liveNode({ listen: [] });
      await dialer.identify(addressOf(node));
      await node.identify(dialer.peerId);
      const closed = firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'connection.closed')));
      await dialer.stop();
      await closed;
    }
  };

  test('each of two accepted connections replays alone', async () => {
    const trace = await recordedTrace({ listen: ['/ip4/127.0.0.1/tcp/0'] }, dialBoth);
    const connections = connectionsOf(trace);
    expect(connections).toHaveLength(2);
    for (const connection of connections) {
      const replay = await replayTrace(cutOf(trace, connection).trace);
      expect(replay.difference?.report).toBeUndefined();
    }
  });

  test('one that failed keeps its failure', async () => {
    const trace = await recordedTrace({ listen: ['/ip4/127.0.0.1/tcp/0'] }, async (node) => {
      await dialBoth(node);
      const failed = firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'connection.failed')));
      const port = Number(/tcp\/(\d+)/.exec(addressOf(node))?.[1]);
      const socket = connect({ host: '127.0.0.1', port });
      socket.on('error', () => undefined);
      socket.write('GET /index.html HTTP/1.1\r\nHost: '.padEnd(200, 'x'));
      await failed;
      socket.destroy();
    });
    const cut = cutOf(trace, connectionsOf(trace)[2] ?? '');
    const last = cut.trace.records.findLast(({ data }) => data['machine'] === 'connection');
    expect(last).toMatchObject({ actor: '/node/swarm/conn:1', data: { to: 'failed' } });
    const replay = await replayTrace(cut.trace);
    expect(replay.difference?.report).toBeUndefined();
  });
});

describe('what is kept', () => {
  const opened = (number: number): ReturnType<typeof draft>[] => [
    draft('transport:connected', 'transport', { dial: number, socket: number }),
    draft('io:opened', `conn:${number}`, { socket: number, role: 'dialer' }),
  ];

  test('numbers, addresses and names are those of a node that had nothing else', () => {
    const trace = traceOf([
      draft('transport:dial', 'transport', { dial: 1, address: 'a' }),
      draft('actor:transition', 'conn:1', { machine: 'connection', from: '', to: 'connecting' }),
      draft('transport:dial', 'transport', { dial: 2, address: 'b' }),
      draft('actor:transition', 'conn:2', { machine: 'connection', from: '', to: 'connecting' }),
      ...opened(1),
      draft('timer:set', 'clock', { timer: 1 }, 5),
      ...opened(2),
      draft('timer:set', 'clock', { timer: 2 }, 8),
      draft('random:drawn', 'random', { label: 'conn:2/secio/nonce', length: 4 }, 8),
      draft('api:returned', 'api', { call: 9, value: { $ref: 'stream:7', id: 'conn:2' } }, 8),
      draft('timer:fired', 'clock', { timer: 2 }),
      draft('api:called', 'api', { call: 12, target: 'stream:7', method: 'write', arguments: [] }),
      draft('timer:fired', 'clock', { timer: 1 }),
    ]);
    const { trace: cut } = cutOf(trace, 'conn:2');
    expect(cut.records.map(({ name, actor, cause, data }) => ({ name, actor, cause, data }))).toEqual([
      { name: 'transport:dial', actor: '/node/transport', cause: undefined, data: { dial: 1, address: 'b' } },
      {
        name: 'actor:transition',
        actor: '/node/swarm/conn:1',
        cause: undefined,
        data: { machine: 'connection', from: '', to: 'connecting' },
      },
      { name: 'transport:connected', actor: '/node/transport', cause: undefined, data: { dial: 1, socket: 1 } },
      { name: 'io:opened', actor: '/node/swarm/conn:1', cause: undefined, data: { socket: 1, role: 'dialer' } },
      { name: 'timer:set', actor: '/node/clock', cause: 3, data: { timer: 1 } },
      { name: 'random:drawn', actor: '/node/random', cause: 3, data: { label: 'conn:1/secio/nonce', length: 4 } },
      {
        name: 'api:returned',
        actor: '/node/api',
        cause: 3,
        data: { call: 1, value: { $ref: 'stream:1', id: 'conn:1' } },
      },
      { name: 'timer:fired', actor: '/node/clock', cause: undefined, data: { timer: 1 } },
      {
        name: 'api:called',
        actor: '/node/api',
        cause: undefined,
        data: { call: 2, target: 'stream:1', method: 'write', arguments: [] },
      },
    ]);
    const nonce = Buffer.from(new SeededRandom('7').bytes('conn:2/secio/nonce', 4)).toString('hex');
    expect(cut.header.engine.draws).toEqual({ 'conn:1/secio/nonce': nonce });
  });

  test('bytes of a label are those that it gave in this place', () => {
    const trace = traceOf([
      ...opened(1),
      draft('random:drawn', 'random', { label: 'noise.static', length: 2 }, 1),
      draft('random:drawn', 'random', { label: 'noise.ephemeral', length: 2 }, 1),
      ...opened(2),
      draft('random:drawn', 'random', { label: 'noise.ephemeral', length: 2 }, 5),
    ]);
    const { trace: cut } = cutOf(trace, 'conn:2');
    const random = new SeededRandom('7');
    const hex = (label: string): string => Buffer.from(random.bytes(label, 2)).toString('hex');
    hex('noise.ephemeral');
    expect(cut.header.engine.draws).toEqual({
      'noise.static': hex('noise.static'),
      'noise.ephemeral': hex('noise.ephemeral'),
    });
    expect(cut.records.map(({ data }) => data['label']).filter(Boolean)).toEqual(['noise.static', 'noise.ephemeral']);
  });

  test('what follows from another connection is told', () => {
    const trace = traceOf([
      ...opened(1),
      ...opened(2),
      draft('io:bytes_received', 'conn:1', { socket: 1, raw: { length: 0, data: '' } }),
      draft('io:bytes_sent', 'conn:2', { socket: 2, raw: { length: 0, data: '' } }, 4),
    ]);
    expect(cutOf(trace, 'conn:2').entangled.map(({ seq }) => seq)).toEqual([5]);
    expect(cutOf(trace, 'conn:1').entangled).toEqual([]);
  });

  test('no such connection, and one that several nodes have, is refused', () => {
    const one = traceOf(opened(1));
    expect(() => cutOf(one, 'conn:7')).toThrow(
      'the trace has no connection "conn:7" (connections: /node/swarm/conn:1)',
    );
    const records = [
      ...one.records,
      ...one.records.map((each) => ({ ...each, actor: each.actor.replace('node', 'n2') })),
    ];
    const two: Trace = { header: one.header, records: records.map((each, seq) => ({ ...each, seq })) };
    expect(() => cutOf(two, 'conn:1')).toThrow('several nodes have a conn:1');
    const { trace } = cutConnection(two, 'conn:1', { randomOf, node: 'n2' });
    expect(trace.records.map(({ actor }) => actor)).toEqual(['/n2/transport', '/n2/swarm/conn:1']);
  });
});

/** The daemon's end of the RPC, against clients of every kind: what each is answered, and what none of them can cost. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { LineReader } from '../../src/rpc/lines.js';
import type { RpcService } from '../../src/rpc/methods.js';
import { RpcServer } from '../../src/rpc/server.js';
import { NodeTally } from '../../src/telemetry/tally.js';
import { FakeChannel } from './fake-channel.js';

let node: Host;
let other: Host;
let tally: NodeTally;
beforeEach(async () => {
  node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] });
  other = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] });
  tally = new NodeTally(node);
});
afterEach(async () => {
  tally.stop();
  await node.stop();
  await other.stop();
});

/** Timers that fire when they are told to. */
class HandClock {
  readonly timers = new Set<() => void>();
  now = (): number => 1_000;
  wallTime = (): number => 0;
  setTimeout = (fire: () => void): unknown => {
    this.timers.add(fire);
    return fire;
  };
  clearTimeout = (timer: unknown): void => void this.timers.delete(timer as () => void);
}

function serverOf(
  limits: Partial<Limits> = {},
  isToken?: (token: string) => boolean,
): { readonly server: RpcServer; readonly clock: HandClock } {
  const clock = new HandClock();
  const service: RpcService = { node, tally, clock, limits: { ...LIMITS, ...limits }, startedMs: 0 };
  return { server: new RpcServer(service, isToken), clock };
}

function clientOf(server: RpcServer): FakeChannel {
  const channel = new FakeChannel();
  server.accept(channel);
  return channel;
}

/** Waits until `count` lines are written, or the channel is closed. */
async function written(channel: FakeChannel, count: number): Promise<readonly Record<string, unknown>[]> {
  while (channel.written.length < count && !channel.isClosed) await new Promise((resolve) => setImmediate(resolve));
  return channel.answers;
}

describe('methods', () => {
  test('a client sees, dials, pings and disconnects', async () => {
    const channel = clientOf(serverOf().server);
    const [target = ''] = other.addresses;
    channel.ask({ id: 1, method: 'id' });
    channel.ask({ id: 'two', method: 'peers' });
    await written(channel, 2);
    expect(channel.answers).toMatchObject([
      { id: 1, result: { peerId: node.peerId, addresses: node.addresses } },
      { id: 'two', result: [] },
    ]);
    channel.ask({ id: 3, method: 'dial', params: { target } });
    expect((await written(channel, 3))[2]).toMatchObject({
      id: 3,
      result: { remotePeer: other.peerId, direction: 'outbound', security: '/noise', muxer: '/yamux/1.0.0' },
    });
    expect(channel.written[2]).not.toContain('timeline');
    channel.ask({ id: 4, method: 'ping', params: { target, count: 2 } });
    const pings = (await written(channel, 6)).slice(3);
    expect(pings).toEqual([
      { id: 4, event: { roundTripMs: expect.any(Number) } },
      { id: 4, event: { roundTripMs: expect.any(Number) } },
      { id: 4, result: { roundTripsMs: [expect.any(Number), expect.any(Number)] } },
    ]);
    channel.ask({ id: 5, method: 'conns' });
    channel.ask({ id: 6, method: 'stats' });
    channel.ask({ id: 7, method: 'streams' });
    channel.ask({ id: 8, method: 'peers' });
    const seen = await written(channel, 10);
    const byId = Object.fromEntries(seen.map((answer) => [String(answer['id']), answer['result']]));
    expect(byId['5']).toMatchObject([{ remotePeer: other.peerId }]);
    expect(byId['6']).toMatchObject({
      peerId: node.peerId,
      upMs: 1_000,
      peers: 1,
      connections: { inbound: 0, outbound: 1 },
      upgrades: { opened: 1 },
      bugs: {},
      resources: { system: { usage: { connectionsOutbound: 1 } } },
    });
    expect(byId['7']).toEqual(expect.any(Array));
    expect(byId['8']).toMatchObject([{ peer: other.peerId, connections: 1 }]);
    channel.ask({ id: 9, method: 'disconnect', params: { peer: other.peerId } });
    expect((await written(channel, 11))[10]).toEqual({ id: 9, result: { closed: 1 } });
  });

  test('events are streamed until they are cancelled', async () => {
    const channel = clientOf(serverOf().server);
    channel.ask({ id: 1, method: 'events', params: { types: ['peer.connected', 'connection.failed'] } });
    await node.dial(other.addresses[0] ?? '');
    await node.dial('/ip4/127.0.0.1/tcp/1').catch(() => undefined);
    const [connected, failed] = await written(channel, 2);
    expect(connected).toEqual({ id: 1, event: { type: 'peer.connected', peer: other.peerId } });
    expect(failed).toMatchObject({
      id: 1,
      event: { type: 'connection.failed', error: { code: 'ERR_TRANSPORT_REFUSED' } },
    });
    channel.ask({ id: 2, method: 'cancel', params: { id: 1 } });
    channel.ask({ id: 3, method: 'cancel', params: { id: 1 } });
    const ended = (await written(channel, 5)).slice(2);
    expect(ended).toEqual(
      expect.arrayContaining([
        { id: 2, result: { cancelled: true } },
        { id: 1, result: { told: 2 } },
      ]),
    );
  });

  test.each([
    { ask: { id: 1, method: 'nonsense' }, code: 'ERR_RPC_UNKNOWN_METHOD' },
    { ask: { id: 1, method: '__proto__' }, code: 'ERR_RPC_UNKNOWN_METHOD' },
    { ask: { id: 1, method: 'dial' }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'dial', params: { target: 'x', odd: 1 } }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'dial', params: { target: 'x', force: 1 } }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'dial', params: { target: 'nonsense' } }, code: 'ERR_PEER_ID_INVALID' },
    { ask: { id: 1, method: 'dial', params: { target: '/ip4/127.0.0.1/tcp/1' } }, code: 'ERR_TRANSPORT_REFUSED' },
    { ask: { id: 1, method: 'disconnect', params: { peer: 'nobody' } }, code: 'ERR_PEER_ID_INVALID' },
    { ask: { id: 1, method: 'ping', params: { target: 'x', count: 0 } }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'ping', params: { target: 'x', count: 101 } }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'ping', params: { target: 'x', count: 100 } }, code: 'ERR_PEER_ID_INVALID' },
    { ask: { id: 1, method: 'events', params: { types: 'all' } }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { method: 'id' }, code: 'ERR_RPC_BAD_REQUEST', id: null },
    { ask: { id: 1.5, method: 'id' }, code: 'ERR_RPC_BAD_REQUEST', id: null },
    { ask: { id: 'x'.repeat(65), method: 'id' }, code: 'ERR_RPC_BAD_REQUEST', id: null },
    { ask: { id: 1, method: 'x'.repeat(65) }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 7 }, code: 'ERR_RPC_BAD_REQUEST' },
    { ask: { id: 1, method: 'id', params: [] }, code: 'ERR_RPC_BAD_REQUEST' },
  ])('$ask -> $code', async ({ ask, code, id = 1 }) => {
    const channel = clientOf(serverOf().server);
    channel.ask(ask);
    expect(await written(channel, 1)).toEqual([
      { id, error: { code, message: expect.any(String), blame: expect.any(String), try: expect.any(String) } },
    ]);
    expect(channel.isClosed).toBe(false);
  });
});

describe('bounds', () => {
  test('lines: at the limit, one past it, and in every cutting', () => {
    for (const size of [1, 2, 3, 100]) {
      const reader = new LineReader(4);
      const lines: string[] = [];
      const bytes = new TextEncoder().encode('abcd\n\nxy\nz');
      for (let at = 0; at < bytes.length; at += size) {
        for (const line of reader.push(bytes.subarray(at, at + size))) lines.push(new TextDecoder().decode(line));
      }
      expect(lines).toEqual(['abcd', '', 'xy']);
      expect(() => [...reader.push(new TextEncoder().encode('1234'))]).toThrow('a line has at most 4 bytes');
    }
  });

  test('a request at the limit is read; one byte more ends the connection', async () => {
    const { server } = serverOf({ rpcRequestBytes: 64 });
    const ask = JSON.stringify({ id: 1, method: 'id' });
    const whole = clientOf(server);
    whole.say(`${ask.padEnd(64)}\n`, 7);
    expect(await written(whole, 1)).toMatchObject([{ id: 1, result: {} }]);
    const long = clientOf(server);
    long.say(`${ask.padEnd(65)}\n${ask}\n`, 7);
    expect(long.answers).toMatchObject([{ id: null, error: { code: 'ERR_RPC_TOO_LARGE' } }]);
    expect(long.isClosed).toBe(true);
    expect(server.clients).toBe(1);
  });

  test('garbage is answered line by line, and what follows is read', async () => {
    const channel = clientOf(serverOf().server);
    channel.say('nonsense\n[1]\n"id"\nnull\n');
    channel.say(new Uint8Array([0x22, 0xff, 0xfe, 0x22, 0x0a]));
    channel.ask({ id: 1, method: 'id' });
    const answers = await written(channel, 6);
    expect(answers.slice(0, 5)).toEqual(
      Array.from({ length: 5 }, () => ({ id: null, error: expect.objectContaining({ code: 'ERR_RPC_BAD_REQUEST' }) })),
    );
    expect(answers[5]).toMatchObject({ id: 1, result: {} });
  });

  test('requests at once: as many as may be; one more is refused, and the same id twice', async () => {
    const channel = clientOf(serverOf({ rpcRequestsAtOnce: 2 }).server);
    channel.ask({ id: 1, method: 'events' });
    channel.ask({ id: 1, method: 'events' });
    channel.ask({ id: 2, method: 'events' });
    channel.ask({ id: 3, method: 'events' });
    expect(await written(channel, 2)).toMatchObject([
      { id: 1, error: { code: 'ERR_RPC_BAD_REQUEST' } },
      { id: 3, error: { code: 'ERR_RPC_LIMIT' } },
    ]);
  });

  test('clients: as many as may be; one more is told so, and there is room again when one goes', () => {
    const { server } = serverOf({ rpcClients: 2 });
    const clients = [clientOf(server), clientOf(server)];
    const third = clientOf(server);
    expect(third.answers).toMatchObject([{ id: null, error: { code: 'ERR_RPC_LIMIT' } }]);
    expect(third.isClosed).toBe(true);
    clients[0]?.hangUp();
    expect(server.clients).toBe(1);
    expect(clientOf(server).isClosed).toBe(false);
    server.close();
    expect(server.clients).toBe(0);
  });

  test('a client that never reads is dropped above the queue, not at it', async () => {
    const line = JSON.stringify({ id: 1, result: { cancelled: false } });
    const { server } = serverOf({ rpcQueueBytes: 2 * (line.length + 1) });
    const channel = clientOf(server);
    channel.isStuck = true;
    channel.ask({ id: 1, method: 'cancel', params: { id: 9 } });
    channel.ask({ id: 1, method: 'cancel', params: { id: 9 } });
    expect({ closed: channel.isClosed, lines: channel.written.length }).toEqual({ closed: false, lines: 2 });
    channel.ask({ id: 1, method: 'cancel', params: { id: 9 } });
    expect({ closed: channel.isClosed, clients: server.clients }).toEqual({ closed: true, clients: 0 });
    channel.ask({ id: 1, method: 'cancel', params: { id: 9 } });
    expect(channel.written.length).toBe(3);
  });

  test('an answer over the bound is told as an error', async () => {
    const size = JSON.stringify({ id: 1, result: [] }).length;
    const fits = clientOf(serverOf({ rpcAnswerBytes: size }).server);
    fits.ask({ id: 1, method: 'peers' });
    expect(await written(fits, 1)).toEqual([{ id: 1, result: [] }]);
    const tight = clientOf(serverOf({ rpcAnswerBytes: size - 1 }).server);
    tight.ask({ id: 1, method: 'peers' });
    expect(await written(tight, 1)).toMatchObject([{ id: 1, error: { code: 'ERR_RPC_TOO_LARGE' } }]);
  });

  test('what a client began ends when it goes', async () => {
    const channel = clientOf(serverOf().server);
    channel.ask({ id: 1, method: 'events' });
    channel.hangUp();
    await node.dial(other.addresses[0] ?? '');
    expect(channel.written).toEqual([]);
  });
});

describe('token', () => {
  const isToken = (token: string): boolean => token === 'secret';

  test.each([
    ['another request first', '{"id":1,"method":"id"}\n', 'ERR_RPC_UNAUTHORIZED'],
    ['a wrong one', '{"id":1,"method":"auth","params":{"token":"guess"}}\n', 'ERR_RPC_UNAUTHORIZED'],
    ['none', '{"id":1,"method":"auth"}\n', 'ERR_RPC_UNAUTHORIZED'],
    ['no text', '{"id":1,"method":"auth","params":{"token":["secret"]}}\n', 'ERR_RPC_UNAUTHORIZED'],
    ['a browser', 'POST / HTTP/1.1\r\n\r\n{"id":1,"method":"id"}\n', 'ERR_RPC_BAD_REQUEST'],
  ])('%s: one answer, and the connection ends', (_, said, code) => {
    const { server } = serverOf({}, isToken);
    const channel = clientOf(server);
    channel.say(said);
    channel.say('{"id":2,"method":"auth","params":{"token":"secret"}}\n');
    expect(channel.answers).toMatchObject([{ error: { code } }]);
    expect({ closed: channel.isClosed, clients: server.clients }).toEqual({ closed: true, clients: 0 });
  });

  test('the right one opens it; whoever shows none in time is dropped', async () => {
    const { server, clock } = serverOf({}, isToken);
    const known = clientOf(server);
    known.ask({ id: 1, method: 'auth', params: { token: 'secret' } });
    known.ask({ id: 2, method: 'peers' });
    expect(await written(known, 2)).toEqual([
      { id: 1, result: {} },
      { id: 2, result: [] },
    ]);
    const silent = clientOf(server);
    expect(clock.timers.size).toBe(1);
    for (const fire of clock.timers) fire();
    expect(silent.answers).toMatchObject([{ id: null, error: { code: 'ERR_RPC_UNAUTHORIZED' } }]);
    expect({ known: known.isClosed, silent: silent.isClosed }).toEqual({ known: false, silent: true });
  });
});

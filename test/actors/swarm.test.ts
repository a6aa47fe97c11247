import { describe, expect, test } from '@jest/globals';
import { plaintextProtocol } from '../../src/actors/connection/plaintext/handler.js';
import { secioProtocol } from '../../src/actors/connection/secio/handler.js';
import { noiseProtocol } from '../../src/actors/connection/noise/handler.js';
import type { ConnectionMessage } from '../../src/messages.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import { concat, toHex, utf8 } from '../support/decoding.js';
import { during, newSwarm, newWorld, type SimSwarm, type World } from '../support/sim-nodes.js';

const ECHO = '/echo/1.0.0';

async function echo(stream: ProtocolStream): Promise<void> {
  for await (const chunk of stream) {
    stream.write(chunk);
    await stream.whenWritable();
  }
  stream.closeWrite();
}

async function readAll(stream: ProtocolStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return concat(...chunks);
}

async function listening(world: World, seed: string, options = {}): Promise<SimSwarm & { address: string }> {
  const node = newSwarm(world, { seed, ...options });
  node.swarm.registerHandler(ECHO, echo);
  await node.swarm.listen(`/memory/${seed}`);
  return { ...node, address: `/memory/${seed}/p2p/${node.peerId}` };
}

const CHAINS = [
  { name: 'noise', security: [noiseProtocol] },
  { name: 'secio', security: [secioProtocol] },
  { name: 'plaintext', security: [plaintextProtocol] },
] as const;
const CHUNKINGS = [
  { cut: 'as written', rechunk: undefined },
  {
    cut: 'byte by byte',
    rechunk: (chunks: readonly Uint8Array[]) => [...concat(...chunks)].map((byte) => Uint8Array.of(byte)),
  },
  { cut: 'in one piece', rechunk: (chunks: readonly Uint8Array[]) => [concat(...chunks)] },
];

describe.each(CHAINS)('the chain with $name', ({ security }) => {
  test.each(CHUNKINGS)('dials, agrees, echoes and closes, chunks $cut', async ({ rechunk }) => {
    const world = newWorld(rechunk === undefined ? {} : { rechunk });
    const listener = await listening(world, 'listener', { security });
    const dialer = newSwarm(world, { seed: 'dialer', security });

    const stream = await during(world, dialer.swarm.openStream(listener.address, ['/unknown/1.0.0', ECHO]));
    expect(stream.protocol).toBe(ECHO);
    expect(stream.connection.remotePeer).toBe(listener.peerId);
    stream.write(utf8('hello '));
    stream.write(utf8('world'));
    stream.closeWrite();
    expect(toHex(await during(world, readAll(stream)))).toBe(toHex(utf8('hello world')));
    await during(world, stream.closed);

    expect(dialer.swarm.connections.map(({ state }) => state)).toEqual(['open']);
    expect(listener.swarm.peers).toEqual([dialer.peerId]);
    await during(world, Promise.all([dialer.swarm.stop(), listener.swarm.stop()]));
    for (const node of [dialer, listener]) {
      expect(node.environment.liveActors).toBe(0);
      expect(node.swarm.streams).toEqual([]);
      expect(node.broken).toEqual([]);
    }
    expect(world.clock.pendingTimers).toBe(0);
  });
});

describe('dialing', () => {
  test('a second stream reuses the connection; concurrent dials are one', async () => {
    const world = newWorld({ latencyMs: 10 });
    const listener = await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    const streams = await during(
      world,
      Promise.all([1, 2, 3].map(() => dialer.swarm.openStream(listener.address, [ECHO]))),
    );
    const again = await during(world, dialer.swarm.openStream(listener.peerId, [ECHO]));
    expect(new Set([...streams, again].map((stream) => stream.connection.id))).toEqual(new Set(['conn:2']));
    expect(listener.swarm.connections.length).toBe(1);
    expect(dialer.swarm.streams.length).toBe(4);
  });

  test('a dialer that gives up leaves the others their dial; the last one cancels it', async () => {
    const world = newWorld({ latencyMs: 10 });
    const listener = await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    const first = new AbortController();
    const abandoned = dialer.swarm.dial(listener.address, { signal: first.signal }).catch((error: unknown) => error);
    const kept = dialer.swarm.dial(listener.address);
    first.abort();
    expect(await during(world, abandoned)).toMatchObject({ code: 'ERR_ABORTED' });
    expect((await during(world, kept)).state).toBe('open');

    const lonely = newSwarm(world, { seed: 'lonely' });
    const only = new AbortController();
    const given = lonely.swarm.dial(listener.address, { signal: only.signal }).catch((error: unknown) => error);
    await world.advance(5);
    only.abort();
    expect(await during(world, given)).toMatchObject({ code: 'ERR_ABORTED' });
    await world.advance(10_000);
    expect(lonely.environment.liveActors).toBe(0);
  });

  test.each([
    { name: 'nothing listens', target: '/memory/nobody', code: 'ERR_TRANSPORT_REFUSED' },
    { name: 'an address that no transport handles', target: '/ip4/127.0.0.1/udp/1', code: 'ERR_TRANSPORT_UNSUPPORTED' },
    { name: 'not an address', target: '/nonsense', code: 'ERR_INVALID_ARGUMENT' },
    { name: 'not a peer id', target: 'nonsense', code: 'ERR_PEER_ID_INVALID' },
    {
      name: 'a peer whose address is not known',
      target: '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
      code: 'ERR_DIAL_NO_ADDRESS',
    },
  ])('$name -> $code', async ({ target, code }) => {
    const world = newWorld();
    const dialer = newSwarm(world, { seed: 'dialer' });
    await expect(during(world, dialer.swarm.dial(target))).rejects.toMatchObject({ code });
    expect(dialer.environment.liveActors).toBe(0);
  });

  test('another peer than the one dialed is refused, and named', async () => {
    const world = newWorld();
    await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    const other = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
    await expect(during(world, dialer.swarm.dial(`/memory/listener/p2p/${other}`))).rejects.toMatchObject({
      code: 'ERR_PEER_ID_MISMATCH',
      details: { peer: other, machine: 'noiseHandshake' },
    });
  });

  test('a node does not dial itself', async () => {
    const world = newWorld();
    const node = await listening(world, 'listener');
    await expect(during(world, node.swarm.dial(node.address))).rejects.toMatchObject({ code: 'ERR_DIAL_SELF' });
    await expect(during(world, node.swarm.dial('/memory/listener'))).rejects.toMatchObject({ code: 'ERR_DIAL_SELF' });
    expect(node.swarm.connections).toEqual([]);
  });

  test('no security in common: the report names both machines, the state and the times', async () => {
    const world = newWorld({ latencyMs: 5 });
    const listener = await listening(world, 'listener', { security: [secioProtocol] });
    const dialer = newSwarm(world, { seed: 'dialer', security: [noiseProtocol] });
    const failure = await during(
      world,
      dialer.swarm.dial(listener.address).catch((error: unknown) => error),
    );
    expect(failure).toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      details: {
        machine: 'multistreamDialer',
        state: 'awaitingReply',
        lastEvent: 'wire.na',
        address: '/memory/listener',
      },
    });
    const { timeline } = (failure as { details: { timeline: { machine: string; state: string }[] } }).details;
    expect(timeline.map(({ machine, state }) => `${machine}.${state}`)).toEqual([
      'connection.upgrading.connecting',
      'connection.upgrading.negotiatingSecurity',
      'multistreamDialer.awaitingHeader',
      'multistreamDialer.awaitingReply',
      'multistreamDialer.noOverlap',
    ]);
  });

  test('a peer that is silent from the start ends in a time-out that says where', async () => {
    const world = newWorld();
    world.network.transport.listen(
      '/memory/mute',
      (connection) => connection.open({ onChunk() {}, onChunks() {}, onDrained() {}, onEnded() {}, onClosed() {} }),
      () => {},
      () => {},
    );
    const dialer = newSwarm(world, { seed: 'dialer' });
    await expect(during(world, dialer.swarm.dial('/memory/mute'))).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_TIMEOUT',
      details: { machine: 'multistreamDialer', state: 'awaitingHeader' },
    });
    expect(world.clock.now()).toBe(10_000);
    expect(dialer.environment.liveActors).toBe(0);
  });
});

describe('bounds', () => {
  test('connections: at the limit accepted, one past it refused, either way', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener', { limits: { connections: 2 } });
    const dialers = ['a', 'b', 'c'].map((seed) => newSwarm(world, { seed }));
    const [first, second, third] = dialers;
    expect((await during(world, first!.swarm.dial(listener.address))).state).toBe('open');
    expect((await during(world, second!.swarm.dial(listener.address))).state).toBe('open');
    await expect(during(world, third!.swarm.dial(listener.address))).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_ENDED',
    });
    expect(listener.swarm.connections.length).toBe(2);
    await expect(during(world, listener.swarm.dial('/memory/elsewhere'))).rejects.toMatchObject({
      code: 'ERR_CONNECTION_LIMIT',
      blame: 'local',
    });
  });

  test('upgrades under way: at the limit begun, one past it waits its turn, one past the queue is dropped', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener', { limits: { upgradesInProgress: 2, acceptQueue: 1 } });
    const refused: string[] = [];
    listener.swarm.events$.subscribe((event) => {
      if (event.type === 'connection.refused') refused.push(event.error.code);
    });
    const gone: string[] = [];
    const mute = (name: string): void => {
      world.network.transport.dial(
        listener.address,
        (connection) =>
          connection.open({
            onChunk() {},
            onChunks() {},
            onDrained() {},
            onEnded() {},
            onClosed: () => void gone.push(name),
          }),
        () => undefined,
      );
    };
    mute('one');
    mute('two');
    await world.settle();
    expect(gone).toEqual([]);
    mute('three');
    await world.settle();
    expect(gone).toEqual([]);
    mute('four');
    await world.settle();
    expect(gone).toEqual(['four']);
    expect(refused).toEqual(['ERR_CONNECTION_LIMIT']);
    await world.advance(10_000);
    expect(gone).toEqual(['four', 'one', 'two']);
    await world.advance(10_000);
    expect(gone).toEqual(['four', 'one', 'two', 'three']);
    const dialer = newSwarm(world, { seed: 'dialer' });
    expect((await during(world, dialer.swarm.dial(listener.address))).state).toBe('open');
  });

  test('connections of one peer: at the limit kept, one past it closed', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener', { limits: { connectionsPerPeer: 2 } });
    // Three nodes with one identity are one peer to the listener.
    const twins = [1, 2, 3].map(() => newSwarm(world, { seed: 'same' }));
    for (const { swarm } of twins) await during(world, swarm.dial(listener.address));
    await world.advance(5_000);
    expect(listener.swarm.peers).toEqual([twins[0]!.peerId]);
    expect(listener.swarm.connections.length).toBe(2);
    expect(twins.map(({ swarm }) => swarm.connections.length)).toEqual([1, 1, 0]);
  });

  test('a transport that never connects ends at its own deadline, by name', async () => {
    const world = newWorld({ latencyMs: 60_000 });
    const dialer = newSwarm(world, { seed: 'dialer', limits: { dialAddressTimeoutMs: 5_000 } });
    await expect(during(world, dialer.swarm.dial('/memory/far'))).rejects.toMatchObject({
      code: 'ERR_DIAL_TIMEOUT',
      details: { machine: 'connection', state: 'upgrading.connecting' },
    });
    expect(world.clock.now()).toBe(5_000);
  });
});

describe('streams', () => {
  test('an unknown protocol is declined and the connection goes on', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    await expect(during(world, dialer.swarm.openStream(listener.address, ['/nobody/1.0.0']))).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      details: { peer: listener.peerId },
    });
    expect((await during(world, dialer.swarm.openStream(listener.address, [ECHO]))).protocol).toBe(ECHO);
    expect(dialer.swarm.connections.length).toBe(1);
  });

  test('a handler that throws resets its stream only', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener');
    listener.swarm.registerHandler('/throws/1.0.0', () => {
      throw new Error('handler bug');
    });
    listener.swarm.registerHandler('/rejects/1.0.0', () => Promise.reject(new Error('handler bug')));
    const failures: string[] = [];
    listener.swarm.events$.subscribe((event) => event.type === 'stream.failed' && failures.push(event.error.message));
    const dialer = newSwarm(world, { seed: 'dialer' });
    // That the protocol was agreed on has left before: the dialer is not to take a bug for a refusal.
    for (const protocol of ['/throws/1.0.0', '/rejects/1.0.0']) {
      const stream = await during(world, dialer.swarm.openStream(listener.address, [protocol]));
      await expect(during(world, stream.closed)).rejects.toMatchObject({ code: 'ERR_STREAM_RESET' });
    }
    expect(failures).toEqual([
      'the handler of /throws/1.0.0 threw: Error: handler bug',
      'the handler of /rejects/1.0.0 threw: Error: handler bug',
    ]);
    expect((await during(world, dialer.swarm.openStream(listener.address, [ECHO]))).protocol).toBe(ECHO);
  });

  test('inbound streams of a protocol are bounded, at the limit and one past it', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener', { limits: { streamsPerProtocolInbound: 3 } });
    const dialer = newSwarm(world, { seed: 'dialer' });
    const open = () => during(world, dialer.swarm.openStream(listener.address, [ECHO]));
    const streams = [await open(), await open(), await open()];
    await expect(open()).rejects.toMatchObject({ code: 'ERR_MULTISTREAM_ENDED', cause: { code: 'ERR_STREAM_RESET' } });
    expect(streams.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const [first] = streams;
    await during(world, first!.close());
    await world.settle();
    const freed = await open();
    freed.write(utf8('x'));
    freed.closeWrite();
    expect(toHex(await during(world, readAll(freed)))).toBe('78');
  });
});

describe('taps', () => {
  test('every hop is seen, in one order, and costs nothing when nobody looks', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    const seen: ConnectionMessage[] = [];
    dialer.environment.messages$.subscribe((message) => seen.push(message));
    const stream = await during(world, dialer.swarm.openStream(listener.address, [ECHO]));
    stream.write(utf8('ping'));
    await world.settle();
    expect(new Set(seen.map(({ layer }) => layer))).toEqual(
      new Set(['transport', 'multistream', 'noise', 'yamux', 'protocol']),
    );
    expect(seen.every(({ chunks, length }) => chunks.reduce((sum, chunk) => sum + chunk.length, 0) === length)).toBe(
      true,
    );
    const sequences = seen.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((left, right) => left - right));
    const count = seen.length;
    expect(count).toBeGreaterThan(20);
  });

  test('a subscriber that sends from inside a message is heard in a later one', async () => {
    const world = newWorld();
    const listener = await listening(world, 'listener');
    const dialer = newSwarm(world, { seed: 'dialer' });
    const stream = await during(world, dialer.swarm.openStream(listener.address, [ECHO]));
    const order: string[] = [];
    let answered = false;
    dialer.environment.messages$.subscribe((message) => {
      if (message.direction !== 'outbound' || message.layer !== 'transport') return;
      order.push(`first hears ${message.length}`);
      if (!answered) {
        answered = true;
        stream.write(utf8('again'));
      }
    });
    dialer.environment.messages$.subscribe((message) => {
      if (message.direction === 'outbound' && message.layer === 'transport')
        order.push(`second hears ${message.length}`);
    });
    stream.write(utf8('x'));
    await world.settle();
    expect(order.map((line) => line.split(' ')[0])).toEqual(['first', 'second', 'first', 'second']);
  });
});

test('the same seed gives the same bytes, twice', async () => {
  const run = async (): Promise<string> => {
    const world = newWorld({ latencyMs: 3 });
    const listener = await listening(world, 'listener', { security: [secioProtocol] });
    const dialer = newSwarm(world, { seed: 'dialer', security: [secioProtocol] });
    const wire: string[] = [];
    dialer.environment.messages$.subscribe(({ layer, direction, chunks, timeMs }) => {
      if (layer === 'transport') wire.push(`${timeMs} ${direction} ${toHex(concat(...chunks))}`);
    });
    const stream = await during(world, dialer.swarm.openStream(listener.address, [ECHO]));
    stream.write(utf8('determined'));
    await world.advance(100);
    return wire.join('\n');
  };
  const first = await run();
  expect(first.length).toBeGreaterThan(1000);
  expect(await run()).toBe(first);
});

/** Two peers that dial each other at once: which of the two connections is kept, and when the other one goes. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { Subject } from 'rxjs';
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { Environment } from '../../../src/actors/environment.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import { CrossedDials } from '../../../src/actors/swarm/crossed-dials.js';
import { peerIdToBytes } from '../../../src/crypto/peer-id.js';
import { LIMITS } from '../../../src/limits.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import {
  during,
  newSwarm,
  newWorld,
  type SimSwarm,
  type SimSwarmOptions,
  type World,
} from '../../support/sim-nodes.js';

const ECHO = '/echo/1.0.0';
const GRACE_MS = LIMITS.crossedDialsGraceMs;

interface Node extends SimSwarm {
  readonly address: string;
  /** Types of its events but those of streams, in order. */
  readonly told: string[];
}

const nodes: { readonly world: World; readonly node: Node }[] = [];

async function listening(world: World, seed: string, options: Omit<SimSwarmOptions, 'seed'> = {}): Promise<Node> {
  const made = newSwarm(world, { seed, ...options });
  const told: string[] = [];
  made.swarm.events$.subscribe(({ type }) => {
    if (!type.startsWith('stream.')) told.push(type);
  });
  made.swarm.registerHandler(ECHO, echo);
  await made.swarm.listen(`/memory/${seed}`);
  const node = { ...made, told, address: `/memory/${seed}/p2p/${made.peerId}` };
  nodes.push({ world, node });
  return node;
}

async function echo(stream: ProtocolStream): Promise<void> {
  for await (const chunk of stream) stream.write(chunk);
  stream.closeWrite();
}

/** One byte there and back, and the stream is over. */
async function expectEcho(world: World, stream: ProtocolStream): Promise<void> {
  stream.write(Uint8Array.of(7));
  stream.closeWrite();
  const back = (async () => {
    const bytes: number[] = [];
    for await (const chunk of stream) bytes.push(...chunk);
    return bytes;
  })();
  expect(await during(world, back)).toEqual([7]);
  await world.settle();
}

afterEach(async () => {
  for (const { world, node } of nodes.splice(0)) {
    await during(world, node.swarm.stop());
    expect({ live: node.environment.liveActors, broken: node.broken }).toEqual({ live: 0, broken: [] });
  }
});

/** Two nodes that have dialed each other in the same instant; the first has the smaller id. */
async function crossed(options: Omit<SimSwarmOptions, 'seed'> = {}, theirs = options) {
  const world = newWorld({ latencyMs: 20 });
  const made = [await listening(world, 'alice', options), await listening(world, 'bob', theirs)];
  const [small, large] = made.sort((one, other) =>
    Buffer.compare(peerIdToBytes(one.peerId), peerIdToBytes(other.peerId)),
  ) as [Node, Node];
  const dialed = await during(world, Promise.all([small.swarm.dial(large.address), large.swarm.dial(small.address)]));
  await world.advance(200);
  expect([small.swarm.connections.length, large.swarm.connections.length]).toEqual([2, 2]);
  return { world, small, large, kept: dialed[0], surplus: dialed[1] };
}

function directions({ small, large }: { readonly small: Node; readonly large: Node }): string[][] {
  return [small, large].map(({ swarm }) => swarm.connections.map(({ direction }) => direction));
}

const BOTH_KEPT = [
  ['inbound', 'outbound'],
  ['inbound', 'outbound'],
];
const ONE_KEPT = [['outbound'], ['inbound']];

describe('two peers dial each other at once', () => {
  test('both keep the connection that the smaller id dialed; the peer counts as connected all the time', async () => {
    const pair = await crossed();
    const { world, small, large } = pair;
    await world.advance(GRACE_MS - 400);
    expect(directions(pair).map((each) => [...each].sort())).toEqual(BOTH_KEPT);
    await world.advance(1_000);
    expect(directions(pair)).toEqual(ONE_KEPT);
    for (const { told } of [small, large]) {
      expect(told.filter((type) => type.startsWith('peer.'))).toEqual(['peer.connected']);
      expect(told.filter((type) => type === 'connection.closed')).toHaveLength(1);
    }
    expect([...small.told, ...large.told]).toContain('connection.trimmed');
    await expectEcho(world, await during(world, large.swarm.openStream(small.peerId, [ECHO])));
  });

  test('the grace is as long as the limit says', async () => {
    const pair = await crossed({ limits: { crossedDialsGraceMs: 60_000 } });
    await pair.world.advance(59_000);
    expect(directions(pair).flat()).toHaveLength(4);
    await pair.world.advance(2_000);
    expect(directions(pair)).toEqual(ONE_KEPT);
  });

  test('new streams go to the kept one, though the other one has more of them', async () => {
    const { world, small, large, kept, surplus } = await crossed();
    const held = [
      await during(world, large.swarm.openStreamOn(surplus, [ECHO])),
      await during(world, large.swarm.openStreamOn(surplus, [ECHO])),
    ];
    const ours = await during(world, small.swarm.openStream(large.peerId, [ECHO]));
    const theirs = await during(world, large.swarm.openStream(small.peerId, [ECHO]));
    expect(ours.connection).toMatchObject({ id: kept.address, direction: 'outbound' });
    expect(theirs.connection.direction).toBe('inbound');
    expect(large.swarm.isSurplus(surplus.address)).toBe(true);
    expect(small.swarm.isSurplus(kept.address)).toBe(false);
    for (const stream of [...held, ours, theirs]) await expectEcho(world, stream);
  });

  test('one that has a stream is not closed, and goes a while after its last stream', async () => {
    const pair = await crossed();
    const { world, large, surplus } = pair;
    const streams = [
      await during(world, large.swarm.openStreamOn(surplus, [ECHO])),
      await during(world, large.swarm.openStreamOn(surplus, [ECHO])),
    ];
    await world.advance(600_000);
    expect(directions(pair).flat()).toHaveLength(4);
    const [first, last] = streams as [ProtocolStream, ProtocolStream];
    await expectEcho(world, first);
    await world.advance(600_000);
    expect(directions(pair).flat()).toHaveLength(4);
    await expectEcho(world, last);
    await world.advance(GRACE_MS - 1_000);
    expect(directions(pair).flat()).toHaveLength(4);
    await world.advance(2_000);
    expect(directions(pair)).toEqual(ONE_KEPT);
  });

  test('who goes on to open streams on it does not know the rule: both stay', async () => {
    const pair = await crossed({}, { simultaneousDials: 'both' });
    const { world, small, large } = pair;
    const theirs = large.swarm.connections.find(({ direction }) => direction === 'outbound') as ConnectionActor;
    const held = await during(world, large.swarm.openStreamOn(theirs, [ECHO]));
    await world.advance(GRACE_MS + 1_000);
    await expectEcho(world, held);
    await world.advance(GRACE_MS - 1_000);
    await expectEcho(world, await during(world, large.swarm.openStreamOn(theirs, [ECHO])));
    await world.advance(600_000);
    expect(directions(pair).flat()).toHaveLength(4);
    const ours = await during(world, small.swarm.openStream(large.peerId, [ECHO]));
    expect(ours.connection.direction).toBe('outbound');
    await expectEcho(world, ours);
  });

  test('who does not know the rule and leaves it alone has it closed', async () => {
    const pair = await crossed({}, { simultaneousDials: 'both' });
    await pair.world.advance(GRACE_MS + 1_000);
    expect(directions(pair)).toEqual(ONE_KEPT);
  });

  test('the last one is never closed: when the kept one goes, the other one stays', async () => {
    const pair = await crossed();
    const { world, small, large, kept } = pair;
    kept.close();
    await world.advance(600_000);
    expect(directions(pair)).toEqual([['inbound'], ['outbound']]);
    expect([small.swarm.isSurplus(small.swarm.connections[0]?.address ?? ''), large.told.at(-1)]).toEqual([
      false,
      'connection.closed',
    ]);
    await expectEcho(world, await during(world, small.swarm.openStream(large.peerId, [ECHO])));
  });

  test.each<[string, Omit<SimSwarmOptions, 'seed'>]>([
    ['the option says so', { simultaneousDials: 'both' }],
    ['the node is of an earlier generation', { generation: 2 }],
  ])('both stay where %s', async (_, options) => {
    const pair = await crossed(options);
    await pair.world.advance(600_000);
    expect(directions(pair).flat()).toHaveLength(4);
  });

  test('another connection that one side dials on purpose stays', async () => {
    const world = newWorld({ latencyMs: 20 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    await during(world, alice.swarm.dial(bob.address));
    await world.advance(LIMITS.crossedDialsMs);
    await during(world, bob.swarm.dial(alice.address, { force: true }));
    await world.advance(600_000);
    expect([alice.swarm.connections.length, bob.swarm.connections.length]).toEqual([2, 2]);
  });
});

const SMALL = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';
const LARGE = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

interface Shape {
  readonly role?: string;
  readonly remoteAddress?: string;
  readonly createdAtMs?: number;
  readonly peer?: string;
  readonly isClaimed?: boolean;
}

describe('which pairs are of crossed dials', () => {
  const near = { role: 'dialer' };
  const far = { role: 'listener' };

  test.each<[string, Shape, Shape, 'near' | 'far' | 'none']>([
    ['one of each side: the smaller id is the peer', near, far, 'near'],
    ['whichever is first', { ...near, createdAtMs: 500 }, far, 'near'],
    ['both are ours', near, near, 'none'],
    ['both are theirs', far, far, 'none'],
    ['they began as far apart as may be', near, { ...far, createdAtMs: LIMITS.crossedDialsMs }, 'near'],
    ['further apart', near, { ...far, createdAtMs: LIMITS.crossedDialsMs + 1 }, 'none'],
    ['one goes through a relay', near, { ...far, remoteAddress: '/memory/r/p2p-circuit' }, 'none'],
    ['the name of one is a claim', near, { ...far, isClaimed: true }, 'none'],
    ['nobody has named the other end', near, { ...far, peer: '' }, 'none'],
  ])('%s', (_, one, other, expected) => {
    const { crossed: dials, end } = crossedDials(LARGE);
    const [ours, theirs] = [connection(one), connection(other)];
    dials.opened(ours, []);
    dials.opened(theirs, [ours]);
    expect({ near: dials.isSurplus(ours), far: dials.isSurplus(theirs) }).toEqual({
      near: expected === 'near',
      far: expected === 'far',
    });
    end(theirs);
  });

  test('the smaller id is ours: what we dialed is kept', () => {
    const { crossed: dials, end } = crossedDials(SMALL);
    const [ours, theirs] = [connection({ ...near, peer: LARGE }), connection({ ...far, peer: LARGE })];
    dials.opened(theirs, [ours]);
    expect([dials.isSurplus(ours), dials.isSurplus(theirs)]).toEqual([false, true]);
    end(theirs);
  });

  test('one that we wanted beside another is in no pair, and a third one in none either', () => {
    const { crossed: dials, end } = crossedDials(LARGE);
    const [wanted, theirs, ours, third] = [near, far, near, far].map(connection) as [
      ConnectionActor,
      ConnectionActor,
      ConnectionActor,
      ConnectionActor,
    ];
    dials.want(wanted);
    dials.opened(theirs, [wanted]);
    expect(dials.isSurplus(wanted)).toBe(false);
    dials.opened(ours, [wanted, theirs]);
    dials.opened(third, [wanted, theirs, ours]);
    expect([wanted, theirs, ours, third].map((one) => dials.isSurplus(one))).toEqual([false, false, true, false]);
    end(ours);
  });
});

function connection({ role = 'dialer', peer = SMALL, isClaimed = false, ...others }: Shape): ConnectionActor {
  const secured = { remotePeer: peer, ...(isClaimed ? { name: () => undefined } : {}) };
  return { remoteAddress: '/memory/r', createdAtMs: 0, role, secured, ...others } as unknown as ConnectionActor;
}

function crossedDials(ownPeer: string) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: {} as never, ciphers: {} as never });
  const crossed = new CrossedDials({
    environment,
    ownPeer,
    isOn: true,
    resources: { onceIdle: () => undefined },
    events: new Subject(),
  });
  return {
    crossed,
    end: (one: ConnectionActor) => {
      crossed.closed(one);
      expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
    },
  };
}

/** What nodes of ours do with each other, in virtual time: crossed dials, trimming, kept peers, names, rendezvous. */
import { CID } from 'multiformats/cid';
import { filter, firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import { createNode, type CreateNodeOptions } from '../../../src/create-node.js';
import type { Host } from '../../../src/host/host.js';
import type { TransportListener } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { TableResolver } from '../../../src/sim/table-resolver.js';
import { ScriptedAddresses } from '../../support/scripted-addresses.js';
import { during, newWorld, type World } from '../../support/sim-nodes.js';
import { expectEqual } from './expecting.js';
import type { NodeOptions, Recipe, Recording } from './recipe.js';
import { startIn, stopIn } from './virtual.js';

const LATENCY_MS = 20;
/** Longer than crossed dials are left alone. */
const SETTLED_MS = 20_000;
const CONTENT = CID.parse('bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui');

export const OWN_NODES: readonly Recipe[] = [
  among(
    'dials-crossed',
    'two nodes dial each other at once, and the connection that is one too many goes',
    async (all) => {
      const { world, other } = all;
      const node = await all.start({ listen: ['/memory/node'] });
      const one = other.dial(node.addresses[0] ?? '');
      await during(world, Promise.all([node.dial(other.addresses[0] ?? ''), one]));
      await world.advance(200);
      expectEqual(node.connections().length, 2, 'connections at once');
      await world.advance(SETTLED_MS);
      expectEqual(node.connections().length, 1, 'connections that are kept');
    },
  ),
  among(
    'connections-trimmed',
    'one connection more than the high mark: as soon as one is old enough, it goes',
    async (all) => {
      const { world, other } = all;
      const third = await all.another('third');
      const connectionManager = { highWater: 1, lowWater: 1, graceMs: 1500, checkMs: 1000 };
      const node = await all.start({ connectionManager });
      for (const { addresses } of [other, third]) await during(world, node.dial(addresses[0] ?? ''));
      expectEqual(node.connections().length, 2, 'connections at first');
      await world.advance(2500);
      expectEqual(node.connections().length, 1, 'connections that are kept');
    },
  ),
  among(
    'peer-kept-connected',
    'a peer that is kept goes away and comes back, and is dialed until it is there',
    async (all) => {
      const { world, other } = all;
      const [address = ''] = other.addresses;
      const node = await all.start({ connectionManager: { keepAlive: [address] } });
      await during(world, connected(node));
      await during(world, other.stop());
      await world.advance(3000);
      expectEqual(node.connections().length, 0, 'connections while it is away');
      const again = connected(node);
      await all.another('other');
      await during(world, again);
    },
  ),
  {
    name: 'dnsaddr-resolved',
    title: 'a name is dialed: its dnsaddr leads to a host name, that to an address, where the peer is',
    peers: [],
    record: async (recording) => {
      const world = newWorld({ latencyMs: LATENCY_MS });
      const other = await newNode(world, 'other');
      const there = '/ip4/10.0.0.1/tcp/4001';
      const { transport } = new ScriptedAddresses(world, { [there]: { to: '/memory/other' } });
      const tables = {
        txt: { '_dnsaddr.swarm.example': [`dnsaddr=/dns4/node.swarm.example/tcp/4001/p2p/${other.peerId}`] },
        ip4: { 'node.swarm.example': ['10.0.0.1'] },
      };
      const node = await startIn(world, recording, {
        ...QUIET,
        // A name may lead into a private network where we listen there ourselves.
        listen: ['/ip4/10.0.0.2/tcp/4001'],
        transports: [{ ...transport, listen: (address, _, onListening) => onListening(listenerOf(address)) }],
        resolver: new TableResolver(tables, { clock: world.clock, latencyMs: LATENCY_MS }),
      });
      const { remotePeer } = await during(world, node.dial(`/dnsaddr/swarm.example/p2p/${other.peerId}`));
      expectEqual(remotePeer, other.peerId, 'who was dialed');
      await stopIn(world, node);
      await during(world, other.stop());
    },
  },
  among(
    'rendezvous-asked',
    'a node registers with a rendezvous point what it provides, and asks it who else does',
    async (all) => {
      const { world } = all;
      const point = await all.another('point', { routing: { rendezvousPoint: true } });
      const rendezvous = [point.addresses[0] ?? ''];
      const provider = await all.another('provider', { routing: { rendezvous } });
      await during(world, answersOf(provider.routing.provide(CONTENT)));
      const node = await all.start({ listen: ['/memory/node'], routing: { rendezvous } });
      const [found] = await during(world, answersOf(node.routing.findProviders(CONTENT)));
      expectEqual(found?.provider.id, provider.peerId, 'who provides it');
      await during(world, answersOf(node.routing.provide(CONTENT)));
    },
  ),
  among(
    'rendezvous-point',
    'a rendezvous point: one peer registers, another one asks for it, the first one leaves',
    async (all) => {
      const { world, other } = all;
      const node = await all.start({ listen: ['/memory/node'], routing: { rendezvousPoint: true } });
      const rendezvous = [node.addresses[0] ?? ''];
      const provider = await all.another('provider', { routing: { rendezvous } });
      const asker = await all.another('asker', { routing: { rendezvous } });
      await during(world, answersOf(provider.routing.provide(CONTENT)));
      const [found] = await during(world, answersOf(asker.routing.findProviders(CONTENT)));
      expectEqual(found?.provider.id, provider.peerId, 'who provides it');
      await during(world, Promise.all([provider.stop(), other.stop()]));
    },
  ),
];

/** Listens where nobody dials. */
function listenerOf(address: string): TransportListener {
  return { addresses: [address], close: (onClosed) => onClosed() };
}

/** What a recipe among nodes of ours has. */
interface Nodes {
  readonly world: World;
  /** Listens, and does nothing unasked. */
  readonly other: Host;
  another(name: string, options?: CreateNodeOptions): Promise<Host>;
  /** The node that is recorded; listens nowhere unless it is told. */
  start(options: NodeOptions): Promise<Host>;
}

/** Noise, as nodes are made today. */
const QUIET = { security: ['noise'], listen: [] } as const;

function among(name: string, title: string, act: (nodes: Nodes) => Promise<void>): Recipe {
  return {
    name,
    title,
    peers: [],
    // Several connections.
    packed: true,
    record: async (recording: Recording) => {
      const world = newWorld({ latencyMs: LATENCY_MS });
      const others = new Set<Host>();
      const made: Host[] = [];
      const another = async (called: string, options: CreateNodeOptions = {}): Promise<Host> => {
        const node = await newNode(world, called, options);
        others.add(node);
        return node;
      };
      const start = async (options: NodeOptions): Promise<Host> => {
        const node = await startIn(world, recording, { ...QUIET, ...options });
        made.push(node);
        return node;
      };
      await act({ world, other: await another('other'), another, start });
      for (const node of [...made, ...others]) await stopIn(world, node);
    },
  };
}

function newNode(world: World, name: string, options: CreateNodeOptions = {}): Promise<Host> {
  const { clock, network } = world;
  const ports = { clock, random: new SeededRandom(name), transports: [network.transport] };
  const peer = { identify: { push: false, signedRecord: false } };
  return during(world, createNode({ listen: [`/memory/${name}`], ...ports, ...peer, ...options }));
}

async function connected(node: Host): Promise<void> {
  await firstValueFrom(node.events$.pipe(filter(({ type }) => type === 'peer.connected')));
}

function answersOf<Answer>(answers: Observable<Answer>): Promise<Answer[]> {
  return lastValueFrom(answers.pipe(toArray()));
}

/** Two simulated nodes that speak the DHT's protocol with each other: one asks, the other answers. */
import { KadAnswers } from '../../src/actors/dht/kad-answers.js';
import { KadRequests } from '../../src/actors/dht/kad-requests.js';
import { KadServer } from '../../src/actors/dht/kad-server.js';
import type { DhtNetwork } from '../../src/actors/dht/network.js';
import { ProviderRecords } from '../../src/actors/dht/provider-records.js';
import { ValueRecords } from '../../src/actors/dht/value-records.js';
import { EngineError } from '../../src/errors.js';
import type { Limits } from '../../src/limits.js';
import type { RoutedPeer, ValueValidator } from '../../src/routing/router.js';
import { MemoryDataStore } from '../../src/sim/memory-store.js';
import type { KadMessage } from '../../src/wire/kad.js';
import { during, newSwarm, newWorld, type SimSwarm, type World } from './sim-nodes.js';
import { NEVER } from 'rxjs';

export const KAD = '/ipfs/kad/1.0.0';

/** A swarm as the DHT sees it, without identify. */
export function networkOf({ swarm, peerId }: SimSwarm): DhtNetwork {
  return {
    self: peerId,
    events$: NEVER,
    isConnected: (peer) => swarm.connectionTo(peer) !== undefined,
    isSurplus: (connection) => swarm.isSurplus(connection),
    addressesOf: () => [],
    learn: () => undefined,
    openStream: (peer, protocols, options) => swarm.openStream(peer, [...protocols], options),
  };
}

/** Takes values that begin with `ok`; the one that sorts last is the best. */
export const testValidator: ValueValidator = {
  validate: (_, value) => {
    if (value[0] !== 0x6f) throw new EngineError('ERR_KAD_RECORD_REFUSED', 'remote', 'the value does not begin with o');
  },
  select: (_, values) => {
    const texts = values.map((value) => new TextDecoder().decode(value));
    return texts.indexOf([...texts].sort().at(-1) ?? '');
  },
};

export interface KadPair {
  readonly world: World;
  readonly client: SimSwarm;
  readonly server: SimSwarm;
  readonly requests: KadRequests;
  readonly kad: KadServer;
  readonly providers: ProviderRecords;
  readonly values: ValueRecords;
  readonly store: MemoryDataStore;
  /** The routing table of the server. */
  readonly table: RoutedPeer[];
  /** What the server said went wrong. */
  readonly faults: string[];
  ask(message: Partial<KadMessage> & Pick<KadMessage, 'type'>): Promise<KadMessage>;
  tell(message: Partial<KadMessage> & Pick<KadMessage, 'type'>): Promise<void>;
  stop(): Promise<{ readonly actors: number; readonly timers: number; readonly broken: readonly unknown[] }>;
}

export function kadMessage(message: Partial<KadMessage> & Pick<KadMessage, 'type'>): KadMessage {
  return { key: new Uint8Array(0), closerPeers: [], providerPeers: [], ...message };
}

/** Starts both and connects them. */
export async function kadPair(limits: Partial<Limits> = {}): Promise<KadPair> {
  const world = newWorld();
  const client = newSwarm(world, { seed: 'client', limits });
  const server = newSwarm(world, { seed: 'server', limits });
  const store = new MemoryDataStore();
  const { environment } = server;
  const shared = { environment, store, self: server.peerId, name: 'test' };
  const providers = new ProviderRecords(shared);
  const values = new ValueRecords({ ...shared, validators: { t: testValidator } });
  const table: RoutedPeer[] = [];
  const answers = new KadAnswers({
    limits: environment.limits,
    self: server.peerId,
    closest: (_, count, except) => table.filter(({ id }) => id !== except).slice(0, count),
    addressesOf: (peer) => (peer === server.peerId ? ['/ip4/192.0.2.1/tcp/4001'] : []),
    isConnected: (peer) => server.swarm.connectionTo(peer) !== undefined,
    filterAddresses: (addresses) => addresses.filter((address) => !address.includes('/10.')),
    providers,
    values,
  });
  const kad = new KadServer(environment, answers);
  const faults: string[] = [];
  server.swarm.protocols.register({
    protocol: KAD,
    maxInboundStreams: 64,
    handler: (stream) =>
      kad.handle(stream).catch((error: unknown) => {
        faults.push(error instanceof EngineError ? error.code : String(error));
        throw error;
      }),
  });
  environment.turns.post(() => {
    providers.start();
    values.start();
  });
  const [address = ''] = await during(world, server.swarm.listen('/memory/server'));
  await during(world, client.swarm.dial(`${address}/p2p/${server.peerId}`));
  const network = networkOf(client);
  const requests = new KadRequests({ environment: client.environment, network, protocols: [KAD], address: 'dht' });
  return {
    world,
    client,
    server,
    requests,
    kad,
    providers,
    values,
    store,
    table,
    faults,
    ask: (message) => during(world, requests.ask(server.peerId, kadMessage(message))),
    tell: (message) => during(world, requests.tell(server.peerId, kadMessage(message))),
    stop: async () => {
      requests.stop();
      kad.stop();
      await during(world, Promise.all([providers.stop(), values.stop()]));
      await during(world, Promise.all([client.swarm.stop(), server.swarm.stop()]));
      return {
        actors: client.environment.liveActors + server.environment.liveActors,
        timers: world.clock.pendingTimers,
        broken: [...client.broken, ...server.broken],
      };
    },
  };
}

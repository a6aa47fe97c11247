/** What a host is made of, put together in the order in which one stands on another. */
import { map, merge, share, type Observable } from 'rxjs';
import { BitswapActor } from '../actors/bitswap/bitswap-actor.js';
import { Environment } from '../actors/environment.js';
import { ConnectionManager } from '../actors/policy/connection-manager.js';
import { SwarmActor } from '../actors/swarm/swarm-actor.js';
import { Content } from './content.js';
import { hostEvent, type HostEvent } from './host-events.js';
import { IdentifyService } from './identify-service.js';
import type { HostOptions } from './options.js';
import { PeerServices } from './peer-services.js';
import { RoutingService } from './routing/routing-service.js';
import { bitswapNetwork, registerBuiltIns } from './services.js';

/** The parts of one host; nothing of it runs yet. */
export interface HostParts {
  readonly environment: Environment;
  readonly swarm: SwarmActor;
  readonly manager: ConnectionManager;
  readonly identify: IdentifyService;
  readonly services: PeerServices;
  readonly routing: RoutingService;
  readonly bitswap: BitswapActor;
  readonly content: Content;
  /** What happens in any of them. */
  readonly events$: Observable<HostEvent>;
}

/** Makes the parts. */
export function hostParts(options: HostOptions): HostParts {
  const environment = new Environment(options);
  const { simultaneousDials } = options.connectionManager ?? {};
  const swarm = new SwarmActor({ ...options, environment, policy: options, simultaneousDials });
  const manager = new ConnectionManager(environment, swarm, options.connectionManager);
  const identify = new IdentifyService(environment, swarm);
  swarm.protocolsOf = (peer) => identify.protocolsOf(peer);
  const services = new PeerServices(environment, swarm, identify, options);
  const routing = new RoutingService({
    ...options,
    environment,
    swarm,
    identify,
    services,
    lowWater: manager.lowWater,
  });
  const { providers } = routing;
  const network = bitswapNetwork(swarm, identify);
  const bitswap = new BitswapActor(environment, { network, store: options.blocks, providers });
  const content = new Content(environment, options.blocks, bitswap, {
    canFetch: () => providers !== undefined || swarm.peers.length > 0,
    added: routing.providing.length === 0 ? undefined : (cids, areRoots) => routing.added(cids, areRoots),
  });
  const told = merge(swarm.events$, manager.events$).pipe(map(hostEvent));
  const events$ = merge(told, services.notices$, routing.notices$).pipe(share());
  registerBuiltIns(environment, swarm, bitswap, options);
  return { environment, swarm, manager, identify, services, routing, bitswap, content, events$ };
}

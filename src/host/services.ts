/** What every node answers, and what bitswap sees of the swarm. */
import { filter, map } from 'rxjs';
import type { BitswapActor } from '../actors/bitswap/bitswap-actor.js';
import type { BitswapNetwork } from '../actors/bitswap/network.js';
import type { Environment } from '../actors/environment.js';
import { ECHO_PROTOCOL, echo } from '../actors/protocols/echo-handler.js';
import { PERF_PROTOCOL, answerPerf } from '../actors/protocols/perf-handler.js';
import { PING_PROTOCOL, answerPing } from '../actors/protocols/ping-handler.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import type { IdentifyService } from './identify-service.js';
import type { HostOptions } from './options.js';

/** Registers ping and bitswap; echo and perf where they are asked for. */
export function registerBuiltIns(
  environment: Environment,
  swarm: SwarmActor,
  bitswap: BitswapActor,
  options: HostOptions,
): void {
  swarm.registerHandler(
    PING_PROTOCOL,
    (stream) => answerPing(environment, stream),
    environment.limits.pingInboundStreams,
  );
  if (options.testProtocols === true) registerTestProtocols(environment, swarm);
  for (const protocol of bitswap.protocols) swarm.registerHandler(protocol, bitswap.handler);
}

/** Registers echo and perf: whoever can open them makes us move bytes, so a node answers them only when told to. */
function registerTestProtocols(environment: Environment, swarm: SwarmActor): void {
  swarm.registerHandler(ECHO_PROTOCOL, (stream) => echo(environment, stream), environment.limits.yamuxInboundStreams);
  swarm.registerHandler(PERF_PROTOCOL, (stream) => answerPerf(environment, stream));
}

/** The swarm as bitswap sees it. */
export function bitswapNetwork(swarm: SwarmActor, identify: IdentifyService): BitswapNetwork {
  return {
    peers: () => swarm.peers,
    connected$: swarm.events$.pipe(
      filter(
        (event) =>
          event.type === 'connection.opened' || event.type === 'connection.named' || event.type === 'connection.closed',
      ),
      map(({ connection }) => connection.secured?.remotePeer ?? ''),
      filter((peer) => swarm.connectionTo(peer) !== undefined),
    ),
    disconnected$: swarm.events$.pipe(
      filter((event) => event.type === 'peer.disconnected'),
      map(({ peer }) => peer),
    ),
    openStream: (peer, protocols) => swarm.openStream(peer, protocols),
    protocolsOf: (peer) => identify.protocolsOf(peer),
  };
}

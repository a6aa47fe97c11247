/** The swarm as a DHT sees it: who answers it, told by connections and identify, and streams to them. */
import { Observable } from 'rxjs';
import type { DhtNetwork, DhtPeerEvent } from '../../actors/dht/network.js';
import type { SwarmActor } from '../../actors/swarm/swarm-actor.js';
import type { IdentifyService } from '../identify-service.js';

/** What a {@link dhtNetwork} stands on. */
export interface DhtNetworkOptions {
  readonly self: string;
  readonly swarm: SwarmActor;
  readonly identify: IdentifyService;
  /** The protocol that says who answers. */
  readonly protocol: string;
  /** Our own addresses, as others may be told. */
  readonly ownAddresses: () => readonly string[];
}

/** The network of the DHT of one protocol. */
export function dhtNetwork({ self, swarm, identify, protocol, ownAddresses }: DhtNetworkOptions): DhtNetwork {
  return {
    self,
    events$: peerEvents(swarm, identify, protocol),
    isConnected: (peer) => swarm.connectionTo(peer) !== undefined,
    isSurplus: (connection) => swarm.isSurplus(connection),
    addressesOf: (peer) => (peer === self ? ownAddresses() : swarm.known.addressesOf(peer)),
    learn: (peer, addresses) => {
      if (peer !== self) swarm.known.addAddresses(peer, addresses, 'routing');
    },
    openStream: (peer, protocols, options) => swarm.openStream(peer, protocols, options),
  };
}

/** Who answers, declines and leaves, each told once a change, for each subscriber from when it subscribes. */
function peerEvents(swarm: SwarmActor, identify: IdentifyService, protocol: string): Observable<DhtPeerEvent> {
  return new Observable((subscriber) => {
    const answering = new Set<string>();
    const look = (peer: string): void => {
      const protocols = swarm.connectionTo(peer) === undefined ? undefined : identify.protocolsOf(peer);
      if (protocols === undefined) return;
      if (protocols.includes(protocol)) {
        answering.add(peer);
        subscriber.next({ type: 'peer.answers', peer });
      } else if (answering.delete(peer)) subscriber.next({ type: 'peer.declines', peer });
    };
    // Identify is the edge; what a push changes afterwards is in what is known of the peer.
    const subscription = identify.identified$.subscribe(({ peer }) => look(peer));
    subscription.add(
      swarm.known.changes$.subscribe(({ peer, before, after }) => {
        if (before?.protocols !== after?.protocols) look(peer);
      }),
    );
    subscription.add(
      swarm.events$.subscribe((event) => {
        if (event.type !== 'peer.disconnected') return;
        answering.delete(event.peer);
        subscriber.next({ type: 'peer.disconnected', peer: event.peer });
      }),
    );
    for (const peer of swarm.peers) look(peer);
    return subscription;
  });
}

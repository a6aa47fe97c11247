/** What connections say of peers: where one answered, and while it is connected. */
import type { Observable } from 'rxjs';
import type { Environment } from '../environment.js';
import { Peerstore } from '../peers/peerstore.js';
import type { SwarmEvent } from './swarm-events.js';

/** A peerstore that hears of the connections of a swarm; subscribe it before anybody else. */
export function trackedPeers({ clock, limits }: Environment, events$: Observable<SwarmEvent>): Peerstore {
  const peers = new Peerstore({ limits, wallTime: () => clock.wallTime() });
  events$.subscribe((event) => {
    if (event.type === 'connection.opened' || event.type === 'connection.named') {
      const { role, remoteAddress, secured } = event.connection;
      const peer = secured?.remotePeer ?? '';
      if (peer === '') return;
      if (role === 'dialer') peers.addAddresses(peer, [remoteAddress], 'dialed');
      peers.connected(peer);
    } else if (event.type === 'peer.disconnected') peers.disconnected(event.peer);
  });
  return peers;
}

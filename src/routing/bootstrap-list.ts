/** Discovery by a list: the peers that somebody wrote down. */
import { Subject, type Observable } from 'rxjs';
import { parsePeerId } from '../crypto/peer-id.js';
import { EngineError } from '../errors.js';
import { splitPeerAddress } from '../wire/multiaddr.js';
import type { DiscoveredPeer, Discovery, RoutedPeer } from './router.js';

/**
 * The bootstrap peers of the public IPFS network, as Kubo and helia have them. They speak noise and tls over yamux.
 */
export const PUBLIC_BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
  '/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ',
];

/** Tells of every peer of the list at each start. */
export class BootstrapList implements Discovery {
  readonly name = 'bootstrap';
  readonly #peers: readonly RoutedPeer[];
  readonly #found = new Subject<DiscoveredPeer>();

  /** Throws `ERR_INVALID_ARGUMENT` for an address without peer id, and `ERR_PEER_ID_INVALID`. */
  constructor(addresses: readonly string[]) {
    this.#peers = peersOf(addresses);
  }

  get peers$(): Observable<DiscoveredPeer> {
    return this.#found;
  }

  start(): void {
    for (const peer of this.#peers) this.#found.next({ source: this.name, peer });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

function peersOf(addresses: readonly string[]): readonly RoutedPeer[] {
  const byPeer = new Map<string, string[]>();
  for (const address of addresses) {
    const { transport, peer } = splitPeerAddress(address);
    if (peer === undefined) {
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${address} does not end in /p2p/<peer id>`);
    }
    const id = parsePeerId(peer);
    byPeer.set(id, [...(byPeer.get(id) ?? []), transport]);
  }
  return [...byPeer].map(([id, transports]) => ({ id, addresses: transports }));
}

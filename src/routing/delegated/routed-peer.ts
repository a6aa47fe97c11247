/** Records of delegated routing as the peers of the routing interface. */
import { parsePeerId } from '../../crypto/peer-id.js';
import type { PeerRecord } from '../../wire/http-routing.js';
import type { RoutedPeer } from '../router.js';

/**
 * The peer that a record tells of, or `undefined` where its id is none. An address that names another peer at its end is
 * left out: it leads elsewhere.
 */
export function routedPeerOf({ id: text, addresses, protocols }: PeerRecord): RoutedPeer | undefined {
  const id = canonical(text);
  if (id === undefined) return undefined;
  const own = addresses.filter(({ peer }) => peer === undefined || canonical(peer) === id);
  const texts = [...new Set(own.map(({ address }) => address))];
  return { id, addresses: texts, ...(protocols === undefined ? {} : { protocols }) };
}

function canonical(text: string): string | undefined {
  try {
    return parsePeerId(text);
  } catch {
    return undefined;
  }
}

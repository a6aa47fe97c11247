/**
 * Filters of delegated routing (IPIP-484): which peers, and which of their addresses, a client can use. Names are compared
 * without regard to case.
 */
import { componentsOf } from './multiaddr.js';

/** What is asked for; absent or empty: everything. */
export interface RoutingFilters {
  /** Names of multiaddr protocols; with `!` before it, one that must not be in an address; `unknown` for peers without addresses. */
  readonly addrs?: readonly string[] | undefined;
  /** Names of transfer protocols; `unknown` for peers that are not known to have any. */
  readonly protocols?: readonly string[] | undefined;
}

/** What filters look at. */
export interface Filtered {
  readonly addresses: readonly string[];
  readonly protocols?: readonly string[];
}

const UNKNOWN = 'unknown';

/** The names in a query parameter. */
export function parseFilter(text: string | null): readonly string[] {
  return (text ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The query of a request, with its `?`, or nothing; commas stand as they are, so that caches see one form. */
export function filterQuery({ addrs = [], protocols = [] }: RoutingFilters): string {
  const parameters = [
    ['filter-addrs', addrs],
    ['filter-protocols', protocols],
  ] as const;
  const query = parameters
    .filter(([, names]) => names.length > 0)
    .map(([name, names]) => `${name}=${names.map(encodeURIComponent).join(',')}`);
  return query.length === 0 ? '' : `?${query.join('&')}`;
}

/** The peer with the addresses that pass, or `undefined` where it does not. All protocols stay. */
export function applyFilters<Peer extends Filtered>(
  peer: Peer,
  { addrs = [], protocols = [] }: RoutingFilters,
): Peer | undefined {
  if (protocols.length > 0 && !protocolsPass(peer.protocols ?? [], protocols.map(lower))) return undefined;
  if (addrs.length === 0) return peer;
  const names = addrs.map(lower);
  if (peer.addresses.length === 0) return names.includes(UNKNOWN) ? peer : undefined;
  const unwanted = new Set(names.filter((name) => name.startsWith('!')).map((name) => name.slice(1)));
  const wanted = new Set(names.filter((name) => !name.startsWith('!')));
  const addresses = peer.addresses.filter((address) => {
    const parts = componentsOf(address)?.map(({ name }) => name) ?? [];
    if (parts.some((name) => unwanted.has(name))) return false;
    return wanted.size === 0 || parts.some((name) => wanted.has(name));
  });
  return addresses.length === 0 ? undefined : { ...peer, addresses };
}

function protocolsPass(known: readonly string[], wanted: readonly string[]): boolean {
  if (known.length === 0) return wanted.includes(UNKNOWN);
  return known.some((protocol) => wanted.includes(protocol.toLowerCase()));
}

function lower(name: string): string {
  return name.toLowerCase();
}

/** Multiaddrs: the address forms that are dialed and listened on, over the well-kept library. */
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { EngineError } from '../errors.js';

/** Where a TCP address leads. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
  /** `dns` names are resolved by the system. */
  readonly family: 4 | 6 | 'dns';
}

/** An address taken apart at its peer id. */
export interface PeerAddress {
  /** The address without `/p2p/...`, in canonical text. */
  readonly transport: string;
  /** Text of the last `/p2p/` (or older `/ipfs/`) part, as written. */
  readonly peer: string | undefined;
}

/** One part of an address, e.g. `tcp` with `4001`. */
export interface AddressPart {
  readonly name: string;
  readonly value?: string | undefined;
}

const HOSTS: Readonly<Record<string, TcpAddress['family']>> = { ip4: 4, ip6: 6, dns: 'dns', dns4: 'dns', dns6: 'dns' };

/** Splits off the peer id. Throws `ERR_INVALID_ARGUMENT` for text that is not a multiaddr. */
export function splitPeerAddress(text: string): PeerAddress {
  // `/ipfs/` is the older name of `/p2p/`, with the same code.
  const components = parse(text.replace(/\/ipfs\/(?=[1-9A-HJ-NP-Za-km-z]+$)/, '/p2p/')).getComponents();
  const last = components.at(-1);
  if (last?.name !== 'p2p') return { transport: multiaddr(components).toString(), peer: undefined };
  return { transport: multiaddr(components.slice(0, -1)).toString(), peer: last.value };
}

/** The address with `/p2p/<peer>` at its end. */
export function joinPeerAddress(transport: string, peer: string): string {
  return `${transport}/p2p/${peer}`;
}

/** Host and port of a TCP address (`/ip4|ip6|dns.../tcp/...`, nothing after it but `/p2p/...`), or `undefined`. */
export function tcpAddressOf(text: string): TcpAddress | undefined {
  const target = tcpPrefixOf(text);
  return target === undefined || target.rest.length > 0 ? undefined : target.address;
}

/** As {@link tcpAddressOf}, with the names and values of the parts that follow, peer ids left out. */
export function tcpPrefixOf(
  text: string,
): { readonly address: TcpAddress; readonly rest: readonly AddressPart[] } | undefined {
  const [host, tcp, ...rest] = componentsOf(text)?.filter(({ name }) => name !== 'p2p') ?? [];
  const family = HOSTS[host?.name ?? ''];
  if (family === undefined || tcp?.name !== 'tcp') return undefined;
  return { address: { host: host?.value ?? '', port: Number(tcp.value), family }, rest };
}

/** Multiaddr text of a TCP endpoint. */
export function tcpMultiaddr(host: string, port: number): string {
  // Joined and not added up: every connection keeps some of them, and V8 would keep their pieces.
  return ['', host.includes(':') ? 'ip6' : 'ip4', host, 'tcp', port].join('/');
}

/** Binary form, as it travels in identify. Throws `ERR_INVALID_ARGUMENT`. */
export function multiaddrToBytes(text: string): Uint8Array {
  const address = parse(text);
  try {
    // The library judges some values, such as those of `/p2p/`, only now.
    return address.bytes;
  } catch (cause) {
    throw notOne(text, cause);
  }
}

/**
 * Canonical text of a binary multiaddr, or `undefined` when it is none: peers send forms that we do not know. The library
 * reads some that have no text, or one that means something else (a peer id of no known form, a path with `%2F` in it);
 * what comes of them would be told to others, so they are none.
 */
export function multiaddrFromBytes(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const text = multiaddr(bytes).toString();
    return multiaddr(multiaddrToBytes(text)).toString() === text ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Its parts, or `undefined` for text that is not a multiaddr. */
export function componentsOf(text: string): readonly AddressPart[] | undefined {
  try {
    return parse(text).getComponents();
  } catch {
    return undefined;
  }
}

/**
 * `/unix/run/node.sock` as people write it (and go prints it): the path is the rest, but for a peer id. The library
 * knows the form in which the slashes of the path are escaped.
 */
function escapeUnixPath(text: string): string {
  const [, path, peer = ''] = /^\/unix\/(.+?)(\/p2p\/[^/]+)?$/.exec(text) ?? [];
  if (path === undefined || /^%2f/i.test(path)) return text;
  return `/unix/${encodeURIComponent(`/${path}`)}${peer}`;
}

function parse(text: string): Multiaddr {
  try {
    return multiaddr(escapeUnixPath(text));
  } catch (cause) {
    throw notOne(text, cause);
  }
}

function notOne(text: string, cause: unknown): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${text}" is not a multiaddr`, { cause });
}

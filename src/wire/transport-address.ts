/**
 * Addresses beyond plain TCP: WebSocket (`/tcp/.../ws`, `/tls/ws`, `/wss`) and Unix domain sockets (`/unix/...`).
 */
import { componentsOf, tcpMultiaddr, tcpPrefixOf, type TcpAddress } from './multiaddr.js';

/** Where a WebSocket address leads. */
export interface WebSocketAddress extends TcpAddress {
  /** `wss:` rather than `ws:`. */
  readonly tls: boolean;
  /** Whose certificate is expected: the `/sni/` part, else the name of the host; an IP address has none. */
  readonly serverName: string | undefined;
}

/** The forms behind `/tcp/N`, by the names of their parts, and whether each is over TLS. */
const FORMS: Readonly<Record<string, boolean>> = { ws: false, wss: true, 'tls/ws': true, 'tls/sni/ws': true };

/** Host, port and security of a WebSocket address (with or without `/p2p/...` at its end), or `undefined`. */
export function webSocketAddressOf(text: string): WebSocketAddress | undefined {
  const target = tcpPrefixOf(text);
  const tls = FORMS[target?.rest.map(({ name }) => name).join('/') ?? ''];
  if (target === undefined || tls === undefined) return undefined;
  const { address, rest } = target;
  const named = rest.find(({ name }) => name === 'sni')?.value;
  return { ...address, tls, serverName: named ?? (address.family === 'dns' ? address.host : undefined) };
}

/** Multiaddr text of a WebSocket endpoint. */
export function webSocketMultiaddr(host: string, port: number, tls: boolean): string {
  return `${tcpMultiaddr(host, port)}${tls ? '/tls/ws' : '/ws'}`;
}

/** The path of a `/unix/...` address (with or without `/p2p/...`), or `undefined`. */
export function unixPathOf(text: string): string | undefined {
  const [unix, ...rest] = componentsOf(text)?.filter(({ name }) => name !== 'p2p') ?? [];
  return unix?.name === 'unix' && rest.length === 0 ? unix.value : undefined;
}

/** Multiaddr text of a Unix domain socket. */
export function unixMultiaddr(path: string): string {
  return `/unix/${encodeURIComponent(path)}`;
}

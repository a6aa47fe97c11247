/** What a script is played over: a transport, an address, and who dials whom. */
import { tcpTransport } from '../../platform/tcp-transport.js';
import type { Transport } from '../../ports.js';
import { tcpMultiaddr } from '../../wire/multiaddr.js';

/** Where a script is played. */
export interface Over {
  /** `dial`: we dial, and speak as a dialer does. `listen`: we wait to be dialed. */
  readonly kind: 'dial' | 'listen';
  readonly transport: Transport;
  /** Multiaddr text; a `/p2p/...` at its end is not looked at. */
  readonly address: string;
}

/** We dial `address` over any transport, such as a `MemoryNetwork`'s. */
export function dial(transport: Transport, address: string): Over {
  return { kind: 'dial', transport, address };
}

/** We listen on `address` over any transport; the first who dials is played with, later ones are dropped. */
export function listen(transport: Transport, address: string): Over {
  return { kind: 'listen', transport, address };
}

/** We dial over TCP: a multiaddr text, or a host and a port. */
export function tcp(address: string): Over;
export function tcp(host: string, port: number): Over;
export function tcp(target: string, port?: number): Over {
  return dial(tcpTransport, port === undefined ? target : tcpMultiaddr(target, port));
}

/** We listen over TCP, by default on a free port of the loopback interface. */
export function tcpListener(host = '127.0.0.1', port = 0): Over {
  return listen(tcpTransport, tcpMultiaddr(host, port));
}

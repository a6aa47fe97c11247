/** The transports of a node that is told nothing else: TCP, WebSocket, and sockets of this machine. */
import type { Limits } from '../limits.js';
import type { Transport } from '../ports.js';
import { tcpTransport } from './tcp-transport.js';
import { unixTransport } from './unix-transport.js';
import { websocketTransport } from './websocket-transport.js';

/** New transports with the bounds of one node. */
export function defaultTransports(limits: Partial<Limits> = {}): readonly Transport[] {
  return [tcpTransport, websocketTransport({ limits }), unixTransport];
}

/** The transports of a node that is told nothing else: TCP, WebSocket, and sockets of this machine, read in turn. */
import type { Limits } from '../limits.js';
import type { Transport } from '../ports.js';
import { FairReading } from './fair-reading.js';
import { tcpTransport } from './tcp-transport.js';
import { unixTransport } from './unix-transport.js';
import { websocketTransport } from './websocket-transport.js';

/** One order for all nodes of this thread: they share its event loop. */
const reading = new FairReading({
  now: () => performance.now(),
  afterPoll: (fire) => void setImmediate(fire),
});

/** New transports with the bounds of one node. */
export function defaultTransports(limits: Partial<Limits> = {}): readonly Transport[] {
  return [tcpTransport, websocketTransport({ limits }), unixTransport].map((transport) => reading.share(transport));
}

/** The transport port of one node in a simulated network: dialing with repeated tries, and listening. */
import { EngineError } from '../../errors.js';
import { LIMITS } from '../../limits.js';
import type { Cancel, Transport, TransportConnection } from '../../ports.js';
import type { Agenda } from './agenda.js';
import type { Connection } from './connection.js';
import type { NodePort } from './node-port.js';
import type { Path } from './path.js';

/** Who listens on a name. */
export interface Listener {
  readonly port: NodePort;
  readonly onConnection: (connection: TransportConnection) => void;
}

/** What a transport sees of its network. */
export interface TransportParts {
  readonly agenda: Agenda;
  readonly port: NodePort;
  readonly listeners: Map<string, Listener>;
  readonly portOf: (name: string) => NodePort | undefined;
  readonly pathTo: (name: string) => Path;
  readonly pathFrom: (name: string) => Path;
  readonly connect: (listener: NodePort) => Connection;
}

/** A node by its name, and where it has several addresses, which of them. */
const ADDRESS = /^\/memory\/([\w-]+(?:\.\d+)?)(?:\/p2p\/[^/]+)?$/;
const FIRST_RETRY_MS = 1_000;

/** A transport for addresses `/memory/<name>`, and `/memory/<name>.1`, `.2` ... for further ones of the same node. */
export function simulatedTransport(parts: TransportParts): Transport {
  const lasts = parts.port.lifeGate();
  return {
    name: 'memory',
    handles: (address) => ADDRESS.test(address),
    dial: (address, onConnected, onFailed) =>
      // A dead node hears no answer.
      lasts() ? dial(parts, address, onConnected, onFailed) : () => undefined,
    listen: (address, onConnection, onListening, onFailed) => {
      const { port, listeners } = parts;
      const name = nameOf(address);
      if (!lasts()) return;
      if (listeners.has(name) || nodeOf(name) !== port.name) {
        const why = nodeOf(name) === port.name ? 'is taken' : `belongs to another node than ${port.name}`;
        onFailed(new EngineError('ERR_LISTEN_FAILED', 'local', `simulated: ${address} ${why}`));
        return;
      }
      const listener: Listener = { port, onConnection };
      listeners.set(name, listener);
      onListening({
        addresses: [`/memory/${name}`],
        close: (onClosed) => {
          if (listeners.get(name) === listener) listeners.delete(name);
          port.runLater(onClosed);
        },
      });
    },
  };
}

/**
 * Asks, and asks again while nobody answers. A connection stands at the listener when the first packet has come, and at
 * the dialer when the answer is back.
 */
function dial(
  parts: TransportParts,
  address: string,
  onConnected: (connection: TransportConnection) => void,
  onFailed: (error: EngineError) => void,
): Cancel {
  const { agenda, port, listeners } = parts;
  const name = nameOf(address);
  const there = parts.pathTo(nodeOf(name));
  const back = parts.pathFrom(nodeOf(name));
  let cancelWait: Cancel;
  let isCancelled = false;
  const lasts = port.lifeGate();

  const fail = (code: 'ERR_TRANSPORT_REFUSED' | 'ERR_TRANSPORT_UNREACHABLE', why: string, delayMs: number): void => {
    cancelWait = port.runLater(() => {
      if (!isCancelled) onFailed(new EngineError(code, 'remote', `simulated: ${address}: ${why}`));
    }, delayMs);
  };
  const attempt = (number: number): void => {
    // Nobody takes up the answer to what a node asked before it died.
    const arriveAlive = port.inThisLife(() => arrive(number));
    cancelWait = agenda.after(there.options.latencyMs, arriveAlive);
  };
  const arrive = (number: number): void => {
    if (!lasts()) return;
    const target = parts.portOf(nodeOf(name));
    if (target === undefined) {
      fail('ERR_TRANSPORT_UNREACHABLE', 'there is no such node', 0);
    } else if (there.isBlocked || back.isBlocked || !target.isUp) {
      if (number >= LIMITS.simulatedConnectAttempts) fail('ERR_TRANSPORT_UNREACHABLE', 'no answer', 0);
      else
        cancelWait = agenda.after(
          FIRST_RETRY_MS * 2 ** (number - 1),
          port.inThisLife(() => attempt(number + 1)),
        );
    } else {
      const listener = listeners.get(name);
      if (listener === undefined) fail('ERR_TRANSPORT_REFUSED', 'nothing listens there', back.options.latencyMs);
      else connect(listener);
    }
  };
  const connect = (listener: Listener): void => {
    const { near, far } = parts.connect(listener.port);
    near.onConnected = () => onConnected(near);
    // A dialer that gave up answers with a reset, as its system would.
    cancelWait = () => near.destroy();
    far.outgoing.send('connected');
    listener.port.run(() => listener.onConnection(far));
  };

  attempt(1);
  return () => {
    if (isCancelled) return;
    isCancelled = true;
    cancelWait();
  };
}

function nameOf(address: string): string {
  return ADDRESS.exec(address)?.[1] ?? address;
}

function nodeOf(name: string): string {
  return name.replace(/\.\d+$/, '');
}

/**
 * A local network that lives in this process: the simulated twin of datagrams, with groups that everybody hears. What is
 * sent arrives on the clock, so on virtual time nothing moves until time does; it may be lost, doubled, or damaged on the way.
 */
import { EngineError } from '../errors.js';
import type { Clock, DatagramEndpoint, DatagramEvents, DatagramOptions, Datagrams, DatagramSocket } from '../ports.js';

/** One datagram on its way to one receiver. */
export interface LanDatagram {
  readonly bytes: Uint8Array;
  readonly from: DatagramEndpoint;
  readonly to: DatagramEndpoint;
}

/** How a network behaves. */
export interface MemoryLanOptions {
  readonly clock: Clock;
  /** Time on the way, in milliseconds. Default 0: the next timer. */
  readonly latencyMs?: number;
  /** What arrives of a datagram at one receiver: none, one, or several. Default: what was sent. */
  readonly deliver?: (datagram: LanDatagram) => readonly Uint8Array[];
}

interface LanSocket {
  readonly endpoint: DatagramEndpoint;
  readonly group: string | undefined;
  readonly events: DatagramEvents;
}

const FIRST_FREE_PORT = 49_152;
const LAST_PORT = 65_535;

/** A network. Each node gets {@link MemoryLan.host}. */
export class MemoryLan {
  /** Every datagram that was sent, in order. */
  readonly sent: LanDatagram[] = [];
  readonly #options: MemoryLanOptions;
  readonly #sockets = new Set<LanSocket>();
  readonly #names = new Map<string, string>();
  #isDown = false;

  constructor(options: MemoryLanOptions) {
    this.#options = options;
  }

  /** Sockets that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  /** A name that leads to an address. */
  name(name: string, address: string): void {
    this.#names.set(name, address);
  }

  /** The network goes away, and comes back: sockets fail, and none can be opened meanwhile. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown;
    if (!isDown) return;
    for (const socket of this.#sockets) {
      this.#sockets.delete(socket);
      socket.events.onFailed(new EngineError('ERR_DATAGRAM_FAILED', 'local', 'lan: the network is down'));
    }
  }

  /** The datagrams of the host at `address`. */
  host(address: string): Datagrams {
    return {
      open: (options, events, onOpened, onFailed) => {
        let isCancelled = false;
        this.#options.clock.setTimeout(() => {
          if (isCancelled) return;
          const opened = this.#open(address, options, events);
          if (opened instanceof EngineError) onFailed(opened);
          else onOpened(opened);
        }, 0);
        return () => {
          isCancelled = true;
        };
      },
    };
  }

  /** Sends as somebody without a socket, e.g. under a false address. */
  inject(bytes: Uint8Array, from: DatagramEndpoint, to: DatagramEndpoint): void {
    this.sent.push({ bytes, from, to });
    const address = this.#names.get(to.address) ?? to.address;
    for (const socket of this.#sockets) {
      const isMeant = socket.group === address || socket.endpoint.address === address;
      if (isMeant && socket.endpoint.port === to.port) this.#carry({ bytes, from, to }, socket);
    }
  }

  #open(address: string, { port, group }: DatagramOptions, events: DatagramEvents): DatagramSocket | EngineError {
    if (this.#isDown) return new EngineError('ERR_DATAGRAM_FAILED', 'local', 'lan: the network is down');
    const free = port === 0 ? this.#freePort(address) : port;
    if (group === undefined && this.#isTaken(address, free)) {
      return new EngineError('ERR_DATAGRAM_FAILED', 'local', `lan: port ${free} is taken`);
    }
    const socket: LanSocket = { endpoint: { address, port: free }, group, events };
    this.#sockets.add(socket);
    return {
      port: free,
      send: (bytes, to) => {
        const target = to ?? (group === undefined ? undefined : { address: group, port: free });
        if (target !== undefined && this.#sockets.has(socket)) this.inject(bytes.slice(), socket.endpoint, target);
      },
      close: (onClosed) => {
        this.#sockets.delete(socket);
        this.#options.clock.setTimeout(() => onClosed?.(), 0);
      },
    };
  }

  #carry(datagram: LanDatagram, socket: LanSocket): void {
    const { clock, latencyMs = 0, deliver = asSent } = this.#options;
    for (const bytes of deliver(datagram)) {
      clock.setTimeout(() => {
        if (this.#sockets.has(socket)) socket.events.onMessage(bytes.slice(), datagram.from);
      }, latencyMs);
    }
  }

  #freePort(address: string): number {
    for (let port = FIRST_FREE_PORT; port < LAST_PORT; port++) if (!this.#isTaken(address, port)) return port;
    return LAST_PORT;
  }

  #isTaken(address: string, port: number): boolean {
    return [...this.#sockets].some(({ endpoint }) => endpoint.address === address && endpoint.port === port);
  }
}

const asSent = ({ bytes }: LanDatagram): readonly Uint8Array[] => [bytes];

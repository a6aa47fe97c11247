/**
 * An in-memory network: connections are pairs of pipes whose chunks travel on the clock, so on virtual time nothing
 * moves until time does. Order is kept; chunks can be cut anew on the way, as TCP does.
 */
import { EngineError } from '../errors.js';
import type { Clock, Transport, TransportConnection, TransportEvents, TransportListener } from '../ports.js';

/** How an in-memory network behaves. */
export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Time from write to arrival, in milliseconds. Default 0: the next timer. */
  readonly latencyMs?: number;
  /** Cuts or joins what was written in one go before it arrives. Default: as written. */
  readonly rechunk?: (chunks: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Bytes under way in one direction above which `write` answers false. Default 256 KiB. */
  readonly highWaterBytes?: number;
}

const ADDRESS = /^\/memory\/([^/]+)(?:\/p2p\/[^/]+)?$/;

/** A network that lives in this process. Each node gets {@link MemoryNetwork.transport}. */
export class MemoryNetwork {
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #listeners = new Map<string, (connection: TransportConnection) => void>();
  #connections = 0;

  constructor(options: MemoryNetworkOptions) {
    this.#options = { latencyMs: 0, rechunk: (chunks) => chunks, highWaterBytes: 256 * 1024, ...options };
  }

  /** A transport for addresses `/memory/<name>`. */
  get transport(): Transport {
    return {
      name: 'memory',
      handles: (address) => ADDRESS.test(address),
      dial: (address, onConnected, onFailed) => {
        let cancelled = false;
        this.#later(() => {
          if (cancelled) return;
          const accept = this.#listeners.get(nameOf(address));
          if (accept === undefined) {
            onFailed(new EngineError('ERR_TRANSPORT_REFUSED', 'remote', `memory: nothing listens on ${address}`));
            return;
          }
          const from = `/memory/dialer-${this.#connections++}`;
          const [near, far] = this.#pair(from, `/memory/${nameOf(address)}`);
          accept(far);
          onConnected(near);
        });
        return () => {
          cancelled = true;
        };
      },
      listen: (address, onConnection, onListening, onFailed) => {
        const name = nameOf(address);
        if (this.#listeners.has(name)) {
          onFailed(new EngineError('ERR_LISTEN_FAILED', 'local', `memory: ${address} is taken`));
          return;
        }
        this.#listeners.set(name, onConnection);
        const listener: TransportListener = {
          addresses: [`/memory/${name}`],
          close: (onClosed) => {
            this.#listeners.delete(name);
            onClosed();
          },
        };
        onListening(listener);
      },
    };
  }

  #pair(dialerAddress: string, listenerAddress: string): readonly [MemoryConnection, MemoryConnection] {
    const later = (work: () => void): void => this.#later(work);
    const dialer = new MemoryConnection(dialerAddress, listenerAddress, later, this.#options);
    const listener = new MemoryConnection(listenerAddress, dialerAddress, later, this.#options);
    dialer.peer = listener;
    listener.peer = dialer;
    return [dialer, listener];
  }

  #later(work: () => void): void {
    this.#options.clock.setTimeout(work, this.#options.latencyMs);
  }
}

class MemoryConnection implements TransportConnection {
  peer: MemoryConnection | undefined;
  readonly #later: (work: () => void) => void;
  readonly #options: Required<MemoryNetworkOptions>;
  #events: TransportEvents | undefined;
  /** What arrived while nobody could take it. */
  #waiting: (() => void)[] = [];
  #paused = false;
  #underWayBytes = 0;
  #refused = false;
  #ended = false;
  #peerEnded = false;
  #closed = false;

  constructor(
    readonly localAddress: string,
    readonly remoteAddress: string,
    later: (work: () => void) => void,
    options: Required<MemoryNetworkOptions>,
  ) {
    this.#later = later;
    this.#options = options;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#deliverWaiting();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#ended || this.#closed) return true;
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#underWayBytes += bytes;
    const cut = this.#options.rechunk(chunks);
    this.#later(() => {
      const peer = this.peer;
      if (peer === undefined || peer.#closed) return;
      for (const chunk of cut) peer.#arrive(() => peer.#events?.onChunk(chunk));
      peer.#arrive(() => this.#taken(bytes));
    });
    this.#refused = this.#underWayBytes > this.#options.highWaterBytes;
    return !this.#refused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliverWaiting();
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#later(() => {
      const peer = this.peer;
      if (peer === undefined) return;
      peer.#arrive(() => {
        peer.#peerEnded = true;
        peer.#events?.onEnded();
        this.#closeWhenDone();
        peer.#closeWhenDone();
      });
    });
  }

  destroy(): void {
    if (this.#closed) return;
    this.#close();
    this.#later(() => {
      const error = new EngineError('ERR_TRANSPORT_ENDED', 'remote', 'memory: the peer dropped the connection');
      if (this.peer !== undefined) this.peer.#close(error);
    });
  }

  #arrive(delivery: () => void): void {
    this.#waiting.push(delivery);
    this.#deliverWaiting();
  }

  #deliverWaiting(): void {
    while (!this.#paused && !this.#closed && this.#events !== undefined) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) return;
      delivery();
    }
  }

  #taken(bytes: number): void {
    this.#underWayBytes -= bytes;
    if (!this.#refused || this.#underWayBytes > this.#options.highWaterBytes / 2) return;
    this.#refused = false;
    this.#later(() => this.#events?.onDrained());
  }

  #closeWhenDone(): void {
    if (this.#ended && this.#peerEnded) this.#close();
  }

  #close(error?: EngineError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#events?.onClosed(error);
  }
}

function nameOf(address: string): string {
  return ADDRESS.exec(address)?.[1] ?? address;
}

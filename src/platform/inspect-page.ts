/** One page's WebSocket, as the channel of its session: what it queues, whether it still answers, and how it ends. */
import type { WebSocket } from 'ws';
import type { InspectChannel, InspectSession } from '../inspect/session.js';
import type { Limits } from '../limits.js';

/** Bounds of an {@link InspectPage}. */
export type InspectPageLimits = Pick<Limits, 'inspectPingMs' | 'inspectIdleMs' | 'inspectFarewellMs'>;

/** Close codes of RFC 6455, 7.4.1. */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;

/** A page that is connected. */
export class InspectPage implements InspectChannel {
  readonly #socket: WebSocket;
  readonly #limits: InspectPageLimits;
  readonly #closed: Promise<void>;
  #session: InspectSession | undefined;
  #farewell: NodeJS.Timeout | undefined;
  #silentMs = 0;

  constructor(socket: WebSocket, limits: InspectPageLimits, onClosed: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    const pinging = setInterval(() => this.#ping(), limits.inspectPingMs);
    // What the library finds wrong with a frame closes the socket.
    socket.on('error', () => undefined);
    socket.on('pong', () => (this.#silentMs = 0));
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        clearInterval(pinging);
        clearTimeout(this.#farewell);
        onClosed();
        this.#session?.closed();
        resolve();
      });
    });
  }

  /** Hands what the page says to `session`, and starts it. */
  begin(session: InspectSession): void {
    this.#session = session;
    this.#socket.on('message', (data, isBinary) => {
      if (isBinary) this.#socket.close(UNSUPPORTED_DATA);
      else session.receive((data as Buffer).toString('utf8'));
    });
    session.start();
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(text, () => this.#session?.drained());
  }

  close(): void {
    this.#socket.close(NORMAL);
    this.#farewell ??= setTimeout(() => this.#socket.terminate(), this.#limits.inspectFarewellMs);
  }

  /** Ends the session; resolves when the socket is gone. */
  end(): Promise<void> {
    this.#session?.hangUp();
    this.close();
    return this.#closed;
  }

  #ping(): void {
    if (this.#silentMs >= this.#limits.inspectIdleMs) {
      this.#socket.terminate();
      return;
    }
    this.#silentMs += this.#limits.inspectPingMs;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }
}

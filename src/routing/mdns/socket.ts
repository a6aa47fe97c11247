/** The socket of mDNS: opened, lost, left; what is told late of one that is ours no more is not heard. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import type { EngineError } from '../../errors.js';
import type { DatagramEndpoint, DatagramOptions, Datagrams, DatagramSocket } from '../../ports.js';

/** What a socket tells; each call in a turn. */
export interface MdnsSocketListener {
  opened(): void;
  /** It could not be opened, or is gone. */
  failed(error: EngineError): void;
  message(bytes: Uint8Array, from: DatagramEndpoint): void;
}

/** One socket at a time. */
export class MdnsSocket {
  readonly #environment: Environment;
  readonly #datagrams: Datagrams;
  readonly #options: DatagramOptions;
  readonly #listener: MdnsSocketListener;
  #socket: DatagramSocket | undefined;
  /** Ends what belongs to the socket at hand, or to the attempt to open it. */
  #leave: () => void = () => undefined;
  /** Sockets that are on their way out. */
  readonly #closing = new Set<Promise<void>>();

  constructor(environment: Environment, datagrams: Datagrams, options: DatagramOptions, listener: MdnsSocketListener) {
    this.#environment = environment;
    this.#datagrams = datagrams;
    this.#options = options;
    this.#listener = listener;
  }

  open(): void {
    this.close();
    const { turns } = this.#environment;
    let isOurs = true;
    const ifOurs = (work: () => void): void => turns.post(() => (isOurs ? work() : undefined));
    const failed = (error: EngineError): void =>
      ifOurs(() => {
        this.#socket = undefined;
        this.#listener.failed(error);
      });
    const cancel = this.#datagrams.open(
      this.#options,
      { onMessage: (bytes, from) => ifOurs(() => this.#listener.message(bytes, from)), onFailed: failed },
      (socket) => {
        turns.post(() => {
          if (!isOurs) {
            this.#close(socket);
            return;
          }
          this.#socket = socket;
          this.#listener.opened();
        });
      },
      failed,
    );
    this.#leave = () => {
      isOurs = false;
      cancel();
    };
  }

  send(bytes: Uint8Array): void {
    this.#socket?.send(bytes);
  }

  close(): void {
    this.#leave();
    this.#leave = () => undefined;
    if (this.#socket !== undefined) this.#close(this.#socket);
    this.#socket = undefined;
  }

  /** Resolves when every socket that was left is gone. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  #close(socket: DatagramSocket): void {
    const closed = new Promise<void>((resolve) => socket.close(resolve));
    this.#closing.add(closed);
    void closed.then(() => this.#closing.delete(closed));
  }
}

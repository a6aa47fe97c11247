/** Where a swarm listens. */
import type { Transport, TransportConnection, TransportListener } from '../../ports.js';
import { splitPeerAddress } from '../../wire/multiaddr.js';

/** The listeners of one swarm. */
export class Listeners {
  readonly #transportFor: (address: string) => Transport;
  readonly #onAccepted: (accepted: TransportConnection) => void;
  readonly #all: TransportListener[] = [];

  /** `transportFor` throws `ERR_TRANSPORT_UNSUPPORTED`. */
  constructor(transportFor: (address: string) => Transport, onAccepted: (accepted: TransportConnection) => void) {
    this.#transportFor = transportFor;
    this.#onAccepted = onAccepted;
  }

  /** Addresses listened on, without peer id. */
  get addresses(): readonly string[] {
    return this.#all.flatMap(({ addresses }) => addresses);
  }

  /** Listens on a multiaddr; rejects with `ERR_LISTEN_FAILED` or `ERR_TRANSPORT_UNSUPPORTED`. */
  add(address: string): Promise<readonly string[]> {
    return new Promise((resolve, reject) => {
      const { transport: plain } = splitPeerAddress(address);
      const onListening = (listener: TransportListener): void => {
        this.#all.push(listener);
        resolve(listener.addresses);
      };
      this.#transportFor(plain).listen(plain, this.#onAccepted, onListening, reject);
    });
  }

  /** Closes all of them; each resolves when it is closed. */
  close(): readonly Promise<void>[] {
    return this.#all.splice(0).map((listener) => new Promise<void>((resolve) => listener.close(resolve)));
  }
}

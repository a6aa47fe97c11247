/** A listener of our TCP transport for js-libp2p. */
import {
  AlreadyStartedError,
  ListenError,
  setMaxListeners,
  TypedEventEmitter,
  type Listener,
  type ListenerEvents,
  type Logger,
  type Upgrader,
} from '@libp2p/interface';
import { getThinWaistAddresses } from '@libp2p/utils';
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import { tcpTransport } from '../platform/tcp-transport.js';
import type { TransportConnection, TransportListener } from '../ports.js';
import { tcpAddressOf } from '../wire/multiaddr.js';
import type { Chart } from './chart.js';
import { toLibp2pError } from './errors.js';
import { TcpConnection } from './tcp-connection.js';

/** Listens on one address. */
export class TcpListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #chart: Chart;
  readonly #log: Logger;
  readonly #upgrader: Upgrader;
  readonly #connections = new Set<TcpConnection>();
  /** Ends the upgrades that are under way. */
  readonly #closing = new AbortController();
  #address: Multiaddr | undefined;
  #listener: TransportListener | undefined;

  constructor(chart: Chart, log: Logger, upgrader: Upgrader) {
    super();
    this.#chart = chart;
    this.#log = log;
    this.#upgrader = upgrader;
    setMaxListeners(Infinity, this.#closing.signal);
  }

  listen(address: Multiaddr): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#address !== undefined) throw new AlreadyStartedError('the listener is already listening');
      this.#address = address;
      tcpTransport.listen(
        address.toString(),
        (transport) => this.#accept(transport),
        (listener) => {
          this.#listener = listener;
          this.safeDispatchEvent('listening');
          resolve();
        },
        (cause) => {
          this.#address = undefined;
          const error = new ListenError(cause.message);
          error.cause = cause;
          reject(error);
        },
      );
    });
  }

  getAddrs(): Multiaddr[] {
    const [bound] = this.#listener?.addresses ?? [];
    const port = bound === undefined ? undefined : tcpAddressOf(bound)?.port;
    return port === undefined ? [] : getThinWaistAddresses(this.#address, port);
  }

  updateAnnounceAddrs(): void {
    // Nothing about a TCP address is known only at run time.
  }

  /** Frees the port, gives up what is being upgraded, and drops open connections. */
  async close(): Promise<void> {
    const listener = this.#listener;
    if (listener === undefined) return;
    this.#listener = undefined;
    this.#closing.abort();
    await new Promise<void>((resolve) => {
      listener.close(resolve);
      for (const connection of this.#connections) connection.sendReset();
    });
    this.#address = undefined;
    this.safeDispatchEvent('close');
  }

  #accept(transport: TransportConnection): void {
    const connection = new TcpConnection({
      chart: this.#chart,
      transport,
      direction: 'inbound',
      remoteAddr: multiaddr(transport.remoteAddress),
      log: this.#log.newScope('connection'),
    });
    this.#connections.add(connection);
    connection.whenGone(() => this.#connections.delete(connection));
    this.#upgrader.upgradeInbound(connection, { signal: this.#closing.signal }).catch((thrown: unknown) => {
      this.#log.error('inbound upgrade failed - %e', thrown);
      connection.abort(toLibp2pError(thrown));
    });
  }
}

/** Our TCP transport as a transport of js-libp2p. */
import {
  serviceCapabilities,
  transportSymbol,
  type ComponentLogger,
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type Logger,
  type Transport,
} from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { tcpTransport } from '../platform/tcp-transport.js';
import type { TransportConnection } from '../ports.js';
import { createChart, type Chart, type PartOptions } from './chart.js';
import { abortReason, toLibp2pError } from './errors.js';
import { TcpConnection } from './tcp-connection.js';
import { TcpListener } from './tcp-listener.js';

/** What js-libp2p gives to a transport. */
export interface TcpComponents {
  readonly logger: ComponentLogger;
}

/** TCP over IPv4, IPv6 and names, for `transports`. */
export function tcp(options: PartOptions = {}): (components: TcpComponents) => Transport {
  const chart = options.chart ?? createChart();
  return ({ logger }) => new Tcp(chart, logger.forComponent('swarmchart:tcp'));
}

class Tcp implements Transport {
  readonly [transportSymbol] = true as const;
  readonly [serviceCapabilities] = ['@libp2p/transport'];
  readonly [Symbol.toStringTag] = 'swarmchart/tcp';
  readonly #chart: Chart;
  readonly #log: Logger;

  constructor(chart: Chart, log: Logger) {
    this.#chart = chart;
    this.#log = log;
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const transport = await connect(address, options.signal);
    const connection = new TcpConnection({
      chart: this.#chart,
      transport,
      direction: 'outbound',
      remoteAddr: address,
      log: this.#log.newScope('connection'),
    });
    try {
      return await options.upgrader.upgradeOutbound(connection, options);
    } catch (thrown) {
      connection.abort(toLibp2pError(thrown));
      throw thrown;
    }
  }

  createListener({ upgrader }: CreateListenerOptions): Listener {
    return new TcpListener(this.#chart, this.#log.newScope('listener'), upgrader);
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => tcpTransport.handles(address.toString()));
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return this.listenFilter(addresses);
  }
}

function connect(address: Multiaddr, signal: AbortSignal): Promise<TransportConnection> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const aborted = (): void => {
      cancel();
      reject(abortReason(signal));
    };
    signal.addEventListener('abort', aborted);
    const cancel = tcpTransport.dial(
      address.toString(),
      (transport) => {
        signal.removeEventListener('abort', aborted);
        resolve(transport);
      },
      (error) => {
        signal.removeEventListener('abort', aborted);
        reject(toLibp2pError(error));
      },
    );
  });
}

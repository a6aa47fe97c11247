/** A connection of our TCP transport as a connection of js-libp2p: its upgrade is js-libp2p's own. */
import type { AbortOptions } from '@libp2p/interface';
import { AbstractMultiaddrConnection, type AbstractMultiaddrConnectionInit, type SendResult } from '@libp2p/utils';
import type { Uint8ArrayList } from 'uint8arraylist';
import { TransportTrace } from '../actors/connection/transport-trace.js';
import type { Environment } from '../actors/environment.js';
import type { EngineError } from '../errors.js';
import type { TransportConnection, TransportEvents } from '../ports.js';
import type { Chart } from './chart.js';
import { abortReason } from './errors.js';
import { chunksOf } from './outer-stream.js';

/** What a TCP connection is made of. */
export type TcpConnectionOptions = Pick<AbstractMultiaddrConnectionInit, 'remoteAddr' | 'log'> & {
  readonly direction: 'inbound' | 'outbound';
  readonly chart: Chart;
  readonly transport: TransportConnection;
};

/** One connection. */
export class TcpConnection extends AbstractMultiaddrConnection implements TransportEvents {
  readonly #environment: Environment;
  readonly #transport: TransportConnection;
  readonly #trace: TransportTrace;
  readonly #onGone: (() => void)[] = [];
  #isGone = false;

  constructor({ chart, transport, ...init }: TcpConnectionOptions) {
    super(init);
    this.#environment = chart.environment;
    this.#transport = transport;
    this.#trace = new TransportTrace(chart.environment, chart.nameOf(this));
    this.#trace.opened(init.direction === 'outbound' ? 'dialer' : 'listener', transport);
    transport.open(this);
  }

  /** Calls back once, when the socket is gone; at once, if it is. */
  whenGone(onGone: () => void): void {
    if (this.#isGone) onGone();
    else this.#onGone.push(onGone);
  }

  // ------------------------------------------------------------ from the socket: each one is a turn

  onChunk(chunk: Uint8Array): void {
    this.#environment.turns.post(() => {
      this.#trace.received(chunk);
      this.onData(chunk);
    });
  }

  onChunks(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.onChunk(chunk);
  }

  onDrained(): void {
    this.#environment.turns.post(() => {
      this.#trace.drained();
      this.safeDispatchEvent('drain');
    });
  }

  /** js-libp2p knows no half-open connections: the end of one direction is the end. */
  onEnded(): void {
    this.#environment.turns.post(() => {
      this.#trace.ended();
      this.#transport.end();
      this.onTransportClosed();
    });
  }

  onClosed(error?: EngineError): void {
    this.#environment.turns.post(() => {
      this.#trace.closed(error);
      this.#isGone = true;
      if (error !== undefined && this.status === 'open') this.abort(error);
      else this.onTransportClosed();
      for (const onGone of this.#onGone.splice(0)) onGone();
    });
  }

  // ------------------------------------------------------------ for AbstractMultiaddrConnection

  sendData(data: Uint8ArrayList): SendResult {
    const chunks = chunksOf(data);
    const canSendMore = this.#transport.write(chunks);
    this.#trace.sent(chunks, canSendMore);
    return { sentBytes: data.byteLength, canSendMore };
  }

  sendReset(): void {
    this.#transport.destroy();
  }

  sendPause(): void {
    this.#transport.pause();
  }

  sendResume(): void {
    this.#transport.resume();
  }

  /** Flushes and ends; a peer that does not end its side until the signal, or for a while, is dropped. */
  sendClose({ signal }: AbortOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const { clock, limits } = this.#environment;
      const drop = (): void => this.#transport.destroy();
      const timer = clock.setTimeout(drop, limits.closeTimeoutMs);
      const aborted = (): void => {
        clock.clearTimeout(timer);
        drop();
        if (signal !== undefined) reject(abortReason(signal));
      };
      signal?.addEventListener('abort', aborted);
      this.whenGone(() => {
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        resolve();
      });
      // A paused socket would not see the peer's end.
      this.#transport.resume();
      this.#transport.end();
    });
  }
}

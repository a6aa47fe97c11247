/** Muxers of ours as stream muxers of js-libp2p. */
import {
  MuxerClosedError,
  serviceCapabilities,
  type AbortOptions,
  type CreateStreamOptions,
  type MessageStream,
  type StreamMuxerFactory,
  type StreamMuxerOptions,
  type StreamOptions,
} from '@libp2p/interface';
import { AbstractStreamMuxer } from '@libp2p/utils';
import type { Subscription } from 'rxjs';
import type { Uint8ArrayList } from 'uint8arraylist';
import { link } from '../actors/handler.js';
import type { Muxer, MuxerProtocol } from '../actors/connection/muxer.js';
import type { MuxedStream } from '../actors/stream/muxed-stream.js';
import { yamuxProtocol } from '../actors/connection/yamux/muxer.js';
import { EngineError } from '../errors.js';
import { createChart, type Chart, type PartOptions } from './chart.js';
import { toLibp2pError } from './errors.js';
import { ChartedStream } from './muxed-stream.js';
import { OuterStream } from './outer-stream.js';
import { SecureStream } from './secure-stream.js';
import { WaitingStreams } from './waiting-streams.js';

/** What a muxer takes: js-libp2p's own options for its streams, and where its actors are seen. */
export type MuxerPartOptions = PartOptions & Pick<StreamMuxerOptions, 'streamOptions' | 'maxEarlyStreams'>;

/** What a muxer of ours becomes for `streamMuxers`. */
export type MuxerFactory = () => StreamMuxerFactory<ChartedMuxer>;

/** `/yamux/1.0.0`, for `streamMuxers`. */
export function yamux(options: MuxerPartOptions = {}): MuxerFactory {
  return streamMuxer(yamuxProtocol, options);
}

/** Any muxer of ours, for `streamMuxers`. */
export function streamMuxer(protocol: MuxerProtocol, options: MuxerPartOptions = {}): MuxerFactory {
  const chart = options.chart ?? createChart();
  return () => new Factory(protocol, chart, options);
}

class Factory implements StreamMuxerFactory<ChartedMuxer> {
  readonly [serviceCapabilities] = ['@libp2p/stream-multiplexing'];
  readonly [Symbol.toStringTag] = 'swarmchart/muxer';
  readonly protocol: string;
  readonly #protocol: MuxerProtocol;
  readonly #chart: Chart;
  readonly #options: MuxerPartOptions;

  constructor(protocol: MuxerProtocol, chart: Chart, options: MuxerPartOptions) {
    this.protocol = protocol.id;
    this.#protocol = protocol;
    this.#chart = chart;
    this.#options = options;
  }

  createStreamMuxer(stream: MessageStream): ChartedMuxer {
    const muxer = new ChartedMuxer(stream, this.#protocol, this.#chart, this.#options);
    muxer.start();
    return muxer;
  }
}

/** One session of a muxer of ours. */
export class ChartedMuxer extends AbstractStreamMuxer<ChartedStream> {
  readonly #chart: Chart;
  readonly #connection: string;
  readonly #outer: OuterStream;
  readonly #muxer: Muxer;
  readonly #links: Subscription;
  readonly #waiting: WaitingStreams;
  /** `close` was called: the end of the session is no news. */
  #leaving = false;
  #over = false;

  constructor(stream: MessageStream, protocol: MuxerProtocol, chart: Chart, options: MuxerPartOptions) {
    const { streamOptions, maxEarlyStreams } = options;
    super(stream, {
      protocol: protocol.id,
      name: protocol.id.split('/')[1] ?? 'muxer',
      ...(streamOptions === undefined ? {} : { streamOptions }),
      ...(maxEarlyStreams === undefined ? {} : { maxEarlyStreams }),
    });
    const { environment } = chart;
    const connection = chart.nameOf(stream);
    const onBroken = (error: EngineError): void => this.#fail(error);
    this.#chart = chart;
    this.#connection = connection;
    this.#outer = new OuterStream({
      environment,
      connection,
      stream,
      shown: !(stream instanceof SecureStream),
      patienceBytes: environment.limits.outboxLowWaterBytes,
      onOverflow: onBroken,
    });
    this.#muxer = protocol.create({
      environment,
      connection,
      role: stream.direction === 'outbound' ? 'dialer' : 'listener',
      onStream: (muxed) => this.onRemoteStream(this.#charted(muxed)),
      onEnded: (error) => this.#ended(error),
    });
    this.#links = link(environment, this.#outer, this.#muxer, onBroken);
    this.#waiting = new WaitingStreams(environment.limits, () => this.#muxer.openStream());
  }

  /** Begins; called once. */
  start(): void {
    this.#chart.environment.turns.post(() => this.#muxer.start());
  }

  // ------------------------------------------------------------ for AbstractStreamMuxer

  onData(data: Uint8Array | Uint8ArrayList): void {
    this.#outer.take(data);
    // The peer may have acknowledged streams: there may be room for more.
    if (this.#waiting.count > 0) this.#chart.environment.turns.post(() => this.#waiting.retry());
  }

  /** Where too many streams wait for the peer's acknowledgement, this one waits for its turn. */
  async onCreateStream(options: CreateStreamOptions): Promise<ChartedStream> {
    try {
      return await this.#waiting.open(
        (muxed) => this.#charted(muxed, options),
        this.#chart.environment.turns,
        options.signal,
      );
    } catch (thrown) {
      throw toLibp2pError(thrown);
    }
  }

  override async close(options?: AbortOptions): Promise<void> {
    if (this.status !== 'open') return;
    this.#leaving = true;
    this.#waiting.end(new MuxerClosedError());
    await super.close(options);
    this.#chart.environment.turns.post(() => this.#muxer.goAway());
  }

  override abort(error: Error): void {
    super.abort(error);
    this.#end(error instanceof EngineError ? error : undefined);
  }

  override onTransportClosed(error?: Error): void {
    super.onTransportClosed(error);
    this.#outer.tell({ type: 'transport.ended' });
    this.#end();
  }

  // ------------------------------------------------------------ inside

  #charted(muxed: MuxedStream, init?: StreamOptions): ChartedStream {
    return new ChartedStream({
      ...this.streamOptions,
      ...init,
      environment: this.#chart.environment,
      connection: this.#connection,
      muxed,
      log: this.log.newScope(`${muxed.direction}:${muxed.id}`),
    });
  }

  /** The session is over by itself. */
  #ended(error: EngineError | undefined): void {
    if (this.#over) return;
    if (error !== undefined) this.#fail(error);
    else {
      super.onTransportClosed();
      this.#end();
      // The peer takes no more streams and has none: nothing is left to be done on this connection.
      if (!this.#leaving)
        this.#afterTurn(() => void this.maConn.close().catch((why: unknown) => this.maConn.abort(toLibp2pError(why))));
    }
  }

  #fail(cause: EngineError): void {
    if (this.#over) return;
    const error = toLibp2pError(cause);
    super.abort(error);
    this.#end(cause);
    this.#afterTurn(() => this.maConn.abort(error));
  }

  /** What says farewell to the peer goes out first. */
  #afterTurn(work: () => void): void {
    this.#chart.environment.turns.flushLater('publish', work);
  }

  #end(error?: EngineError): void {
    if (this.#over) return;
    this.#chart.environment.turns.post(() => {
      if (this.#over) return;
      this.#over = true;
      this.#waiting.end(new MuxerClosedError());
      this.#muxer.dispose(error);
      this.#afterTurn(() => {
        this.#outer.close();
        this.#links.unsubscribe();
      });
    });
  }
}

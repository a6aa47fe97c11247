/**
 * A muxed stream of ours as a stream of js-libp2p. Credit goes back to the peer only when js-libp2p's reader has taken the
 * bytes: a paused stream, or one that nobody listens to, holds at most its window.
 */
import type { AbortOptions } from '@libp2p/interface';
import { AbstractStream, type AbstractStreamInit, type SendResult } from '@libp2p/utils';
import { NEVER, Subject, type Subscription } from 'rxjs';
import type { Uint8ArrayList } from 'uint8arraylist';
import type { Environment } from '../actors/environment.js';
import { link, type ConnectionHandler } from '../actors/handler.js';
import type { MuxedStream } from '../actors/stream/muxed-stream.js';
import type { ConnectionMessage } from '../messages.js';
import { abortReason, toLibp2pError } from './errors.js';
import { chunksOf, joined } from './outer-stream.js';

/** Chunks smaller than this on average are sent as one. */
const SMALL_BYTES = 512;

/** What a charted stream is made of. */
export type ChartedStreamOptions = Omit<AbstractStreamInit, 'id' | 'protocol' | 'direction'> & {
  readonly environment: Environment;
  readonly connection: string;
  readonly muxed: MuxedStream;
};

/** A stream of a muxer of ours. */
export class ChartedStream extends AbstractStream {
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #muxed: MuxedStream;
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #links: Subscription;
  /** Bytes that came and for which no credit was given back yet. */
  #unconsumedBytes = 0;
  #settling = false;
  /** Chunks handed to the muxer since its queue was last empty. */
  #queuedChunks = 0;
  /** Who waits for all that was sent to have left. */
  #flushed: (() => void) | undefined;

  constructor({ environment, connection, muxed, ...init }: ChartedStreamOptions) {
    // js-libp2p negotiates the protocol on the stream, whatever it asked the muxer for.
    super({ ...init, id: String(muxed.id), direction: muxed.direction, protocol: '' });
    this.#environment = environment;
    this.#connection = connection;
    this.#muxed = muxed;
    this.#links = link(environment, muxed, this.#innermost());
    this.#links.add(muxed.outbound$.subscribe(() => this.#left()));
  }

  /** Whether js-libp2p has not heard of an end yet. */
  get isOpen(): boolean {
    return this.status === 'open' || this.status === 'closing';
  }

  // ------------------------------------------------------------ for AbstractStream

  sendData(data: Uint8ArrayList): SendResult {
    let sentBytes = 0;
    while (sentBytes < data.byteLength && this.#room > 0) {
      const piece = data.sublist(sentBytes, Math.min(data.byteLength, sentBytes + this.#room));
      const chunks = chunksOf(piece);
      this.#push(piece.byteLength < chunks.length * SMALL_BYTES ? [piece.subarray()] : chunks);
      sentBytes += piece.byteLength;
    }
    return { sentBytes, canSendMore: this.#room > 0 };
  }

  sendReset(): void {
    this.#environment.turns.post(() => {
      this.#muxed.reset();
      this.#over();
    });
  }

  /** Resolves when all that was sent, and the end of it, is on its way. */
  sendCloseWrite({ signal }: AbortOptions = {}): Promise<void> {
    this.#environment.turns.post(() => this.#muxed.closeWrite());
    return new Promise((resolve, reject) => {
      const aborted = (): void => {
        this.#flushed = undefined;
        reject(signal === undefined ? new Error('aborted') : abortReason(signal));
      };
      this.#flushed = () => {
        signal?.removeEventListener('abort', aborted);
        resolve();
      };
      signal?.addEventListener('abort', aborted);
      if (signal?.aborted === true) aborted();
      else this.#left();
    });
  }

  sendCloseRead(): Promise<void> {
    this.#environment.turns.post(() => {
      // It gives back all that waits.
      this.#unconsumedBytes = 0;
      this.#muxed.closeRead();
    });
    return Promise.resolve();
  }

  /** No credit is given back while nobody reads: nothing more is to be said to the peer. */
  sendPause(): void {
    this.#settleLater();
  }

  sendResume(): void {
    this.#settleLater();
  }

  /** The muxer itself takes turns among its streams when the connection is busy. */
  override onMuxerNeedsDrain(): void {
    // Each stream hears of its own queue only.
  }

  override onMuxerDrain(): void {
    // As above.
  }

  /** The reader has taken what it could. */
  protected override dispatchReadBuffer(): void {
    super.dispatchReadBuffer();
    this.#settleLater();
  }

  // ------------------------------------------------------------ inside

  #innermost(): ConnectionHandler {
    return {
      address: this.#muxed.address,
      layer: 'protocol',
      inbound$: NEVER,
      outbound$: this.#outbound,
      receive: (message) => this.#receive(message),
      send: (message) => this.#outbound.next(message),
    };
  }

  #receive(message: ConnectionMessage): void {
    if (message.length > 0) {
      this.#unconsumedBytes += message.length;
      this.onData(joined(message.chunks));
    }
    switch (message.event?.type) {
      case 'stream.writable':
        this.#goOn();
        return;
      case 'stream.remoteClosed':
        this.onRemoteCloseWrite();
        return;
      case 'stream.closed':
        this.#over();
        return;
      case 'stream.reset':
        this.#reset(message.error);
    }
  }

  #reset(error: ConnectionMessage['error']): void {
    this.#over();
    if (!this.isOpen) return;
    if (error?.code === 'ERR_STREAM_RESET' && error.blame === 'remote') this.onRemoteReset();
    else this.abort(toLibp2pError(error ?? new Error('the stream was reset')));
  }

  /** The muxer has done with it. */
  #over(): void {
    this.#unconsumedBytes = 0;
    this.#flushed?.();
    this.#flushed = undefined;
    this.#links.unsubscribe();
    // Both halves are over: where js-libp2p has not heard of one, it does now.
    if (this.#muxed.error === undefined && this.isOpen) this.onTransportClosed();
  }

  /** What the muxer's queue takes now. */
  get #room(): number {
    const { streamSendQueueBytes, streamSendQueueChunks } = this.#environment.limits;
    const { queuedBytes, writable } = this.#muxed;
    if (queuedBytes === 0) this.#queuedChunks = 0;
    if (!writable || this.#queuedChunks >= streamSendQueueChunks / 2) return 0;
    return Math.max(0, streamSendQueueBytes - queuedBytes);
  }

  #push(chunks: readonly Uint8Array[]): void {
    this.#queuedChunks += chunks.length;
    const { id: stream } = this.#muxed;
    const connection = this.#connection;
    this.#outbound.next(
      this.#environment.message({ direction: 'outbound', layer: 'protocol', connection, stream, chunks }),
    );
  }

  /** A frame has left the muxer's queue. */
  #left(): void {
    if (this.#muxed.queuedBytes === 0) {
      this.#flushed?.();
      this.#flushed = undefined;
    }
    this.#goOn();
  }

  #goOn(): void {
    const { streamSendQueueBytes } = this.#environment.limits;
    if (this.writableNeedsDrain && this.#room >= streamSendQueueBytes / 2) this.safeDispatchEvent('drain');
  }

  #settleLater(): void {
    if (this.#settling || this.#unconsumedBytes <= this.readBuffer.byteLength) return;
    this.#settling = true;
    this.#environment.turns.post(this.#settle);
  }

  readonly #settle = (): void => {
    this.#settling = false;
    const used = this.#unconsumedBytes - this.readBuffer.byteLength;
    if (used <= 0) return;
    this.#unconsumedBytes -= used;
    this.#muxed.consume(Math.min(used, this.#muxed.unconsumedBytes));
  };
}

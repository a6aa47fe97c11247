/**
 * The actor of a stream, as far as it is the same for every muxer: two halves, a machine that hears edges, and the words
 * in which readers and writers inside it speak. What a frame says, and what an effect sends, is each muxer's own.
 *
 * A data frame costs a counter, a `next` and no transition. Frames go out when the session's pump asks for them, so that
 * streams take turns and no stream runs ahead of a busy connection.
 */
import type { Observable } from 'rxjs';
import { EngineError, type Blame, type ErrorCode, type StateStay } from '../../errors.js';
import type { ConnectionMessage, Direction, Layer, MessageEvent } from '../../messages.js';
import { ChainSubject } from '../chain-subject.js';
import type { Environment } from '../environment.js';
import type { MuxedStream, StreamCredit } from './muxed-stream.js';
import type { StreamReceiving } from './stream-receiving.js';
import type { StreamSending, WindowEdge } from './stream-sending.js';

/** What every stream's machine hears. */
type CoreEvent =
  | { readonly type: 'local.close'; readonly queued: boolean }
  | { readonly type: 'local.abandon' }
  | { readonly type: 'queue.drained' }
  | { readonly type: 'session.ended' };

/** A stream's machine, as far as it is the same for every muxer. */
interface CoreMachine {
  readonly machine: string;
  readonly state: string;
  readonly stays: readonly StateStay[];
  readonly lastEvent: string;
  start(): void;
  send(event: CoreEvent): void;
}

/** One stream. */
export abstract class StreamCore implements MuxedStream {
  abstract readonly layer: Layer;
  /** Set by the pump while the stream is in its line. */
  inLine = false;
  protected readonly environment: Environment;
  protected readonly connection: string;
  protected readonly outbound = new ChainSubject<ConnectionMessage>();
  protected abstract readonly owner: { sendable(stream: StreamCore): void };
  protected abstract readonly machine: CoreMachine;
  protected abstract readonly sending: StreamSending;
  protected abstract readonly receiving: StreamReceiving;
  protected writeClosed = false;
  /** The peer was told that our side is closed. */
  protected endSent = false;
  protected ended = false;
  /** What ends it, in words, until the machine reports the end. */
  protected fault: EngineError | undefined;
  #error: EngineError | undefined;

  constructor(
    environment: Environment,
    connection: string,
    readonly address: string,
    readonly id: number,
    readonly direction: Direction,
  ) {
    this.environment = environment;
    this.connection = connection;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.receiving.inbox;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.outbound;
  }

  get writable(): boolean {
    return !this.writeClosed && !this.ended && this.sending.isWritable;
  }

  get queuedBytes(): number {
    return this.sending.queuedBytes;
  }

  get unconsumedBytes(): number {
    return this.receiving.unconsumedBytes;
  }

  get credit(): StreamCredit | undefined {
    return undefined;
  }

  get stays(): readonly StateStay[] {
    return this.machine.stays;
  }

  get state(): string {
    return this.machine.state;
  }

  get error(): EngineError | undefined {
    return this.#error;
  }

  /** Whether the peer has closed its side. */
  get isRemoteClosed(): boolean {
    return this.receiving.isFinished;
  }

  /** Whether there is data that may leave. */
  get isSendable(): boolean {
    return this.sending.isSendable;
  }

  /** Begins. */
  start(): void {
    this.machine.start();
  }

  // ------------------------------------------------------------ for the handlers inside

  /** Queues data; drops it after the end, for the peer's reset may cross it. Beyond the queue's end we reset. */
  send(message: ConnectionMessage): void {
    if (this.writeClosed || this.ended) return;
    this.accept();
    if (!this.sending.push(message.chunks)) {
      const { queuedBytes, queuedChunks } = this.sending;
      const what = `${queuedBytes} bytes in ${queuedChunks} chunks wait to be sent`;
      this.resetFor(this.errorOf('ERR_STREAM_QUEUE_FULL', 'local', what));
    } else if (this.sending.isSendable) {
      this.owner.sendable(this);
    }
  }

  consume(size: number): void {
    // A reader may not have heard of the end yet: what it says afterwards changes nothing.
    if (!this.ended || size <= this.receiving.unconsumedBytes) this.receiving.consume(size);
  }

  closeWrite(): void {
    if (this.writeClosed || this.ended) return;
    this.accept();
    this.writeClosed = true;
    this.machine.send({ type: 'local.close', queued: this.sending.queuedBytes > 0 });
  }

  closeRead(): void {
    if (this.receiving.isDropping) return;
    this.accept();
    if (this.environment.observing) this.observeDropped(this.receiving.inbox.waitingBytes);
    this.receiving.drop();
    if (this.endSent && !this.ended) this.machine.send({ type: 'local.abandon' });
  }

  abstract reset(code?: number): void;

  // ------------------------------------------------------------ for the session

  /** Takes data of the peer, as a message of the chain. */
  receive(message: ConnectionMessage): void {
    for (const chunk of message.chunks) this.deliver(chunk);
  }

  /** Takes one piece of data of the peer. */
  abstract deliver(piece: Uint8Array): unknown;

  /** We end it, for this reason. */
  abstract resetFor(error: EngineError): void;

  /** The session is over, for this reason. */
  endSession(error: EngineError): void {
    if (this.ended) return;
    this.fault = error;
    this.machine.send({ type: 'session.ended' });
  }

  /** Sends one frame, as large as queue, windows and limit allow; answers the length of its data. */
  pump(): number {
    const { sending } = this;
    if (!sending.isSendable) return 0;
    const { chunks, size, edge } = sending.takeFrame();
    this.outbound.next(this.message('outbound', chunks));
    if (edge !== undefined) this.passed?.(edge);
    if (this.writeClosed) {
      if (sending.queuedBytes === 0) this.machine.send({ type: 'queue.drained' });
    } else if (sending.takeRelief()) {
      this.receiving.inbox.hint(this.message('inbound', [], { type: 'stream.writable' }));
    }
    return size;
  }

  // ------------------------------------------------------------ for each muxer's own stream

  /** It is used: who opened it hears so, where the muxer has a word for it. */
  protected accept(): void {
    // No word.
  }

  /** An edge of the send window was passed, where the muxer has windows. */
  protected passed?(edge: NonNullable<WindowEdge>): void;

  /** Both directions are over: the session forgets it. */
  protected abstract forget(): void;

  /** The machine reports that the peer sends no more. */
  protected remoteClosed(): void {
    this.receiving.finish();
    this.tell({ type: 'stream.remoteClosed' });
  }

  /** The machine reports the end. */
  protected end(error: EngineError | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.#error = error === undefined ? undefined : this.described(error);
    this.sending.clear();
    this.receiving.end(error !== undefined);
    this.forget();
    if (error === undefined) this.tell({ type: 'stream.closed' });
    else this.tell({ type: 'stream.reset' }, this.#error);
  }

  /** The error with where it came. The last stay is the end itself; the one before it is where the last event came. */
  protected described(error: EngineError): EngineError {
    const { machine, lastEvent, stays } = this.machine;
    return error.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
  }

  protected tell(event: MessageEvent, error?: EngineError): void {
    this.receiving.inbox.tell(this.message('inbound', [], event, error));
  }

  /** Tells of bytes that nobody reads, where they count against a window: no frame tells of them. Only while observed. */
  protected observeDropped(bytes: number): void {
    if (bytes === 0 || this.credit === undefined) return;
    this.environment.observe('seen:credit', this.address, { stream: this.id, direction: 'dropped', bytes });
  }

  protected message(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { layer, connection, id: stream } = this;
    return this.environment.message({ direction, layer, connection, stream, chunks, event, error });
  }

  protected errorOf(code: ErrorCode, blame: Blame, what: string): EngineError {
    return new EngineError(code, blame, `${this.layer}: stream ${this.id}: ${what}`);
  }
}

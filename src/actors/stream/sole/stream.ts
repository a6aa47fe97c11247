/**
 * The actor of a connection's only stream, where there is no muxer: the bytes of the secure channel are the stream's own.
 *
 * What comes and is not read holds back the transport itself, since no other stream is behind it. What is sent waits while
 * the connection is congested, and leaves in bounded amounts at the end of a turn.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, type Blame, type ErrorCode, type StateStay } from '../../../errors.js';
import { soleStreamMachine, type SoleStreamEffect } from '../../../machines/sole-stream.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import { ChunkQueue } from '../chunk-queue.js';
import { HeldBytes } from '../held-bytes.js';
import type { MuxedStream } from '../muxed-stream.js';
import { StreamInbox } from '../stream-inbox.js';

/** What the stream asks of its owner. */
export interface SoleStreamOwner {
  /** There is data: pump it. */
  sendable(stream: SoleStream): void;
  /** Half-closes the transport behind what was sent. */
  endTransport(): void;
  /** Drops the transport at once. */
  dropTransport(error: EngineError): void;
  /** Holds the transport back, or lets it go on. */
  holdTransport(isHeld: boolean): void;
  /** Counts bytes that wait here, negative ones back; the refusal, if the node has no room. */
  hold(size: number): EngineError | undefined;
  /** Both directions are over. */
  ended(error: EngineError | undefined): void;
}

/** The one number a lone stream can have. */
const ONLY = 1;

/** The stream of a connection without a muxer. */
export class SoleStream implements MuxedStream {
  readonly id = ONLY;
  readonly address: string;
  readonly layer = 'stream';
  /** Set by the pump while the stream is in its line. */
  inLine = false;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: SoleStreamOwner;
  readonly #machine: MachineActor<typeof soleStreamMachine>;
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #inbox: StreamInbox;
  readonly #queue = new ChunkQueue();
  /** What is counted of the queue, and of what waits for the reader. */
  readonly #queueHeld: HeldBytes;
  readonly #inboxHeld: HeldBytes;
  /** The queue passed its mark; who waits is owed a word. */
  #blocked = false;
  #unconsumedBytes = 0;
  #isHeld = false;
  #dropping = false;
  #writeClosed = false;
  #endSent = false;
  #remoteClosed = false;
  #ended = false;
  /** What ends it, in words, until the machine reports the end. */
  #fault: EngineError | undefined;
  #error: EngineError | undefined;

  constructor(
    environment: Environment,
    connection: string,
    readonly direction: Direction,
    owner: SoleStreamOwner,
  ) {
    this.address = `${connection}/stream`;
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#inbox = new StreamInbox(
      environment.turns,
      (chunks) => this.#message('inbound', chunks),
      () => undefined,
    );
    const { limits } = environment;
    const free = limits.resourceFreeBytesPerStream;
    const memory = {
      hold: (size: number) => owner.hold(size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.#queueHeld = new HeldBytes(memory, free, limits.streamSendQueueBytes);
    this.#inboxHeld = new HeldBytes(memory, free, limits.soleStreamHighWaterBytes);
    this.#machine = spawnMachine(environment, soleStreamMachine, {
      address: this.address,
      input: { endTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#end(error);
        owner.dropTransport(error);
      },
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbox.inbound$;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  get writable(): boolean {
    return !this.#writeClosed && !this.#ended && this.#isBelowMark;
  }

  get queuedBytes(): number {
    return this.#queue.length;
  }

  get unconsumedBytes(): number {
    return this.#unconsumedBytes;
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  get state(): string {
    return this.#machine.state;
  }

  get error(): EngineError | undefined {
    return this.#error;
  }

  get isSendable(): boolean {
    return this.#queue.length > 0;
  }

  /** Whether it has begun and not ended. */
  get isLive(): boolean {
    return !this.#ended && this.#machine.state !== 'unused';
  }

  /** Whether the peer has ended its half. */
  get isRemoteClosed(): boolean {
    return this.#remoteClosed;
  }

  /** Begins to wait for its use. */
  start(): void {
    this.#machine.start();
  }

  /** It is used from now on. */
  open(): void {
    this.#machine.send({ type: 'local.open' });
  }

  // ------------------------------------------------------------ for the handlers inside

  /** Queues data; drops it after the end. Beyond the queue's end we reset. */
  send(message: ConnectionMessage): void {
    if (this.#writeClosed || this.#ended) return;
    for (const chunk of message.chunks) this.#queue.push(chunk);
    if (!this.#isBelowMark) this.#blocked = true;
    this.#queueHeld.filled(this.#queue.length);
    const { streamSendQueueMaxBytes, streamSendQueueChunks } = this.#environment.limits;
    if (this.#queue.length > streamSendQueueMaxBytes || this.#queue.count > streamSendQueueChunks) {
      const what = `${this.#queue.length} bytes in ${this.#queue.count} chunks wait to be sent`;
      this.resetFor(this.#errorOf('ERR_STREAM_QUEUE_FULL', 'local', what));
    } else if (this.isSendable) {
      this.#owner.sendable(this);
    }
  }

  consume(size: number): void {
    if (size >= 0 && size <= this.#unconsumedBytes) this.#count(-size);
    else if (!this.#ended) {
      const what = `size must be 0 to ${this.#unconsumedBytes}, got ${size}`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
  }

  closeWrite(): void {
    if (this.#writeClosed || this.#ended) return;
    this.#writeClosed = true;
    this.#machine.send({ type: 'local.close', queued: this.isSendable });
  }

  closeRead(): void {
    if (this.#dropping) return;
    this.#dropping = true;
    this.#inbox.clear();
    this.#count(-this.#unconsumedBytes);
    if (this.#endSent && !this.#ended) this.#machine.send({ type: 'local.abandon' });
  }

  /** The connection is dropped with it; no code is sent. */
  reset(): void {
    this.resetFor(this.#errorOf('ERR_STREAM_RESET', 'local', 'reset by us, and the connection with it'));
  }

  // ------------------------------------------------------------ for the connection

  /** Takes data of the peer. */
  receive(message: ConnectionMessage): void {
    if (this.#dropping) return;
    for (const chunk of message.chunks) {
      if (this.#ended) return;
      this.#count(chunk.length);
      this.#inbox.deliver(chunk);
      this.#inboxHeld.filled(this.#unconsumedBytes);
    }
  }

  /** The peer sends nothing more. */
  finish(): void {
    if (!this.#ended && !this.#remoteClosed) this.#machine.send({ type: 'transport.ended' });
  }

  /** The transport is gone. */
  lose(error: EngineError | undefined): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'transport.failed' });
  }

  /** We end it, and the connection with it, for this reason. */
  resetFor(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'local.reset' });
  }

  /** The connection is over, for this reason. */
  endSession(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'session.ended' });
  }

  /** Sends what one turn of the pump takes; answers its length. */
  pump(): number {
    if (!this.isSendable) return 0;
    const chunks: Uint8Array[] = [];
    const size = Math.min(this.#queue.length, this.#environment.limits.yamuxPumpBytes);
    this.#queue.take(size, chunks);
    this.#queueHeld.taken(this.#queue.length);
    this.#outbound.next(this.#message('outbound', chunks));
    if (this.#writeClosed) {
      if (!this.isSendable) this.#machine.send({ type: 'queue.drained' });
    } else if (this.#blocked && this.#queue.length <= this.#environment.limits.streamSendQueueBytes / 2) {
      this.#blocked = false;
      this.#inbox.hint(this.#message('inbound', [], { type: 'stream.writable' }));
    }
    return size;
  }

  // ------------------------------------------------------------ inside

  get #isBelowMark(): boolean {
    return this.#queue.length < this.#environment.limits.streamSendQueueBytes;
  }

  #perform(effect: SoleStreamEffect): void {
    switch (effect.type) {
      case 'end.transport':
        this.#endSent = true;
        this.#owner.endTransport();
        if (this.#dropping) this.#machine.send({ type: 'local.abandon' });
        return;
      case 'drop.transport':
        this.#owner.dropTransport(this.#described(this.#fault ?? this.#unexpected()));
        return;
      case 'report.remoteClosed':
        this.#remoteClosed = true;
        this.#tell({ type: 'stream.remoteClosed' });
        return;
      case 'report.closed':
        this.#end(undefined);
        return;
      case 'report.reset':
        this.#end(this.#fault ?? this.#errorOf(effect.code, 'remote', 'the connection ended in the middle'));
        return;
      default:
        effect satisfies never;
    }
  }

  #count(change: number): void {
    this.#unconsumedBytes += change;
    if (change < 0) this.#inboxHeld.taken(this.#unconsumedBytes);
    const { soleStreamHighWaterBytes } = this.#environment.limits;
    const isHeld = this.#unconsumedBytes > (this.#isHeld ? soleStreamHighWaterBytes / 2 : soleStreamHighWaterBytes);
    if (isHeld === this.#isHeld || this.#ended) return;
    this.#isHeld = isHeld;
    this.#owner.holdTransport(isHeld);
  }

  #end(error: EngineError | undefined): void {
    if (this.#ended) return;
    if (this.#isHeld) this.#owner.holdTransport(false);
    this.#ended = true;
    this.#error = error === undefined ? undefined : this.#described(error);
    this.#queue.clear();
    if (error !== undefined && !this.#remoteClosed) {
      this.#inbox.clear();
      this.#unconsumedBytes = 0;
    }
    if (error === undefined) this.#tell({ type: 'stream.closed' });
    else this.#tell({ type: 'stream.reset' }, this.#error);
    this.#owner.ended(this.#error);
  }

  /** The last stay is the end itself; the one before it is where the last event came. */
  #described(error: EngineError): EngineError {
    const { machine, lastEvent, stays } = this.#machine;
    return error.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
  }

  #unexpected(): EngineError {
    return this.#errorOf('ERR_SOLE_STREAM_UNEXPECTED', 'engine', 'its state does not expect that event');
  }

  #tell(event: MessageEvent, error?: EngineError): void {
    this.#inbox.tell(this.#message('inbound', [], event, error));
  }

  #message(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { layer, id } = this;
    const connection = this.#connection;
    return this.#environment.message({ direction, layer, connection, stream: id, chunks, event, error });
  }

  #errorOf(code: ErrorCode, blame: Blame, what: string): EngineError {
    return new EngineError(code, blame, `${this.address}: ${what}`);
  }
}

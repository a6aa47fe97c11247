/**
 * The actor of one mplex stream: its two halves, and the machine that hears what is said beside data. It is the outermost
 * handler of the stream's own chain; the session decodes messages and calls it, and sends on what it publishes.
 *
 * A data message costs a counter, a `next` and no transition. Messages go out when the session's pump asks for them, so
 * that streams take turns and no stream runs ahead of a busy connection.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, type Blame, type ErrorCode, type StateStay } from '../../../errors.js';
import { mplexStreamMachine, type MplexStreamEffect } from '../../../machines/mplex-stream.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import { encodeMplexHeader, MPLEX_FLAG, mplexFlagName, mplexStreamId } from '../../../wire/mplex.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MuxedStream } from '../muxed-stream.js';
import { MplexReceiving } from './receiving.js';
import { MplexSending } from './sending.js';

/** What a stream asks of its session. */
export interface MplexStreamOwner {
  /** The peer opened this stream. */
  offered(stream: MplexStream): void;
  /** The stream has data: pump it. */
  sendable(stream: MplexStream): void;
  /** What waits for its reader became more, or less. */
  waiting(change: number): void;
  /** Both directions are over: the session forgets it. */
  ended(stream: MplexStream): void;
  /** Counts bytes that wait here, negative ones back; the refusal, if the node has no room. */
  hold(stream: MplexStream, size: number): EngineError | undefined;
}

/** The flags of who opened a stream and of who did not. */
const FLAGS = {
  outbound: {
    message: MPLEX_FLAG.messageInitiator,
    close: MPLEX_FLAG.closeInitiator,
    reset: MPLEX_FLAG.resetInitiator,
  },
  inbound: { message: MPLEX_FLAG.messageReceiver, close: MPLEX_FLAG.closeReceiver, reset: MPLEX_FLAG.resetReceiver },
} as const;

/** One stream of an mplex session. */
export class MplexStream implements MuxedStream {
  readonly address: string;
  readonly layer = 'mplex';
  /** Set by the pump while the stream is in its line. */
  inLine = false;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: MplexStreamOwner;
  readonly #machine: MachineActor<typeof mplexStreamMachine>;
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #sending: MplexSending;
  readonly #receiving: MplexReceiving;
  /** Its id on the wire. */
  readonly #wireId: number;
  #writeClosed = false;
  #closeSent = false;
  #remoteClosed = false;
  #ended = false;
  /** What ends it, in words, until the machine reports the end. */
  #fault: EngineError | undefined;
  #error: EngineError | undefined;

  /** `id`: the number that no other stream of the session has. */
  constructor(
    environment: Environment,
    connection: string,
    readonly id: number,
    readonly direction: Direction,
    owner: MplexStreamOwner,
  ) {
    this.address = `${connection}/mplex/${id}`;
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#wireId = mplexStreamId(id);
    const memory = {
      hold: (size: number) => owner.hold(this, size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.#sending = new MplexSending(environment.limits, FLAGS[direction].message, this.#wireId, memory);
    this.#receiving = new MplexReceiving(environment, {
      waiting: (change) => owner.waiting(change),
      memory,
      message: (chunks) => this.#message('inbound', chunks),
    });
    this.#machine = spawnMachine(environment, mplexStreamMachine, {
      address: this.address,
      input: { direction, closeTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#send(FLAGS[direction].reset);
        this.#end(error);
      },
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#receiving.inbox.inbound$;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  get writable(): boolean {
    return !this.#writeClosed && !this.#ended && this.#sending.isWritable;
  }

  get queuedBytes(): number {
    return this.#sending.queuedBytes;
  }

  get unconsumedBytes(): number {
    return this.#receiving.unconsumedBytes;
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

  /** Whether the peer has closed its side. */
  get isRemoteClosed(): boolean {
    return this.#remoteClosed;
  }

  get isSendable(): boolean {
    return this.queuedBytes > 0;
  }

  /** Begins: sends NewStream, or offers the peer's stream to its owner. */
  start(): void {
    this.#machine.start();
  }

  // ------------------------------------------------------------ for the handlers inside

  /** Queues data; drops it after the end, for the peer's reset may cross it. Beyond the queue's end we reset. */
  send(message: ConnectionMessage): void {
    if (this.#writeClosed || this.#ended) return;
    if (!this.#sending.push(message.chunks)) {
      const { queuedBytes, queuedChunks } = this.#sending;
      const what = `${queuedBytes} bytes in ${queuedChunks} chunks wait to be sent`;
      this.resetFor(this.#errorOf('ERR_STREAM_QUEUE_FULL', 'local', what));
    } else if (this.isSendable) {
      this.#owner.sendable(this);
    }
  }

  consume(size: number): void {
    // A reader may not have heard of the end yet: what it says afterwards changes nothing.
    if (!this.#ended || size <= this.unconsumedBytes) this.#receiving.consume(size);
  }

  closeWrite(): void {
    if (this.#writeClosed || this.#ended) return;
    this.#writeClosed = true;
    this.#machine.send({ type: 'local.close', queued: this.queuedBytes > 0 });
  }

  closeRead(): void {
    if (this.#receiving.isDropping) return;
    this.#receiving.drop();
    if (this.#closeSent && !this.#ended) this.#machine.send({ type: 'local.abandon' });
  }

  /** mplex sends no code with a reset. */
  reset(): void {
    if (!this.#ended) this.resetFor(this.#errorOf('ERR_STREAM_RESET', 'local', 'reset by us'));
  }

  // ------------------------------------------------------------ for the session

  /** Takes a message of the chain: data of the peer. */
  receive(message: ConnectionMessage): void {
    for (const chunk of message.chunks) this.deliver(chunk);
  }

  /** The header of a message of `size` bytes came; `false`: they are not taken, and the stream has ended for it. */
  takes(size: number): boolean {
    if (this.#ended || size === 0) return false;
    if (this.#remoteClosed) {
      this.#fault = this.#errorOf('ERR_MPLEX_UNEXPECTED', 'remote', `${size} bytes came after the peer's close`);
      this.#machine.send({ type: 'wire.message' });
    } else if (!this.#receiving.hasRoomFor(size)) {
      this.overflow(`${this.unconsumedBytes + size} bytes wait for the reader`);
    }
    return !this.#ended;
  }

  /** Takes one piece of a message. */
  deliver(piece: Uint8Array): void {
    if (!this.#ended) this.#receiving.deliver(piece);
  }

  /** More waits for the reader than may. */
  overflow(what: string): void {
    this.#fault = this.#errorOf('ERR_MPLEX_QUEUE_FULL', 'local', what);
    this.#machine.send({ type: 'inbox.overflowed' });
  }

  /** The peer has closed its side. */
  finish(): void {
    if (!this.#ended) this.#machine.send({ type: 'wire.close' });
  }

  /** The peer reset it. */
  resetByPeer(): void {
    if (this.#ended) return;
    this.#fault = this.#errorOf('ERR_STREAM_RESET', 'remote', 'reset by the peer');
    this.#machine.send({ type: 'wire.reset' });
  }

  /** We reset it, for this reason. */
  resetFor(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'local.reset' });
  }

  /** The session is over, for this reason. */
  endSession(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'session.ended' });
  }

  /** Sends one message, as large as queue and limit allow; answers its length. */
  pump(): number {
    if (!this.isSendable) return 0;
    const { chunks, size } = this.#sending.takeMessage();
    this.#outbound.next(this.#message('outbound', chunks));
    if (this.#writeClosed) {
      if (this.queuedBytes === 0) this.#machine.send({ type: 'queue.drained' });
    } else if (this.#sending.takeRelief()) {
      this.#receiving.inbox.hint(this.#message('inbound', [], { type: 'stream.writable' }));
    }
    return size;
  }

  // ------------------------------------------------------------ inside

  #perform(effect: MplexStreamEffect): void {
    switch (effect.type) {
      case 'send.newStream':
        // The name is for people alone; go and js-libp2p 0.28 write the id too.
        this.#send(MPLEX_FLAG.newStream, String(this.#wireId));
        return;
      case 'offer.stream':
        this.#owner.offered(this);
        return;
      case 'send.close':
        this.#closeSent = true;
        this.#send(FLAGS[this.direction].close);
        if (this.#receiving.isDropping && !this.#remoteClosed) this.#machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#send(FLAGS[this.direction].reset);
        return;
      case 'report.remoteClosed':
        this.#remoteClosed = true;
        this.#tell({ type: 'stream.remoteClosed' });
        return;
      case 'report.closed':
        this.#end(undefined);
        return;
      case 'report.reset':
        this.#end(this.#fault ?? this.#errorOf(effect.code, 'remote', 'its state does not expect that message'));
        return;
      default:
        effect satisfies never;
    }
  }

  #end(error: EngineError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { machine, lastEvent, stays } = this.#machine;
    // The last stay is the end itself; the one before it is where the last event came.
    this.#error = error?.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
    this.#sending.clear();
    // A reset drops what waits, unless the peer had closed before and the reader may still read.
    if (error !== undefined && !this.#remoteClosed) this.#receiving.clear();
    this.#receiving.release();
    this.#owner.ended(this);
    if (error === undefined) this.#tell({ type: 'stream.closed' });
    else this.#tell({ type: 'stream.reset' }, this.#error);
  }

  #tell(event: MessageEvent, error?: EngineError): void {
    this.#receiving.inbox.tell(this.#message('inbound', [], event, error));
  }

  /** Sends a message that is no data. */
  #send(flag: number, name?: string): void {
    const chunks = [encodeMplexHeader(flag, this.#wireId, name?.length ?? 0)];
    if (name !== undefined) chunks.push(Uint8Array.from(name, (char) => char.charCodeAt(0)));
    const event = { type: `mplex.${mplexFlagName(flag)}`, id: this.#wireId, ...(name === undefined ? {} : { name }) };
    this.#outbound.next(this.#message('outbound', chunks, event));
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
    return new EngineError(code, blame, `mplex: stream ${this.id}: ${what}`);
  }
}

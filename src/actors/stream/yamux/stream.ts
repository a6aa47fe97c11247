/**
 * The actor of one yamux stream: its two halves, and the machine that hears flags and edges. It is the outermost handler
 * of the stream's own chain; the session decodes frames and calls it, and sends on what it publishes.
 *
 * A data frame costs a counter, a `next` and no transition. Frames go out when the session's pump asks for them, so that
 * streams take turns and no stream runs ahead of a busy connection.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, type Blame, type ErrorCode, type StateStay } from '../../../errors.js';
import { yamuxStreamMachine, type YamuxStreamEffect } from '../../../machines/yamux-stream.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE, yamuxFlagNames } from '../../../wire/yamux.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MuxedStream } from '../muxed-stream.js';
import { YamuxReceiving } from './receiving.js';
import { YamuxSending } from './sending.js';

/** What a stream asks of its session. */
export interface YamuxStreamOwner {
  /** The peer opened this stream. */
  offered(stream: YamuxStream): void;
  /** SYN was answered, by whom it had to be. */
  acknowledged(stream: YamuxStream): void;
  /** The stream has data and window: pump it. */
  sendable(stream: YamuxStream): void;
  /** Both directions are over: the session forgets it. */
  ended(stream: YamuxStream): void;
  roundTripMs(): number | undefined;
  /** Asks for memory beyond the start window; the stream's `growthBytes` come back when it has ended. */
  reserveGrowth(stream: YamuxStream, size: number): boolean;
  /** Counts bytes that wait here, negative ones back; the refusal, if the node has no room. */
  hold(stream: YamuxStream, size: number): EngineError | undefined;
}

/** One stream of a yamux session. */
export class YamuxStream implements MuxedStream {
  readonly address: string;
  readonly layer = 'yamux';
  /** Set by the pump while the stream is in its line. */
  inLine = false;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: YamuxStreamOwner;
  readonly #machine: MachineActor<typeof yamuxStreamMachine>;
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #sending: YamuxSending;
  readonly #receiving: YamuxReceiving;
  #acknowledged = false;
  #writeClosed = false;
  #finSent = false;
  #finReceived = false;
  #ended = false;
  /** What ends it, in words, until the machine reports the end. */
  #fault: EngineError | undefined;
  #error: EngineError | undefined;

  constructor(
    environment: Environment,
    connection: string,
    readonly id: number,
    readonly direction: Direction,
    owner: YamuxStreamOwner,
  ) {
    this.address = `${connection}/yamux/${id}`;
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    const memory = { hold: (size: number) => owner.hold(this, size), refused: this.#refuse };
    this.#sending = new YamuxSending(environment.limits, id, memory);
    this.#receiving = new YamuxReceiving(environment, {
      listened: () => this.#accept(),
      grant: (delta) => this.#sendControl(0, delta),
      message: (chunks) => this.#message('inbound', chunks),
      roundTripMs: () => owner.roundTripMs(),
      reserveGrowth: (size) => owner.reserveGrowth(this, size),
      memory,
    });
    this.#machine = spawnMachine(environment, yamuxStreamMachine, {
      address: this.address,
      input: { direction, finTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#sendControl(YAMUX_FLAG.RST, 0);
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

  /** Whether SYN was answered, by whom it had to be. */
  get isAcknowledged(): boolean {
    return this.#acknowledged;
  }

  /** Whether there is data that the window lets out. */
  get isSendable(): boolean {
    return this.#sending.isSendable;
  }

  /** By how much the receive window has grown. */
  get growthBytes(): number {
    return this.#receiving.growthBytes;
  }

  /** Begins: sends SYN, or offers the peer's stream to its owner. */
  start(): void {
    this.#machine.start();
  }

  // ------------------------------------------------------------ for the handlers inside

  /** Queues data; drops it after the end, for the peer's reset may cross it. Beyond the queue's end we reset. */
  send(message: ConnectionMessage): void {
    if (this.#writeClosed || this.#ended) return;
    this.#accept();
    if (!this.#sending.push(message.chunks)) {
      const { queuedBytes, queuedChunks } = this.#sending;
      const what = `${queuedBytes} bytes in ${queuedChunks} chunks wait to be sent`;
      this.#refuse(this.#errorOf('ERR_STREAM_QUEUE_FULL', 'local', what));
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
    this.#accept();
    this.#writeClosed = true;
    this.#machine.send({ type: 'local.close', queued: this.queuedBytes > 0 });
  }

  closeRead(): void {
    if (this.#receiving.isDropping) return;
    if (!this.#ended) this.#accept();
    this.#receiving.drop();
    if (this.#finSent) this.#machine.send({ type: 'local.abandon' });
  }

  reset(code = 0): void {
    if (this.#ended) return;
    this.#refuse(this.#fault ?? this.#errorOf('ERR_STREAM_RESET', 'local', `reset by us, code ${code}`), code);
  }

  // ------------------------------------------------------------ for the session

  /** The peer answered SYN. */
  acknowledge(): void {
    if (this.#acknowledged || this.#ended) return;
    this.#acknowledged = true;
    this.#machine.send({ type: 'wire.ack' });
    this.#owner.acknowledged(this);
  }

  /** The header of a data frame of `size` bytes came. `false`: that is more than the peer was granted. */
  charge(size: number): boolean {
    if (this.#ended || size === 0) return true;
    if (!this.#finReceived) return this.#receiving.charge(size);
    this.#violated('ERR_YAMUX_UNEXPECTED', `${size} bytes came after FIN`);
    return true;
  }

  /** Takes bytes that were charged. */
  receive(message: ConnectionMessage): void {
    for (const chunk of message.chunks) this.deliver(chunk);
  }

  /** Takes one piece of bytes that were charged. */
  deliver(piece: Uint8Array): void {
    if (!this.#ended) this.#receiving.deliver(piece);
  }

  /** The peer widened our send window. */
  grant(delta: number): void {
    if (this.#ended || delta === 0) return;
    const { window } = this.#sending;
    if (!window.holds(delta)) {
      this.#violated('ERR_YAMUX_WINDOW_OVERFLOW', `a window of ${window.available} bytes was widened by ${delta}`);
      return;
    }
    if (window.grant(delta) && !this.#finSent) this.#machine.send({ type: 'window.opened' });
    if (this.isSendable) this.#owner.sendable(this);
  }

  /** FIN came, and the body before it. */
  finish(): void {
    if (!this.#ended) this.#machine.send({ type: 'wire.fin' });
  }

  /** RST came. */
  resetByPeer(code: number): void {
    if (this.#ended) return;
    this.#fault = this.#errorOf('ERR_STREAM_RESET', 'remote', `reset by the peer, code ${code}`);
    this.#machine.send({ type: 'wire.reset' });
  }

  /** The session is over, for this reason. */
  endSession(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'session.ended' });
  }

  /** Sends one data frame, as large as queue, window and limit allow; answers its length. */
  pump(): number {
    if (!this.isSendable) return 0;
    const { chunks, size, exhausted } = this.#sending.takeFrame();
    this.#outbound.next(this.#message('outbound', chunks));
    if (exhausted) this.#machine.send({ type: 'window.exhausted' });
    if (this.#writeClosed) {
      if (this.queuedBytes === 0) this.#machine.send({ type: 'queue.drained' });
    } else if (this.#sending.takeRelief()) {
      this.#receiving.inbox.hint(this.#message('inbound', [], { type: 'stream.writable' }));
    }
    return size;
  }

  // ------------------------------------------------------------ inside

  #accept(): void {
    if (this.#acknowledged || this.direction === 'outbound' || this.#ended) return;
    this.#acknowledged = true;
    this.#machine.send({ type: 'local.accept' });
    this.#owner.acknowledged(this);
  }

  #perform(effect: YamuxStreamEffect): void {
    switch (effect.type) {
      case 'send.syn':
        this.#sendControl(YAMUX_FLAG.SYN, 0);
        return;
      case 'offer.stream':
        this.#owner.offered(this);
        return;
      case 'send.ack':
        this.#sendControl(YAMUX_FLAG.ACK, 0);
        return;
      case 'send.fin':
        this.#finSent = true;
        this.#sendControl(YAMUX_FLAG.FIN, 0);
        if (this.#receiving.isDropping) this.#machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#sendControl(YAMUX_FLAG.RST, effect.code);
        return;
      case 'report.remoteClosed':
        this.#finReceived = true;
        this.#receiving.finish();
        this.#tell({ type: 'stream.remoteClosed' });
        return;
      case 'report.closed':
        this.#end(undefined);
        return;
      case 'report.reset':
        this.#end(this.#fault ?? this.#errorOf(effect.code, 'remote', 'its state does not expect that frame'));
        return;
      default:
        effect satisfies never;
    }
  }

  /** We end it, for this reason. */
  readonly #refuse = (error: EngineError, code = 0): void => {
    this.#fault = error;
    this.#machine.send({ type: 'local.reset', code });
  };

  #violated(code: ErrorCode, what: string): void {
    this.#fault = this.#errorOf(code, 'remote', what);
    this.#machine.send({ type: 'wire.violation', code });
  }

  #end(error: EngineError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { machine, lastEvent, stays } = this.#machine;
    // The last stay is the end itself; the one before it is where the last event came.
    this.#error = error?.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
    this.#sending.clear();
    this.#owner.ended(this);
    if (error === undefined) {
      this.#tell({ type: 'stream.closed' });
      return;
    }
    this.#receiving.clear();
    this.#tell({ type: 'stream.reset' }, this.#error);
  }

  #tell(event: MessageEvent, error?: EngineError): void {
    this.#receiving.inbox.tell(this.#message('inbound', [], event, error));
  }

  #sendControl(flags: number, length: number): void {
    const header = encodeYamuxHeader(YAMUX_TYPE.windowUpdate, flags, this.id, length);
    const event = { type: 'yamux.windowUpdate', flags: yamuxFlagNames(flags), length };
    this.#outbound.next(this.#message('outbound', [header], event));
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
    return new EngineError(code, blame, `yamux: stream ${this.id}: ${what}`);
  }
}

/**
 * The actor of one SPDY stream: its two halves, and the machine that hears flags and edges. It is the outermost handler of
 * the stream's own chain; the session decodes frames and calls it, and sends on what it publishes.
 * A data frame costs a counter, a `next` and no transition; frames go out when the session's pump asks for them.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, type Blame, type ErrorCode, type StateStay } from '../../../errors.js';
import { spdyStreamMachine, type SpdyStreamEffect } from '../../../machines/spdy-stream.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import { encodeSpdyData, encodeSpdyPair, SPDY_FLAG, SPDY_STATUS, SPDY_TYPE, spdyTypeName } from '../../../wire/spdy.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MuxedStream } from '../muxed-stream.js';
import { SpdyReceiving } from './receiving.js';
import type { SpdySendWindow, WindowEdge } from './send-window.js';
import { SpdySending } from './sending.js';

/** What a stream asks of its session. */
export interface SpdyStreamOwner {
  /** The session's own send window. */
  readonly sendWindow: SpdySendWindow;
  /** Sends SYN_STREAM: header blocks are the session's, for their compression runs on. */
  synStream(stream: SpdyStream): void;
  /** Sends SYN_REPLY. */
  synReply(stream: SpdyStream): void;
  /** The peer opened this stream. */
  offered(stream: SpdyStream): void;
  /** Somebody here took the stream that the peer opened. */
  accepted(stream: SpdyStream): void;
  /** The stream has data and window: pump it. */
  sendable(stream: SpdyStream): void;
  /** Bytes no longer hold the session's receive window. */
  release(size: number): void;
  /** Both directions are over: the session forgets it. */
  ended(stream: SpdyStream): void;
  /** Counts bytes that wait here, negative ones back; the refusal, if the node has no room. */
  hold(stream: SpdyStream, size: number): EngineError | undefined;
}

/** One stream of a SPDY session. */
export class SpdyStream implements MuxedStream {
  readonly address: string;
  readonly layer = 'spdy';
  /** Set by the pump while the stream is in its line. */
  inLine = false;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: SpdyStreamOwner;
  readonly #machine: MachineActor<typeof spdyStreamMachine>;
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #sending: SpdySending;
  readonly #receiving: SpdyReceiving;
  #accepted = false;
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
    windowBytes: number,
    owner: SpdyStreamOwner,
  ) {
    this.address = `${connection}/spdy/${id}`;
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    const memory = { hold: (size: number) => owner.hold(this, size), refused: this.#refuse };
    this.#sending = new SpdySending(environment.limits, id, windowBytes, owner.sendWindow, memory);
    this.#receiving = new SpdyReceiving(environment, {
      listened: () => this.#accept(),
      grant: (delta) => this.#sendPair(SPDY_TYPE.windowUpdate, delta),
      release: (size) => owner.release(size),
      memory,
      message: (chunks) => this.#message('inbound', chunks),
    });
    this.#machine = spawnMachine(environment, spdyStreamMachine, {
      address: this.address,
      input: { direction, finTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#sendPair(SPDY_TYPE.rstStream, SPDY_STATUS.internalError);
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

  /** Whether somebody here took it; streams of ours are taken. */
  get isAccepted(): boolean {
    return this.#accepted || this.direction === 'outbound';
  }

  /** Whether there is data that both windows let out. */
  get isSendable(): boolean {
    return this.#sending.isSendable;
  }

  /** Begins: sends SYN_STREAM, or offers the peer's stream to its owner. */
  start(): void {
    this.#machine.start();
    if (this.#sending.window.available === 0) this.#passed('exhausted');
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

  /** `code`: a status of RST_STREAM; the peer hears "cancel" for what is none. */
  reset(code: number = SPDY_STATUS.cancel): void {
    if (this.#ended) return;
    const status = code >= 1 && code <= SPDY_STATUS.frameTooLarge ? code : SPDY_STATUS.cancel;
    this.#refuse(this.#fault ?? this.#errorOf('ERR_STREAM_RESET', 'local', `reset by us, status ${status}`), status);
  }

  // ------------------------------------------------------------ for the session

  /** The peer said SYN_REPLY. */
  reply(): void {
    if (!this.#ended) this.#machine.send({ type: 'wire.reply' });
  }

  /** The header of a data frame of `size` bytes came. `false`: nobody takes its body. */
  charge(size: number): boolean {
    if (this.#ended) return false;
    if (this.#finReceived && size > 0) {
      this.#violated('ERR_SPDY_UNEXPECTED', SPDY_STATUS.streamAlreadyClosed, `${size} bytes came after FIN`);
      return false;
    }
    if (this.#receiving.charge(size)) return true;
    this.#violated('ERR_SPDY_WINDOW_EXCEEDED', SPDY_STATUS.flowControlError, `${size} bytes came, beyond its credit`);
    return false;
  }

  receive({ chunks }: ConnectionMessage): void {
    for (const chunk of chunks) this.deliver(chunk);
  }

  /** Takes one piece of bytes that were charged; `false`: nobody wants them any more. */
  deliver(piece: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#receiving.deliver(piece);
    return true;
  }

  /** The peer widened our send window, or, with its settings, changed it by what may be less than nothing. */
  grant(delta: number): void {
    if (this.#ended || delta === 0) return;
    const { window } = this.#sending;
    if (!window.holds(delta)) {
      const what = `a window of ${window.available} bytes was widened by ${delta}`;
      this.#violated('ERR_SPDY_WINDOW_OVERFLOW', SPDY_STATUS.flowControlError, what);
      return;
    }
    this.#passed(window.grant(delta));
    if (this.isSendable) this.#owner.sendable(this);
  }

  /** FIN came, and the body before it. */
  finish(): void {
    if (!this.#ended) this.#machine.send({ type: 'wire.fin' });
  }

  /** RST_STREAM came. */
  resetByPeer(status: number): void {
    if (this.#ended) return;
    this.#fault = this.#errorOf('ERR_STREAM_RESET', 'remote', `reset by the peer, status ${status}`);
    this.#machine.send({ type: status === SPDY_STATUS.invalidStream ? 'wire.forgotten' : 'wire.reset' });
  }

  /** The session is over, for this reason, or does not serve this stream. */
  endSession(error: EngineError): void {
    if (this.#ended) return;
    this.#fault = error;
    this.#machine.send({ type: 'session.ended' });
  }

  /** Sends one data frame, as large as queue, windows and limit allow; answers its length. */
  pump(): number {
    if (!this.isSendable) return 0;
    const { chunks, size, edge } = this.#sending.takeFrame();
    this.#outbound.next(this.#message('outbound', chunks));
    this.#passed(edge);
    if (this.#writeClosed) {
      if (this.queuedBytes === 0) this.#machine.send({ type: 'queue.drained' });
    } else if (this.#sending.takeRelief()) {
      this.#receiving.inbox.hint(this.#message('inbound', [], { type: 'stream.writable' }));
    }
    return size;
  }

  // ------------------------------------------------------------ inside

  #accept(): void {
    if (this.isAccepted || this.#ended) return;
    this.#accepted = true;
    this.#machine.send({ type: 'local.accept' });
    this.#owner.accepted(this);
  }

  /** Tells the machine of an edge of the send window; after our FIN it means nothing. */
  #passed(edge: WindowEdge): void {
    if (edge !== undefined && !this.#finSent && !this.#ended) this.#machine.send({ type: `window.${edge}` });
  }

  #perform(effect: SpdyStreamEffect): void {
    switch (effect.type) {
      case 'send.synStream':
        this.#owner.synStream(this);
        return;
      case 'offer.stream':
        this.#owner.offered(this);
        return;
      case 'send.synReply':
        this.#owner.synReply(this);
        return;
      case 'send.fin':
        this.#finSent = true;
        this.#sendFrame(encodeSpdyData(this.id, SPDY_FLAG.FIN, 0), { type: 'spdy.data', flags: 'FIN' });
        if (this.#receiving.isDropping) this.#machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#sendPair(SPDY_TYPE.rstStream, effect.status);
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
  readonly #refuse = (error: EngineError, status: number = SPDY_STATUS.cancel): void => {
    this.#fault = error;
    this.#machine.send({ type: 'local.reset', status });
  };

  #violated(code: ErrorCode, status: number, what: string): void {
    this.#fault = this.#errorOf(code, 'remote', what);
    this.#machine.send({ type: 'wire.violation', code, status });
  }

  #end(error: EngineError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { machine, lastEvent, stays } = this.#machine;
    // The last stay is the end itself; the one before it is where the last event came.
    this.#error = error?.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
    this.#sending.clear();
    this.#receiving.end(error !== undefined);
    this.#owner.ended(this);
    if (error === undefined) this.#tell({ type: 'stream.closed' });
    else this.#tell({ type: 'stream.reset' }, this.#error);
  }

  #tell(event: MessageEvent, error?: EngineError): void {
    this.#receiving.inbox.tell(this.#message('inbound', [], event, error));
  }

  #sendPair(type: number, value: number): void {
    this.#sendFrame(encodeSpdyPair(type, this.id, value), { type: `spdy.${spdyTypeName(type)}`, value });
  }

  #sendFrame(frame: Uint8Array, event: MessageEvent): void {
    this.#outbound.next(this.#message('outbound', [frame], event));
  }

  #message(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { layer, id: stream } = this;
    return this.#environment.message({ direction, layer, connection: this.#connection, stream, chunks, event, error });
  }

  #errorOf(code: ErrorCode, blame: Blame, what: string): EngineError {
    return new EngineError(code, blame, `spdy: stream ${this.id}: ${what}`);
  }
}

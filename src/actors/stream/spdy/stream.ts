/**
 * The actor of one SPDY stream. It is the outermost handler of the stream's own chain; the session decodes frames and calls
 * it, and sends on what it publishes.
 */
import type { EngineError, ErrorCode } from '../../../errors.js';
import { spdyStreamMachine, type SpdyStreamEffect } from '../../../machines/spdy-stream.js';
import type { Direction, MessageEvent } from '../../../messages.js';
import { encodeSpdyData, encodeSpdyPair, SPDY_FLAG, SPDY_STATUS, SPDY_TYPE, spdyTypeName } from '../../../wire/spdy.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { StreamCredit } from '../muxed-stream.js';
import { StreamCore } from '../stream-core.js';
import type { WindowEdge } from '../stream-sending.js';
import { SpdyReceiving } from './receiving.js';
import type { SpdySendWindow } from './send-window.js';
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
export class SpdyStream extends StreamCore {
  readonly layer = 'spdy';
  protected readonly owner: SpdyStreamOwner;
  protected readonly machine: MachineActor<typeof spdyStreamMachine>;
  protected readonly sending: SpdySending;
  protected readonly receiving: SpdyReceiving;
  #accepted = false;

  constructor(
    environment: Environment,
    connection: string,
    id: number,
    direction: Direction,
    windowBytes: number,
    owner: SpdyStreamOwner,
  ) {
    super(environment, connection, `${connection}/spdy/${id}`, id, direction);
    this.owner = owner;
    const memory = {
      hold: (size: number) => owner.hold(this, size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.sending = new SpdySending(environment.limits, id, windowBytes, owner.sendWindow, memory);
    this.receiving = new SpdyReceiving(environment, {
      listened: () => this.accept(),
      grant: (delta) => this.#sendPair(SPDY_TYPE.windowUpdate, delta),
      release: (size) => owner.release(size),
      memory,
      message: (chunks) => this.message('inbound', chunks),
    });
    this.machine = spawnMachine(environment, spdyStreamMachine, {
      address: this.address,
      input: { direction, finTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#sendPair(SPDY_TYPE.rstStream, SPDY_STATUS.internalError);
        this.end(error);
      },
    });
  }

  /** Whether somebody here took it; streams of ours are taken. */
  get isAccepted(): boolean {
    return this.#accepted || this.direction === 'outbound';
  }

  override get credit(): StreamCredit {
    return { send: this.sending.window.available, receive: this.receiving.credit };
  }

  /** Begins: sends SYN_STREAM, or offers the peer's stream to its owner. */
  override start(): void {
    super.start();
    if (this.sending.window.available === 0) this.passed('exhausted');
  }

  // ------------------------------------------------------------ for the handlers inside

  /** `code`: a status of RST_STREAM; the peer hears "cancel" for what is none. */
  reset(code: number = SPDY_STATUS.cancel): void {
    if (this.ended) return;
    const status = code >= 1 && code <= SPDY_STATUS.frameTooLarge ? code : SPDY_STATUS.cancel;
    this.resetFor(this.fault ?? this.errorOf('ERR_STREAM_RESET', 'local', `reset by us, status ${status}`), status);
  }

  // ------------------------------------------------------------ for the session

  /** The peer said SYN_REPLY. */
  reply(): void {
    if (!this.ended) this.machine.send({ type: 'wire.reply' });
  }

  /** The header of a data frame of `size` bytes came. `false`: nobody takes its body. */
  charge(size: number): boolean {
    if (this.ended) return false;
    if (this.receiving.isFinished && size > 0) {
      this.#violated('ERR_SPDY_UNEXPECTED', SPDY_STATUS.streamAlreadyClosed, `${size} bytes came after FIN`);
      return false;
    }
    if (this.receiving.charge(size)) return true;
    this.#violated('ERR_SPDY_WINDOW_EXCEEDED', SPDY_STATUS.flowControlError, `${size} bytes came, beyond its credit`);
    return false;
  }

  /** Takes one piece of bytes that were charged; `false`: nobody wants them any more. */
  deliver(piece: Uint8Array): boolean {
    if (this.ended) return false;
    if (this.environment.observing && this.receiving.isDropping) this.observeDropped(piece.length);
    this.receiving.deliver(piece);
    return true;
  }

  /** The peer widened our send window, or, with its settings, changed it by what may be less than nothing. */
  grant(delta: number): void {
    if (this.ended || delta === 0) return;
    const { window } = this.sending;
    if (!window.holds(delta)) {
      const what = `a window of ${window.available} bytes was widened by ${delta}`;
      this.#violated('ERR_SPDY_WINDOW_OVERFLOW', SPDY_STATUS.flowControlError, what);
      return;
    }
    if (this.environment.observing) this.observeGranted(delta);
    this.passed(window.grant(delta));
    if (this.isSendable) this.owner.sendable(this);
  }

  /** Tells that the peer lets us send `bytes` more: its frames are told without what they grant. */
  observeGranted(bytes: number): void {
    this.environment.observe('seen:credit', this.address, { stream: this.id, direction: 'received', bytes });
  }

  /** FIN came, and the body before it. */
  finish(): void {
    if (!this.ended) this.machine.send({ type: 'wire.fin' });
  }

  /** RST_STREAM came. */
  resetByPeer(status: number): void {
    if (this.ended) return;
    this.fault = this.errorOf('ERR_STREAM_RESET', 'remote', `reset by the peer, status ${status}`);
    this.machine.send({ type: status === SPDY_STATUS.invalidStream ? 'wire.forgotten' : 'wire.reset' });
  }

  /** We end it, for this reason. */
  resetFor(error: EngineError, status: number = SPDY_STATUS.cancel): void {
    this.fault = error;
    this.machine.send({ type: 'local.reset', status });
  }

  // ------------------------------------------------------------ inside

  protected override accept(): void {
    if (this.isAccepted || this.ended) return;
    this.#accepted = true;
    this.machine.send({ type: 'local.accept' });
    this.owner.accepted(this);
  }

  /** Tells the machine of an edge of the send window; after our FIN it means nothing. */
  protected override passed(edge: WindowEdge): void {
    if (edge !== undefined && !this.endSent && !this.ended) this.machine.send({ type: `window.${edge}` });
  }

  protected forget(): void {
    this.owner.ended(this);
  }

  #perform(effect: SpdyStreamEffect): void {
    switch (effect.type) {
      case 'send.synStream':
        this.owner.synStream(this);
        return;
      case 'offer.stream':
        this.owner.offered(this);
        return;
      case 'send.synReply':
        this.owner.synReply(this);
        return;
      case 'send.fin':
        this.endSent = true;
        this.#sendFrame(encodeSpdyData(this.id, SPDY_FLAG.FIN, 0), { type: 'spdy.data', flags: 'FIN' });
        if (this.receiving.isDropping) this.machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#sendPair(SPDY_TYPE.rstStream, effect.status);
        return;
      case 'report.remoteClosed':
        this.remoteClosed();
        return;
      case 'report.closed':
        this.end(undefined);
        return;
      case 'report.reset':
        this.end(this.fault ?? this.errorOf(effect.code, 'remote', 'its state does not expect that frame'));
        return;
      default:
        effect satisfies never;
    }
  }

  #violated(code: ErrorCode, status: number, what: string): void {
    this.fault = this.errorOf(code, 'remote', what);
    this.machine.send({ type: 'wire.violation', code, status });
  }

  #sendPair(type: number, value: number): void {
    this.#sendFrame(encodeSpdyPair(type, this.id, value), { type: `spdy.${spdyTypeName(type)}`, value });
  }

  #sendFrame(frame: Uint8Array, event: MessageEvent): void {
    this.outbound.next(this.message('outbound', [frame], event));
  }
}

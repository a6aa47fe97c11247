/**
 * The actor of one yamux stream. It is the outermost handler of the stream's own chain; the session decodes frames and
 * calls it, and sends on what it publishes.
 */
import type { EngineError, ErrorCode } from '../../../errors.js';
import { yamuxStreamMachine, type YamuxStreamEffect } from '../../../machines/yamux-stream.js';
import type { Direction } from '../../../messages.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE, yamuxFlagNames } from '../../../wire/yamux.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { StreamCredit } from '../muxed-stream.js';
import { StreamCore } from '../stream-core.js';
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
export class YamuxStream extends StreamCore {
  readonly layer = 'yamux';
  protected readonly owner: YamuxStreamOwner;
  protected readonly machine: MachineActor<typeof yamuxStreamMachine>;
  protected readonly sending: YamuxSending;
  protected readonly receiving: YamuxReceiving;
  #acknowledged = false;

  constructor(environment: Environment, connection: string, id: number, direction: Direction, owner: YamuxStreamOwner) {
    super(environment, connection, `${connection}/yamux/${id}`, id, direction);
    this.owner = owner;
    const memory = {
      hold: (size: number) => owner.hold(this, size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.sending = new YamuxSending(environment.limits, id, memory);
    this.receiving = new YamuxReceiving(environment, {
      listened: () => this.accept(),
      grant: (delta) => this.#sendControl(0, delta),
      message: (chunks) => this.message('inbound', chunks),
      roundTripMs: () => owner.roundTripMs(),
      reserveGrowth: (size) => owner.reserveGrowth(this, size),
      memory,
    });
    this.machine = spawnMachine(environment, yamuxStreamMachine, {
      address: this.address,
      input: { direction, finTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#sendControl(YAMUX_FLAG.RST, 0);
        this.end(error);
      },
    });
  }

  /** Whether SYN was answered, by whom it had to be. */
  get isAcknowledged(): boolean {
    return this.#acknowledged;
  }

  override get credit(): StreamCredit {
    return { send: this.sending.window.available, receive: this.receiving.credit };
  }

  /** By how much the receive window has grown. */
  get growthBytes(): number {
    return this.receiving.growthBytes;
  }

  // ------------------------------------------------------------ for the handlers inside

  reset(code = 0): void {
    if (this.ended) return;
    this.resetFor(this.fault ?? this.errorOf('ERR_STREAM_RESET', 'local', `reset by us, code ${code}`), code);
  }

  // ------------------------------------------------------------ for the session

  /** The peer answered SYN. */
  acknowledge(): void {
    if (this.#acknowledged || this.ended) return;
    this.#acknowledged = true;
    this.machine.send({ type: 'wire.ack' });
    this.owner.acknowledged(this);
  }

  /** The header of a data frame of `size` bytes came. `false`: that is more than the peer was granted. */
  charge(size: number): boolean {
    if (this.ended || size === 0) return true;
    if (!this.receiving.isFinished) return this.receiving.charge(size);
    this.#violated('ERR_YAMUX_UNEXPECTED', `${size} bytes came after FIN`);
    return true;
  }

  /** Takes one piece of bytes that were charged. */
  deliver(piece: Uint8Array): void {
    if (this.ended) return;
    if (this.environment.observing && this.receiving.isDropping) this.observeDropped(piece.length);
    this.receiving.deliver(piece);
  }

  /** The peer widened our send window. */
  grant(delta: number): void {
    if (this.ended || delta === 0) return;
    const { window } = this.sending;
    if (!window.holds(delta)) {
      this.#violated('ERR_YAMUX_WINDOW_OVERFLOW', `a window of ${window.available} bytes was widened by ${delta}`);
      return;
    }
    if (window.grant(delta) && !this.endSent) this.machine.send({ type: 'window.opened' });
    if (this.isSendable) this.owner.sendable(this);
  }

  /** FIN came, and the body before it. */
  finish(): void {
    if (!this.ended) this.machine.send({ type: 'wire.fin' });
  }

  /** RST came. */
  resetByPeer(code: number): void {
    if (this.ended) return;
    this.fault = this.errorOf('ERR_STREAM_RESET', 'remote', `reset by the peer, code ${code}`);
    this.machine.send({ type: 'wire.reset' });
  }

  /** We end it, for this reason. */
  resetFor(error: EngineError, code = 0): void {
    this.fault = error;
    this.machine.send({ type: 'local.reset', code });
  }

  // ------------------------------------------------------------ inside

  protected override accept(): void {
    if (this.#acknowledged || this.direction === 'outbound' || this.ended) return;
    this.#acknowledged = true;
    this.machine.send({ type: 'local.accept' });
    this.owner.acknowledged(this);
  }

  protected override passed(): void {
    this.machine.send({ type: 'window.exhausted' });
  }

  protected forget(): void {
    this.owner.ended(this);
  }

  #perform(effect: YamuxStreamEffect): void {
    switch (effect.type) {
      case 'send.syn':
        this.#sendControl(YAMUX_FLAG.SYN, 0);
        return;
      case 'offer.stream':
        this.owner.offered(this);
        return;
      case 'send.ack':
        this.#sendControl(YAMUX_FLAG.ACK, 0);
        return;
      case 'send.fin':
        this.endSent = true;
        this.#sendControl(YAMUX_FLAG.FIN, 0);
        if (this.receiving.isDropping) this.machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#sendControl(YAMUX_FLAG.RST, effect.code);
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

  #violated(code: ErrorCode, what: string): void {
    this.fault = this.errorOf(code, 'remote', what);
    this.machine.send({ type: 'wire.violation', code });
  }

  #sendControl(flags: number, length: number): void {
    const header = encodeYamuxHeader(YAMUX_TYPE.windowUpdate, flags, this.id, length);
    const event = { type: 'yamux.windowUpdate', flags: yamuxFlagNames(flags), length };
    this.outbound.next(this.message('outbound', [header], event));
  }
}

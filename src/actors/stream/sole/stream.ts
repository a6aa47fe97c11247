/**
 * The actor of a connection's only stream, where there is no muxer: the bytes of the secure channel are the stream's own.
 *
 * What comes and is not read holds back the transport itself, since no other stream is behind it. What is sent waits while
 * the connection is congested, and leaves in bounded amounts at the end of a turn.
 */
import { EngineError, type Blame, type ErrorCode } from '../../../errors.js';
import { soleStreamMachine, type SoleStreamEffect } from '../../../machines/sole-stream.js';
import type { Direction } from '../../../messages.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import { StreamCore } from '../stream-core.js';
import { SoleReceiving } from './receiving.js';
import { SoleSending } from './sending.js';

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
export class SoleStream extends StreamCore {
  readonly layer = 'stream';
  protected readonly owner: SoleStreamOwner;
  protected readonly machine: MachineActor<typeof soleStreamMachine>;
  protected readonly sending: SoleSending;
  protected readonly receiving: SoleReceiving;

  constructor(environment: Environment, connection: string, direction: Direction, owner: SoleStreamOwner) {
    super(environment, connection, `${connection}/stream`, ONLY, direction);
    this.owner = owner;
    const memory = {
      hold: (size: number) => owner.hold(size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.sending = new SoleSending(environment.limits, memory);
    this.receiving = new SoleReceiving(environment, {
      listened: () => undefined,
      message: (chunks) => this.message('inbound', chunks),
      holdTransport: (isHeld) => owner.holdTransport(isHeld),
      memory,
    });
    this.machine = spawnMachine(environment, soleStreamMachine, {
      address: this.address,
      input: { endTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.end(error);
        owner.dropTransport(error);
      },
    });
  }

  /** Whether it has begun and not ended. */
  get isLive(): boolean {
    return !this.ended && this.machine.state !== 'unused';
  }

  /** It is used from now on. */
  open(): void {
    this.machine.send({ type: 'local.open' });
  }

  // ------------------------------------------------------------ for the handlers inside

  /** The connection is dropped with it; no code is sent. */
  reset(): void {
    this.resetFor(this.errorOf('ERR_STREAM_RESET', 'local', 'reset by us, and the connection with it'));
  }

  // ------------------------------------------------------------ for the connection

  /** Takes one piece of data of the peer. */
  deliver(piece: Uint8Array): void {
    if (!this.ended) this.receiving.deliver(piece);
  }

  /** The peer sends nothing more. */
  finish(): void {
    if (!this.ended && !this.receiving.isFinished) this.machine.send({ type: 'transport.ended' });
  }

  /** The transport is gone. */
  lose(error: EngineError | undefined): void {
    if (this.ended) return;
    this.fault = error;
    this.machine.send({ type: 'transport.failed' });
  }

  /** We end it, and the connection with it, for this reason. */
  resetFor(error: EngineError): void {
    if (this.ended) return;
    this.fault = error;
    this.machine.send({ type: 'local.reset' });
  }

  // ------------------------------------------------------------ inside

  protected forget(): void {
    // The connection ends with it, once the end is told.
  }

  protected override end(error: EngineError | undefined): void {
    if (this.ended) return;
    super.end(error);
    this.owner.ended(this.error);
  }

  protected override errorOf(code: ErrorCode, blame: Blame, what: string): EngineError {
    return new EngineError(code, blame, `${this.address}: ${what}`);
  }

  #perform(effect: SoleStreamEffect): void {
    switch (effect.type) {
      case 'end.transport':
        this.endSent = true;
        this.owner.endTransport();
        if (this.receiving.isDropping) this.machine.send({ type: 'local.abandon' });
        return;
      case 'drop.transport':
        this.owner.dropTransport(this.described(this.fault ?? this.#unexpected()));
        return;
      case 'report.remoteClosed':
        this.remoteClosed();
        return;
      case 'report.closed':
        this.end(undefined);
        return;
      case 'report.reset':
        this.end(this.fault ?? this.errorOf(effect.code, 'remote', 'the connection ended in the middle'));
        return;
      default:
        effect satisfies never;
    }
  }

  #unexpected(): EngineError {
    return this.errorOf('ERR_SOLE_STREAM_UNEXPECTED', 'engine', 'its state does not expect that event');
  }
}

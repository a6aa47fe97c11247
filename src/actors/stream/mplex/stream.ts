/**
 * The actor of one mplex stream. It is the outermost handler of the stream's own chain; the session decodes messages and
 * calls it, and sends on what it publishes.
 */
import type { EngineError } from '../../../errors.js';
import { mplexStreamMachine, type MplexStreamEffect } from '../../../machines/mplex-stream.js';
import type { Direction } from '../../../messages.js';
import { encodeMplexHeader, MPLEX_FLAG, mplexFlagName, mplexStreamId } from '../../../wire/mplex.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import { StreamCore } from '../stream-core.js';
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
export class MplexStream extends StreamCore {
  readonly layer = 'mplex';
  protected readonly owner: MplexStreamOwner;
  protected readonly machine: MachineActor<typeof mplexStreamMachine>;
  protected readonly sending: MplexSending;
  protected readonly receiving: MplexReceiving;
  /** Its id on the wire. */
  readonly #wireId: number;

  /** `id`: the number that no other stream of the session has. */
  constructor(environment: Environment, connection: string, id: number, direction: Direction, owner: MplexStreamOwner) {
    super(environment, connection, `${connection}/mplex/${id}`, id, direction);
    this.owner = owner;
    this.#wireId = mplexStreamId(id);
    const memory = {
      hold: (size: number) => owner.hold(this, size),
      refused: (error: EngineError) => this.resetFor(error),
    };
    this.sending = new MplexSending(environment.limits, FLAGS[direction].message, this.#wireId, memory);
    this.receiving = new MplexReceiving(environment, {
      listened: () => undefined,
      waiting: (change) => owner.waiting(change),
      memory,
      message: (chunks) => this.message('inbound', chunks),
    });
    this.machine = spawnMachine(environment, mplexStreamMachine, {
      address: this.address,
      input: { direction, closeTimeoutMs: environment.limits.streamFinTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#send(FLAGS[direction].reset);
        this.end(error);
      },
    });
  }

  // ------------------------------------------------------------ for the handlers inside

  /** mplex sends no code with a reset. */
  reset(): void {
    if (!this.ended) this.resetFor(this.errorOf('ERR_STREAM_RESET', 'local', 'reset by us'));
  }

  // ------------------------------------------------------------ for the session

  /** The header of a message of `size` bytes came; `false`: they are not taken, and the stream has ended for it. */
  takes(size: number): boolean {
    if (this.ended || size === 0) return false;
    if (this.receiving.isFinished) {
      this.fault = this.errorOf('ERR_MPLEX_UNEXPECTED', 'remote', `${size} bytes came after the peer's close`);
      this.machine.send({ type: 'wire.message' });
    } else if (!this.receiving.hasRoomFor(size)) {
      this.overflow(`${this.unconsumedBytes + size} bytes wait for the reader`);
    }
    return !this.ended;
  }

  /** Takes one piece of a message. */
  deliver(piece: Uint8Array): void {
    if (!this.ended) this.receiving.deliver(piece);
  }

  /** More waits for the reader than may. */
  overflow(what: string): void {
    this.fault = this.errorOf('ERR_MPLEX_QUEUE_FULL', 'local', what);
    this.machine.send({ type: 'inbox.overflowed' });
  }

  /** The peer has closed its side. */
  finish(): void {
    if (!this.ended) this.machine.send({ type: 'wire.close' });
  }

  /** The peer reset it. */
  resetByPeer(): void {
    if (this.ended) return;
    this.fault = this.errorOf('ERR_STREAM_RESET', 'remote', 'reset by the peer');
    this.machine.send({ type: 'wire.reset' });
  }

  /** We reset it, for this reason. */
  resetFor(error: EngineError): void {
    if (this.ended) return;
    this.fault = error;
    this.machine.send({ type: 'local.reset' });
  }

  // ------------------------------------------------------------ inside

  protected forget(): void {
    this.owner.ended(this);
  }

  #perform(effect: MplexStreamEffect): void {
    switch (effect.type) {
      case 'send.newStream':
        // The name is for people alone; go and js-libp2p 0.28 write the id too.
        this.#send(MPLEX_FLAG.newStream, String(this.#wireId));
        return;
      case 'offer.stream':
        this.owner.offered(this);
        return;
      case 'send.close':
        this.endSent = true;
        this.#send(FLAGS[this.direction].close);
        if (this.receiving.isDropping && !this.receiving.isFinished) this.machine.send({ type: 'local.abandon' });
        return;
      case 'send.reset':
        this.#send(FLAGS[this.direction].reset);
        return;
      case 'report.remoteClosed':
        this.remoteClosed();
        return;
      case 'report.closed':
        this.end(undefined);
        return;
      case 'report.reset':
        this.end(this.fault ?? this.errorOf(effect.code, 'remote', 'its state does not expect that message'));
        return;
      default:
        effect satisfies never;
    }
  }

  /** Sends a message that is no data. */
  #send(flag: number, name?: string): void {
    const chunks = [encodeMplexHeader(flag, this.#wireId, name?.length ?? 0)];
    if (name !== undefined) chunks.push(Uint8Array.from(name, (char) => char.charCodeAt(0)));
    const event = { type: `mplex.${mplexFlagName(flag)}`, id: this.#wireId, ...(name === undefined ? {} : { name }) };
    this.outbound.next(this.message('outbound', chunks, event));
  }
}

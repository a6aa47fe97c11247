/** The actor of one inbound bitswap stream: its reader, and the machine that says how it ended. */
import { EngineError, type ErrorCode } from '../../errors.js';
import { bitswapInboundMachine, type BitswapInboundEffect } from '../../machines/bitswap-inbound.js';
import type { BitswapMessage } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { BlockWriter } from './block-writer.js';
import { StreamReader } from './stream-reader.js';

/** Who hears of an inbound stream. */
export interface InboundOwner {
  /** One whole message; may throw an EngineError that blames the peer. */
  message(message: BitswapMessage): void;
  /** Bytes came, of whatever message. */
  arrived(bytes: number): void;
  held(change: number): void;
  /** The peer broke the protocol; the stream is reset after this call. */
  fault(error: EngineError): void;
  ended(stream: InboundStream): void;
}

/** One inbound stream. */
export class InboundStream {
  readonly #stream: ProtocolStream;
  readonly #owner: InboundOwner;
  readonly #machine: MachineActor<typeof bitswapInboundMachine>;
  #reader: StreamReader | undefined;
  #refusal: EngineError | undefined;

  constructor(environment: Environment, stream: ProtocolStream, writer: BlockWriter, owner: InboundOwner) {
    this.#stream = stream;
    this.#owner = owner;
    this.#machine = spawnMachine(environment, bitswapInboundMachine, {
      address: `${stream.address}/bitswap`,
      input: undefined,
      perform: (effect) => this.#perform(effect),
      broken: () => this.#end(() => stream.reset()),
    });
    this.#machine.start();
    this.#reader = new StreamReader(environment, stream, writer, {
      message: (message) => owner.message(message),
      arrived: (bytes) => owner.arrived(bytes),
      held: (change) => owner.held(change),
      refused: (error) => {
        this.#refusal = error;
        this.#machine.send({ type: 'message.refused', code: error.code });
      },
      ended: (cut) => this.#machine.send({ type: cut ? 'stream.cut' : 'stream.ended' }),
      reset: () => this.#machine.send({ type: 'stream.reset' }),
    });
    if (this.#machine.done) this.#reader.stop();
  }

  /** Whether it has ended. */
  get done(): boolean {
    return this.#machine.done;
  }

  /** Ends it from our side. */
  close(): void {
    this.#machine.send({ type: 'local.close' });
  }

  #perform(effect: BitswapInboundEffect): void {
    switch (effect.type) {
      case 'close.write': {
        this.#stream.closeWrite();
        return;
      }
      case 'reset.stream': {
        this.#stream.reset();
        return;
      }
      case 'report.fault': {
        this.#owner.fault(this.#faultError(effect.code));
        return;
      }
      case 'report.ended': {
        this.#end();
        return;
      }
      default:
        return effect satisfies never;
    }
  }

  #end(andThen: () => void = () => undefined): void {
    this.#reader?.stop();
    andThen();
    this.#owner.ended(this);
  }

  #faultError(code: ErrorCode): EngineError {
    const { machine, lastEvent, stays } = this.#machine;
    // The last stay is the failure itself; the one before it is where the last event came.
    const state = stays.at(-2)?.state ?? '';
    const { remotePeer: peer, remoteAddress: address } = this.#stream.connection;
    const details = { machine, state, lastEvent, timeline: stays, peer, address };
    const refusal = this.#refusal;
    if (refusal !== undefined) return refusal.withDetails(details);
    return new EngineError(code, 'remote', 'bitswap: the stream ended in the middle of a message', { details });
  }
}

/**
 * The way out to one peer: gathers what is to be said in a turn, and writes it as messages on one outbound stream that
 * is opened on demand, reused, and closed when unused. Back-pressure of the stream stops the writing.
 */
import type { Subscription } from 'rxjs';
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import { bitswapOutboundMachine, type BitswapOutboundEffect } from '../../machines/bitswap-outbound.js';
import { encodeBitswapMessage, type BitswapMessage, type BitswapVersion } from '../../wire/bitswap.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import { BITSWAP_PROTOCOLS, bitswapVersion, type BitswapNetwork } from './network.js';
import { BitswapOutbox } from './outbox.js';
import { describeMessage } from './taps.js';

/** Who hears of a peer's way out. */
export interface QueueOwner {
  /** The stream is open: now the version of the peer is known. */
  streamOpened(stream: ProtocolStream, version: BitswapVersion): void;
  /** What was said may be lost: say again what still counts. */
  streamLost(): void;
  /** There is room for more blocks. */
  drained(): void;
  /** The peer cannot be talked to until it reconnects. */
  ended(error: EngineError): void;
}

/** The outbound side of one peer. */
export class MessageQueue {
  /** What waits to be said; call {@link flushLater} after adding to it. */
  readonly outbox = new BitswapOutbox();
  readonly #environment: Environment;
  readonly #network: BitswapNetwork;
  readonly #peer: string;
  readonly #owner: QueueOwner;
  readonly #machine: MachineActor<typeof bitswapOutboundMachine>;
  #stream: ProtocolStream | undefined;
  #subscription: Subscription | undefined;
  #version: BitswapVersion = '1.2.0';
  #wroteSinceCheck = false;
  #failure: EngineError | undefined;

  constructor(environment: Environment, network: BitswapNetwork, peer: string, owner: QueueOwner) {
    this.#environment = environment;
    this.#network = network;
    this.#peer = peer;
    this.#owner = owner;
    const { limits } = environment;
    this.#machine = spawnMachine(environment, bitswapOutboundMachine, {
      address: `bitswap/${peer}/outbound`,
      input: {
        attempts: limits.bitswapOpenAttempts,
        backoffMs: limits.bitswapOpenBackoffMs,
        idleMs: limits.bitswapStreamIdleMs,
        sendTimeoutMs: limits.bitswapSendTimeoutMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
    this.#machine.start();
  }

  /** State of the way out, for people. */
  get state(): string {
    return this.#machine.state;
  }

  /** Says what waits at the end of this turn. */
  flushLater(): void {
    this.#environment.turns.flushLater('seal', this.#flush);
  }

  /** Ends it: what waits is dropped, the stream is closed. */
  close(): void {
    this.outbox.clear();
    this.#machine.send({ type: 'local.close' });
  }

  readonly #flush = (): void => {
    if (this.#machine.state === 'closed' && !this.outbox.isEmpty) this.#machine.send({ type: 'queue.filled' });
    else if (this.#machine.state === 'open.writable') this.#write();
  };

  #perform(effect: BitswapOutboundEffect): void {
    switch (effect.type) {
      case 'open.stream': {
        this.#open();
        return;
      }
      case 'write.queued': {
        this.#write();
        return;
      }
      case 'check.queue':
        // Later in this turn: the state that asked is not entered yet.
        if (!this.outbox.isEmpty) this.#machine.send({ type: 'queue.filled' });
        return;
      case 'check.idle':
        if (!this.#wroteSinceCheck) this.#machine.send({ type: 'stream.idle' });
        this.#wroteSinceCheck = false;
        return;
      case 'close.stream':
        this.#leaveStream()?.closeWrite();
        return;
      case 'reset.stream':
        this.#leaveStream()?.reset();
        return;
      case 'report.lost':
        this.#leaveStream();
        {
          this.#owner.streamLost();
          return;
        }
      case 'report.ended': {
        this.#end(this.#endError(effect.code));
        return;
      }
      default:
        return effect satisfies never;
    }
  }

  #open(): void {
    const { turns } = this.#environment;
    this.#network.openStream(this.#peer, BITSWAP_PROTOCOLS).then(
      (stream) => turns.post(() => this.#opened(stream)),
      (thrown: unknown) => turns.post(() => this.#openFailed(thrown)),
    );
  }

  #opened(stream: ProtocolStream): void {
    if (this.#machine.done) {
      stream.reset();
      return;
    }
    this.#stream = stream;
    this.#version = bitswapVersion(stream.protocol);
    this.#wroteSinceCheck = true;
    this.#subscription = stream.writable$.subscribe({
      next: () => {
        if (this.#machine.state === 'open.congested') this.#machine.send({ type: 'window.opened' });
      },
      // The peer closes its side at once, so a reset shows here and not in what it sends.
      complete: () => this.streamReset(stream),
    });
    this.#owner.streamOpened(stream, this.#version);
    this.#machine.send({ type: 'stream.opened' });
  }

  #openFailed(thrown: unknown): void {
    const error = toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', `bitswap: no stream to ${this.#peer}`);
    this.#failure = error;
    const unsupported = error.code === 'ERR_MULTISTREAM_NO_OVERLAP';
    this.#machine.send({ type: unsupported ? 'stream.unsupported' : 'stream.failed' });
  }

  /** An outbound stream is gone. */
  streamReset(stream: ProtocolStream): void {
    if (stream === this.#stream) this.#machine.send({ type: 'stream.reset' });
  }

  #write(): void {
    const { bitswapSendMessageBytes } = this.#environment.limits;
    const { answerBytes } = this.outbox;
    for (;;) {
      const stream = this.#stream;
      if (stream === undefined) return;
      const message = this.outbox.take(bitswapSendMessageBytes, this.#version);
      if (message === undefined) break;
      if (!this.#writeMessage(stream, message)) break;
    }
    if (this.outbox.answerBytes < answerBytes) this.#owner.drained();
  }

  /** Answers whether more may be written. */
  #writeMessage(stream: ProtocolStream, message: BitswapMessage): boolean {
    let writable = true;
    let bytes = 0;
    try {
      for (const piece of encodeBitswapMessage(message, this.#version)) {
        bytes += piece.length;
        writable = stream.write(piece);
      }
    } catch (thrown) {
      // The stream died under us; its reset is the reason, and what was said is said again.
      this.#failure = toEngineError(thrown, 'ERR_STREAM_RESET', 'remote', `bitswap: stream to ${this.#peer} failed`);
      this.#machine.send({ type: 'stream.reset' });
      return false;
    }
    this.#wroteSinceCheck = true;
    this.#environment.message({
      direction: 'outbound',
      layer: 'protocol',
      connection: stream.connection.id,
      stream: stream.id,
      event: describeMessage(message, bytes),
    });
    if (!writable) this.#machine.send({ type: 'window.exhausted' });
    return writable;
  }

  #leaveStream(): ProtocolStream | undefined {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    return stream;
  }

  #end(error: EngineError): void {
    this.#leaveStream();
    this.outbox.clear();
    this.#owner.ended(error);
  }

  #endError(code: ErrorCode): EngineError {
    const details = {
      machine: 'bitswapOutbound',
      // The last stay is the end itself; the one before it is where the last event came.
      state: this.#machine.stays.at(-2)?.state ?? '',
      lastEvent: this.#machine.lastEvent,
      timeline: this.#machine.stays,
      peer: this.#peer,
    };
    const failure = this.#failure;
    if (failure !== undefined && code !== 'ERR_BITSWAP_TIMEOUT') return failure.withDetails(details);
    return new EngineError(code, 'remote', `bitswap: the way out to ${this.#peer} ended in ${details.state}`, {
      details,
    });
  }
}

/**
 * A stream whose protocol is taken for agreed while the peer's answer is on its way: what is sent goes out at once, what
 * comes is multistream's until it has confirmed, and the protocol's from then on. A refusal ends the stream with
 * multistream's error.
 */
import { Subscription, type Observable } from 'rxjs';
import type { EngineError, StateStay } from '../../errors.js';
import type { ConnectionMessage, Direction } from '../../messages.js';
import { ChainSubject } from '../chain-subject.js';
import type { MultistreamHandler } from '../connection/multistream-handler.js';
import type { Environment } from '../environment.js';
import { passInward, passOutward } from '../handler.js';
import type { MuxedStream } from '../stream/muxed-stream.js';

/** A muxed stream behind an answer that is due. */
export class LazyStream implements MuxedStream {
  readonly layer;
  readonly address: string;
  readonly id: number;
  readonly direction: Direction;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #stream: MuxedStream;
  readonly #inbound = new ChainSubject<ConnectionMessage>();
  readonly #links = new Subscription();
  /** Gone once it has confirmed, failed, or nobody waits for it. */
  #negotiation: MultistreamHandler | undefined;
  #error: EngineError | undefined;

  constructor(environment: Environment, connection: string, stream: MuxedStream) {
    this.#environment = environment;
    this.#connection = connection;
    this.#stream = stream;
    this.layer = stream.layer;
    this.address = stream.address;
    this.id = stream.id;
    this.direction = stream.direction;
  }

  /** Lets `negotiation` propose and hear the answers. What it sends goes out before what the protocol sends. */
  begin(negotiation: MultistreamHandler): void {
    this.#negotiation = negotiation;
    this.#links.add(passOutward(this.#environment, negotiation.outbound$, this.#stream));
    this.#links.add(passInward(this.#environment, this.#stream.inbound$, this));
    negotiation.start();
  }

  /** The peer agreed; `leftover` came behind its echo. */
  confirm(leftover: readonly Uint8Array[]): void {
    this.#negotiation?.dispose();
    this.#negotiation = undefined;
    if (leftover.length === 0) return;
    // Multistream hands it over: the muxer has told of these bytes before.
    this.#inbound.next(
      this.#environment.message({
        direction: 'inbound',
        layer: 'multistream',
        connection: this.#connection,
        stream: this.id,
        chunks: leftover,
      }),
    );
  }

  /** The peer did not agree: the stream ends with `error`. */
  refuse(error: EngineError): void {
    this.#negotiation?.dispose();
    this.#negotiation = undefined;
    this.#error = error;
    this.#stream.reset();
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#stream.outbound$;
  }

  get writable(): boolean {
    return this.#stream.writable;
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes;
  }

  /** Of multistream's bytes the protocol knows nothing. */
  get unconsumedBytes(): number {
    return this.#negotiation === undefined ? this.#stream.unconsumedBytes : 0;
  }

  get stays(): readonly StateStay[] {
    return this.#stream.stays;
  }

  get state(): string {
    return this.#stream.state;
  }

  get error(): EngineError | undefined {
    return this.#error ?? this.#stream.error;
  }

  send(message: ConnectionMessage): void {
    this.#stream.send(message);
  }

  receive(message: ConnectionMessage): void {
    const type = message.event?.type;
    // Whoever writes waits for this word whatever the peer answers.
    if (this.#negotiation !== undefined && type !== 'stream.writable') {
      this.#negotiation.receive(message);
      if (type !== 'stream.reset' || this.#error === undefined) return;
    }
    const isRefused = type === 'stream.reset' && this.#error !== undefined;
    this.#inbound.next(isRefused ? { ...message, error: this.#error } : message);
  }

  consume(size: number): void {
    if (this.#negotiation === undefined) this.#stream.consume(size);
  }

  closeWrite(): void {
    this.#stream.closeWrite();
  }

  closeRead(): void {
    this.#leave();
    this.#stream.closeRead();
  }

  reset(code?: number): void {
    this.#leave();
    this.#stream.reset(code);
  }

  #leave(): void {
    this.#negotiation?.leave();
    this.#negotiation = undefined;
  }
}

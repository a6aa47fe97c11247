/**
 * The secio security handler (libp2p/specs secio/README.md): the handshake first, then a channel that seals and opens
 * frames without a word to any machine.
 */
import { Subject, type Observable } from 'rxjs';
import { SECIO_OFFER, type SecioOffer } from '../../crypto/secio-suite.js';
import { assert, EngineError, toEngineError, type StateStay } from '../../errors.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../messages.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { toHex } from './failure.js';
import { SecioReceiver, SecioSender } from './secio-channel.js';
import { SecioHandshake } from './secio-handshake.js';
import type { SecioChannel } from './secio-keying.js';
import type { Secured, SecurityHandler, SecurityOptions, SecurityProtocol } from './security.js';

/** Bytes of a bad frame that a failure report shows. */
const REPORTED_BYTES = 64;

/** `/secio/1.0.0` with everything the spec names, P-256 first. */
export const secioProtocol: SecurityProtocol = secioProtocolWith({});

/**
 * {@link secioProtocol} with other preferences, best first; a list that is not given is the spec's.
 * Throws `ERR_INVALID_ARGUMENT` for an empty list: no peer could agree to it.
 */
export function secioProtocolWith(preferences: Partial<SecioOffer>): SecurityProtocol {
  const offer: SecioOffer = { ...SECIO_OFFER, ...preferences };
  for (const name of ['exchanges', 'ciphers', 'hashes'] as const) {
    if (offer[name].length === 0)
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `secio: ${name} must not be empty`);
  }
  return { id: '/secio/1.0.0', create: (options) => new SecioHandler(options, offer) };
}

class SecioHandler implements SecurityHandler {
  readonly address: string;
  readonly layer = 'secio';
  readonly #options: SecurityOptions;
  readonly #inbound = new Subject<ConnectionMessage>();
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #buffer = new ReceiveBuffer();
  readonly #handshake: SecioHandshake;
  #sender: SecioSender | undefined;
  #receiver: SecioReceiver | undefined;
  #disposed = false;

  constructor(options: SecurityOptions, offer: SecioOffer) {
    this.address = `${options.connection}/secio`;
    this.#options = options;
    this.#handshake = new SecioHandshake(this.address, options, offer, this.#buffer, {
      send: (chunks, event) => this.#outbound.next(this.#make('outbound', chunks, event)),
      saw: (event) => this.#make('inbound', [], event),
      onSecured: (channel, secured) => this.#secured(channel, secured),
      onFailed: (error) => this.#fail(error),
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#handshake.stays;
  }

  start(): void {
    if (this.#disposed) return;
    this.#handshake.start();
    this.#read();
  }

  receive(message: ConnectionMessage): void {
    if (this.#disposed) return;
    for (const chunk of message.chunks) this.#buffer.append(chunk);
    if (message.length > 0) this.#read();
    if (message.event !== undefined) this.#receiveEvent(message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#disposed || message.length === 0) return;
    assert(this.#sender !== undefined, `${this.address}: data before the channel is secured`);
    this.#options.environment.plaintext('outbound', this.address, message.chunks);
    this.#sender.push(message.chunks);
    this.#options.environment.turns.flushLater('seal', this.#seal);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#handshake.dispose();
    this.#sender = undefined;
    this.#receiver = undefined;
    this.#buffer.drain();
  }

  /** The handshake takes its messages; once it is secured, everything behind them is frames. */
  #read(): void {
    if (this.#receiver === undefined) this.#handshake.read();
    if (this.#receiver === undefined) return;
    const plaintext: Uint8Array[] = [];
    let failure: EngineError | undefined;
    try {
      this.#receiver.open(this.#buffer, plaintext);
    } catch (thrown) {
      failure = this.#channelError(thrown, this.#receiver.lastFrame);
    }
    // What was opened before a bad frame is authentic, and goes on its way first.
    if (plaintext.length > 0) {
      this.#options.environment.plaintext('inbound', this.address, plaintext);
      this.#inbound.next(this.#make('inbound', plaintext));
    }
    if (failure !== undefined) this.#fail(failure);
  }

  readonly #seal = (): void => {
    if (this.#sender === undefined) return;
    const wire = this.#sender.seal();
    if (wire.length > 0) this.#outbound.next(this.#make('outbound', wire));
  };

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    if (this.#disposed) return;
    const over = event.type === 'transport.ended' || event.type === 'transport.failed';
    if (this.#receiver === undefined) {
      if (over) this.#handshake.ended(event.type, error);
    } else if (over && this.#buffer.length > 0) {
      const why = `secio: the peer closed in the middle of a frame, after ${this.#buffer.length} bytes of it`;
      const failure = new EngineError('ERR_TRANSPORT_ENDED', 'remote', why, { cause: error });
      this.#fail(this.#channelError(failure, [this.#buffer.peek(REPORTED_BYTES)]));
    } else {
      this.#inbound.next(this.#make('inbound', [], event, error));
    }
  }

  #secured(channel: SecioChannel, secured: Secured): void {
    if (this.#disposed) return;
    const { secioFrameBytes, secioSendFrameBytes } = this.#options.environment.limits;
    this.#sender = new SecioSender(channel.sealer, Math.min(secioSendFrameBytes, secioFrameBytes));
    this.#receiver = new SecioReceiver(channel.opener, secioFrameBytes);
    this.#make('inbound', [], { type: 'secio.secured', peer: secured.remotePeer, ...secured.agreed });
    this.#options.onSecured(secured);
  }

  #channelError(thrown: unknown, lastPieces: readonly Uint8Array[]): EngineError {
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${this.address}: ${String(thrown)}`);
    return error.withDetails({ ...this.#handshake.details, ...reported(lastPieces) });
  }

  #fail(error: EngineError): void {
    if (this.#disposed) return;
    this.dispose();
    this.#options.onFailed(error);
  }

  #make(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event?: MessageEvent,
    error?: EngineError,
  ): ConnectionMessage {
    const { environment, connection } = this.#options;
    return environment.message({ direction, layer: 'secio', connection, chunks, event, error });
  }
}

/** The first bytes of a frame that is in pieces. */
function reported(pieces: readonly Uint8Array[]): { readonly lastBytesHex?: string } {
  let text = '';
  for (const piece of pieces) {
    text += toHex(piece.subarray(0, REPORTED_BYTES - text.length / 2));
    if (text.length === 2 * REPORTED_BYTES) break;
  }
  return text === '' ? {} : { lastBytesHex: text };
}

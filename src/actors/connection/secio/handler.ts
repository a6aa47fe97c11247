/**
 * The secio security handler (libp2p/specs secio/README.md): the handshake first, then a channel that seals and opens
 * frames without a word to any machine.
 */
import type { Observable } from 'rxjs';
import { SECIO_OFFER, type SecioOffer } from '../../../crypto/secio-suite.js';
import { assert, EngineError, toEngineError, type StateStay } from '../../../errors.js';
import type { ConnectionMessage, MessageEvent } from '../../../messages.js';
import { ReceiveBuffer } from '../../receive-buffer.js';
import type { HeldBytes } from '../../stream/held-bytes.js';
import { toHex } from '../../../wire/hex.js';
import { SECIO_LENGTH_BYTES } from '../../../wire/secio.js';
import { heldFrames } from '../connection-memory.js';
import { SecioReceiver, SecioSender } from './channel.js';
import { SecioHandshake } from './handshake.js';
import type { SecioChannel } from './keying.js';
import type { Secured, SecurityHandler, SecurityOptions, SecurityProtocol } from '../security.js';
import { SecurityEnds } from '../security-ends.js';

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
  readonly #ends: SecurityEnds;
  readonly #buffer = new ReceiveBuffer();
  /** Frames are megabytes: what a peer leaves unfinished counts as its. */
  readonly #held: HeldBytes;
  readonly #handshake: SecioHandshake;
  #sender: SecioSender | undefined;
  #receiver: SecioReceiver | undefined;

  constructor(options: SecurityOptions, offer: SecioOffer) {
    this.#options = options;
    this.#ends = new SecurityEnds(options, 'secio', () => this.#release());
    this.address = this.#ends.address;
    const { limits } = options.environment;
    const wholeBytes = SECIO_LENGTH_BYTES + limits.secioFrameBytes;
    this.#held = heldFrames(options.memory, limits, wholeBytes, (error) => this.#ends.fail(this.#located(error, [])));
    this.#handshake = new SecioHandshake(this.address, options, offer, this.#buffer, {
      send: (chunks, event) => this.#ends.publish('outbound', chunks, event),
      saw: (event) => this.#ends.show('inbound', [], event),
      onSecured: (channel, secured) => this.#secured(channel, secured),
      onFailed: (error) => this.#ends.fail(error),
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#ends.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#ends.outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#handshake.stays;
  }

  start(): void {
    if (this.#ends.disposed) return;
    this.#handshake.start();
    this.#read();
  }

  receive(message: ConnectionMessage): void {
    if (this.#ends.disposed) return;
    for (const chunk of message.chunks) this.#buffer.append(chunk);
    if (message.length > 0) {
      this.#read();
      this.#count();
    }
    if (message.event !== undefined) this.#receiveEvent(message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#ends.disposed || message.length === 0) return;
    assert(this.#sender !== undefined, `${this.address}: data before the channel is secured`);
    this.#ends.tellPlaintext('outbound', message.chunks);
    this.#sender.push(message.chunks);
    const { turns, limits } = this.#options.environment;
    turns.flushLater('seal', this.#seal, this.#sender.waitingBytes > limits.gatherBytes);
  }

  dispose(): void {
    this.#ends.dispose();
  }

  #release(): void {
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
      failure = this.#located(thrown, this.#receiver.lastFrame);
    }
    // What was opened before a bad frame is authentic, and goes on its way first.
    if (plaintext.length > 0) {
      this.#ends.tellPlaintext('inbound', plaintext);
      this.#ends.publish('inbound', plaintext);
    }
    if (failure !== undefined) this.#ends.fail(failure);
  }

  #count(): void {
    if (this.#ends.disposed) return;
    const { length } = this.#buffer;
    if (length > 0) this.#held.filled(length);
    else this.#held.taken(0);
  }

  readonly #seal = (): void => {
    if (this.#sender === undefined) return;
    const wire = this.#sender.seal();
    if (wire.length > 0) this.#ends.publish('outbound', wire);
  };

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    if (this.#ends.disposed) return;
    const over = event.type === 'transport.ended' || event.type === 'transport.failed';
    if (this.#receiver === undefined) {
      if (over) this.#handshake.ended(event.type, error);
    } else if (over && this.#buffer.length > 0) {
      const why = `secio: the peer closed in the middle of a frame, after ${this.#buffer.length} bytes of it`;
      const failure = new EngineError('ERR_TRANSPORT_ENDED', 'remote', why, { cause: error });
      this.#ends.fail(this.#located(failure, [this.#buffer.peek(REPORTED_BYTES)]));
    } else {
      this.#ends.publish('inbound', [], event, error);
    }
  }

  #secured(channel: SecioChannel, secured: Secured): void {
    if (this.#ends.disposed) return;
    const { secioFrameBytes, secioSendFrameBytes } = this.#options.environment.limits;
    this.#sender = new SecioSender(channel.sealer, Math.min(secioSendFrameBytes, secioFrameBytes));
    this.#receiver = new SecioReceiver(channel.opener, secioFrameBytes);
    this.#ends.show('inbound', [], { type: 'secio.secured', peer: secured.remotePeer, ...secured.agreed });
    this.#options.onSecured(secured);
  }

  #located(thrown: unknown, lastPieces: readonly Uint8Array[]): EngineError {
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${this.address}: ${String(thrown)}`);
    return error.withDetails({ ...this.#handshake.details, ...reported(lastPieces) });
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

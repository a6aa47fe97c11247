/**
 * The noise security handler (libp2p/specs noise/README.md): the handshake first, then a channel that seals and opens
 * frames without a word to any machine.
 */
import { Subject, type Observable } from 'rxjs';
import type { NonceStart } from '../../crypto/noise-cipher-state.js';
import { assert, EngineError, toEngineError, type StateStay } from '../../errors.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../messages.js';
import { encodeNoiseLength, NOISE_XX_TOKENS, type NoiseMessageNumber } from '../../wire/noise.js';
import { ReceiveBuffer } from '../receive-buffer.js';
import { toHex } from './failure.js';
import { FrameOpener, FrameSealer } from './noise-channel.js';
import { NoiseHandshake, noiseDetails, type NoiseHandshakeResult } from './noise-handshake.js';
import type { SecurityHandler, SecurityOptions, SecurityProtocol } from './security.js';

/** Bytes of a bad frame that a failure report shows. */
const REPORTED_BYTES = 64;

/** Settings that tests turn. */
export interface NoiseSettings {
  /** First nonce of the channel, both ways; 0 where absent. */
  readonly nonceStart?: NonceStart;
}

/** `/noise`: Noise_XX_25519_ChaChaPoly_SHA256 with libp2p identities and early muxer negotiation. */
export const noiseProtocol: SecurityProtocol = noiseProtocolWith({});

/** {@link noiseProtocol} with other settings. */
export function noiseProtocolWith(settings: NoiseSettings): SecurityProtocol {
  return { id: '/noise', create: (options) => new NoiseHandler(options, settings) };
}

class NoiseHandler implements SecurityHandler {
  readonly address: string;
  readonly layer = 'noise';
  readonly #options: SecurityOptions;
  readonly #inbound = new Subject<ConnectionMessage>();
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #buffer = new ReceiveBuffer();
  /** Gone once it has succeeded: its machine and keys are not kept for the life of the connection. */
  #handshake: NoiseHandshake | undefined;
  readonly stays: readonly StateStay[];
  #sealer: FrameSealer | undefined;
  #opener: FrameOpener | undefined;
  #remotePeer: string | undefined;
  #disposed = false;

  constructor(options: SecurityOptions, settings: NoiseSettings) {
    this.address = `${options.connection}/noise`;
    this.#options = options;
    this.#handshake = new NoiseHandshake(
      this.address,
      options,
      this.#buffer,
      {
        sendMessage: (message, bytes) => this.#sendHandshakeMessage(message, bytes),
        onMessage: (message, frame) => this.#make('inbound', [frame], handshakeEvent(message)),
        onSecured: (result) => this.#secured(result),
        onFailed: (error) => this.#fail(error),
      },
      settings.nonceStart,
    );
    this.stays = this.#handshake.stays;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  start(): void {
    this.#handshake?.start();
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
    assert(this.#sealer !== undefined, `${this.address}: data before the channel is secured`);
    this.#options.environment.plaintext('outbound', this.address, message.chunks);
    this.#sealer.push(message.chunks);
    this.#options.environment.turns.flushLater('seal', this.#seal);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#handshake?.dispose();
    this.#handshake = undefined;
    this.#sealer = undefined;
    this.#opener = undefined;
    this.#buffer.drain();
  }

  /** The handshake takes its messages; once it is secured, everything behind them is frames. */
  #read(): void {
    this.#handshake?.read();
    if (this.#opener === undefined) return;
    const plaintext: Uint8Array[] = [];
    let failure: EngineError | undefined;
    try {
      this.#opener.open(this.#buffer, plaintext);
    } catch (thrown) {
      failure = this.#channelError(thrown);
    }
    // What was opened before a bad frame is authentic, and goes on its way first.
    if (plaintext.length > 0) {
      this.#options.environment.plaintext('inbound', this.address, plaintext);
      this.#inbound.next(this.#make('inbound', plaintext));
    }
    if (failure !== undefined) this.#fail(failure);
  }

  readonly #seal = (): void => {
    if (this.#sealer === undefined) return;
    const wire: Uint8Array[] = [];
    let failure: EngineError | undefined;
    try {
      this.#sealer.seal(wire);
    } catch (thrown) {
      failure = this.#channelError(thrown);
    }
    if (wire.length > 0) this.#outbound.next(this.#make('outbound', wire));
    if (failure !== undefined) this.#fail(failure);
  };

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    if (this.#disposed) return;
    const { type } = event;
    if (this.#handshake !== undefined) {
      if (type === 'transport.ended' || type === 'transport.failed') this.#handshake.ended(type, error);
    } else if (type === 'transport.ended' && this.#buffer.length > 0) {
      const why = `noise: the peer closed in the middle of a frame, after ${this.#buffer.length} bytes of it`;
      const lastBytesHex = toHex(this.#buffer.peek(REPORTED_BYTES));
      const details = { lastBytesHex, lastBytesDecoded: why };
      this.#fail(this.#channelError(new EngineError('ERR_TRANSPORT_ENDED', 'remote', why, { details })));
    } else {
      this.#inbound.next(this.#make('inbound', [], event, error));
    }
  }

  #sendHandshakeMessage(message: NoiseMessageNumber, bytes: Uint8Array): void {
    const chunks = [encodeNoiseLength(bytes.length), bytes];
    this.#outbound.next(this.#make('outbound', chunks, handshakeEvent(message)));
  }

  #secured({ remotePeer, remotePublicKeyProtobuf, muxer, channel }: NoiseHandshakeResult): void {
    if (this.#disposed) return;
    const { noiseFrameBytes } = this.#options.environment.limits;
    this.#sealer = new FrameSealer(channel.sending, noiseFrameBytes);
    this.#opener = new FrameOpener(channel.receiving, noiseFrameBytes);
    this.#handshake = undefined;
    this.#remotePeer = remotePeer;
    this.#make('inbound', [], { type: 'noise.secured', peer: remotePeer, muxer });
    this.#options.onSecured({
      remotePeer,
      remotePublicKeyProtobuf,
      muxer,
      agreed: { pattern: 'XX', curve: 'X25519', cipher: 'ChaCha20-Poly1305', hash: 'SHA-256' },
    });
  }

  #channelError(thrown: unknown): EngineError {
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${this.address}: ${String(thrown)}`);
    return error.withDetails(noiseDetails(this.stays, this.#remotePeer));
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
    return environment.message({ direction, layer: 'noise', connection, chunks, event, error });
  }
}

function handshakeEvent(message: NoiseMessageNumber): MessageEvent {
  return { type: 'noise.handshake', message, tokens: NOISE_XX_TOKENS[message] };
}

/**
 * The noise security handler (libp2p/specs noise/README.md): the handshake first, then a channel that seals and opens
 * frames without a word to any machine.
 */
import type { Observable } from 'rxjs';
import type { NonceStart } from '../../../crypto/noise-cipher-state.js';
import { assert, EngineError, toEngineError, type StateStay } from '../../../errors.js';
import type { ConnectionMessage, MessageEvent } from '../../../messages.js';
import { encodeNoiseLength, NOISE_XX_TOKENS, type NoiseMessageNumber } from '../../../wire/noise.js';
import { ReceiveBuffer } from '../../receive-buffer.js';
import type { StayLog } from '../../stay-log.js';
import { toHex } from '../../../wire/hex.js';
import { FrameOpener, FrameSealer } from './channel.js';
import { NoiseHandshake, noiseDetails, type NoiseHandshakeResult } from './handshake.js';
import type { SecurityHandler, SecurityOptions, SecurityProtocol } from '../security.js';
import { SecurityEnds } from '../security-ends.js';

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
  readonly #ends: SecurityEnds;
  readonly #buffer = new ReceiveBuffer();
  /** Gone once it has succeeded: its machine and keys are not kept for the life of the connection. */
  #handshake: NoiseHandshake | undefined;
  readonly #log: StayLog;
  #sealer: FrameSealer | undefined;
  #opener: FrameOpener | undefined;
  #remotePeer: string | undefined;

  constructor(options: SecurityOptions, settings: NoiseSettings) {
    this.#options = options;
    this.#ends = new SecurityEnds(options, 'noise', () => this.#release());
    this.address = this.#ends.address;
    this.#handshake = new NoiseHandshake(
      this.address,
      options,
      this.#buffer,
      {
        sendMessage: (message, bytes) => this.#sendHandshakeMessage(message, bytes),
        onMessage: (message, frame) => this.#ends.show('inbound', [frame], handshakeEvent(message)),
        onSecured: (result) => this.#secured(result),
        onFailed: (error) => this.#ends.fail(error),
      },
      settings.nonceStart,
    );
    this.#log = this.#handshake.log;
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#ends.inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#ends.outbound;
  }

  get stays(): readonly StateStay[] {
    return this.#log.stays;
  }

  start(): void {
    this.#handshake?.start();
    this.#read();
  }

  receive(message: ConnectionMessage): void {
    if (this.#ends.disposed) return;
    for (const chunk of message.chunks) this.#buffer.append(chunk);
    if (message.length > 0) this.#read();
    if (message.event !== undefined) this.#receiveEvent(message.event, message.error);
  }

  send(message: ConnectionMessage): void {
    if (this.#ends.disposed || message.length === 0) return;
    assert(this.#sealer !== undefined, `${this.address}: data before the channel is secured`);
    this.#ends.tellPlaintext('outbound', message.chunks);
    this.#sealer.push(message.chunks);
    const { turns, limits } = this.#options.environment;
    turns.flushLater('seal', this.#seal, this.#sealer.waitingBytes > limits.gatherBytes);
  }

  dispose(): void {
    this.#ends.dispose();
  }

  #release(): void {
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
      this.#ends.tellPlaintext('inbound', plaintext);
      this.#ends.publish('inbound', plaintext);
    }
    if (failure !== undefined) this.#ends.fail(failure);
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
    if (wire.length > 0) this.#ends.publish('outbound', wire);
    if (failure !== undefined) this.#ends.fail(failure);
  };

  #receiveEvent(event: MessageEvent, error: EngineError | undefined): void {
    if (this.#ends.disposed) return;
    const { type } = event;
    if (this.#handshake !== undefined) {
      if (type === 'transport.ended' || type === 'transport.failed') this.#handshake.ended(type, error);
    } else if (type === 'transport.ended' && this.#buffer.length > 0) {
      const why = `noise: the peer closed in the middle of a frame, after ${this.#buffer.length} bytes of it`;
      const lastBytesHex = toHex(this.#buffer.peek(REPORTED_BYTES));
      const details = { lastBytesHex, lastBytesDecoded: why };
      this.#ends.fail(this.#channelError(new EngineError('ERR_TRANSPORT_ENDED', 'remote', why, { details })));
    } else {
      this.#ends.publish('inbound', [], event, error);
    }
  }

  #sendHandshakeMessage(message: NoiseMessageNumber, bytes: Uint8Array): void {
    const chunks = [encodeNoiseLength(bytes.length), bytes];
    this.#ends.publish('outbound', chunks, handshakeEvent(message));
  }

  #secured({ remotePeer, remotePublicKeyProtobuf, muxer, channel }: NoiseHandshakeResult): void {
    if (this.#ends.disposed) return;
    const { noiseFrameBytes } = this.#options.environment.limits;
    this.#sealer = new FrameSealer(channel.sending, noiseFrameBytes);
    this.#opener = new FrameOpener(channel.receiving, noiseFrameBytes);
    this.#handshake = undefined;
    this.#log.pack();
    this.#remotePeer = remotePeer;
    this.#ends.show('inbound', [], { type: 'noise.secured', peer: remotePeer, muxer });
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
}

function handshakeEvent(message: NoiseMessageNumber): MessageEvent {
  return { type: 'noise.handshake', message, tokens: NOISE_XX_TOKENS[message] };
}

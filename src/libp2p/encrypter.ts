/** Security protocols of ours as connection encrypters of js-libp2p. */
import {
  serviceCapabilities,
  UnsupportedKeyTypeError,
  type ConnectionEncrypter,
  type MessageStream,
  type PeerId,
  type PrivateKey,
  type SecureConnectionOptions,
  type SecuredConnection,
  type StreamMuxerFactory,
} from '@libp2p/interface';
import { publicKeyFromProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { noiseProtocol } from '../actors/connection/noise/handler.js';
import { plaintextProtocol } from '../actors/connection/plaintext/handler.js';
import { secioProtocolWith } from '../actors/connection/secio/handler.js';
import type { Identity, Role, Secured, SecurityProtocol } from '../actors/connection/security.js';
import { identityFromPrivateKey } from '../crypto/keys.js';
import type { SecioOffer } from '../crypto/secio-suite.js';
import { encodePrivateKey } from '../wire/keys.js';
import { EngineError } from '../errors.js';
import { createChart, type Chart, type PartOptions } from './chart.js';
import { abortReason } from './errors.js';
import { SecureStream } from './secure-stream.js';

/** What js-libp2p gives to an encrypter. */
export interface EncrypterComponents {
  readonly privateKey: PrivateKey;
  /** Whose muxers are offered inside the handshake; absent: none are. */
  readonly upgrader?: { getStreamMuxers(): Map<string, StreamMuxerFactory> };
}

/** What a security protocol of ours becomes for `connectionEncrypters`. */
export type EncrypterFactory = (components: EncrypterComponents) => ConnectionEncrypter;

/** `/noise`, for `connectionEncrypters`. */
export function noise(options: PartOptions = {}): EncrypterFactory {
  return connectionEncrypter(noiseProtocol, options);
}

/** `/secio/1.0.0`, for the networks that still need it. The lists are preferences, best first. */
export function secio({ chart, ...offer }: PartOptions & Partial<SecioOffer> = {}): EncrypterFactory {
  return connectionEncrypter(secioProtocolWith(offer), chart === undefined ? {} : { chart });
}

/** `/plaintext/2.0.0`: nothing is encrypted; for tests. */
export function plaintext(options: PartOptions = {}): EncrypterFactory {
  return connectionEncrypter(plaintextProtocol, options);
}

/** Any security protocol of ours, for `connectionEncrypters`. */
export function connectionEncrypter(protocol: SecurityProtocol, options: PartOptions = {}): EncrypterFactory {
  const chart = options.chart ?? createChart();
  return (components) => new Encrypter(protocol, chart, components);
}

class Encrypter implements ConnectionEncrypter {
  readonly [serviceCapabilities] = ['@libp2p/connection-encryption'];
  readonly [Symbol.toStringTag] = 'swarmchart/encrypter';
  readonly protocol: string;
  readonly #protocol: SecurityProtocol;
  readonly #chart: Chart;
  readonly #components: EncrypterComponents;
  readonly #identity: Identity;

  constructor(protocol: SecurityProtocol, chart: Chart, components: EncrypterComponents) {
    this.protocol = protocol.id;
    this.#protocol = protocol;
    this.#chart = chart;
    this.#components = components;
    this.#identity = identityOf(chart, components.privateKey);
    chart.belongsTo(this.#identity.peerId);
  }

  secureOutbound(stream: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure('dialer', stream, options);
  }

  secureInbound(stream: MessageStream, options?: SecureConnectionOptions): Promise<SecuredConnection> {
    return this.#secure('listener', stream, options);
  }

  async #secure(
    role: Role,
    stream: MessageStream,
    { remotePeer, signal, skipStreamMuxerNegotiation }: SecureConnectionOptions = {},
  ): Promise<SecuredConnection> {
    signal?.throwIfAborted();
    const connection = this.#chart.nameOf(stream);
    const muxers = skipStreamMuxerNegotiation === true ? undefined : this.#components.upgrader?.getStreamMuxers();
    let giveUp: (() => void) | undefined;
    try {
      const [secure, secured] = await new Promise<[SecureStream, Secured]>((resolve, reject) => {
        const secure: SecureStream = new SecureStream({
          environment: this.#chart.environment,
          connection,
          role,
          stream,
          identity: this.#identity,
          expectedPeer: remotePeer?.toString(),
          muxers: [...(muxers?.keys() ?? [])],
          protocol: this.#protocol,
          onSecured: (secured) => resolve([secure, secured]),
          onFailed: reject,
        });
        if (signal !== undefined) {
          giveUp = () => secure.giveUp(abortReason(signal));
          signal.addEventListener('abort', giveUp);
        }
        secure.start();
      });
      this.#chart.nameOf(secure, stream);
      const streamMuxer = secured.muxer === undefined ? undefined : muxers?.get(secured.muxer);
      return {
        connection: secure,
        remotePeer: peerIdOf(secure, secured),
        ...(streamMuxer === undefined ? {} : { streamMuxer }),
      };
    } finally {
      if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp);
    }
  }
}

/** Their peer id, for js-libp2p. It makes none of an ECDSA key, which we take: the connection ends with its error for that. */
function peerIdOf(secure: SecureStream, { remotePublicKeyProtobuf }: Secured): PeerId {
  try {
    return peerIdFromPublicKey(publicKeyFromProtobuf(remotePublicKeyProtobuf));
  } catch (cause) {
    const error = new UnsupportedKeyTypeError('js-libp2p makes no peer id of the key of the peer');
    error.cause = cause;
    secure.abort(error);
    throw error;
  }
}

/** Our identity for a key of js-libp2p. Throws `ERR_KEY_UNSUPPORTED` for ECDSA: js-libp2p makes no peer id of it. */
function identityOf(chart: Chart, { type, raw }: PrivateKey): Identity {
  if (type !== 'Ed25519' && type !== 'RSA' && type !== 'secp256k1') {
    throw new EngineError('ERR_KEY_UNSUPPORTED', 'local', `a private key of type ${type} cannot be signed with`);
  }
  const ours = type === 'secp256k1' ? 'Secp256k1' : type;
  return identityFromPrivateKey(chart.environment.ciphers, encodePrivateKey({ type: ours, data: raw }));
}

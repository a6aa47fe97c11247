/** What a script knows of its noise handshake: its keys, and the channel that follows from them. */
import { signNoiseStaticKey, judgeNoisePayload } from '../../../crypto/noise-identity.js';
import { HandshakeState } from '../../../crypto/noise-state.js';
import { peerIdFromPublicKey } from '../../../crypto/peer-id.js';
import { AGREEMENT_SEED_BYTES, type KeyAgreement } from '../../../ports.js';
import { decodeNoisePayload } from '../../../wire/noise.js';
import type { HeardPayload } from '../script/commands.js';
import { noiseChannel, type Channel } from './channel.js';
import type { StageOptions } from './stage.js';

/** One noise handshake, from a script's side. */
export class NoiseState {
  readonly #options: StageOptions;
  #staticKey: KeyAgreement | undefined;
  #handshake: HandshakeState | undefined;
  #channel: Channel | undefined;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** The Noise objects themselves; the dialer is the initiator. */
  get handshake(): HandshakeState {
    const { ciphers, role } = this.#options;
    return (this.#handshake ??= new HandshakeState({
      ciphers,
      initiator: role === 'dialer',
      staticKey: this.#static,
      ephemeralKey: this.#draw('ephemeral'),
    }));
  }

  /** By our identity, over our static key or over another one. */
  signature(overAnother: boolean): Uint8Array {
    const key = overAnother ? this.#draw('other static') : this.#static;
    return signNoiseStaticKey(this.#options.identity.signer, key.publicKey);
  }

  /** A decrypted payload of the peer. Throws `ERR_WIRE_PROTOBUF`, `ERR_KEY_INVALID` and `ERR_KEY_UNSUPPORTED`. */
  judge(payload: Uint8Array): HeardPayload {
    const { identityKey, identitySignature, extensions } = decodeNoisePayload(payload);
    const peer = peerIdFromPublicKey(identityKey);
    const staticKey = this.handshake.remoteStaticKey ?? new Uint8Array(0);
    const { kind } = judgeNoisePayload(this.#options.ciphers, payload, staticKey, undefined);
    const streamMuxers = extensions?.streamMuxers ?? [];
    return { identityKey, identitySignature, streamMuxers, peer, verified: kind === 'verified' };
  }

  /** The channel, after the third message. */
  get channel(): Channel {
    return (this.#channel ??= noiseChannel(this.handshake.split()));
  }

  get #static(): KeyAgreement {
    return (this.#staticKey ??= this.#draw('static'));
  }

  #draw(what: string): KeyAgreement {
    const { ciphers, random } = this.#options;
    return ciphers.keyAgreement('x25519', random.bytes(`scripted/noise/${what}`, AGREEMENT_SEED_BYTES.x25519));
  }
}

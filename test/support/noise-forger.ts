/** A peer that speaks Noise correctly and puts into its messages whatever a test wants. */
import { HandshakeState, type ChannelCiphers } from '../../src/crypto/noise-state.js';
import type { Role } from '../../src/actors/connection/security.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { concat } from './decoding.js';

/** A message with its length in front. */
export function frame(message: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(message.length >> 8, message.length & 0xff), message);
}

/** The other end of a handler under test, over the Noise objects alone. */
export class NoiseForger {
  readonly state: HandshakeState;
  readonly staticPublicKey: Uint8Array;
  #channel: ChannelCiphers | undefined;

  /** `role` is the forger's own. */
  constructor(role: Role) {
    const staticKey = nodeCiphers.keyAgreement('x25519', new Uint8Array(32).fill(0x51));
    this.staticPublicKey = staticKey.publicKey;
    this.state = new HandshakeState({
      ciphers: nodeCiphers,
      initiator: role === 'dialer',
      staticKey,
      ephemeralKey: nodeCiphers.keyAgreement('x25519', new Uint8Array(32).fill(0x52)),
    });
  }

  /** The next handshake message around `payload`, framed. */
  write(payload: Uint8Array = new Uint8Array(0)): Uint8Array {
    return frame(this.state.writeMessage(payload));
  }

  /** Reads a framed handshake message. */
  read(bytes: Uint8Array): Uint8Array {
    return this.state.readMessage(bytes.subarray(2));
  }

  /** A sealed frame of the channel, once the handshake is through. */
  seal(plaintext: Uint8Array): Uint8Array {
    this.#channel ??= this.state.split();
    return frame(concat(...this.#channel.sending.encryptWithAd(new Uint8Array(0), [plaintext])));
  }
}

/**
 * The Noise handshake of Noise_XX_25519_ChaChaPoly_SHA256, by the names of the specification (revision 34, section 5):
 * SymmetricState and HandshakeState. Synchronous, over the Ciphers port; it knows nothing of libp2p, connections or
 * frames.
 */
import { EngineError, assert } from '../errors.js';
import type { Ciphers, KeyAgreement } from '../ports.js';
import {
  NOISE_KEY_BYTES,
  NOISE_MIN_MESSAGE_BYTES,
  NOISE_TAG_BYTES,
  NOISE_XX_TOKENS,
  type NoiseMessageNumber,
  type NoiseToken,
} from '../wire/noise.js';
import { CipherState, type NonceStart } from './noise-cipher-state.js';

/** The name that both sides mix in first: another one shares no key with this one. */
export const NOISE_PROTOCOL_NAME = 'Noise_XX_25519_ChaChaPoly_SHA256';

const EMPTY = new Uint8Array(0);

/** SymmetricState (5.2): the chaining key, the running hash, and the cipher of the handshake. */
class SymmetricState {
  readonly #ciphers: Ciphers;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | undefined;

  /** InitializeSymmetric: a name of exactly 32 bytes is the first hash itself. */
  constructor(ciphers: Ciphers) {
    this.#ciphers = ciphers;
    this.#hash = new TextEncoder().encode(NOISE_PROTOCOL_NAME);
    this.#chainingKey = this.#hash;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  mixHash(pieces: readonly Uint8Array[]): void {
    this.#hash = this.#ciphers.hash('sha256', [this.#hash, ...pieces]);
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, key] = hkdf(this.#ciphers, this.#chainingKey, inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#ciphers, key);
  }

  encryptAndHash(plaintext: Uint8Array): readonly Uint8Array[] {
    const ciphertext = this.#cipher?.encryptWithAd(this.#hash, [plaintext]) ?? [plaintext];
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher === undefined ? ciphertext : this.#cipher.decryptWithAd(this.#hash, ciphertext);
    if (plaintext !== undefined) this.mixHash([ciphertext]);
    return plaintext;
  }

  /** Split: the initiator's sending key, then the responder's. */
  split(): readonly [Uint8Array, Uint8Array] {
    return hkdf(this.#ciphers, this.#chainingKey, EMPTY);
  }
}

/** What a {@link HandshakeState} begins with. */
export interface HandshakeStateOptions {
  readonly ciphers: Ciphers;
  readonly initiator: boolean;
  /** Noise's s: the static key pair. */
  readonly staticKey: KeyAgreement;
  /** Noise's e: the ephemeral key pair, fresh for this handshake. */
  readonly ephemeralKey: KeyAgreement;
  /** Data that both sides must agree on; libp2p over TCP has none. */
  readonly prologue?: Uint8Array;
  /** First nonce of the two channel ciphers, for tests. */
  readonly nonceStart?: NonceStart | undefined;
}

/** The two ciphers of a finished handshake, as this side uses them. */
export interface ChannelCiphers {
  readonly sending: CipherState;
  readonly receiving: CipherState;
}

/** HandshakeState (5.3) of the XX pattern. Messages are written and read in the pattern's order, each once. */
export class HandshakeState {
  readonly #options: HandshakeStateOptions;
  readonly #symmetric: SymmetricState;
  #next: NoiseMessageNumber | 4 = 1;
  #remoteEphemeral: Uint8Array | undefined;
  /** DH of both ephemeral keys, made when the remote one is read. */
  #ephemeralSecret: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;

  constructor(options: HandshakeStateOptions) {
    this.#options = options;
    this.#symmetric = new SymmetricState(options.ciphers);
    this.#symmetric.mixHash([options.prologue ?? EMPTY]);
  }

  /** The peer's static key once its message was read: proven to be its own, not yet whose it is. */
  get remoteStaticKey(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** h: after the last message, a value that is unique to this session. */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.hash;
  }

  /** WriteMessage: the pattern's next message around `payload`. */
  writeMessage(payload: Uint8Array): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (const token of this.#takeTokens(true)) {
      if (token === 'e') pieces.push(this.#writeEphemeral());
      else if (token === 's') pieces.push(...this.#symmetric.encryptAndHash(this.#options.staticKey.publicKey));
      else this.#mixShared(token);
    }
    pieces.push(...this.#symmetric.encryptAndHash(payload));
    return join(pieces);
  }

  /**
   * ReadMessage: the payload of the pattern's next message.
   * Throws `ERR_NOISE_BAD_MESSAGE` when it is too short, holds a key of low order, or does not decrypt.
   */
  readMessage(message: Uint8Array): Uint8Array {
    const number = this.#next;
    const tokens = this.#takeTokens(false);
    if (number !== 4 && message.length < NOISE_MIN_MESSAGE_BYTES[number]) {
      throw badMessage(`${message.length} bytes, at least ${NOISE_MIN_MESSAGE_BYTES[number]} are due`);
    }
    let at = 0;
    for (const token of tokens) {
      if (token === 'e') {
        this.#readEphemeral(message.slice(at, at + NOISE_KEY_BYTES));
        at += NOISE_KEY_BYTES;
      } else if (token === 's') {
        const end = at + NOISE_KEY_BYTES + NOISE_TAG_BYTES;
        this.#remoteStatic = this.#decrypt(message.subarray(at, end), 'static key');
        at = end;
      } else {
        this.#mixShared(token);
      }
    }
    return this.#decrypt(message.subarray(at), 'payload');
  }

  /** Split: the channel's ciphers, after the third message. */
  split(): ChannelCiphers {
    if (this.#next !== 4) throw new RangeError(`message ${this.#next} is still due`);
    const { ciphers, initiator, nonceStart } = this.#options;
    const [first, second] = this.#symmetric.split();
    const [sending, receiving] = initiator ? [first, second] : [second, first];
    return {
      sending: new CipherState(ciphers, sending, nonceStart),
      receiving: new CipherState(ciphers, receiving, nonceStart),
    };
  }

  /** The tokens of the next message, which must be ours to write (odd ones are the initiator's) or to read. */
  #takeTokens(writing: boolean): readonly NoiseToken[] {
    const number = this.#next;
    if (number === 4) throw new RangeError('the handshake has no fourth message');
    const initiatorWrites = number !== 2;
    if ((this.#options.initiator === initiatorWrites) !== writing) {
      throw new RangeError(`message ${number} is not ours to ${writing ? 'write' : 'read'}`);
    }
    this.#next = (number + 1) as NoiseMessageNumber | 4;
    return NOISE_XX_TOKENS[number];
  }

  #writeEphemeral(): Uint8Array {
    const { publicKey } = this.#options.ephemeralKey;
    this.#symmetric.mixHash([publicKey]);
    return publicKey;
  }

  #readEphemeral(key: Uint8Array): void {
    // Here and not at `ee`, which the listener comes to when it writes: the message that brought a bad key is at fault.
    this.#ephemeralSecret = shared(this.#options.ephemeralKey, key, 'ephemeral');
    this.#remoteEphemeral = key;
    this.#symmetric.mixHash([key]);
  }

  /** ee, es and se name the initiator's key first. */
  #mixShared(token: 'ee' | 'es' | 'se'): void {
    this.#symmetric.mixKey(token === 'ee' ? known(this.#ephemeralSecret) : this.#sharedWithStatic(token));
  }

  #sharedWithStatic(token: 'es' | 'se'): Uint8Array {
    const { initiator, staticKey, ephemeralKey } = this.#options;
    const oursIsStatic = (token === 'se') === initiator;
    return oursIsStatic
      ? shared(staticKey, known(this.#remoteEphemeral), 'ephemeral')
      : shared(ephemeralKey, known(this.#remoteStatic), 'static');
  }

  #decrypt(ciphertext: Uint8Array, what: string): Uint8Array {
    const plaintext = this.#symmetric.decryptAndHash(ciphertext);
    if (plaintext === undefined) throw badMessage(`the ${what} does not decrypt`);
    return plaintext;
  }
}

/** HKDF (4.3) with two outputs. */
function hkdf(ciphers: Ciphers, chainingKey: Uint8Array, input: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const temporary = ciphers.hmac('sha256', ciphers.hmac('sha256', chainingKey).digest([input]));
  const first = temporary.digest([Uint8Array.of(1)]);
  return [first, temporary.digest([first, Uint8Array.of(2)])];
}

function shared(ours: KeyAgreement, remote: Uint8Array, name: string): Uint8Array {
  const secret = ours.sharedSecret(remote);
  if (secret === undefined) throw badMessage(`the ${name} key is not a valid point`);
  return secret;
}

/** The pattern's order guarantees that a key was read before a token uses it. */
function known(key: Uint8Array | undefined): Uint8Array {
  assert(key !== undefined, 'noise: a token came before its key');
  return key;
}

function badMessage(why: string): EngineError {
  return new EngineError('ERR_NOISE_BAD_MESSAGE', 'remote', why);
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

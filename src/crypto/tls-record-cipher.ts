/**
 * Protection of the records of one direction (RFC 8446, 5.2 and 5.3): a traffic secret, its key, and the sequence number
 * that every record has and no record shows.
 */
import type { Aead, Ciphers } from '../ports.js';
import { TLS_CONTENT, type TlsSuite } from '../wire/tls-names.js';
import { encodeTlsRecordHeader } from '../wire/tls-record.js';
import { AEAD_TAG_BYTES } from './cipher-arguments.js';
import { nextTrafficSecret, trafficKey } from './tls-key-schedule.js';

const TYPE_BYTES: ReadonlyMap<number, Uint8Array> = new Map(
  Object.values(TLS_CONTENT).map((type) => [type, Uint8Array.of(type)]),
);

/** Seals or opens the records of one direction. */
export class TlsRecordCipher {
  readonly #ciphers: Ciphers;
  readonly #suite: TlsSuite;
  #secret: Uint8Array;
  #aead!: Aead;
  #iv!: Uint8Array;
  readonly #nonce = new Uint8Array(12);
  /** Records under this key; far below 2^53, where counting would end. */
  #sequence = 0;

  constructor(ciphers: Ciphers, suite: TlsSuite, trafficSecret: Uint8Array) {
    this.#ciphers = ciphers;
    this.#suite = suite;
    this.#secret = trafficSecret;
    this.#use();
  }

  /** Records that were sealed or opened under the present key. */
  get records(): number {
    return this.#sequence;
  }

  /** After a KeyUpdate: the next secret, its key, and the first sequence number. */
  update(): void {
    this.#secret = nextTrafficSecret(this.#ciphers, this.#suite, this.#secret);
    this.#use();
  }

  /** The record around `content`, in pieces, its header first. */
  seal(type: number, content: readonly Uint8Array[]): readonly Uint8Array[] {
    let length = 1 + AEAD_TAG_BYTES;
    for (const piece of content) length += piece.length;
    const header = encodeTlsRecordHeader(TLS_CONTENT.applicationData, length);
    const kind = TYPE_BYTES.get(type) ?? Uint8Array.of(type);
    const sealed = this.#aead.seal(this.#nonce, [...content, kind], header);
    this.#count();
    return [header, ...sealed];
  }

  /**
   * The TLSInnerPlaintext of a record, whose `header` is as it came; `undefined` when it does not verify, and then the
   * number stays.
   */
  open(header: Uint8Array, fragment: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#aead.open(this.#nonce, fragment, header);
    if (plaintext !== undefined) this.#count();
    return plaintext;
  }

  #use(): void {
    const { key, iv } = trafficKey(this.#ciphers, this.#suite, this.#secret);
    this.#aead = this.#ciphers[this.#suite.aead](key);
    this.#iv = iv;
    this.#sequence = 0;
    this.#write();
  }

  #count(): void {
    this.#sequence++;
    this.#write();
  }

  /** The sequence number as 64 bits, big-endian, over the end of the IV. */
  #write(): void {
    const nonce = this.#nonce;
    nonce.set(this.#iv);
    for (let index = 11, left = this.#sequence; left > 0; index--, left = Math.floor(left / 256)) {
      nonce[index] = (nonce[index] ?? 0) ^ (left % 256);
    }
  }
}

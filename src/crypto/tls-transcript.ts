/** What was said in a TLS handshake so far, and its hash (RFC 8446, 4.4.1). */
import type { Ciphers } from '../ports.js';
import { encodeTlsMessage } from '../wire/tls-handshake.js';
import type { TlsSuite } from '../wire/tls-names.js';

/** Handshake messages of both sides, in order. */
export class TlsTranscript {
  readonly #ciphers: Ciphers;
  #messages: Uint8Array[] = [];

  constructor(ciphers: Ciphers) {
    this.#ciphers = ciphers;
  }

  /** Adds a whole message; nobody may write to it any more. */
  add(message: Uint8Array): void {
    this.#messages.push(message);
  }

  /** A HelloRetryRequest comes next: the ClientHello before it counts by its hash alone. */
  beginAgain({ hash }: TlsSuite): void {
    this.#messages = [encodeTlsMessage('messageHash', this.#ciphers.hash(hash, this.#messages))];
  }

  /** The hash of everything so far. */
  hash({ hash }: TlsSuite): Uint8Array {
    return this.#ciphers.hash(hash, this.#messages);
  }
}

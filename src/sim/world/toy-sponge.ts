/**
 * A mixer that takes bytes in and gives bytes out, of 128 bits: every input byte changes all that follows. **Insecure**:
 * it stands in for hashes and key streams where only their lengths and their sensitivity to change matter.
 */

/** Absorbs first, then gives bytes. */
export class ToySponge {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c = 0xb7e15162;
  #d = 0x6a09e667;
  /** Bytes of the last word that were not used. */
  #rest = 0;
  #restBytes = 0;

  /** The label keeps the uses apart. */
  constructor(label: string) {
    for (let at = 0; at < label.length; at++) this.#mixIn(label.charCodeAt(at));
    this.separate();
  }

  /** Takes bytes in; pieces count as one run of bytes. */
  absorb(bytes: Uint8Array): this {
    for (const byte of bytes) this.#mixIn(byte);
    return this;
  }

  /** Marks the border between two fields, so that bytes cannot move from one to the other. */
  separate(): this {
    this.#mixIn(0x100);
    return this;
  }

  /** Gives bytes out. */
  squeeze(sizeBytes: number): Uint8Array {
    return this.mask(new Uint8Array(sizeBytes));
  }

  /** The bytes under the stream: the same again gives them back. Goes on where the last call ended. */
  mask(bytes: Uint8Array): Uint8Array {
    const masked = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at++) {
      if (this.#restBytes === 0) {
        this.#rest = this.#next();
        this.#restBytes = 4;
      }
      masked[at] = (bytes[at] ?? 0) ^ (this.#rest & 0xff);
      this.#rest >>>= 8;
      this.#restBytes--;
    }
    return masked;
  }

  #mixIn(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x85ebca6b);
    this.#b = Math.imul((this.#b ^ (this.#a >>> 13)) + value, 0xc2b2ae35);
    this.#c = (this.#c + this.#b) ^ (this.#d >>> 7);
    this.#d = Math.imul(this.#d ^ this.#c, 0x27d4eb2f) + value;
    this.#a ^= this.#d >>> 15;
  }

  #next(): number {
    this.#mixIn(0x155);
    let word = this.#a ^ (this.#b >>> 3) ^ Math.imul(this.#c, 0x9e3779b1) ^ this.#d;
    word = Math.imul(word ^ (word >>> 16), 0x7feb352d);
    return (word ^ (word >>> 15)) >>> 0;
  }
}

/**
 * Bytes that came and were not read yet. A reader looks at the front and takes what it understands; whatever is left
 * when a handler leaves the byte path is drained to the next one, so nothing is handed back between layers.
 */

/** A queue of chunks with a contiguous front. Copies only where a value spans chunks. */
export class ReceiveBuffer {
  #chunks: Uint8Array[] = [];
  #offset = 0;
  #length = 0;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Adds a chunk at the end; the buffer keeps the view, so nobody may write to it any more. */
  append(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first `size` bytes as one view, or all that is there when fewer came. Nothing is taken. */
  peek(size: number): Uint8Array {
    const wanted = Math.min(size, this.#length);
    if (wanted === 0) return EMPTY;
    const first = this.#first();
    if (first.length - this.#offset < wanted) this.#gather(wanted);
    return this.#first().subarray(this.#offset, this.#offset + wanted);
  }

  /** Takes the first `size` bytes as one view, or nothing (`undefined`) when fewer came. */
  take(size: number): Uint8Array | undefined {
    if (size > this.#length) return undefined;
    const bytes = this.peek(size);
    this.skip(size);
    return bytes;
  }

  /** Drops the first `size` bytes, which must be there. */
  skip(size: number): void {
    if (size > this.#length) throw new RangeError(`size must be at most ${this.#length}, got ${size}`);
    this.#length -= size;
    let left = size;
    while (left > 0) {
      const available = this.#first().length - this.#offset;
      if (left < available) {
        this.#offset += left;
        return;
      }
      left -= available;
      this.#chunks.shift();
      this.#offset = 0;
    }
  }

  /** Takes up to `size` bytes without copying: the pieces as they came. */
  takePieces(size: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let left = Math.min(size, this.#length);
    while (left > 0) {
      const piece = this.#first().subarray(this.#offset, this.#offset + left);
      pieces.push(piece);
      this.skip(piece.length);
      left -= piece.length;
    }
    return pieces;
  }

  /** Takes everything, as the pieces came. */
  drain(): Uint8Array[] {
    return this.takePieces(this.#length);
  }

  #first(): Uint8Array {
    return this.#chunks[0] ?? EMPTY;
  }

  /** Makes the first `size` bytes contiguous by joining as few chunks as that takes. */
  #gather(size: number): void {
    let count = 0;
    let length = -this.#offset;
    while (length < size) {
      length += this.#chunks[count]?.length ?? 0;
      count++;
    }
    const joined = new Uint8Array(length);
    let at = 0;
    for (const [index, chunk] of this.#chunks.splice(0, count).entries()) {
      const part = index === 0 ? chunk.subarray(this.#offset) : chunk;
      joined.set(part, at);
      at += part.length;
    }
    this.#chunks.unshift(joined);
    this.#offset = 0;
  }
}

const EMPTY = new Uint8Array(0);

/**
 * Bytes that wait, as the chunks they came in. Who only passes chunks on uses `push`; who makes them wait for a reader
 * uses `keep`, which copies small pieces together: a view of few bytes would hold the large buffer behind it, and many
 * tiny chunks would cost more than their bytes.
 */

/** Small pieces are copied into blocks of this size. */
const BLOCK_BYTES = 4096;
/** Pieces up to this size are copied into a block with others. */
const SMALL_BYTES = 512;
/** The array is cut when this many taken places are in front. */
const TAKEN_PLACES = 512;

/** A queue of chunks. */
export class ChunkQueue {
  #chunks: (Uint8Array | undefined)[] = [];
  #first = 0;
  #length = 0;
  /** The block that small pieces are copied to; its last piece is the queue's last chunk while `#blockOpen`. */
  #block = EMPTY;
  #blockUsed = 0;
  #blockOpen = false;

  /** Bytes waiting. */
  get length(): number {
    return this.#length;
  }

  /** Chunks waiting. */
  get count(): number {
    return this.#chunks.length - this.#first;
  }

  /** Adds a chunk as it is; nobody may write to it any more. Empty ones are left out. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#blockOpen = false;
  }

  /** Adds a chunk that will wait: it holds no more memory than about twice its bytes. */
  keep(chunk: Uint8Array): void {
    if (chunk.length <= SMALL_BYTES) this.#keepSmall(chunk);
    else this.push(chunk.length * 2 < chunk.buffer.byteLength ? chunk.slice() : chunk);
  }

  /** Takes the first chunk, or nothing when the queue is empty. */
  shift(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#first];
    if (chunk === undefined) return undefined;
    this.#length -= chunk.length;
    this.#drop();
    return chunk;
  }

  /** Takes up to `size` bytes from the front, as pieces, and appends them to `pieces`. */
  take(size: number, pieces: Uint8Array[]): void {
    let left = Math.min(size, this.#length);
    this.#length -= left;
    while (left > 0) {
      const chunk = this.#chunks[this.#first] ?? EMPTY;
      if (chunk.length > left) {
        pieces.push(chunk.subarray(0, left));
        this.#chunks[this.#first] = chunk.subarray(left);
        return;
      }
      pieces.push(chunk);
      left -= chunk.length;
      this.#drop();
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#chunks = [];
    this.#first = 0;
    this.#length = 0;
    this.#block = EMPTY;
    this.#blockUsed = 0;
    this.#blockOpen = false;
  }

  #keepSmall(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const fits = this.#blockUsed + chunk.length <= this.#block.length;
    if (!fits) {
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#blockUsed = 0;
    }
    this.#block.set(chunk, this.#blockUsed);
    const end = this.#blockUsed + chunk.length;
    const last = this.#chunks.length - 1;
    const before = this.#chunks[last];
    if (fits && this.#blockOpen && before !== undefined) {
      this.#chunks[last] = this.#block.subarray(this.#blockUsed - before.length, end);
    } else {
      this.#chunks.push(this.#block.subarray(this.#blockUsed, end));
    }
    this.#blockUsed = end;
    this.#length += chunk.length;
    this.#blockOpen = true;
  }

  #drop(): void {
    this.#chunks[this.#first++] = undefined;
    if (this.#first === this.#chunks.length) {
      this.clear();
    } else if (this.#first >= TAKEN_PLACES) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

const EMPTY = new Uint8Array(0);

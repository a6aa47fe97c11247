/** After how many bytes a recorded transport said that it was full: a replayed or forked one says so at the same places. */
export class FullMarks {
  readonly #fullAt: readonly number[];
  #sentBytes = 0;

  /** `fullAt`: bytes in all, as the trace tells them. */
  constructor(fullAt: readonly number[]) {
    this.#fullAt = fullAt;
  }

  /** Counts what is written; answers whether the transport said then that it was full. */
  isFullAfter(chunks: readonly Uint8Array[]): boolean {
    const before = this.#sentBytes;
    for (const chunk of chunks) this.#sentBytes += chunk.length;
    return this.#fullAt.some((at) => at > before && at <= this.#sentBytes);
  }
}

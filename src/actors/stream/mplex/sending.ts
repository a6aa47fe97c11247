/**
 * The sending half of an mplex stream: what waits for its turn, and where a writer is told to wait. mplex has no window:
 * what holds a stream back is the connection alone.
 */
import type { Limits } from '../../../limits.js';
import { encodeMplexHeader } from '../../../wire/mplex.js';
import { ChunkQueue } from '../chunk-queue.js';
import { HeldBytes, type StreamMemory } from '../held-bytes.js';

/** Queue of one stream's outgoing data. */
export class MplexSending {
  readonly #limits: Limits;
  readonly #flag: number;
  readonly #streamId: number;
  readonly #queue = new ChunkQueue();
  readonly #held: HeldBytes;
  /** The queue passed its mark; who waits is owed a word. */
  #blocked = false;

  /** `flag` and `streamId` stand in the header of every message. */
  constructor(limits: Limits, flag: number, streamId: number, memory: StreamMemory) {
    this.#limits = limits;
    this.#flag = flag;
    this.#streamId = streamId;
    this.#held = new HeldBytes(memory, limits.resourceFreeBytesPerStream, limits.streamSendQueueBytes);
  }

  get queuedBytes(): number {
    return this.#queue.length;
  }

  get queuedChunks(): number {
    return this.#queue.count;
  }

  /** Whether the queue is below its mark. */
  get isWritable(): boolean {
    return this.#queue.length < this.#limits.streamSendQueueBytes;
  }

  /** Queues chunks; `false`: the queue is beyond its end, in bytes or in chunks. */
  push(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#queue.push(chunk);
    if (!this.isWritable) this.#blocked = true;
    this.#held.filled(this.#queue.length);
    const { streamSendQueueMaxBytes, streamSendQueueChunks } = this.#limits;
    return this.#queue.length <= streamSendQueueMaxBytes && this.#queue.count <= streamSendQueueChunks;
  }

  /** The next message: header and pieces of at least one byte. Only while something is queued. */
  takeMessage(): { readonly chunks: readonly Uint8Array[]; readonly size: number } {
    const size = Math.min(this.#queue.length, this.#limits.mplexSendMessageBytes);
    const chunks: Uint8Array[] = [encodeMplexHeader(this.#flag, this.#streamId, size)];
    this.#queue.take(size, chunks);
    this.#held.taken(this.#queue.length);
    return { chunks, size };
  }

  /** Answers once whether a writer that was told to wait may go on: at half of the mark, so that it is not woken for little. */
  takeRelief(): boolean {
    if (!this.#blocked || this.#queue.length > this.#limits.streamSendQueueBytes / 2) return false;
    this.#blocked = false;
    return true;
  }

  /** Drops what is queued. */
  clear(): void {
    this.#queue.clear();
  }
}

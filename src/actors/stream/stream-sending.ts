/**
 * The sending half of a stream, as far as it is the same for every muxer: what waits, and where a writer is told to wait.
 * Counters only; the stream asks them and tells its machine of the edges.
 */
import type { Limits } from '../../limits.js';
import { ChunkQueue } from './chunk-queue.js';
import { HeldBytes, type StreamMemory } from './held-bytes.js';

/** An edge of a send window that was passed, if any. */
export type WindowEdge = 'exhausted' | 'opened' | undefined;

/** What leaves at once: pieces with their header, bytes of data in it, and what it did to the window. */
export interface Outgoing {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  readonly edge: WindowEdge;
}

/** Queue of one stream's outgoing data. */
export abstract class StreamSending {
  protected readonly limits: Limits;
  protected readonly queue = new ChunkQueue();
  protected readonly held: HeldBytes;
  /** The queue passed its mark; who waits is owed a word. */
  #blocked = false;

  constructor(limits: Limits, memory: StreamMemory) {
    this.limits = limits;
    this.held = new HeldBytes(memory, limits.resourceFreeBytesPerStream, limits.streamSendQueueBytes);
  }

  get queuedBytes(): number {
    return this.queue.length;
  }

  get queuedChunks(): number {
    return this.queue.count;
  }

  /** Whether there is data that may leave. */
  get isSendable(): boolean {
    return this.queue.length > 0;
  }

  /** Whether the queue is below its mark. */
  get isWritable(): boolean {
    return this.queue.length < this.limits.streamSendQueueBytes;
  }

  /** Queues chunks; `false`: the queue is beyond its end, in bytes or in chunks. */
  push(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.queue.push(chunk);
    if (!this.isWritable) this.#blocked = true;
    this.held.filled(this.queue.length);
    const { streamSendQueueMaxBytes, streamSendQueueChunks } = this.limits;
    return this.queue.length <= streamSendQueueMaxBytes && this.queue.count <= streamSendQueueChunks;
  }

  /** The next frame, with at least one byte of data. Only while {@link isSendable}. */
  abstract takeFrame(): Outgoing;

  /** Answers once whether a writer that was told to wait may go on: at half of the mark, so that it is not woken for little. */
  takeRelief(): boolean {
    if (!this.#blocked || this.queue.length > this.limits.streamSendQueueBytes / 2) return false;
    this.#blocked = false;
    return true;
  }

  /** Drops what is queued. */
  clear(): void {
    this.queue.clear();
  }
}

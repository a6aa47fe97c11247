/**
 * The sending half of a SPDY stream: what waits, what its window and the session's let out, and where a writer is told to
 * wait. Counters only; the stream asks them and tells its machine of the edges.
 */
import type { Limits } from '../../../limits.js';
import { encodeSpdyData } from '../../../wire/spdy.js';
import { ChunkQueue } from '../chunk-queue.js';
import { HeldBytes, type StreamMemory } from '../held-bytes.js';
import { SpdySendWindow, type WindowEdge } from './send-window.js';

/** Queue and window of one stream's outgoing data. */
export class SpdySending {
  readonly #limits: Limits;
  readonly #streamId: number;
  readonly #session: SpdySendWindow;
  readonly #queue = new ChunkQueue();
  readonly window: SpdySendWindow;
  readonly #held: HeldBytes;
  /** The queue passed its mark; who waits is owed a word. */
  #blocked = false;

  constructor(limits: Limits, streamId: number, windowBytes: number, session: SpdySendWindow, memory: StreamMemory) {
    this.#limits = limits;
    this.#streamId = streamId;
    this.#session = session;
    this.#held = new HeldBytes(memory, limits.resourceFreeBytesPerStream, limits.streamSendQueueBytes);
    this.window = new SpdySendWindow(windowBytes);
  }

  get queuedBytes(): number {
    return this.#queue.length;
  }

  get queuedChunks(): number {
    return this.#queue.count;
  }

  /** Whether there is data that both windows let out. */
  get isSendable(): boolean {
    return this.#queue.length > 0 && this.window.available > 0 && this.#session.available > 0;
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

  /** The next frame: header and pieces of at least one byte, spent from both windows. Only while {@link isSendable}. */
  takeFrame(): { readonly chunks: readonly Uint8Array[]; readonly size: number; readonly edge: WindowEdge } {
    const { spdySendFrameBytes } = this.#limits;
    const size = Math.min(this.#queue.length, this.window.available, this.#session.available, spdySendFrameBytes);
    const chunks: Uint8Array[] = [encodeSpdyData(this.#streamId, 0, size)];
    this.#queue.take(size, chunks);
    this.#held.taken(this.#queue.length);
    this.#session.spend(size);
    return { chunks, size, edge: this.window.spend(size) };
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

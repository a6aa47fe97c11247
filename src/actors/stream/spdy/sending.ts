/** The sending half of a SPDY stream: what waits, and what its window and the session's let out. */
import type { Limits } from '../../../limits.js';
import { encodeSpdyData } from '../../../wire/spdy.js';
import type { StreamMemory } from '../held-bytes.js';
import { StreamSending, type Outgoing } from '../stream-sending.js';
import { SpdySendWindow } from './send-window.js';

/** Queue and window of one stream's outgoing data. */
export class SpdySending extends StreamSending {
  readonly window: SpdySendWindow;
  readonly #streamId: number;
  readonly #session: SpdySendWindow;

  constructor(limits: Limits, streamId: number, windowBytes: number, session: SpdySendWindow, memory: StreamMemory) {
    super(limits, memory);
    this.#streamId = streamId;
    this.#session = session;
    this.window = new SpdySendWindow(windowBytes);
  }

  /** Whether there is data that both windows let out. */
  override get isSendable(): boolean {
    return this.queue.length > 0 && this.window.available > 0 && this.#session.available > 0;
  }

  /** The next frame: header and pieces of at least one byte, spent from both windows. Only while {@link isSendable}. */
  takeFrame(): Outgoing {
    const { queue, window } = this;
    const { spdySendFrameBytes } = this.limits;
    const size = Math.min(queue.length, window.available, this.#session.available, spdySendFrameBytes);
    const chunks: Uint8Array[] = [encodeSpdyData(this.#streamId, 0, size)];
    queue.take(size, chunks);
    this.held.taken(queue.length);
    this.#session.spend(size);
    return { chunks, size, edge: window.spend(size) };
  }
}

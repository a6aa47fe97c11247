/** The sending half of a yamux stream: what waits, and what its window lets out. */
import type { Limits } from '../../../limits.js';
import { encodeYamuxHeader, YAMUX_MAX_UINT32, YAMUX_TYPE } from '../../../wire/yamux.js';
import type { StreamMemory } from '../held-bytes.js';
import { SendWindow } from '../send-window.js';
import { StreamSending, type Outgoing } from '../stream-sending.js';

/** Queue and window of one stream's outgoing data. */
export class YamuxSending extends StreamSending {
  readonly window: SendWindow;
  readonly #streamId: number;

  constructor(limits: Limits, streamId: number, memory: StreamMemory) {
    super(limits, memory);
    this.#streamId = streamId;
    this.window = new SendWindow(limits.yamuxInitialWindowBytes, YAMUX_MAX_UINT32);
  }

  /** Whether there is data that the window lets out. */
  override get isSendable(): boolean {
    return this.queue.length > 0 && this.window.available > 0;
  }

  /** The next frame: header and pieces of at least one byte, spent from the window. Only while {@link isSendable}. */
  takeFrame(): Outgoing {
    const { queue, window } = this;
    const size = Math.min(queue.length, window.available, this.limits.yamuxSendFrameBytes);
    const chunks: Uint8Array[] = [encodeYamuxHeader(YAMUX_TYPE.data, 0, this.#streamId, size)];
    queue.take(size, chunks);
    this.held.taken(queue.length);
    return { chunks, size, edge: window.spend(size) ? 'exhausted' : undefined };
  }
}

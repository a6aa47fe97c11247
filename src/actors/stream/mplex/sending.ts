/**
 * The sending half of an mplex stream: what waits for its turn. mplex has no window: what holds a stream back is the
 * connection alone.
 */
import type { Limits } from '../../../limits.js';
import { encodeMplexHeader } from '../../../wire/mplex.js';
import type { StreamMemory } from '../held-bytes.js';
import { StreamSending, type Outgoing } from '../stream-sending.js';

/** Queue of one stream's outgoing data. */
export class MplexSending extends StreamSending {
  readonly #flag: number;
  readonly #streamId: number;

  /** `flag` and `streamId` stand in the header of every message. */
  constructor(limits: Limits, flag: number, streamId: number, memory: StreamMemory) {
    super(limits, memory);
    this.#flag = flag;
    this.#streamId = streamId;
  }

  /** The next message: header and pieces of at least one byte. Only while something is queued. */
  takeFrame(): Outgoing {
    const { queue } = this;
    const size = Math.min(queue.length, this.limits.mplexSendMessageBytes);
    const chunks: Uint8Array[] = [encodeMplexHeader(this.#flag, this.#streamId, size)];
    queue.take(size, chunks);
    this.held.taken(queue.length);
    return { chunks, size, edge: undefined };
  }
}

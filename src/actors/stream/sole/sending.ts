/** The sending half of a sole stream: what waits while the connection is congested, and leaves in bounded amounts. */
import { StreamSending, type Outgoing } from '../stream-sending.js';

/** Queue of the stream's outgoing data. */
export class SoleSending extends StreamSending {
  /** What one turn of the pump takes. Only while something is queued. */
  takeFrame(): Outgoing {
    const { queue } = this;
    const chunks: Uint8Array[] = [];
    const size = Math.min(queue.length, this.limits.pumpBytes);
    queue.take(size, chunks);
    this.held.taken(queue.length);
    return { chunks, size, edge: undefined };
  }
}

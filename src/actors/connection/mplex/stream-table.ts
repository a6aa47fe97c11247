/**
 * The live streams of one mplex session: who may open one, and what may wait for their readers together.
 *
 * A peer that sends faster than we read cannot be told to wait. The socket could be held back, and with it every other
 * stream and the answer that the slow reader may be waiting for; so it is not: the stream that holds too much is reset.
 */
import { EngineError } from '../../../errors.js';
import type { Direction } from '../../../messages.js';
import { MPLEX_MAX_STREAM_ID, mplexStreamNumber } from '../../../wire/mplex.js';
import { MplexStream, type MplexStreamOwner } from '../../stream/mplex/stream.js';
import type { MuxerOptions } from '../muxer.js';
import { StreamTable, type StreamTableOwner } from '../stream-table.js';

/** Streams by number, with their bounds. */
export class MplexStreamTable extends StreamTable<MplexStream> implements MplexStreamOwner {
  readonly #isDialer: boolean;
  #nextId = 0;
  #waitingBytes = 0;

  constructor(options: MuxerOptions, owner: StreamTableOwner<MplexStream>) {
    super(options, 'mplex', owner);
    this.#isDialer = options.role === 'dialer';
  }

  /** Bytes that wait for readers. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The stream with this id on the wire that the peer, or we, opened. */
  find(streamId: number, openedBy: Direction): MplexStream | undefined {
    return this.streams.get(this.#numberOf(streamId, openedBy));
  }

  /** Opens a stream: its NewStream is sent at once. Throws `ERR_MPLEX_TOO_MANY_STREAMS`, `ERR_RESOURCE_LIMIT`. */
  open(): MplexStream {
    const { mplexOutboundStreams } = this.environment.limits;
    if (this.live.outbound >= mplexOutboundStreams || this.#nextId > MPLEX_MAX_STREAM_ID) {
      const what = `mplex: ${this.live.outbound} streams of ours are open, ${this.#nextId} were opened`;
      throw new EngineError('ERR_MPLEX_TOO_MANY_STREAMS', 'local', what);
    }
    const number = this.#numberOf(this.#nextId, 'outbound');
    const refused = this.countIn(number, 'outbound');
    if (refused !== undefined) throw refused;
    this.#nextId++;
    return this.#add(number, 'outbound');
  }

  /** The peer opens a stream, with an id that none of its live streams has; `false`: it is one too many. */
  accept(streamId: number): boolean {
    if (this.live.inbound >= this.environment.limits.mplexInboundStreams) return false;
    const number = this.#numberOf(streamId, 'inbound');
    if (this.countIn(number, 'inbound') !== undefined) return false;
    this.#add(number, 'inbound');
    return true;
  }

  /**
   * Makes room for `size` more bytes of `arriving`: whoever holds most is reset, until they fit. Streams that the peer has
   * closed are spared: what they hold is whole, and becomes no more.
   */
  makeRoom(size: number, arriving: MplexStream): void {
    while (this.#waitingBytes + size > this.environment.limits.mplexSessionQueueBytes) {
      const held = `${this.#waitingBytes + size} bytes wait on this connection`;
      let largest = arriving;
      for (const stream of this.streams.values()) {
        if (!stream.isRemoteClosed && stream.unconsumedBytes > largest.unconsumedBytes) largest = stream;
      }
      largest.overflow(`${held}, ${largest.unconsumedBytes} of them here`);
      if (largest === arriving) return;
    }
  }

  /** Resets every stream for this reason. */
  resetAll(error: EngineError): void {
    for (const stream of [...this.streams.values()]) stream.resetFor(error);
  }

  // ------------------------------------------------------------ for the streams

  waiting(change: number): void {
    this.#waitingBytes += change;
  }

  #numberOf(streamId: number, openedBy: Direction): number {
    return mplexStreamNumber(streamId, (openedBy === 'outbound') === this.#isDialer);
  }

  #add(number: number, direction: Direction): MplexStream {
    return this.begin(new MplexStream(this.environment, this.connection, number, direction, this));
  }
}

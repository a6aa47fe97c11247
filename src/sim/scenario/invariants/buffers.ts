/**
 * What waits for the readers of a connection's streams, counted where it is handed over and where it is said to be used:
 * never more than the muxer's bounds allow. The engine's own counters are not asked.
 */
import type { Muxer, MuxerOptions, MuxerProtocol } from '../../../actors/connection/muxer.js';
import type { MuxedStream } from '../../../actors/stream/muxed-stream.js';
import type { Limits } from '../../../limits.js';
import { SPDY_PROTOCOL } from '../../../wire/spdy.js';
import { MPLEX_PROTOCOL } from '../../../wire/mplex.js';
import { YAMUX_PROTOCOL } from '../../../wire/yamux.js';
import type { Report } from './watch.js';

/** What may wait on one stream, and on all of a session. */
interface Bounds {
  readonly streamBytes: number;
  readonly sessionBytes: number;
}

/** A stream to which its muxer hands data; every one of the engine is. */
interface Fed extends MuxedStream {
  deliver(piece: Uint8Array): unknown;
}

function boundsOf(protocol: string, limits: Limits): Bounds {
  switch (protocol) {
    case MPLEX_PROTOCOL:
      return { streamBytes: limits.mplexStreamQueueBytes, sessionBytes: limits.mplexSessionQueueBytes };
    case SPDY_PROTOCOL:
      return {
        streamBytes: limits.spdyInitialWindowBytes,
        sessionBytes: limits.spdySessionWindowBytes + limits.spdySessionOverrunBytes,
      };
    case YAMUX_PROTOCOL:
      return { streamBytes: limits.yamuxMaxWindowBytes, sessionBytes: Infinity };
    default:
      // Without a muxer the transport is held back; what was read of it by then still comes: one write of the peer's.
      return {
        streamBytes: limits.soleStreamHighWaterBytes + limits.outboxHighWaterBytes + limits.pumpBytes,
        sessionBytes: Infinity,
      };
  }
}

/** `protocol`, its streams watched: checks `stream.buffer`. */
export function watchedMuxer(protocol: MuxerProtocol, node: string, report: Report): MuxerProtocol {
  return {
    ...protocol,
    create: (options) => {
      const book = new BufferBook(boundsOf(protocol.id, options.environment.limits), options, node, report);
      const muxer = protocol.create({
        ...options,
        onStream: (stream) => {
          book.watch(stream as Fed);
          options.onStream(stream);
        },
      });
      const openStream = muxer.openStream.bind(muxer);
      muxer.openStream = () => book.watch(openStream() as Fed);
      book.muxer = muxer;
      return muxer;
    },
  };
}

class BufferBook {
  muxer: Muxer | undefined;
  readonly #bounds: Bounds;
  readonly #options: MuxerOptions;
  readonly #node: string;
  readonly #report: Report;
  /** Bytes that wait, by stream; of those that have ended nothing counts any more. */
  readonly #waiting = new Map<MuxedStream, number>();

  constructor(bounds: Bounds, options: MuxerOptions, node: string, report: Report) {
    this.#bounds = bounds;
    this.#options = options;
    this.#node = node;
    this.#report = report;
  }

  watch(stream: Fed): Fed {
    this.#waiting.set(stream, 0);
    const [deliver, consume, closeRead] = [
      stream.deliver.bind(stream),
      stream.consume.bind(stream),
      stream.closeRead.bind(stream),
    ];
    stream.deliver = (piece) => {
      // Counted before: its reader may use it at once.
      this.#add(stream, piece.length);
      const answer = deliver(piece);
      this.#check(stream);
      return answer;
    };
    stream.consume = (size) => {
      this.#add(stream, -size);
      consume(size);
    };
    stream.closeRead = () => {
      this.#waiting.delete(stream);
      closeRead();
    };
    return stream;
  }

  #add(stream: MuxedStream, change: number): void {
    const waiting = this.#waiting.get(stream);
    if (waiting !== undefined) this.#waiting.set(stream, waiting + change);
  }

  #check(stream: MuxedStream): void {
    for (const each of this.#waiting.keys()) if (!this.#isLive(each)) this.#waiting.delete(each);
    const waiting = this.#waiting.get(stream) ?? 0;
    const { streamBytes, sessionBytes } = this.#bounds;
    if (waiting > streamBytes) this.#violated(stream, `${waiting} bytes wait for the reader`, streamBytes);
    let sum = 0;
    for (const bytes of this.#waiting.values()) sum += bytes;
    if (sum > sessionBytes) this.#violated(stream, `${sum} bytes wait on all streams`, sessionBytes);
  }

  #isLive(stream: MuxedStream): boolean {
    return this.muxer?.streams.get(stream.id) === stream;
  }

  #violated(stream: MuxedStream, what: string, bound: number): void {
    const { connection } = this.#options;
    const actor = this.muxer?.layer === 'stream' ? `${connection}/stream` : `${this.muxer?.address ?? ''}/${stream.id}`;
    this.#report({ invariant: 'stream.buffer', node: this.#node, actor, message: `${what}, the bound is ${bound}` });
  }
}

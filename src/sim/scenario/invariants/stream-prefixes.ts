/**
 * What a stream delivers is a prefix of what was sent on it: byte by byte, across both ends, whatever the network does
 * between them. Bytes are kept, as views, from their sending to their delivery.
 */
import type { ConnectionMessage, Layer } from '../../../messages.js';
import { SPDY_HEADER_BYTES } from '../../../wire/spdy.js';
import { YAMUX_HEADER_BYTES } from '../../../wire/yamux.js';
import { mplexHeaderOf } from './mplex-ledger.js';
import type { Report, WireEnd } from './watch.js';

/** What was sent one way on one stream and is not delivered yet. */
interface Way {
  readonly chunks: Uint8Array[];
  /** Bytes of the first chunk that were delivered. */
  offset: number;
  deliveredBytes: number;
}

/** Checks `stream.prefix`. */
export class StreamPrefixes {
  readonly #report: Report;
  /** By wire, then by sender's role and stream. */
  readonly #wires = new Map<string, Map<string, Way>>();

  constructor(report: Report) {
    this.#report = report;
  }

  /** Takes one message of a stream, of the layer of its muxer. */
  hear(node: string, message: ConnectionMessage, { wire, role }: WireEnd): void {
    const { stream = 0, direction, layer, chunks, event } = message;
    if (event !== undefined || message.length === 0) return;
    if (direction === 'outbound') {
      this.#send(this.#wayOf(wire, `${role} ${stream}`), chunks, headerBytesOf(layer, chunks));
      return;
    }
    const sender = role === 'dialer' ? 'listener' : 'dialer';
    const way = this.#wayOf(wire, `${sender} ${stream}`);
    const problem = deliver(way, chunks);
    if (problem === undefined) return;
    const actor = `${message.connection}/${layer}${layer === 'stream' ? '' : `/${stream}`}`;
    this.#report({ invariant: 'stream.prefix', node, actor, message: problem });
  }

  /** The first chunk of a frame begins with its header. */
  #send(way: Way, [first, ...body]: readonly Uint8Array[], headerBytes: number): void {
    if (first !== undefined && first.length > headerBytes) way.chunks.push(first.subarray(headerBytes));
    way.chunks.push(...body);
  }

  #wayOf(wire: string, name: string): Way {
    let ways = this.#wires.get(wire);
    if (ways === undefined) this.#wires.set(wire, (ways = new Map<string, Way>()));
    let way = ways.get(name);
    if (way === undefined) ways.set(name, (way = { chunks: [], offset: 0, deliveredBytes: 0 }));
    return way;
  }
}

/** Bytes in front of the data of one frame; without a muxer there are none. */
function headerBytesOf(layer: Layer, chunks: readonly Uint8Array[]): number {
  switch (layer) {
    case 'yamux':
      return YAMUX_HEADER_BYTES;
    case 'spdy':
      return SPDY_HEADER_BYTES;
    case 'mplex':
      return mplexHeaderOf(chunks)?.size ?? 0;
    default:
      return 0;
  }
}

/** Takes delivered chunks off what was sent; says where they differ. */
function deliver(way: Way, chunks: readonly Uint8Array[]): string | undefined {
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const sent = way.chunks[0];
      if (sent === undefined) {
        return `${chunk.length - at} bytes were delivered that nobody sent, after ${way.deliveredBytes}`;
      }
      const size = Math.min(chunk.length - at, sent.length - way.offset);
      const difference = firstDifference(chunk, at, sent, way.offset, size);
      if (difference !== undefined) {
        const [got, was] = [chunk[at + difference], sent[way.offset + difference]];
        return `byte ${way.deliveredBytes + difference} was delivered as ${got ?? 0} and sent as ${was ?? 0}`;
      }
      at += size;
      way.offset += size;
      way.deliveredBytes += size;
      if (way.offset < sent.length) continue;
      way.chunks.shift();
      way.offset = 0;
    }
  }
  return undefined;
}

function firstDifference(
  left: Uint8Array,
  leftAt: number,
  right: Uint8Array,
  rightAt: number,
  size: number,
): number | undefined {
  for (let index = 0; index < size; index++) {
    if (left[leftAt + index] !== right[rightAt + index]) return index;
  }
  return undefined;
}

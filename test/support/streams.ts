/** Ends of streams for tests: bytes that can be told apart, a sink that consumes, a writer that waits when told to. */
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import { concat } from './decoding.js';

/** Bytes that repeat only after 251, begun at `seed`: a swap, a gap or a repeat of frames shows. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + (at >> 8) + seed) % 251;
  return bytes;
}

/** Reads a stream to its end, consuming as it goes. */
export class Sink {
  readonly chunks: Uint8Array[] = [];
  length = 0;
  /** `open`, `completed`, or the code of the error. */
  end = 'open';

  constructor(stream: ProtocolStream) {
    stream.data$.subscribe({
      next: (chunk) => {
        this.chunks.push(chunk.slice());
        this.length += chunk.length;
        stream.consume(chunk.length);
      },
      complete: () => (this.end = 'completed'),
      error: (error: { code: string }) => (this.end = error.code),
    });
  }

  get bytes(): Uint8Array {
    return concat(...this.chunks);
  }
}

/** Writes in pieces, waiting whenever told to. */
export async function writeAll(stream: ProtocolStream, bytes: Uint8Array, pieceBytes = 65_536): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    if (!stream.write(bytes.subarray(at, at + pieceBytes))) await stream.whenWritable();
  }
}

/** `resolved`, or the code that a promise was rejected with. */
export function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: string }).code ?? 'an error without a code',
  );
}

/** Echoing over a stream of ours: all written, half-closed, all read back. */
import type { ProtocolStream } from '../../src/index.js';
import { collect } from './live-bytes.js';

/** Writes the bytes as fast as the stream takes them, and resolves with all that comes back until the peer's end. */
export async function echoed(stream: ProtocolStream, bytes: Uint8Array, chunkBytes = 65_536): Promise<Uint8Array> {
  const answer = collect(stream);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    if (!stream.write(bytes.subarray(offset, offset + chunkBytes))) await stream.whenWritable();
  }
  stream.closeWrite();
  return answer;
}

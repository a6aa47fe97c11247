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

/** The same where the other side has no half-close to answer ours with: reads as much as was written, and then closes. */
export async function echoedByCount(
  stream: ProtocolStream,
  bytes: Uint8Array,
  chunkBytes = 65_536,
): Promise<Uint8Array> {
  const answer = readBytes(stream, bytes.length);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    if (!stream.write(bytes.subarray(offset, offset + chunkBytes))) await stream.whenWritable();
  }
  const whole = await answer;
  stream.closeWrite();
  return whole;
}

/** Reads until so much has come. */
export async function readBytes(stream: ProtocolStream, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= size) break;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

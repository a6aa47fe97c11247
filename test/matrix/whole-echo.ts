/** An echo over a stream whose other side has no half-close: all that was written has come back when as much was read. */
import type { ProtocolStream } from '../../src/index.js';

/** Writes the bytes and reads until as many have come back; then we close. */
export async function echoedWhole(stream: ProtocolStream, bytes: Uint8Array, chunkBytes = 65_536): Promise<Uint8Array> {
  const answer = read(stream, bytes.length);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    if (!stream.write(bytes.subarray(offset, offset + chunkBytes))) await stream.whenWritable();
  }
  const whole = await answer;
  stream.closeWrite();
  return whole;
}

async function read(stream: ProtocolStream, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= size) break;
  }
  return new Uint8Array(Buffer.concat(chunks));
}

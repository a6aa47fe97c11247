/** Bytes for the live suites: made, chunked, collected, compared by hash. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/** Bytes of a text seed, the same on every run, that no compressor shortens. */
export function patternBytes(seed: string, size: number): Uint8Array {
  const blocks: Buffer[] = [];
  for (let length = 0, index = 0; length < size; length += 64, index++) {
    blocks.push(createHash('sha512').update(`${seed}/${index}`).digest());
  }
  return new Uint8Array(Buffer.concat(blocks).subarray(0, size));
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Everything that an iterable yields, in one piece. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** The bytes in chunks, as a source to add. */
export function chunksOf(bytes: Uint8Array, chunkBytes = 65_536): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    chunks.push(bytes.subarray(offset, offset + chunkBytes));
  }
  return Readable.from(chunks) as AsyncIterable<Uint8Array>;
}

/** Content in tests of worlds: bytes in, bytes out. */
import type { Host } from '../../../src/host/host.js';

/** Adds one file; answers its CID. */
export async function importBytes(host: Host, bytes: Uint8Array): Promise<string> {
  const source = async function* () {
    yield await Promise.resolve(bytes);
  };
  return (await host.add(source())).cid.toString();
}

/** All pieces as one. */
export async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const piece of pieces) for (const byte of piece) all.push(byte);
  return Uint8Array.from(all);
}

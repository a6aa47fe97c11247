/**
 * Mends how the UnixFS library writes sizes. Its protobuf writer takes the low 32 bits of a number as signed, so that a
 * size from 2 GiB to below 4 GiB comes out as one byte and whatever lay in memory behind it (protons-runtime 7.1.2). The
 * room it leaves is right; here the sizes are written into it again.
 */
import { UnixFS } from 'ipfs-unixfs';

const DATA_TAG = 0x12;
const FILE_SIZE_TAG = 0x18;
const BLOCK_SIZE_TAG = 0x20;

/** The bytes of a UnixFS message with `fileSize` and `blockSizes` as they are. Changes `bytes` in place. */
export function mendSizes(bytes: Uint8Array, fileSize: bigint, blockSizes: readonly bigint[]): Uint8Array {
  // Type comes first, as one byte behind its tag; then the data, if there are any; then the sizes.
  let at = 2;
  if (bytes[at] === DATA_TAG) {
    let length = 0;
    let factor = 1;
    for (at++; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
    }
    at += length;
  }
  if (bytes[at] !== FILE_SIZE_TAG) return bytes;
  at = writeSize(bytes, at + 1, fileSize);
  for (const size of blockSizes) {
    if (bytes[at] !== BLOCK_SIZE_TAG) return bytes;
    at = writeSize(bytes, at + 1, size);
  }
  return bytes;
}

/** Makes the library's own `marshal` write right sizes, in this process, once. */
export function installSizeMending(): void {
  const marshal = Object.getOwnPropertyDescriptor(UnixFS.prototype, 'marshal')?.value as (this: UnixFS) => Uint8Array;
  if (mended.has(marshal)) return;
  const mending = function (this: UnixFS): Uint8Array {
    const bytes = marshal.call(this);
    // Data and sizes of a directory or a link are none: only files have sizes to mend.
    return this.type === 'file' || this.type === 'raw' ? mendSizes(bytes, this.fileSize(), this.blockSizes) : bytes;
  };
  mended.add(mending);
  UnixFS.prototype.marshal = mending;
}

const mended = new WeakSet();

function writeSize(bytes: Uint8Array, offset: number, size: bigint): number {
  let at = offset;
  let rest = Number(size);
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

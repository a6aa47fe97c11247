/**
 * Messages from chunks: small ones are read as views of what came; of large ones each large block is received into bytes
 * of its own, copied once and while the chunk is still warm.
 */
import { ReceiveBuffer } from '../receive-buffer.js';
import { decodeBlockHead, decodeFieldBytes, FIELD_HEAD_BYTES, isWantlist } from '../../wire/bitswap-fields.js';
import {
  decodeBitswapLength,
  decodeBitswapMessage,
  type BitswapBounds,
  type BitswapMessage,
  type WireBlock,
} from '../../wire/bitswap.js';

/** A message, and the size of its body. */
export interface ReadMessage {
  readonly message: BitswapMessage;
  readonly bytes: number;
}

/** The prefix of a message is at most this long. */
const PREFIX_BYTES = 9;
/** Blocks of this size and more are received into bytes of their own. */
const LARGE_BYTES = 64 * 1024;
/** So much of a block must be here before all of its bytes are set aside: a peer's word alone costs us nothing. */
const ARRIVED_SHARE = 1 / 4;

/** Reads the messages of one stream. */
export class MessageReader {
  readonly #bounds: BitswapBounds;
  readonly #buffer = new ReceiveBuffer();
  /** Size of the message that is coming, and how much of it was not taken from the buffer yet. */
  #size: number | undefined;
  #left = 0;
  /** What was taken of it, but for its large blocks. */
  #fields: Uint8Array[] = [];
  #blocks: WireBlock[] = [];
  #setAsideBytes = 0;
  #filling: { readonly prefix: Uint8Array; readonly data: Uint8Array; filled: number } | undefined;

  constructor(bounds: BitswapBounds) {
    this.#bounds = bounds;
  }

  /** Bytes held of a message that is not whole, set aside ones included. */
  get heldBytes(): number {
    return this.#buffer.length + this.#setAsideBytes;
  }

  /** Whether the bytes so far end in the middle of a message. */
  get isInMessage(): boolean {
    return this.#size !== undefined || this.#buffer.length > 0;
  }

  /** Takes a chunk; the view is kept. */
  append(chunk: Uint8Array): void {
    this.#buffer.append(chunk);
  }

  /**
   * The next whole message, or `undefined`. Throws `ERR_BITSWAP_TOO_LARGE`, `ERR_BLOCK_TOO_LARGE` and
   * `ERR_BITSWAP_BAD_MESSAGE`, the first two before the bytes have come; nothing can be read after that.
   */
  next(): ReadMessage | undefined {
    if (this.#size === undefined) {
      const length = decodeBitswapLength(this.#buffer.peek(PREFIX_BYTES), 0, this.#bounds);
      if (length === undefined) return undefined;
      this.#buffer.skip(length.size);
      this.#size = length.value;
      this.#left = length.value;
    }
    while (this.#left > 0) if (!this.#takeSome()) return undefined;
    return this.#finish(this.#size);
  }

  /** Takes the next part of the message; answers whether it could. */
  #takeSome(): boolean {
    if (this.#filling !== undefined) return this.#fill(this.#filling);
    if (this.#left < LARGE_BYTES) return this.#take(this.#left);
    const head = this.#buffer.peek(FIELD_HEAD_BYTES);
    if (head.length < FIELD_HEAD_BYTES) return false;
    const fieldBytes = decodeFieldBytes(head);
    // Nothing that we know: it is read as a whole, and refused if it must be.
    if (fieldBytes === undefined || fieldBytes > this.#left) return this.#take(this.#left);
    const block = decodeBlockHead(head, this.#bounds);
    // The wantlist comes first; a small block is followed by more of its kind.
    if (block === undefined || block.dataBytes < LARGE_BYTES) {
      return this.#take(isWantlist(head) ? fieldBytes : this.#left);
    }
    if (this.#buffer.length < fieldBytes * ARRIVED_SHARE) return false;
    this.#buffer.skip(block.headBytes);
    this.#left -= block.headBytes;
    this.#setAsideBytes += block.dataBytes;
    this.#filling = { prefix: block.prefix, data: new Uint8Array(block.dataBytes), filled: 0 };
    return true;
  }

  #take(size: number): boolean {
    const bytes = this.#buffer.take(size);
    if (bytes === undefined) return false;
    this.#fields.push(bytes);
    this.#setAsideBytes += size;
    this.#left -= size;
    return true;
  }

  #fill(filling: { readonly prefix: Uint8Array; readonly data: Uint8Array; filled: number }): boolean {
    const { prefix, data } = filling;
    for (const piece of this.#buffer.takePieces(data.length - filling.filled)) {
      data.set(piece, filling.filled);
      filling.filled += piece.length;
      this.#left -= piece.length;
    }
    if (filling.filled < data.length) return false;
    this.#blocks.push({ prefix, data });
    this.#filling = undefined;
    return true;
  }

  #finish(size: number): ReadMessage {
    const fields = this.#fields;
    const large = this.#blocks;
    this.#size = undefined;
    this.#fields = [];
    this.#blocks = [];
    this.#setAsideBytes = 0;
    const message = decodeBitswapMessage(joined(fields), this.#bounds);
    return {
      message: large.length === 0 ? message : { ...message, blocks: [...large, ...message.blocks] },
      bytes: size,
    };
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array(0)] = pieces;
  if (pieces.length <= 1) return first;
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Compression of SPDY header blocks (draft-mbelshe-httpbis-spdy-00, 2.6.10.1): one zlib stream for each direction of a
 * session, begun with the dictionary and flushed after every block, so that the next block needs all that came before.
 * It is the one format here that remembers: a session keeps one of each.
 */
import {
  Z_BUF_ERROR,
  Z_DEFAULT_STRATEGY,
  Z_NEED_DICT,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  zlibDeflate,
  zlibDeflateInit2,
  zlibDeflateSetDictionary,
  zlibInflate,
  zlibInflateInit,
  zlibInflateSetDictionary,
  ZStream,
} from 'pako';
import { EngineError, type ErrorCode } from '../errors.js';
import { SPDY_DICTIONARY, SPDY_DICTIONARY_ID } from './spdy-dictionary.js';

/** What zlib calls deflate. */
const METHOD_DEFLATE = 8;
/**
 * Stored, not squeezed, as libp2p-spdy sends: our headers are a hundred bytes once a stream, the bytes do not depend on
 * the library's version, and nothing can be learned from their length.
 */
const LEVEL_STORED = 0;
/** A window of 2 KiB, as libp2p-spdy has. */
const WINDOW_BITS = 11;
const MEMORY_LEVEL = 1;
/** What zlib may add to a stored block: stream header, block headers and the flush mark. */
const OVERHEAD_BYTES = 64;

/** Compresses the header blocks that we send. */
export class SpdyDeflater {
  readonly #stream = new ZStream();

  constructor() {
    zlibDeflateInit2(this.#stream, LEVEL_STORED, METHOD_DEFLATE, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    zlibDeflateSetDictionary(this.#stream, SPDY_DICTIONARY);
  }

  /** The bytes of one block. */
  deflate(block: Uint8Array): Uint8Array {
    const stream = this.#stream;
    // Stored blocks are cut at the window: each piece has a header of its own.
    const output = new Uint8Array(block.length + (block.length >> 5) + OVERHEAD_BYTES);
    stream.input = block;
    stream.next_in = 0;
    stream.avail_in = block.length;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = output.length;
    const status = zlibDeflate(stream, Z_SYNC_FLUSH);
    if (status !== Z_OK || stream.avail_in > 0 || stream.avail_out === 0) {
      throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', `spdy: a header block was not compressed: ${status}`);
    }
    return output.subarray(0, stream.next_out);
  }
}

/** Opens the header blocks that the peer sends. After it threw once, it is of no use. */
export class SpdyInflater {
  readonly #stream = new ZStream();
  readonly #maxBytes: number;
  /** Room for one block of the largest size, and one byte more that shows that there would be more. */
  #output: Uint8Array<ArrayBuffer> | undefined;
  #hasEnded = false;

  /** `maxBytes` bounds what one block opens to; nothing beyond it is ever made. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    zlibInflateInit(this.#stream);
  }

  /**
   * The block in `bytes`, valid until the next call. Throws `ERR_SPDY_HEADERS_TOO_LARGE`, `ERR_SPDY_BAD_DICTIONARY` for a
   * stream with another dictionary, and `ERR_SPDY_BAD_COMPRESSION` for what is no zlib stream, or one that has ended.
   */
  inflate(bytes: Uint8Array): Uint8Array {
    const stream = this.#stream;
    const output = (this.#output ??= new Uint8Array(this.#maxBytes + 1));
    if (this.#hasEnded) throw bad('ERR_SPDY_BAD_COMPRESSION', 'the compressed stream has ended before');
    stream.input = bytes;
    stream.next_in = 0;
    stream.avail_in = bytes.length;
    stream.output = output;
    stream.next_out = 0;
    stream.avail_out = output.length;
    let status = zlibInflate(stream, Z_SYNC_FLUSH);
    if (status === Z_NEED_DICT) {
      // zlib has put the wanted dictionary's name here.
      const wanted = stream.adler >>> 0;
      if (wanted !== SPDY_DICTIONARY_ID || zlibInflateSetDictionary(stream, SPDY_DICTIONARY) !== Z_OK) {
        throw bad(
          'ERR_SPDY_BAD_DICTIONARY',
          `dictionary ${wanted.toString(16).padStart(8, '0')} is not that of SPDY/3`,
        );
      }
      status = zlibInflate(stream, Z_SYNC_FLUSH);
    }
    if (stream.avail_out === 0) {
      throw bad('ERR_SPDY_HEADERS_TOO_LARGE', `a header block of more than ${this.#maxBytes} bytes`);
    }
    // zlib complains of a call that found nothing more to do: where all was taken, that is no fault.
    const isSpent = status === Z_BUF_ERROR && stream.avail_in === 0;
    if (status !== Z_OK && status !== Z_STREAM_END && !isSpent) {
      throw bad('ERR_SPDY_BAD_COMPRESSION', `no zlib stream: ${stream.msg === '' ? `status ${status}` : stream.msg}`);
    }
    if (status === Z_STREAM_END) this.#hasEnded = true;
    if (stream.avail_in > 0) throw bad('ERR_SPDY_BAD_COMPRESSION', 'bytes behind the end of the compressed stream');
    return output.subarray(0, stream.next_out);
  }
}

function bad(code: ErrorCode, what: string): EngineError {
  return new EngineError(code, 'remote', `spdy: ${what}`);
}

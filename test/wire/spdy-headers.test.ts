/** Header blocks of SPDY, plain and compressed. The other side is Node's own zlib, and what libp2p-spdy sent. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createDeflate, constants, deflateSync, inflateSync, type Deflate } from 'node:zlib';
import { LIMITS } from '../../src/limits.js';
import { SpdyDeflater, SpdyInflater } from '../../src/wire/spdy-compression.js';
import { SPDY_DICTIONARY, SPDY_DICTIONARY_ID } from '../../src/wire/spdy-dictionary.js';
import {
  decodeSpdyHeaders,
  encodeSpdyHeaders,
  SPDY_REPLY_HEADERS,
  SPDY_REQUEST_HEADERS,
  type SpdyHeaders,
} from '../../src/wire/spdy-headers.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

const captured = vectors('spdy/frames.json') as {
  readonly headers: SpdyHeaders;
  readonly frames: readonly { readonly side: string; readonly type: string; readonly hex: string }[];
};
const LIMIT = LIMITS.spdyHeaderBlockBytes;
/** What stands before the header block of a SYN_STREAM. */
const BEFORE_BLOCK = 18;

const blocksOf = (side: string): Uint8Array[] =>
  captured.frames
    .filter((frame) => frame.side === side && frame.type === 'synStream')
    .map((frame) => hex(frame.hex).subarray(BEFORE_BLOCK));

/** One flushed block of Node's zlib. */
const zlib = (bytes: Uint8Array, options = {}): Uint8Array =>
  new Uint8Array(deflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, ...options }));

/** One flushed block of Node's zlib, in a stream that runs on. */
function deflateBlock(stream: Deflate, block: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve) => {
    stream.write(block);
    stream.flush(constants.Z_SYNC_FLUSH, () => resolve(new Uint8Array(stream.read() as Buffer)));
  });
}

describe('the dictionary', () => {
  test('is that of the draft', () => {
    expect(SPDY_DICTIONARY.length).toBe(1423);
    expect(createHash('sha256').update(SPDY_DICTIONARY).digest('hex')).toBe(
      '51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02',
    );
    // zlib itself says so: the name of the dictionary stands behind the two bytes of the stream's header.
    const named = deflateSync('', { dictionary: SPDY_DICTIONARY }).readUInt32BE(2);
    expect(named).toBe(SPDY_DICTIONARY_ID);
  });
});

describe('compression', () => {
  test.each(['dialer', 'listener'])('what libp2p-spdy sent as a %s opens, and ours are the same bytes', (side) => {
    const [inflater, deflater] = [new SpdyInflater(LIMIT), new SpdyDeflater()];
    const blocks = blocksOf(side);
    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) {
      expect(decodeSpdyHeaders(inflater.inflate(block))).toEqual(captured.headers);
      expect(toHex(deflater.deflate(encodeSpdyHeaders(SPDY_REQUEST_HEADERS)))).toBe(toHex(block));
    }
  });

  test.each([0, 1, 6, 9])('a session of Node at level %s opens: each block needs those before it', async (level) => {
    const stream = createDeflate({ dictionary: SPDY_DICTIONARY, level });
    const inflater = new SpdyInflater(LIMIT);
    for (let round = 0; round < 20; round++) {
      const headers: SpdyHeaders = [
        [':status', `20${round % 10}`],
        ['x', 'y'.repeat(round * 40)],
        ...SPDY_REPLY_HEADERS.slice(1),
      ];
      const block = await deflateBlock(stream, encodeSpdyHeaders(headers));
      expect(decodeSpdyHeaders(inflater.inflate(block))).toEqual(headers);
    }
    stream.destroy();
  });

  test('Node opens what we send, of any size', () => {
    const deflater = new SpdyDeflater();
    const sent: Uint8Array[] = [];
    let whole = '';
    for (const size of [0, 1, 100, 2047, 2048, 2049, 5000, 100_000]) {
      const value = 'abcdefgh'.repeat(size).slice(0, size);
      const block = encodeSpdyHeaders([['name', value]]);
      whole += String.fromCharCode(...block.subarray(0, 12)) + value;
      sent.push(deflater.deflate(block));
    }
    const opened = inflateSync(Buffer.concat(sent), {
      dictionary: SPDY_DICTIONARY,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    expect(opened.toString('latin1').length).toBe(whole.length + 4 * 8);
    expect(opened.subarray(-100).toString('latin1')).toBe(whole.slice(-100));
  });

  test('a block of the largest size opens, one byte more does not, and a bomb never comes up', () => {
    const opens = (size: number): string => {
      const block = zlib(new Uint8Array(size), { dictionary: SPDY_DICTIONARY, level: 9 });
      return thrownCode(() => expect(new SpdyInflater(LIMIT).inflate(block).length).toBe(size));
    };
    expect(opens(LIMIT)).toBe('nothing was thrown');
    expect(opens(LIMIT + 1)).toBe('ERR_SPDY_HEADERS_TOO_LARGE');
    expect(opens(64 * 1024 * 1024)).toBe('ERR_SPDY_HEADERS_TOO_LARGE');
  });

  const refused: [string, Uint8Array, string][] = [
    ['another dictionary', zlib(hex('00'), { dictionary: Buffer.from('foreign words') }), 'ERR_SPDY_BAD_DICTIONARY'],
    ['no zlib stream', hex('ffffffffffffffff'), 'ERR_SPDY_BAD_COMPRESSION'],
    ['a block type that is none', hex('38 30 e3c6a7c2 07'), 'ERR_SPDY_BAD_COMPRESSION'],
    ['lengths that disagree', hex('38 30 e3c6a7c2 00 0100 0100 aa'), 'ERR_SPDY_BAD_COMPRESSION'],
    ['a way back before the beginning', hex('789c 4b04 1100'), 'ERR_SPDY_BAD_COMPRESSION'],
    [
      'bytes behind the end',
      new Uint8Array([...deflateSync('', { dictionary: SPDY_DICTIONARY }), 0]),
      'ERR_SPDY_BAD_COMPRESSION',
    ],
  ];
  test.each(refused)('%s', (_, bytes, code) => {
    expect(thrownCode(() => new SpdyInflater(LIMIT).inflate(bytes))).toBe(code);
  });

  test('a stream that ended opens no more blocks; one without a dictionary needs none', () => {
    const ended = new SpdyInflater(LIMIT);
    const last = new Uint8Array(deflateSync(hex('01'), { dictionary: SPDY_DICTIONARY }));
    expect(toHex(ended.inflate(last))).toBe('01');
    expect(thrownCode(() => ended.inflate(hex('00')))).toBe('ERR_SPDY_BAD_COMPRESSION');
    expect(toHex(new SpdyInflater(LIMIT).inflate(zlib(hex('0102'))))).toBe('0102');
  });

  test('a block cut anywhere opens to what came, and goes on with the rest', () => {
    const [block] = blocksOf('dialer') as [Uint8Array];
    for (let cut = 0; cut <= block.length; cut++) {
      const inflater = new SpdyInflater(LIMIT);
      const [head, tail] = [inflater.inflate(block.subarray(0, cut)).slice(), inflater.inflate(block.subarray(cut))];
      expect(toHex(head) + toHex(tail)).toBe(toHex(encodeSpdyHeaders(captured.headers)));
    }
  });
});

describe('header blocks', () => {
  const tables: [SpdyHeaders, string][] = [
    [[], '00000000'],
    [[['a', '']], '00000001 00000001 61 00000000'],
    [
      [
        ['a', 'b\0c'],
        ['d', '\u00ff'],
      ],
      '00000002 00000001 61 00000003 620063 00000001 64 00000001 ff',
    ],
  ];
  test.each(tables)('%j', (headers, text) => {
    expect(toHex(encodeSpdyHeaders(headers))).toBe(text.replaceAll(' ', ''));
    expect(decodeSpdyHeaders(hex(text))).toEqual(headers);
  });

  test.each([
    ['nothing', ''],
    ['half a count', '0000'],
    ['a count with nothing behind it', '00000001'],
    ['a count beyond all bytes', 'ffffffff 00000001 61 00000000'],
    ['a name that leads out', '00000001 00000002 61'],
    ['a name that leads far out', '00000001 ffffffff 61'],
    ['no value', '00000001 00000001 61'],
    ['a value that leads out', '00000001 00000001 61 00000001'],
    ['an empty name', '00000001 00000000 00000000'],
    ['a name in upper case', '00000001 00000001 41 00000000'],
    ['a name twice', '00000002 00000001 61 00000000 00000001 61 00000000'],
    ['bytes behind the end', '00000000 00'],
  ])('%s', (_, text) => {
    expect(thrownCode(() => decodeSpdyHeaders(hex(text)))).toBe('ERR_SPDY_BAD_HEADERS');
  });
});

/** The spdy session of a script. */
import { LIMITS } from '../../../limits.js';
import { SpdyDeflater, SpdyInflater } from '../../../wire/spdy-compression.js';
import {
  decodeSpdyHeaders,
  encodeSpdyHeaders,
  SPDY_REPLY_HEADERS,
  type SpdyHeaders,
} from '../../../wire/spdy-headers.js';
import {
  decodeSpdyControl,
  describeSpdyHeader,
  encodeSpdyData,
  encodeSpdyPair,
  encodeSpdyPing,
  encodeSpdySettings,
  encodeSpdySynReply,
  encodeSpdySynStream,
  isKnown,
  readSpdyHeader,
  SPDY_FLAG,
  SPDY_HEADER_BYTES,
  SPDY_STATUS,
  SPDY_TYPE,
  spdyTypeName,
  type SpdyControl,
  type SpdyHeader,
} from '../../../wire/spdy.js';
import { concat } from '../bytes.js';
import type { HeardSpdyFrame, SendSpdyFrame } from '../script/muxer-commands.js';
import { spoiled } from './cutting.js';
import { misused } from './failure.js';
import { MARK, SessionState, type HeardFrame } from './session-state.js';

/** As large as a length can be: what is too much is for who is tested to say. */
const MAX_BODY_BYTES = 2 ** 24;

/** What frames do to their stream, FIN apart. */
const MARKS: Readonly<Record<string, number>> = { synStream: MARK.SYN, synReply: MARK.ACK, rstStream: MARK.RST };

/** Control frames on which FIN means something. */
const WITH_FIN: ReadonlySet<number> = new Set([SPDY_TYPE.synStream, SPDY_TYPE.synReply, SPDY_TYPE.headers]);

/** One spdy session, from a script's side. */
export class SpdyState extends SessionState<HeardSpdyFrame> {
  override readonly layer = 'spdy';
  override readonly hasWindows = true;
  /** Made when there is a header block: most scripts speak no spdy. */
  #deflater: SpdyDeflater | undefined;
  #inflater: SpdyInflater | undefined;
  readonly #nextIds = { stream: 0, ping: 0 };

  /** The next id of our parity. */
  drawId(of: 'stream' | 'ping'): number {
    const first = this.stage.options.role === 'dialer' ? 1 : 2;
    return first + 2 * this.#nextIds[of]++;
  }

  /** Whether a ping of this id asks: then it has the peer's parity. */
  asks(id: number): boolean {
    return (id % 2 === 1) !== (this.stage.options.role === 'dialer');
  }

  /** Sends one frame, whatever it says. */
  sendFrame(frame: SendSpdyFrame): void {
    this.flush();
    const stream = typeof frame.stream === 'string' ? this.idOf(frame.stream) : (frame.stream ?? 0);
    const type = typeof frame.type === 'number' ? frame.type : SPDY_TYPE[frame.type];
    const whole = this.#encode(type, stream, frame);
    const bytes = concat(
      whole.subarray(0, SPDY_HEADER_BYTES),
      frame.body ? this.stage.bytesOf(frame.body) : whole.subarray(SPDY_HEADER_BYTES),
    );
    const header = {
      type,
      flags: frame.flags ?? 0,
      streamId: stream,
      length: frame.length ?? bytes.length - SPDY_HEADER_BYTES,
    };
    const view = new DataView(bytes.buffer);
    view.setUint32(4, header.flags * 0x100_0000 + header.length);
    if (type !== SPDY_TYPE.data && frame.version !== undefined) view.setUint16(0, 0x8000 + frame.version);
    this.write(stream, describeSpdyHeader(header), spoiled(bytes, frame), SPDY_HEADER_BYTES);
  }

  override control(name: string, mark: number, value: number): void {
    if (mark === MARK.FIN) this.sendFrame({ type: 'data', flags: SPDY_FLAG.FIN, stream: name });
    else if (mark === MARK.RST) this.sendFrame({ type: 'rstStream', stream: name, value: value || SPDY_STATUS.cancel });
    else {
      if (mark === MARK.ACK) this.sendFrame({ type: 'synReply', stream: name, headers: SPDY_REPLY_HEADERS });
      if (mark === 0 || value > 0) this.sendFrame({ type: 'windowUpdate', stream: name, value });
    }
  }

  protected override sendPiece(id: number, piece: Uint8Array, marks: number): void {
    if ((marks & ~MARK.FIN) !== 0) throw misused('spdy can only half-close with data');
    const flags = marks === 0 ? 0 : SPDY_FLAG.FIN;
    const header = { type: SPDY_TYPE.data, flags, streamId: id, length: piece.length };
    const bytes = concat(encodeSpdyData(id, flags, piece.length), piece);
    this.write(id, describeSpdyHeader(header), bytes, SPDY_HEADER_BYTES);
  }

  protected override measure(bytes: Uint8Array): number | undefined {
    return bytes.length < SPDY_HEADER_BYTES ? undefined : SPDY_HEADER_BYTES + headerOf(bytes).length;
  }

  protected override hear(bytes: Uint8Array): HeardFrame<HeardSpdyFrame> {
    const header = headerOf(bytes);
    const body = bytes.subarray(SPDY_HEADER_BYTES);
    const isData = header.type === SPDY_TYPE.data;
    const type = spdyTypeName(header.type);
    const fin = (header.flags & SPDY_FLAG.FIN) !== 0 && (isData || WITH_FIN.has(header.type));
    const said = isData || !isKnown(header.type) ? NOTHING_SAID : this.#said(decodeSpdyControl(header, body));
    const stream = isData ? header.streamId : said.stream;
    return {
      frame: { type, fin, ...said, stream, body },
      stream: type === 'goAway' ? 0 : stream,
      marks: (MARKS[type] ?? 0) | (fin ? MARK.FIN : 0),
      value: said.value,
      isCredit: type === 'windowUpdate',
      // An empty frame of data is nothing but its FIN.
      data: isData && body.length > 0 ? body : undefined,
      words: `${describeSpdyHeader(header)}${isData || stream === 0 ? '' : ` stream ${stream}`}`,
    };
  }

  /** What a control frame says. Header blocks are opened in order, each with all that came before. */
  #said(control: SpdyControl): Pick<HeardSpdyFrame, 'stream' | 'value' | 'headers' | 'settings'> {
    switch (control.type) {
      case 'synStream':
      case 'synReply':
      case 'headers': {
        const headers = decodeSpdyHeaders(
          (this.#inflater ??= new SpdyInflater(LIMITS.spdyHeaderBlockBytes)).inflate(control.block),
        );
        return { ...NOTHING_SAID, stream: control.streamId, headers };
      }
      case 'rstStream':
        return { ...NOTHING_SAID, stream: control.streamId, value: control.status };
      case 'settings':
        return { ...NOTHING_SAID, settings: Object.fromEntries(control.entries) };
      case 'ping':
        return { ...NOTHING_SAID, value: control.id };
      case 'goAway':
        return { ...NOTHING_SAID, stream: control.lastStreamId, value: control.status };
      case 'windowUpdate':
        return { ...NOTHING_SAID, stream: control.streamId, value: control.delta };
    }
  }

  #encode(type: number, stream: number, frame: SendSpdyFrame): Uint8Array {
    const { value = 0, headers = [], settings = {}, body } = frame;
    // A block that is not sent must not be compressed: those behind it would need it.
    if (body !== undefined && type !== SPDY_TYPE.data) return encodeSpdyPair(type, stream, value);
    const block = (): Uint8Array => (this.#deflater ??= new SpdyDeflater()).deflate(encodeSpdyHeaders(headers));
    switch (type) {
      case SPDY_TYPE.data:
        return encodeSpdyData(stream, 0, 0);
      case SPDY_TYPE.synStream:
        return encodeSpdySynStream(stream, 0, block());
      case SPDY_TYPE.synReply:
        return encodeSpdySynReply(stream, block());
      case SPDY_TYPE.settings:
        return encodeSpdySettings(Object.entries(settings).map(([id, one]) => [Number(id), one]));
      case SPDY_TYPE.ping:
        return encodeSpdyPing(value);
      case SPDY_TYPE.headers: {
        const reply = encodeSpdySynReply(stream, block());
        new DataView(reply.buffer).setUint16(2, type);
        return reply;
      }
      default:
        return encodeSpdyPair(type, stream, value);
    }
  }
}

const NO_HEADERS: SpdyHeaders = [];
const NOTHING_SAID = { stream: 0, value: 0, headers: NO_HEADERS, settings: {} };

function headerOf(bytes: Uint8Array): SpdyHeader {
  const header: SpdyHeader = { type: 0, flags: 0, streamId: 0, length: 0 };
  readSpdyHeader(bytes, 0, MAX_BODY_BYTES, header);
  return header;
}

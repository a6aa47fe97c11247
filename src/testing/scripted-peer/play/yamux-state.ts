/** The yamux session of a script. */
import { LIMITS } from '../../../limits.js';
import {
  decodeYamuxHeader,
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_HEADER_BYTES,
  YAMUX_TYPE,
  yamuxFlagNames,
  yamuxTypeName,
} from '../../../wire/yamux.js';
import { concat } from '../bytes.js';
import type { HeardYamuxFrame, SendYamuxFrame } from '../script/commands.js';
import { spoiled } from './cutting.js';
import { MARK, marksOf, SessionState, type HeardFrame } from './session-state.js';
import type { Stage } from './stage.js';

/** One yamux session, from a script's side. */
export class YamuxState extends SessionState<HeardYamuxFrame> {
  override readonly layer = 'yamux';
  override readonly hasWindows = true;
  #nextId: number;

  constructor(stage: Stage) {
    super(stage);
    this.#nextId = stage.options.role === 'dialer' ? 1 : 2;
  }

  /** The next id of our parity. */
  drawId(): number {
    const id = this.#nextId;
    this.#nextId += 2;
    return id;
  }

  /** Sends one frame, whatever it says. */
  sendFrame(frame: SendYamuxFrame): void {
    this.flush();
    const body = frame.body === undefined ? new Uint8Array(0) : this.stage.bytesOf(frame.body);
    const stream = typeof frame.stream === 'string' ? this.idOf(frame.stream) : (frame.stream ?? 0);
    const type = typeof frame.type === 'number' ? frame.type : YAMUX_TYPE[frame.type];
    const header = { type, flags: marksOf(frame.flags), streamId: stream, length: frame.length ?? body.length };
    const head = encodeYamuxHeader(type, header.flags, stream, header.length);
    head[0] = frame.version ?? 0;
    this.write(stream, describeYamuxHeader(header), spoiled(concat(head, body), frame), YAMUX_HEADER_BYTES);
  }

  override control(name: string, mark: number, value: number): void {
    this.sendFrame({ type: 'windowUpdate', flags: mark, stream: name, length: value });
  }

  protected override sendPiece(id: number, piece: Uint8Array, flags: number): void {
    const header = { type: YAMUX_TYPE.data, flags, streamId: id, length: piece.length };
    const bytes = concat(encodeYamuxHeader(header.type, flags, id, piece.length), piece);
    this.write(id, describeYamuxHeader(header), bytes, YAMUX_HEADER_BYTES);
  }

  protected override measure(bytes: Uint8Array): number | undefined {
    const header = decodeYamuxHeader(bytes, LIMITS.yamuxReceiveFrameBytes);
    if (header === undefined) return undefined;
    return header.size + (header.value.type === YAMUX_TYPE.data ? header.value.length : 0);
  }

  protected override hear(bytes: Uint8Array): HeardFrame<HeardYamuxFrame> {
    const decoded = decodeYamuxHeader(bytes, LIMITS.yamuxReceiveFrameBytes);
    const { type: code, flags: marks, streamId: stream, length } = decoded?.value ?? NO_HEADER;
    const body = bytes.subarray(YAMUX_HEADER_BYTES);
    const type = yamuxTypeName(code) as HeardYamuxFrame['type'];
    const flags = yamuxFlagNames(marks);
    return {
      frame: { type, flags, stream, length, body },
      stream,
      marks,
      value: length,
      isCredit: type === 'windowUpdate' && length > 0 && (marks & MARK.RST) === 0,
      data: type === 'data' ? body : undefined,
      words: `${type}${flags === '' ? '' : ` ${flags}`} stream ${stream} length ${length}`,
    };
  }
}

/** Of a frame that was measured before. */
const NO_HEADER = { type: 0, flags: 0, streamId: 0, length: 0 };

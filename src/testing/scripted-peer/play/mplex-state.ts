/** The mplex session of a script. */
import { LIMITS } from '../../../limits.js';
import {
  decodeMplexHeader,
  describeMplexHeader,
  encodeMplexHeader,
  isInitiatorFlag,
  MPLEX_FLAG,
  mplexFlagName,
  mplexStreamId,
  mplexStreamNumber,
} from '../../../wire/mplex.js';
import { concat } from '../bytes.js';
import type { HeardMplexFrame, SendMplexFrame } from '../script/muxer-commands.js';
import { spoiled } from './cutting.js';
import { misused } from './failure.js';
import { MARK, SessionState, type HeardFrame } from './session-state.js';

const BOUNDS = { messageBytes: LIMITS.mplexMessageBytes, nameBytes: LIMITS.mplexMessageBytes };
const NONE = new Uint8Array(0);

/** What a flag does to its stream; data does nothing. */
const MARKS: Readonly<Record<number, number>> = {
  [MPLEX_FLAG.newStream]: MARK.SYN,
  [MPLEX_FLAG.closeReceiver]: MARK.FIN,
  [MPLEX_FLAG.closeInitiator]: MARK.FIN,
  [MPLEX_FLAG.resetReceiver]: MARK.RST,
  [MPLEX_FLAG.resetInitiator]: MARK.RST,
};

/** One mplex session, from a script's side. */
export class MplexState extends SessionState<HeardMplexFrame> {
  override readonly layer = 'mplex';
  override readonly hasWindows = false;
  #nextId = 0;

  /** Opens a stream of ours and answers its number. */
  open(id: number = this.#nextId++, label = String(id)): number {
    const stream = mplexStreamNumber(id, this.#isDialer);
    this.#send(MPLEX_FLAG.newStream, stream, new TextEncoder().encode(label));
    return stream;
  }

  /** Sends one message, whatever it says. */
  sendFrame(frame: SendMplexFrame): void {
    this.flush();
    const body = frame.body === undefined ? NONE : this.stage.bytesOf(frame.body);
    const flag = typeof frame.flag === 'number' ? frame.flag : MPLEX_FLAG[frame.flag];
    const openedByDialer = isInitiatorFlag(flag) === this.#isDialer;
    const stream =
      typeof frame.stream === 'string' ? this.idOf(frame.stream) : mplexStreamNumber(frame.stream, openedByDialer);
    const header = { flag, streamId: mplexStreamId(stream), length: frame.length ?? body.length };
    const head = encodeMplexHeader(flag, header.streamId, header.length);
    this.write(stream, describeMplexHeader(header), spoiled(concat(head, body), frame), head.length);
  }

  override control(name: string, mark: number): void {
    if (mark !== MARK.FIN && mark !== MARK.RST) throw misused('mplex has neither acknowledgements nor credit');
    this.flush();
    this.#mark(this.idOf(name), mark);
  }

  protected override sendPiece(id: number, piece: Uint8Array, marks: number): void {
    const unknown = marks & ~(MARK.FIN | MARK.RST);
    if (unknown !== 0) throw misused('mplex can only half-close and reset behind data');
    this.#send(this.#isOurs(id) ? MPLEX_FLAG.messageInitiator : MPLEX_FLAG.messageReceiver, id, piece);
    for (const mark of [MARK.FIN, MARK.RST]) if ((marks & mark) !== 0) this.#mark(id, mark);
  }

  protected override measure(bytes: Uint8Array): number | undefined {
    const header = decodeMplexHeader(bytes, BOUNDS);
    return header && header.size + header.value.length;
  }

  protected override hear(bytes: Uint8Array): HeardFrame<HeardMplexFrame> {
    const decoded = decodeMplexHeader(bytes, BOUNDS);
    const { flag, streamId, length } = decoded?.value ?? { flag: 0, streamId: 0, length: 0 };
    const body = bytes.subarray(bytes.length - length);
    const isData = flag === MPLEX_FLAG.messageInitiator || flag === MPLEX_FLAG.messageReceiver;
    return {
      frame: { flag: mplexFlagName(flag) as HeardMplexFrame['flag'], stream: streamId, body },
      // Who sends an initiator's flag has opened the stream.
      stream: mplexStreamNumber(streamId, isInitiatorFlag(flag) !== this.#isDialer),
      marks: MARKS[flag] ?? 0,
      value: 0,
      isCredit: false,
      data: isData ? body : undefined,
      words: describeMplexHeader({ flag, streamId, length }),
    };
  }

  #mark(id: number, mark: number): void {
    const isOurs = this.#isOurs(id);
    const close = isOurs ? MPLEX_FLAG.closeInitiator : MPLEX_FLAG.closeReceiver;
    const reset = isOurs ? MPLEX_FLAG.resetInitiator : MPLEX_FLAG.resetReceiver;
    this.#send(mark === MARK.FIN ? close : reset, id, NONE);
  }

  #send(flag: number, stream: number, body: Uint8Array): void {
    const header = { flag, streamId: mplexStreamId(stream), length: body.length };
    const head = encodeMplexHeader(flag, header.streamId, body.length);
    this.write(stream, describeMplexHeader(header), concat(head, body), head.length);
  }

  #isOurs(stream: number): boolean {
    return (stream % 2 === 1) === this.#isDialer;
  }

  get #isDialer(): boolean {
    return this.stage.options.role === 'dialer';
  }
}

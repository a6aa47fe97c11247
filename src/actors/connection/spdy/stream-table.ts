/**
 * The live streams of one SPDY session: who may open one, which ids were used, what the peer's settings say of them, and
 * the windows that they share.
 */
import { EngineError } from '../../../errors.js';
import type { Direction } from '../../../messages.js';
import { SPDY_DEFAULT_WINDOW_BYTES, SPDY_MAX_UINT31, SPDY_SETTING } from '../../../wire/spdy.js';
import { ReceiveWindow } from '../../stream/receive-window.js';
import { SpdySendWindow } from '../../stream/spdy/send-window.js';
import { SpdyStream, type SpdyStreamOwner } from '../../stream/spdy/stream.js';
import type { MuxerOptions } from '../muxer.js';
import { StreamTable, type StreamTableOwner } from '../stream-table.js';
import { badStreamId, notServed, windowOverflow } from './errors.js';

/** What the table asks of its session. */
export interface SpdyStreamTableOwner extends StreamTableOwner<SpdyStream> {
  synStream(id: number): void;
  synReply(id: number): void;
  /** Widens the session's window for the peer. */
  grantSession(delta: number): void;
}

/** Streams by id, with their bounds. */
export class SpdyStreamTable extends StreamTable<SpdyStream> implements SpdyStreamOwner {
  readonly sendWindow = new SpdySendWindow(SPDY_DEFAULT_WINDOW_BYTES);
  readonly #owner: SpdyStreamTableOwner;
  readonly #receiveWindow: ReceiveWindow;
  readonly #peerParity: number;
  /** The highest id that each side has used. */
  readonly #lastId: { inbound: number; outbound: number };
  /** Streams of the peer that nobody here has accepted yet. */
  #unaccepted = 0;
  /** What the peer's settings say: the start window of every stream, and how many of ours may be open. */
  #peerWindowBytes = SPDY_DEFAULT_WINDOW_BYTES;
  #peerStreams = Infinity;

  constructor(options: MuxerOptions, owner: SpdyStreamTableOwner) {
    super(options, 'spdy', owner);
    const { environment, role } = options;
    const { limits, turns } = environment;
    this.#owner = owner;
    this.#peerParity = role === 'dialer' ? 0 : 1;
    this.#lastId = role === 'dialer' ? { inbound: 0, outbound: -1 } : { inbound: -1, outbound: 0 };
    // Larger than what is announced by what libp2p-spdy may run past it.
    const windowBytes = this.sessionWindowBytes + limits.spdySessionOverrunBytes;
    this.#receiveWindow = new ReceiveWindow(
      { initialBytes: windowBytes, maxBytes: windowBytes, roundTripMs: () => undefined, reserve: () => false },
      turns.nowMs,
    );
  }

  /** What the session as a whole is granted at the start: it cannot be less than the spec's. */
  get sessionWindowBytes(): number {
    return Math.max(this.environment.limits.spdySessionWindowBytes, SPDY_DEFAULT_WINDOW_BYTES);
  }

  /** The last stream that either side opened: what a go-away names. libp2p-spdy resets all above it, whose ever. */
  get lastStreamId(): number {
    return Math.max(this.#lastId.inbound, this.#lastId.outbound, 0);
  }

  /** Opens a stream: SYN_STREAM is sent at once. Throws `ERR_SPDY_TOO_MANY_STREAMS`, `ERR_RESOURCE_LIMIT`. */
  open(): SpdyStream {
    const most = Math.min(this.environment.limits.spdyOutboundStreams, this.#peerStreams);
    const id = this.#lastId.outbound + 2;
    if (this.live.outbound >= most || id > SPDY_MAX_UINT31) {
      const what = `spdy: ${this.live.outbound} streams of ours are open, ${most} may be`;
      throw new EngineError('ERR_SPDY_TOO_MANY_STREAMS', 'local', what);
    }
    const refused = this.countIn(id, 'outbound');
    if (refused !== undefined) throw refused;
    this.#lastId.outbound = id;
    return this.#add(id, 'outbound');
  }

  /**
   * The peer opens a stream; `undefined`: it is refused, or one too many. Throws `ERR_SPDY_BAD_STREAM_ID` for an id that
   * is not the peer's to use or does not ascend: the two sides no longer agree on what is open.
   */
  accept(id: number, isRefused: boolean): SpdyStream | undefined {
    if (id % 2 !== this.#peerParity) throw badStreamId(id, 'the peer opened it, but the id is not one of its own');
    if (id <= this.#lastId.inbound) throw badStreamId(id, `the peer opened it after ${this.#lastId.inbound}`);
    this.#lastId.inbound = id;
    const { spdyInboundStreams, spdyAcceptBacklog } = this.environment.limits;
    if (isRefused || this.live.inbound >= spdyInboundStreams || this.#unaccepted >= spdyAcceptBacklog) return undefined;
    if (this.countIn(id, 'inbound') !== undefined) return undefined;
    return this.#add(id, 'inbound');
  }

  /** Whether a stream of this id was ever opened, by whom it had to be. */
  wasUsed(id: number): boolean {
    return id <= this.#lastId[id % 2 === this.#peerParity ? 'inbound' : 'outbound'];
  }

  /** Takes the peer's settings. Throws `ERR_SPDY_WINDOW_OVERFLOW`. */
  applySettings(entries: ReadonlyMap<number, number>): void {
    const windowBytes = entries.get(SPDY_SETTING.initialWindowSize);
    if (windowBytes !== undefined) {
      if (windowBytes > SPDY_MAX_UINT31) throw windowOverflow(`a start window of ${windowBytes} bytes`);
      const delta = windowBytes - this.#peerWindowBytes;
      this.#peerWindowBytes = windowBytes;
      for (const stream of [...this.streams.values()]) stream.grant(delta);
    }
    this.#peerStreams = entries.get(SPDY_SETTING.maxConcurrentStreams) ?? this.#peerStreams;
  }

  /** The peer widens the session's window. Throws `ERR_SPDY_WINDOW_OVERFLOW`. */
  grantSession(delta: number): void {
    const { sendWindow } = this;
    if (!sendWindow.holds(delta)) {
      throw windowOverflow(`the session's window of ${sendWindow.available} bytes was widened by ${delta}`);
    }
    const { environment } = this;
    if (environment.observing) {
      environment.observe('seen:credit', `${this.connection}/spdy`, { direction: 'received', bytes: delta });
    }
    if (sendWindow.grant(delta) !== 'opened') return;
    for (const stream of this.streams.values()) if (stream.isSendable) this.pump.add(stream);
  }

  /** Charges a data frame to the session; `false`: it is more than the peer was granted. */
  charge(size: number): boolean {
    return this.#receiveWindow.charge(size);
  }

  /** The peer serves no stream of ours above this one. */
  endAbove(lastStreamId: number): void {
    for (const stream of [...this.streams.values()]) {
      if (stream.direction === 'outbound' && stream.id > lastStreamId) {
        stream.endSession(notServed(stream.id, lastStreamId));
      }
    }
  }

  // ------------------------------------------------------------ for the streams

  synStream(stream: SpdyStream): void {
    this.#owner.synStream(stream.id);
  }

  synReply(stream: SpdyStream): void {
    this.#owner.synReply(stream.id);
  }

  accepted(): void {
    this.#unaccepted--;
  }

  release(size: number): void {
    const delta = this.#receiveWindow.consume(size, this.environment.turns.nowMs);
    if (delta > 0) this.#owner.grantSession(delta);
  }

  override ended(stream: SpdyStream): void {
    if (!stream.isAccepted) this.#unaccepted--;
    super.ended(stream);
  }

  #add(id: number, direction: Direction): SpdyStream {
    if (direction === 'inbound') this.#unaccepted++;
    const { environment, connection } = this;
    const stream = new SpdyStream(environment, connection, id, direction, this.#peerWindowBytes, this);
    const surplus = this.#peerWindowBytes - SPDY_DEFAULT_WINDOW_BYTES;
    if (environment.observing && surplus !== 0) stream.observeGranted(surplus);
    return this.begin(stream);
  }
}

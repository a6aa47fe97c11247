/**
 * What each SPDY frame of the peer means for the streams: opens, closes, resets, widens and fills them. What is said
 * about the session as a whole goes to the session.
 *
 * Both sides must open every header block, or no later one can be opened; what it says is of no use to a muxer.
 */
import type { Limits } from '../../../limits.js';
import { SpdyInflater } from '../../../wire/spdy-compression.js';
import { decodeSpdyHeaders } from '../../../wire/spdy-headers.js';
import { SPDY_FLAG, SPDY_STATUS, type SpdyControl, type SpdyHeader } from '../../../wire/spdy.js';
import type { SpdyStream } from '../../stream/spdy/stream.js';
import { badStreamId, sessionWindowExceeded } from './errors.js';
import type { SpdyFrameSink } from './frame-reader.js';
import type { SpdyStreamTable } from './stream-table.js';

/** What the frames ask of their session. */
export interface SpdyFramesOwner {
  readsOn(): boolean;
  /** We take no more streams. */
  isGoingAway(): boolean;
  /** A frame that says more than its bytes came. */
  show(header: Readonly<SpdyHeader>, streamId: number): void;
  /** Sends RST_STREAM for a stream that is not, or not to be. */
  reset(streamId: number, status: number): void;
  /** Settings, a ping or a go-away came. */
  session(control: SpdyControl): void;
}

/** Takes the frames of one session. */
export class SpdyFrames implements SpdyFrameSink {
  readonly #table: SpdyStreamTable;
  readonly #owner: SpdyFramesOwner;
  readonly #inflater: SpdyInflater;
  /** Whose body is being read; `undefined`: nobody's, it is skipped. */
  #bodyOf: SpdyStream | undefined;
  #finAfterBody = false;
  #discardedBytes = 0;

  constructor(limits: Limits, table: SpdyStreamTable, owner: SpdyFramesOwner) {
    this.#table = table;
    this.#owner = owner;
    this.#inflater = new SpdyInflater(limits.spdyHeaderBlockBytes);
  }

  get readsOn(): boolean {
    return this.#owner.readsOn();
  }

  /** Bytes of data frames that no stream took. */
  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  onControl(control: SpdyControl, header: Readonly<SpdyHeader>): void {
    this.#owner.show(header, 'streamId' in control ? control.streamId : 0);
    const isFin = (header.flags & SPDY_FLAG.FIN) !== 0;
    switch (control.type) {
      case 'synStream':
        this.#openBlock(control.block);
        // One direction alone can agree on no protocol, and nothing of ours is pushed to anybody.
        this.#peerOpens(
          control.streamId,
          (header.flags & SPDY_FLAG.UNIDIRECTIONAL) !== 0 || control.associatedId !== 0,
          isFin,
        );
        return;
      case 'synReply':
        this.#openBlock(control.block);
        this.#streamOf(control.streamId)?.reply();
        if (isFin) this.#table.streams.get(control.streamId)?.finish();
        return;
      case 'headers':
        this.#openBlock(control.block);
        if (isFin) this.#streamOf(control.streamId)?.finish();
        return;
      case 'rstStream':
        this.#peerResets(control.streamId, control.status);
        return;
      case 'windowUpdate':
        if (control.streamId === 0) this.#table.grantSession(control.delta);
        else this.#table.streams.get(control.streamId)?.grant(control.delta);
        return;
      case 'settings':
      case 'ping':
      case 'goAway':
        this.#owner.session(control);
        return;
      default:
        control satisfies never;
    }
  }

  onData(header: Readonly<SpdyHeader>): void {
    const { flags, streamId, length } = header;
    if (flags !== 0) this.#owner.show(header, streamId);
    if (streamId === 0) throw badStreamId(streamId, 'data may not name it');
    if (!this.#table.charge(length)) throw sessionWindowExceeded(header);
    const stream = this.#streamOf(streamId);
    if (stream?.charge(length) !== true) return;
    this.#bodyOf = stream;
    this.#finAfterBody = (flags & SPDY_FLAG.FIN) !== 0;
  }

  onBody(piece: Uint8Array): void {
    if (this.#bodyOf?.deliver(piece) === true) return;
    // The peer may still be sending what it was granted, and must be let; the session has it back at once.
    this.#discardedBytes += piece.length;
    this.#table.release(piece.length);
  }

  onBodyEnd(): void {
    const stream = this.#bodyOf;
    this.#bodyOf = undefined;
    if (this.#finAfterBody) stream?.finish();
    this.#finAfterBody = false;
  }

  #peerOpens(id: number, isRefused: boolean, isFin: boolean): void {
    const stream = this.#table.accept(id, isRefused || this.#owner.isGoingAway());
    if (stream === undefined) {
      this.#owner.reset(id, SPDY_STATUS.refusedStream);
      this.#table.wasted.count();
    } else if (isFin) {
      stream.finish();
    }
  }

  /** A stream that the peer has forgotten may still end well; only one that it broke off is wasted. */
  #peerResets(id: number, status: number): void {
    const stream = this.#table.streams.get(id);
    if (stream === undefined) return;
    stream.resetByPeer(status);
    if (stream.direction === 'inbound' && stream.error !== undefined) this.#table.wasted.count();
  }

  /** The stream that a frame names; the peer hears of one that never was, and nothing of one that is gone. */
  #streamOf(id: number): SpdyStream | undefined {
    const stream = this.#table.streams.get(id);
    if (stream === undefined && !this.#table.wasUsed(id)) this.#owner.reset(id, SPDY_STATUS.invalidStream);
    return stream;
  }

  /** The draft lets a stream fail alone for bad headers; a peer that cannot write the five it always sends fails whole. */
  #openBlock(block: Uint8Array): void {
    decodeSpdyHeaders(this.#inflater.inflate(block));
  }
}

/** The steps of mplex and spdy as data: what they take, and what expectations see. */
import type { SpdyHeaders } from '../../../wire/spdy-headers.js';
import type { Match } from '../match.js';
import type { Bytes, ExpectOptions, FrameOptions } from './commands.js';

/** A flag of mplex, by name or by number. */
export type MplexFlag =
  | 'newStream'
  | 'messageReceiver'
  | 'messageInitiator'
  | 'closeReceiver'
  | 'closeInitiator'
  | 'resetReceiver'
  | 'resetInitiator'
  | number;

/** An mplex message to send. */
export interface SendMplexFrame extends Pick<FrameOptions, 'flip' | 'truncateTo'> {
  readonly flag: MplexFlag;
  /** The name of a stream of the script, or an id as its initiator counts. */
  readonly stream: string | number;
  /** Default: the length of the body. */
  readonly length?: number;
  readonly body?: Bytes;
}

/** An mplex message that came. */
export interface HeardMplexFrame {
  readonly flag: Exclude<MplexFlag, number>;
  /** As its initiator counts. */
  readonly stream: number;
  readonly body: Uint8Array;
}

/** Options of `mplex.open`. */
export interface MplexOpenOptions {
  /** Default: the next of ours, from 0. */
  readonly id?: number;
  /** The name that the message carries; nobody reads it. Default: the id in digits, as others do. */
  readonly label?: string;
}

/** A frame type of spdy, by name or by number. */
export type SpdyType =
  | 'data'
  | 'synStream'
  | 'synReply'
  | 'rstStream'
  | 'settings'
  | 'ping'
  | 'goAway'
  | 'headers'
  | 'windowUpdate'
  | number;

/** Settings by number: 4 concurrent streams, 7 the initial window. */
export type SpdySettings = Readonly<Record<number, number>>;

/** A spdy frame to send. What a type has no field for is not looked at. */
export interface SendSpdyFrame extends Pick<FrameOptions, 'flip' | 'truncateTo'> {
  readonly type: SpdyType;
  /** 1 is FIN. */
  readonly flags?: number;
  /** The name of a stream of the script, or an id. */
  readonly stream?: string | number;
  /** Status of rstStream and goAway, id of a ping, credit of a windowUpdate. */
  readonly value?: number;
  /** Compressed with all the blocks before them. */
  readonly headers?: SpdyHeaders;
  readonly settings?: SpdySettings;
  /** The whole body, instead of the one that the fields make. */
  readonly body?: Bytes;
  /** Default: the length of the body. */
  readonly length?: number;
  /** Of control frames. Default 3. */
  readonly version?: number;
}

/** A spdy frame that came. */
export interface HeardSpdyFrame {
  /** `type 99` for one that nobody knows. */
  readonly type: string;
  readonly fin: boolean;
  /** 0: the session. Of a goAway: the last stream that was taken. */
  readonly stream: number;
  /** As in {@link SendSpdyFrame}. */
  readonly value: number;
  readonly headers: SpdyHeaders;
  readonly settings: SpdySettings;
  readonly body: Uint8Array;
}

/** Options of `spdy.open`. */
export interface SpdyOpenOptions {
  /** Default: the next id of our parity. */
  readonly id?: number;
  /** Default: those of libp2p-spdy. */
  readonly headers?: SpdyHeaders;
}

/** What each type of command takes. */
export interface MuxerArguments {
  'mplex.open': readonly [name: string, options: MplexOpenOptions];
  'mplex.expectOpen': readonly [name: string, frame: Match<HeardMplexFrame>, options: ExpectOptions];
  'mplex.expectOpenFor': readonly [name: string, protocol: string, options: ExpectOptions];
  'mplex.sendFrame': readonly [frame: SendMplexFrame];
  'mplex.expectFrame': readonly [frame: Match<HeardMplexFrame>, options: ExpectOptions];

  'spdy.open': readonly [name: string, options: SpdyOpenOptions];
  'spdy.expectOpen': readonly [name: string, frame: Match<HeardSpdyFrame>, options: ExpectOptions];
  'spdy.expectOpenFor': readonly [name: string, protocol: string, options: ExpectOptions];
  'spdy.sendFrame': readonly [frame: SendSpdyFrame];
  'spdy.expectFrame': readonly [frame: Match<HeardSpdyFrame>, options: ExpectOptions];
  'spdy.sendSettings': readonly [settings: SpdySettings];
  'spdy.expectSettings': readonly [settings: Match<SpdySettings>, options: ExpectOptions];
  'spdy.grant': readonly [windowBytes: number];
  'spdy.expectGrant': readonly [windowBytes: Match<number> | undefined, options: ExpectOptions];
  'spdy.sendPing': readonly [id: number | undefined];
  'spdy.expectPing': readonly [id: Match<number> | undefined, options: ExpectOptions];
  'spdy.sendPong': readonly [id: number | undefined];
  'spdy.expectPong': readonly [id: Match<number> | undefined, options: ExpectOptions];
  'spdy.sendGoAway': readonly [status: number];
  'spdy.expectGoAway': readonly [status: Match<number>, options: ExpectOptions];
}

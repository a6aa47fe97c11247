/**
 * The steps of a script as data: a list of commands, each a type and its arguments. What can be printed, compared and
 * cut can also be drawn; nothing here acts. The words are the specifications' own.
 */
import type { IdentifyMessage, OwnIdentify } from '../../../wire/identify.js';
import type { Match } from '../match.js';
import type { Fields } from '../protobuf-fields.js';
import type { MuxerArguments } from './muxer-commands.js';
import type { TlsArguments } from './tls-commands.js';

/** Bytes that an expectation kept under a name (`as`), to be sent later. */
export interface Saved {
  readonly saved: string;
}

/** Bytes of a step: given, or kept by an earlier one. */
export type Bytes = Uint8Array | Saved;

/**
 * How something is cut before it goes down one level: whole, its length prefix (or header) apart, byte by byte, or in
 * pieces of so many bytes.
 */
export type Cut = 'whole' | 'prefix' | 'bytes' | number;

/**
 * How each level writes from now on. `joined` gathers what the following steps send until one of them waits, as an
 * engine's turn does.
 */
export interface Chunking {
  /** Messages on a stream, into data frames of the muxer. */
  readonly stream?: Cut | 'joined';
  /** Plaintext of the secure channel, into sealed frames. */
  readonly sealed?: Cut | 'joined';
  /** What leaves, into writes of the transport; pieces are a timer of the clock apart. */
  readonly wire?: Cut | 'joined';
}

/** What may be wrong with a frame that is otherwise as it should be. Applied in this order. */
export interface FrameOptions {
  /** The content, instead of the one that the fields make. */
  readonly body?: Bytes;
  /** The number in the length prefix, instead of the true one. */
  readonly length?: number;
  /** Offsets in the whole frame, its prefix included, whose lowest bit is flipped; from the end when negative. */
  readonly flip?: number | readonly number[];
  /** Only so many bytes of the whole frame are sent. */
  readonly truncateTo?: number;
  /** How this one is cut, instead of as `chunking` says. */
  readonly cut?: Cut;
}

/** What every expectation takes. */
export interface ExpectOptions {
  /** Keeps the decoded value in the outcome, and its bytes for {@link Saved}, under this name. */
  readonly as?: string;
  /** Milliseconds to wait, instead of the script's `timeoutMs`. */
  readonly withinMs?: number;
}

/** Options of `expectProposal`. */
export interface ProposalOptions extends ExpectOptions {
  /** Answers `na` to every other proposal before it. */
  readonly decliningOthers?: boolean;
}

/** Options of `secio.sendPropose`. A name that is absent is as an honest peer sends it. */
export interface SendProposeOptions extends FrameOptions {
  readonly rand?: Bytes;
  readonly publicKey?: Bytes;
  readonly exchanges?: readonly string[];
  readonly ciphers?: readonly string[];
  readonly hashes?: readonly string[];
}

/** Options of `secio.sendExchange`. */
export interface SendExchangeOptions extends FrameOptions {
  /** `offCurve`: a point of the right form that is not on the curve. */
  readonly ephemeralKey?: Bytes | 'offCurve';
  /** `wrong`: by our key, over other bytes. `absent`: none. */
  readonly signature?: Bytes | 'wrong' | 'absent';
}

/** Options of `secio.sendNonce`. */
export interface SendNonceOptions extends FrameOptions {
  /** What is sealed instead of the peer's nonce; `wrong`: that nonce with a bit flipped. */
  readonly nonce?: Bytes | 'wrong';
}

/** A peer's Propose, as expectations see it. */
export interface HeardPropose {
  readonly rand: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly exchanges: readonly string[];
  readonly ciphers: readonly string[];
  readonly hashes: readonly string[];
  /** Peer id of the key. */
  readonly peer: string;
}

/** A peer's Exchange, as expectations see it. */
export interface HeardExchange {
  readonly ephemeralKey: Uint8Array;
  readonly signature: Uint8Array;
  /** Whether the signature is by the key of the peer's Propose over what the spec says. */
  readonly verified: boolean;
}

/** Options of `noise.sendMessage2` and `sendMessage3`. */
export interface NoisePayloadOptions extends FrameOptions {
  readonly identityKey?: Bytes;
  /** `wrong`: by our key, over another static key. */
  readonly signature?: Bytes | 'wrong';
  /** Muxers in the extension, best first. Default: no extension, so that multistream follows. */
  readonly streamMuxers?: readonly string[];
  /** The whole payload, encrypted as it should be, instead of the one that the fields make. */
  readonly payload?: Bytes;
}

/** A peer's noise payload, as expectations see it. */
export interface HeardPayload {
  readonly identityKey: Uint8Array;
  readonly identitySignature: Uint8Array;
  readonly streamMuxers: readonly string[];
  readonly peer: string;
  /** Whether the signature binds the noise static key to the identity. */
  readonly verified: boolean;
}

/** Options of `plaintext.sendExchange`. */
export interface SendPlaintextOptions extends FrameOptions {
  /** Peer id as a multihash. */
  readonly id?: Bytes;
  readonly publicKey?: Bytes;
}

/** A peer's plaintext Exchange, as expectations see it. */
export interface HeardPlaintext {
  readonly id: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Peer id of the key. */
  readonly peer: string;
  /** Whether `id` is the id of the key. */
  readonly verified: boolean;
}

/** A frame type of yamux, by name or by number. */
export type YamuxType = 'data' | 'windowUpdate' | 'ping' | 'goAway' | number;

/** A yamux frame to send; whatever is absent is zero or none. */
export interface SendYamuxFrame extends Pick<FrameOptions, 'flip' | 'truncateTo'> {
  readonly type: YamuxType;
  /** Names joined by `|`, or the bits. */
  readonly flags?: string | number;
  /** The name of a stream of the script, or an id. */
  readonly stream?: string | number;
  /** Default: the length of the body. */
  readonly length?: number;
  readonly body?: Bytes;
  readonly version?: number;
}

/** A yamux frame that came. */
export interface HeardYamuxFrame {
  readonly type: 'data' | 'windowUpdate' | 'ping' | 'goAway';
  /** Names joined by `|`; empty when none is set. */
  readonly flags: string;
  readonly stream: number;
  /** Data: bytes of the body. Window update: the credit. Ping: its value. Go-away: the code. */
  readonly length: number;
  readonly body: Uint8Array;
}

/** Options of `yamux.open`. */
export interface OpenOptions {
  /** Default: the next id of our parity. */
  readonly id?: number;
  /** Credit beyond the start window that the SYN grants. */
  readonly windowBytes?: number;
}

/** Options of a stream's `sendBytes` and `sendMessage`. */
export interface StreamSendOptions extends FrameOptions {
  /** Flags of the data frames, e.g. `FIN`. */
  readonly flags?: string | number;
}

/** What each type of command takes. */
export interface CommandArguments extends TlsArguments, MuxerArguments {
  chunking: readonly [chunking: Chunking];
  wait: readonly [durationMs: number];
  call: readonly [what: string, action: () => unknown];
  sendRaw: readonly [bytes: Bytes, options: Pick<FrameOptions, 'cut'>];
  expectRaw: readonly [bytes: number | Match<Uint8Array>, options: ExpectOptions];
  sendAgain: readonly [];
  end: readonly [];
  drop: readonly [];
  expectClose: readonly [options: Pick<ExpectOptions, 'withinMs'>];
  expectDrop: readonly [options: Pick<ExpectOptions, 'withinMs'>];
  expectNothingFor: readonly [durationMs: number];

  'multistream.sendHeader': readonly [options: FrameOptions];
  'multistream.propose': readonly [protocol: string, options: FrameOptions];
  'multistream.echo': readonly [protocol: string | undefined, options: FrameOptions];
  'multistream.sendNa': readonly [options: FrameOptions];
  'multistream.sendLs': readonly [options: FrameOptions];
  'multistream.sendList': readonly [protocols: readonly string[], options: FrameOptions];
  'multistream.sendLine': readonly [line: string, options: FrameOptions];
  'multistream.expectHeader': readonly [options: ExpectOptions];
  'multistream.expectProposal': readonly [protocol: Match<string> | undefined, options: ProposalOptions];
  'multistream.expectEcho': readonly [protocol: string | undefined, options: ExpectOptions];
  'multistream.expectNa': readonly [options: ExpectOptions];
  'multistream.expectLs': readonly [options: ExpectOptions];
  'multistream.expectList': readonly [protocols: Match<readonly string[]> | undefined, options: ExpectOptions];
  'multistream.expectLine': readonly [line: Match<string>, options: ExpectOptions];

  'plaintext.sendExchange': readonly [options: SendPlaintextOptions];
  'plaintext.expectExchange': readonly [exchange: Match<HeardPlaintext>, options: ExpectOptions];

  'secio.sendPropose': readonly [options: SendProposeOptions];
  'secio.expectPropose': readonly [propose: Match<HeardPropose>, options: ExpectOptions];
  'secio.sendExchange': readonly [options: SendExchangeOptions];
  'secio.expectExchange': readonly [exchange: Match<HeardExchange>, options: ExpectOptions];
  'secio.sendNonce': readonly [options: SendNonceOptions];
  'secio.expectNonce': readonly [options: ExpectOptions];
  'secio.sendFrame': readonly [options: FrameOptions];
  'secio.sendSealed': readonly [plaintext: Bytes, options: FrameOptions];
  'secio.expectSealed': readonly [plaintext: Match<Uint8Array> | undefined, options: ExpectOptions];

  'noise.sendMessage1': readonly [options: FrameOptions];
  'noise.expectMessage1': readonly [options: ExpectOptions];
  'noise.sendMessage2': readonly [options: NoisePayloadOptions];
  'noise.expectMessage2': readonly [payload: Match<HeardPayload>, options: ExpectOptions];
  'noise.sendMessage3': readonly [options: NoisePayloadOptions];
  'noise.expectMessage3': readonly [payload: Match<HeardPayload>, options: ExpectOptions];
  'noise.sendFrame': readonly [options: FrameOptions];
  'noise.sendSealed': readonly [plaintext: Bytes, options: FrameOptions];
  'noise.expectSealed': readonly [plaintext: Match<Uint8Array> | undefined, options: ExpectOptions];

  'yamux.open': readonly [name: string, options: OpenOptions];
  'yamux.expectOpen': readonly [name: string, frame: Match<HeardYamuxFrame>, options: ExpectOptions];
  'yamux.expectOpenFor': readonly [name: string, protocol: string, options: ExpectOptions];
  'yamux.sendFrame': readonly [frame: SendYamuxFrame];
  'yamux.expectFrame': readonly [frame: Match<HeardYamuxFrame>, options: ExpectOptions];
  'yamux.sendPing': readonly [value: number];
  'yamux.expectPing': readonly [value: Match<number> | undefined, options: ExpectOptions];
  'yamux.sendPong': readonly [value: number | undefined];
  'yamux.expectPong': readonly [value: Match<number> | undefined, options: ExpectOptions];
  'yamux.sendGoAway': readonly [code: number];
  'yamux.expectGoAway': readonly [code: Match<number>, options: ExpectOptions];

  'stream.ack': readonly [windowBytes: number];
  'stream.expectAck': readonly [options: ExpectOptions];
  'stream.grant': readonly [windowBytes: number];
  'stream.expectGrant': readonly [windowBytes: Match<number> | undefined, options: ExpectOptions];
  'stream.fin': readonly [];
  'stream.expectFin': readonly [options: ExpectOptions];
  'stream.reset': readonly [code: number];
  'stream.expectReset': readonly [code: Match<number> | undefined, options: ExpectOptions];
  'stream.sendBytes': readonly [bytes: Bytes, options: StreamSendOptions];
  'stream.expectBytes': readonly [bytes: number | Match<Uint8Array> | Saved, options: ExpectOptions];
  'stream.sendMessage': readonly [message: Bytes, options: StreamSendOptions];
  'stream.expectMessage': readonly [message: Match<Uint8Array> | undefined, options: ExpectOptions];
  'stream.sendFields': readonly [fields: Fields, options: StreamSendOptions];
  'stream.expectFields': readonly [fields: Match<Fields>, options: ExpectOptions];
  'stream.sendIdentify': readonly [identify: Partial<OwnIdentify>, options: StreamSendOptions];
  'stream.expectIdentify': readonly [identify: Match<IdentifyMessage>, options: ExpectOptions];
}

/** Names of the steps. */
export type CommandType = keyof CommandArguments;

/** One step of a script. */
export type Command = {
  readonly [Type in CommandType]: {
    readonly type: Type;
    readonly args: CommandArguments[Type];
    /** The stream it is about, by its name in the script; absent: the connection. */
    readonly stream?: string;
  };
}[CommandType];

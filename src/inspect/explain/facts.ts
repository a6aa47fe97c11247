/** What is gathered of a trace before anything is explained: who lived, who was connected with whom, and what failed. */
import type { Blame, ErrorCode } from '../../errors.js';
import type { TraceRecord } from '../../trace/format.js';
import type { ToldError } from './reading.js';

/** One life of a machine. */
export interface ActorFacts {
  readonly address: string;
  readonly machine: string;
  /** Number of its first record here. */
  readonly firstSeq: number;
  /** Whether that is its beginning. */
  readonly isWhole: boolean;
  /** Where it is, and since when. */
  state: string;
  enteredSeq: number;
  enteredMs: number;
  /** Every step, by number of record. */
  readonly steps: number[];
}

/** What was said in one negotiation of multistream-select. */
export interface Negotiation {
  /** What we proposed or echoed, without headers and `na`. */
  readonly ours: string[];
  /** What the peer said, without `na`; its header is among it only where it is not ours. */
  readonly theirs: string[];
  /** Everything the peer said, in order. */
  readonly heard: string[];
  /** How often the peer, and we, said `na`. */
  theirNa: number;
  ourNa: number;
  /** Numbers of the records that it is told in. */
  readonly seqs: number[];
}

/** One connection. */
export interface ConnectionFacts {
  readonly address: string;
  readonly firstSeq: number;
  readonly firstMs: number;
  role: 'dialer' | 'listener' | undefined;
  remote: string;
  local: string;
  /** Who the security protocol says that it is. */
  peer: string;
  /** The dial that began it. */
  dial: DialFacts | undefined;
  /** Number of the transport's dial. */
  transportDial: number | undefined;
  /** `noise`, `secio`, `tls` or `plaintext`, once its handshake began. */
  security: string;
  /** The last bytes that came in. */
  heardSeq: number | undefined;
  heardMs: number | undefined;
  /** How its transport broke. */
  broken: (ToldError & { readonly seq: number }) | undefined;
  /** What the peer told of its protocols. */
  protocols: readonly string[];
  /** By stream; without a stream, of the connection itself. */
  readonly negotiations: Map<number | undefined, Negotiation>;
  /** What each stream was agreed to be. */
  readonly agreed: Map<number | undefined, string>;
  /** Those below it, by address, in their latest life. */
  readonly below: Map<string, ActorFacts>;
}

/** One dial of a peer. */
export interface DialFacts {
  readonly actor: string;
  /** What the caller named, where the trace tells calls. */
  readonly target: string;
  readonly callSeq: number | undefined;
  readonly connections: ConnectionFacts[];
}

/** How the requests of one query of the DHT ended. */
export interface QueryTally {
  asked: number;
  answered: number;
  timedOut: number;
  notReached: number;
  failed: number;
}

/** What a bitswap session did from the moment that blocks were wanted until none were. */
export interface WantFacts {
  readonly openedSeq: number;
  readonly openedMs: number;
  /** Wants sent, answers and blocks received by the whole node meanwhile. */
  readonly wantsOut: number;
  readonly presencesIn: number;
  readonly blocksIn: number;
  /** Peers with which bitswap was spoken, and those that do not speak it, at its end. */
  readonly peers: number;
  readonly strangers: number;
  readonly isFetching: boolean;
  readonly lastedMs: number;
  readonly how: 'closed' | 'cancelled' | 'open';
}

/** One failure, from where it began to all that came of it. */
export interface Incident {
  readonly seq: number;
  readonly timeMs: number;
  readonly node: string;
  readonly actor: string;
  readonly machine: string | undefined;
  readonly state: string | undefined;
  readonly ended: string | undefined;
  readonly event: string;
  code: ErrorCode | undefined;
  blame: Blame | undefined;
  /** What the error says, where the trace tells it. */
  message: string;
  readonly life: ActorFacts | undefined;
  readonly connection: ConnectionFacts | undefined;
  /** The dial that it belongs to. */
  readonly dial: DialFacts | undefined;
  readonly stream: number | undefined;
  readonly negotiation: Negotiation | undefined;
  /** Since when the machine was in the state in which it failed, and the record in which it came there. */
  readonly sinceMs: number | undefined;
  readonly sinceSeq: number | undefined;
  /** When the peer was last heard on the connection. */
  readonly heardMs: number | undefined;
  /** What the transport said, where the connection broke or was not made. */
  readonly transport: (ToldError & { readonly seq: number }) | undefined;
  /** State of those below a connection when it failed: `noiseHandshake`, `dialing.awaitingMessage2`. */
  readonly below: readonly { readonly actor: string; readonly machine: string; readonly state: string }[];
  /** Steps that followed from it, and calls that failed for it. */
  readonly consequences: number[];
  /** Codes of what followed. */
  readonly codes: Set<ErrorCode>;
  readonly calls: number[];
  /** Failures that together make this one: the addresses of a dial. */
  parts: readonly Incident[];
  readonly tally: QueryTally | undefined;
  readonly wants: WantFacts | undefined;
}

/** All of a trace. */
export interface Gathered {
  readonly records: readonly TraceRecord[];
  readonly incidents: readonly Incident[];
  /** Record by its number. */
  readonly at: (seq: number | undefined) => TraceRecord | undefined;
}

/**
 * Observations: what neither frames nor steps of machines tell, for who looks at a node, live or recorded (docs/trace.md,
 * "Observations"). Field names are those of the trace. Peers are peer ids and content is CIDs, both in text. Made only
 * while somebody wants them.
 */
import type { ErrorCode } from '../errors.js';
import type { Direction } from '../messages.js';

/** One CID between us and one peer: what a session asks and hears, and what the server hears and answers. */
export interface BitswapObservation {
  /** Number of the session; absent for what we serve, and for what belongs to none. */
  readonly session?: number | undefined;
  /**
   * `duplicate`: a block that had come already. `stall`: the peer let the want wait too long. `fault`: it sent what it must
   * not (`error`), about no CID in particular.
   */
  readonly type:
    'want-have' | 'want-block' | 'cancel' | 'have' | 'dont-have' | 'block' | 'duplicate' | 'stall' | 'fault';
  /** Absent for `stall` and `fault`. */
  readonly direction?: 'sent' | 'received' | undefined;
  readonly peer: string;
  readonly cid?: string | undefined;
  /** Size of a block. */
  readonly bytes?: number | undefined;
  readonly error?: ErrorCode | undefined;
  /**
   * It stood when this sink came, and happened at some time before. Of each open want, what a peer was asked or answered last;
   * `stall` before it where the peer let it wait, `cancel` after it where it was taken back.
   */
  readonly standing?: true | undefined;
}

/** A change of one query of a DHT. */
export interface QueryObservation {
  /** Counts from 1 in each DHT. */
  readonly query: number;
  /**
   * `heard`: a peer is new to the query. `dialing`: it is the turn of a peer that we have no connection with. `asked`: of one
   * that we have; or, after `dialing`, the request is on its way. `late`: no longer waited for, heard if it answers yet.
   */
  readonly change:
    'started' | 'heard' | 'dialing' | 'asked' | 'late' | 'answered' | 'failed' | 'timed-out' | 'finished';
  readonly peer?: string | undefined;
  /** `heard`: who told of it; absent: our own table. */
  readonly from?: string | undefined;
  /** `heard`: 256 less the bits that its key shares with the target; 0 is the target itself. */
  readonly distance_bits?: number | undefined;
  /** `heard`: peers asked on the way to it, itself among them. */
  readonly hops?: number | undefined;
  /** Path of the query, from 0; absent where there is one. */
  readonly path?: number | undefined;
  /**
   * `answered`: peers that it told of; how many of them were new and believed; providers; whether it gave a value. Not known
   * any more of what stood.
   */
  readonly closer?: number | undefined;
  readonly new_peers?: number | undefined;
  readonly providers?: number | undefined;
  readonly value?: true | undefined;
  readonly error?: string | undefined;
  /**
   * `answered`, `failed`, `timed-out`: from when the peer was asked. `finished`: from when the query began. Of what stood,
   * until this sink came: `started`, since the query began; `dialing`, `asked`, since the peer was asked.
   */
  readonly took_ms?: number | undefined;
  /** `started`: type of the request, the key asked for and its place in the key space, both in hex, and paths. */
  readonly asks?: string | undefined;
  readonly key?: string | undefined;
  readonly target?: string | undefined;
  readonly paths?: number | undefined;
  /** `finished`: how, requests sent, and the k closest, the closest first. */
  readonly outcome?: string | undefined;
  readonly messages?: number | undefined;
  readonly closest?: readonly string[] | undefined;
  /** It stood when this sink came, and happened at some time before. */
  readonly standing?: true | undefined;
}

/** What stood when a sink came and was not told, for want of room; at the address of who would have told it. */
export interface UntoldObservation {
  readonly standing: true;
  /** Records. */
  readonly records: number;
}

/** A change of a routing table. */
export interface TableObservation {
  /** `dht`, `lan-dht`. */
  readonly dht: string;
  /**
   * `added` and `removed`: `peer` came, went. `replaced`: `peer` went, and `by` has its place. `questionable`: it is in the
   * table, and may be gone. `confirmed`: it was questionable and answered.
   */
  readonly change: 'added' | 'removed' | 'replaced' | 'questionable' | 'confirmed';
  readonly peer: string;
  /** Bits that it shares with us. */
  readonly bucket: number;
  readonly by?: string | undefined;
  /**
   * Why. `added`: `answered`, `announced` (it says that it serves), `waited` (another one left), `standing` (it was there when
   * this sink came). `removed`: `failed`, `declined`. `replaced`: `answered` or `announced`, of who has its place.
   * `questionable`: `failed`, `silent` (not heard of for long).
   */
  readonly reason?: 'answered' | 'announced' | 'waited' | 'standing' | 'failed' | 'declined' | 'silent' | undefined;
}

/** A connection that is open: told when it opens, and when a sink comes to whom it is news. */
export interface ConnectionObservation {
  /** Its address, e.g. `conn:1`. */
  readonly connection: string;
  /** Absent while nobody has named the other end. */
  readonly peer?: string | undefined;
  readonly remote: string;
  readonly direction: Direction;
  readonly security?: string | undefined;
  readonly muxer?: string | undefined;
  /** Streams that live. */
  readonly streams: number;
}

/** A stream that lives when a sink comes. */
export interface StreamObservation {
  readonly connection: string;
  readonly stream: number;
  readonly direction: Direction;
  /** Agreed protocol; absent while there is none. */
  readonly protocol?: string | undefined;
  /** What we may still send, and what the peer may; absent for a muxer without windows. */
  readonly send_credit?: number | undefined;
  readonly receive_credit?: number | undefined;
}

/** Credit of a stream that no frame tells; of the whole session where `stream` is absent. */
export interface CreditObservation {
  readonly stream?: number | undefined;
  /**
   * `received`: the peer lets us send more, or with its settings less. `dropped`: so much came on a stream that nobody reads,
   * and is told by no frame.
   */
  readonly direction: 'received' | 'dropped';
  readonly bytes: number;
}

/** The state of a machine that lives when a sink comes; the address is the record's. */
export interface StateObservation {
  readonly machine: string;
  readonly state: string;
}

/**
 * What passed while records of it were left out, since the last one of its kind: at a connection's address what crossed its
 * socket; at its muxer's, of one stream.
 */
export interface PassedObservation {
  readonly stream?: number | undefined;
  /** Bytes; of a stream as its frames' lengths tell them, headers of those sent included. */
  readonly sent: number;
  readonly received: number;
  /** Records left out for it. */
  readonly sent_records: number;
  readonly received_records: number;
}

/** Every observation, by the name of its record. */
export interface Observation {
  readonly 'seen:bitswap': BitswapObservation;
  readonly 'seen:query': QueryObservation;
  readonly 'seen:table': TableObservation;
  readonly 'seen:connection': ConnectionObservation;
  readonly 'seen:stream': StreamObservation;
  readonly 'seen:credit': CreditObservation;
  readonly 'seen:passed': PassedObservation;
  readonly 'seen:state': StateObservation;
  readonly 'seen:untold': UntoldObservation;
}

/** Tells one. */
export type TellObservation = <Name extends keyof Observation>(
  name: Name,
  actor: string,
  data: Observation[Name],
) => void;

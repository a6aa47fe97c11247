/** What a query of the DHT tells while it runs. */
import type { EngineError } from '../../errors.js';
import type { RoutedPeer } from '../../routing/router.js';
import type { KadMessage, KadRecord } from '../../wire/kad.js';
import type { QueryOutcome } from './query-path.js';
import type { QueryRecord } from './query-record.js';

/** One event of a query; `peer` is a peer id. Emits inside a turn. */
export type QueryEvent =
  /**
   * A peer is asked, over so many hops: 1 for one of our own table. `probeHex`: for this key beside the target, where some of
   * the closest are gone; it may have been asked for the target before.
   */
  | {
      readonly type: 'peer.asked';
      readonly peer: string;
      readonly hops: number;
      readonly path: number;
      readonly probeHex?: string;
    }
  | {
      readonly type: 'peer.answered';
      readonly peer: string;
      readonly tookMs: number;
      /** What it told, as it came: nobody has checked it. */
      readonly answer: KadMessage;
      /** The peers among it that are new to the query, and that it believes. */
      readonly heard: readonly RoutedPeer[];
    }
  | {
      readonly type: 'peer.failed' | 'peer.timedOut';
      readonly peer: string;
      readonly tookMs: number;
      readonly error: EngineError;
    }
  /** An answer names somebody who has the content. */
  | { readonly type: 'provider.found'; readonly peer: string; readonly provider: RoutedPeer }
  /** An answer holds a value: nobody has checked it. */
  | { readonly type: 'value.found'; readonly peer: string; readonly record: KadRecord }
  /** The last event. */
  | {
      readonly type: 'query.ended';
      readonly outcome: QueryOutcome;
      /**
       * Up to k peers, the closest first: they answered, or were slow to and are known to several. Of a query that spares
       * messages up to 2 k, that others told of.
       */
      readonly closest: readonly RoutedPeer[];
      readonly record: QueryRecord;
    };

/** The same, for who hears of all queries. */
export interface NumberedQueryEvent {
  /** Counts from 1 in each DHT. */
  readonly query: number;
  readonly event: QueryEvent;
}

/** What the DHT asks of the swarm, and of whoever carries its messages: two ports, so that each can be another's. */
import type { Observable } from 'rxjs';
import type { KadMessage } from '../../wire/kad.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** What happens to a peer that the DHT has to know. Emits inside a turn. */
export type DhtPeerEvent =
  /** It is connected and said in identify that it answers this DHT; again when it moves, never polled for. */
  | { readonly type: 'peer.answers'; readonly peer: string }
  /** It said that it answers no more. */
  | { readonly type: 'peer.declines'; readonly peer: string }
  /** Its last connection closed. */
  | { readonly type: 'peer.disconnected'; readonly peer: string };

/** The swarm as the DHT sees it; peers are named by their peer id in text. */
export interface DhtNetwork {
  readonly self: string;
  readonly events$: Observable<DhtPeerEvent>;
  isConnected(peer: string): boolean;
  /** Whether another connection with the same peer is the one for what goes on. Absent: no connection is. */
  isSurplus?(connection: string): boolean;
  /** Transport addresses, best first; for `self` those that others may be told. */
  addressesOf(peer: string): readonly string[];
  /** Addresses that somebody else told: worth a dial, believed for a short time. */
  learn(peer: string, addresses: readonly string[]): void;
  /** Opens a stream for the first of `protocols` that the peer speaks, dialing where there is no connection. */
  openStream(
    peer: string,
    protocols: readonly string[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<ProtocolStream>;
}

/** Options of a request. */
export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** The request is written to a stream. Called in a turn, again where it has to be sent anew; need not be called at all. */
  readonly sent?: () => void;
}

/** Carries one message to a peer: what a query asks with. */
export interface KadRequester {
  /** Sends a request and resolves to its answer. Rejects with an `EngineError` (dial, stream, time-out, malformed). */
  ask(peer: string, request: KadMessage, options?: AskOptions): Promise<KadMessage>;
  /** Sends what has no answer (ADD_PROVIDER); resolves when it was handed over whole. */
  tell(peer: string, message: KadMessage, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /**
   * Sends several that have no answer, in order and over one stream where that is possible; resolves when all were handed
   * over whole, and rejects when one was not. Absent: {@link tell}, one after another.
   */
  tellMany?(
    peer: string,
    messages: readonly KadMessage[],
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
}

/**
 * The contract of a handler in a connection's chain, and the link that composes two of them.
 *
 * socket -> connection -> multistream -> noise | tls | secio | plaintext -> multistream -> yamux | mplex | spdy -> stream
 *   -> protocol
 *
 * A handler unwraps what comes from outside and publishes it on `inbound$`; it wraps what comes from inside and
 * publishes it on `outbound$`. Composing is subscribing: the inner one receives the outer one's `inbound$`, the outer
 * one sends the inner one's `outbound$`. Publishing nothing is a valid answer. A handler that has nothing more to do
 * leaves the byte path: its neighbours are linked directly.
 */
import { Subscription, type Observable } from 'rxjs';
import { toEngineError, type EngineError } from '../errors.js';
import type { ConnectionMessage, Layer } from '../messages.js';
import type { Environment } from './environment.js';

/** One hop of the chain. */
export interface ConnectionHandler {
  /** Address in the actor tree, e.g. `conn:1/secio`. */
  readonly address: string;
  readonly layer: Layer;
  /** What this handler passes on towards the protocols, unwrapped. */
  readonly inbound$: Observable<ConnectionMessage>;
  /** What this handler passes on towards the socket, wrapped. */
  readonly outbound$: Observable<ConnectionMessage>;
  /** Takes a message from the neighbour on the socket's side. */
  receive(message: ConnectionMessage): void;
  /** Takes a message from the neighbour on the protocols' side. */
  send(message: ConnectionMessage): void;
}

/**
 * Links two neighbours; unsubscribe to take them apart. `outer` is the one nearer the socket. What a handler throws is a
 * bug of ours: it is reported, and `onBroken` decides what it costs; it never escapes into the embedder's process.
 */
export function link(
  environment: Environment,
  outer: ConnectionHandler,
  inner: ConnectionHandler,
  onBroken?: (error: EngineError) => void,
): Subscription {
  const subscription = new Subscription();
  // Outbound first: an inner handler may answer the very first message that it receives.
  subscription.add(pass(environment, inner.outbound$, (message) => outer.send(message), onBroken));
  subscription.add(pass(environment, outer.inbound$, (message) => inner.receive(message), onBroken));
  return subscription;
}

/** One direction of {@link link}. RxJS rethrows what a subscriber throws from a timer, so it is caught here. */
export function pass(
  environment: Environment,
  from$: Observable<ConnectionMessage>,
  take: (message: ConnectionMessage) => void,
  onBroken?: (error: EngineError) => void,
): Subscription {
  return from$.subscribe((message) => {
    try {
      take(message);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `a handler threw: ${String(thrown)}`);
      environment.reportBroken(error);
      onBroken?.(error);
    }
  });
}

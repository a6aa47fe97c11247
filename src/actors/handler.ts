/**
 * The contract of a handler in a connection's chain, and the link that composes two of them.
 *
 * socket -> connection -> multistream -> secio | noise | plaintext -> multistream -> yamux -> stream -> protocol
 *
 * A handler unwraps what comes from outside and publishes it on `inbound$`; it wraps what comes from inside and
 * publishes it on `outbound$`. Composing is subscribing: the inner one receives the outer one's `inbound$`, the outer
 * one sends the inner one's `outbound$`. Publishing nothing is a valid answer. A handler that has nothing more to do
 * leaves the byte path: its neighbours are linked directly.
 */
import { Subscription, type Observable } from 'rxjs';
import type { ConnectionMessage, Layer } from '../messages.js';

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

/** Links two neighbours; unsubscribe to take them apart. `outer` is the one nearer the socket. */
export function link(outer: ConnectionHandler, inner: ConnectionHandler): Subscription {
  const subscription = new Subscription();
  // Outbound first: an inner handler may answer the very first message that it receives.
  subscription.add(inner.outbound$.subscribe((message) => outer.send(message)));
  subscription.add(outer.inbound$.subscribe((message) => inner.receive(message)));
  return subscription;
}

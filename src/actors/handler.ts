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
import type { EngineError } from '../errors.js';
import type { ConnectionMessage, Layer } from '../messages.js';
import { ChainLink } from './chain-subject.js';
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
 * bug of ours: it is reported, and `onBroken` decides what it costs.
 */
export function link(
  environment: Environment,
  outer: ConnectionHandler,
  inner: ConnectionHandler,
  onBroken?: (error: EngineError) => void,
): Subscription {
  const subscription = new Subscription();
  // Outbound first: an inner handler may answer the very first message that it receives.
  subscription.add(passOutward(environment, inner.outbound$, outer, onBroken));
  subscription.add(passInward(environment, outer.inbound$, inner, onBroken));
  return subscription;
}

/** What is published towards the socket goes to `outer`. */
export function passOutward(
  environment: Environment,
  from$: Observable<ConnectionMessage>,
  outer: Pick<ConnectionHandler, 'send'>,
  onBroken?: (error: EngineError) => void,
): Subscription {
  return from$.subscribe(new Outward(environment, outer, onBroken));
}

/** What is published towards the protocols goes to `inner`. */
export function passInward(
  environment: Environment,
  from$: Observable<ConnectionMessage>,
  inner: Pick<ConnectionHandler, 'receive'>,
  onBroken?: (error: EngineError) => void,
): Subscription {
  return from$.subscribe(new Inward(environment, inner, onBroken));
}

class Outward extends ChainLink<ConnectionMessage> {
  readonly #outer: Pick<ConnectionHandler, 'send'>;

  constructor(
    environment: Environment,
    outer: Pick<ConnectionHandler, 'send'>,
    onBroken?: (error: EngineError) => void,
  ) {
    super(environment, onBroken);
    this.#outer = outer;
  }

  protected take(message: ConnectionMessage): void {
    this.#outer.send(message);
  }
}

class Inward extends ChainLink<ConnectionMessage> {
  readonly #inner: Pick<ConnectionHandler, 'receive'>;

  constructor(
    environment: Environment,
    inner: Pick<ConnectionHandler, 'receive'>,
    onBroken?: (error: EngineError) => void,
  ) {
    super(environment, onBroken);
    this.#inner = inner;
  }

  protected take(message: ConnectionMessage): void {
    this.#inner.receive(message);
  }
}

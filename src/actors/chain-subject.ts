/**
 * The subject that handlers of the chain publish on. To whoever listens from outside it is an RxJS observable like any
 * other. Between neighbours it is a list of takers: each connection has eight of these links and each stream six, and what
 * RxJS keeps for a subscription (a safe subscriber, its observer, two subscriptions, a closure, three lists) would be a
 * tenth of what either costs. Values, order and teardown are those of a subject.
 */
import { Observable, Subscription, type Observer, type Subscriber, type TeardownLogic } from 'rxjs';
import { toEngineError, type EngineError } from '../errors.js';
import type { Environment } from './environment.js';

type Next<Value> = (value: Value) => void;
type Listener<Value> = Partial<Observer<Value>> | Next<Value> | null;

/** What hears a subject: a link, or RxJS's subscriber. */
interface Taker<Value> {
  next(value: Value): void;
  complete(): void;
}

/** Shared: most subjects have no taker for much of their lives. */
const NOBODY: readonly never[] = [];

/** Publishes to its links and subscribers, in the order in which they came. */
export class ChainSubject<Value> extends Observable<Value> {
  /** Replaced whenever it changes, so that whoever is being told sees the list that it was. */
  #takers: readonly Taker<Value>[] = NOBODY;
  #isOver = false;

  /** Whether anybody hears. */
  get observed(): boolean {
    return this.#takers.length > 0;
  }

  next(value: Value): void {
    const takers = this.#takers;
    for (let index = 0; index < takers.length; index++) takers[index]?.next(value);
  }

  /** Nothing more is published: whoever hears it is told, and let go. */
  complete(): void {
    this.#isOver = true;
    const takers = this.#takers;
    this.#takers = NOBODY;
    for (const taker of takers) taker.complete();
  }

  override subscribe(
    observerOrNext?: Listener<Value>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (observerOrNext instanceof ChainLink) return this.#link(observerOrNext as ChainLink<Value>);
    if (typeof observerOrNext !== 'function') return super.subscribe(observerOrNext ?? {});
    return super.subscribe({
      next: observerOrNext,
      ...(typeof error === 'function' ? { error } : {}),
      ...(typeof complete === 'function' ? { complete } : {}),
    });
  }

  /** What RxJS calls for everybody but our links. */
  protected _subscribe(subscriber: Subscriber<Value>): TeardownLogic {
    if (this.#isOver) {
      subscriber.complete();
      return undefined;
    }
    this.#add(subscriber);
    return () => this.#remove(subscriber);
  }

  /** For the links: this one hears no more. */
  unlink(link: ChainLink<Value>): void {
    this.#remove(link);
  }

  /** Somebody began to hear. */
  protected listened?(): void;

  #link(link: ChainLink<Value>): Subscription {
    if (this.#isOver) link.complete();
    else {
      link.linked(this);
      this.#add(link);
    }
    return link;
  }

  #add(taker: Taker<Value>): void {
    // A spread list keeps room for sixteen more.
    this.#takers = this.#takers.concat(taker);
    this.listened?.();
  }

  #remove(taker: Taker<Value>): void {
    const rest = this.#takers.filter((other) => other !== taker);
    this.#takers = rest.length === 0 ? NOBODY : rest;
  }
}

/**
 * What one handler takes from its neighbour; its own subscription. What it throws is a bug of ours: it is reported, and
 * `onBroken` decides what it costs; it never escapes into the embedder's process (RxJS would rethrow it from a timer).
 */
export abstract class ChainLink<Value> extends Subscription implements Observer<Value> {
  readonly #environment: Environment;
  readonly #onBroken: ((error: EngineError) => void) | undefined;
  #from: ChainSubject<Value> | undefined;

  constructor(environment: Environment, onBroken?: (error: EngineError) => void) {
    super();
    this.#environment = environment;
    this.#onBroken = onBroken;
  }

  next(value: Value): void {
    if (this.closed) return;
    try {
      this.take(value);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `a handler threw: ${String(thrown)}`);
      this.#environment.reportBroken(error);
      this.#onBroken?.(error);
    }
  }

  /** Handlers publish no errors: an observable of somebody else's that fails has nothing more to say. */
  error(): void {
    this.unsubscribe();
  }

  complete(): void {
    this.unsubscribe();
  }

  /** For the subject: it publishes to this link from now on. */
  linked(from: ChainSubject<Value>): void {
    this.#from = from;
  }

  override unsubscribe(): void {
    if (this.closed) return;
    this.#from?.unlink(this);
    this.#from = undefined;
    super.unsubscribe();
  }

  /** Takes one value. */
  protected abstract take(value: Value): void;
}

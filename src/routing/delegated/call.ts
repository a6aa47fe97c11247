/** One call of the delegated router: the same request to every endpoint, and an end when all of them have ended. */
import type { Environment } from '../../actors/environment.js';
import { EngineError } from '../../errors.js';
import type { HttpClient } from '../../ports.js';
import type { PeerRecord } from '../../wire/http-routing.js';
import type { RequestSlots } from './request-slots.js';
import { DelegatedRequest, type DelegatedPlan } from './request.js';

/** A server that is asked. */
export interface Endpoint {
  /** Its URL, without a slash at its end. */
  readonly base: string;
  /** Until when it wants to be left alone, on the node's clock. */
  restUntilMs: number;
}

/** What all calls of one router share. */
export interface Asker {
  readonly environment: Environment;
  readonly http: HttpClient;
  readonly endpoints: readonly Endpoint[];
  readonly slots: RequestSlots;
  readonly onFailure: ((endpoint: string, error: EngineError) => void) | undefined;
}

/** Hears a call, inside turns. */
export interface CallListener {
  onRecord?(record: PeerRecord): void;
  /** May throw an `EngineError` that refuses the value. */
  onValue?(value: Uint8Array): void;
  /** This endpoint answered in good order. */
  onFinished?(endpoint: string): void;
  /** All have ended, at least one in good order. */
  onDone(): void;
  /** Every one failed. */
  onFailed(error: EngineError): void;
}

/** A request without its place. */
export type CallPlan = Omit<DelegatedPlan, 'url'> & { readonly path: string };

/** A call under way. Start it once, inside a turn. */
export class DelegatedCall {
  readonly #asker: Asker;
  readonly #address: string;
  readonly #plan: CallPlan;
  readonly #listener: CallListener;
  readonly #ends = new Set<() => void>();
  readonly #failures: EngineError[] = [];
  #left: number;
  #over = false;

  constructor(asker: Asker, address: string, plan: CallPlan, listener: CallListener) {
    this.#asker = asker;
    this.#address = address;
    this.#plan = plan;
    this.#listener = listener;
    this.#left = asker.endpoints.length;
  }

  start(): void {
    for (const [index, endpoint] of this.#asker.endpoints.entries()) {
      if (!this.#over) this.#ask(endpoint, index);
    }
  }

  /** Ends it without a word. */
  stop(): void {
    this.#over = true;
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  #ask(endpoint: Endpoint, index: number): void {
    const { environment, http, slots } = this.#asker;
    const { path, ...rest } = this.#plan;
    let release: (() => void) | undefined;
    let isOver = false;
    const end = (): void => {
      isOver = true;
      request.stop();
      release?.();
      this.#ends.delete(end);
    };
    const plan = { ...rest, url: `${endpoint.base}${path}` };
    const request = new DelegatedRequest(environment, http, `${this.#address}/${index}`, plan, {
      onRecord: (record) => this.#over || this.#listener.onRecord?.(record),
      onValue: (value) => this.#listener.onValue?.(value),
      onThrottled: (restMs) => (endpoint.restUntilMs = environment.turns.nowMs + restMs),
      onFinished: () => {
        end();
        this.#listener.onFinished?.(endpoint.base);
        this.#ended();
      },
      onFailed: (error) => {
        end();
        this.#failed(endpoint, error);
      },
    });
    this.#ends.add(end);
    try {
      release = slots.take(() => request.start(endpoint.restUntilMs - environment.turns.nowMs));
      // It may have ended at once.
      if (isOver) release();
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      end();
      this.#failed(endpoint, thrown);
    }
  }

  #failed(endpoint: Endpoint, error: EngineError): void {
    this.#failures.push(error);
    this.#asker.onFailure?.(endpoint.base, error);
    this.#ended();
  }

  #ended(): void {
    if (--this.#left > 0 || this.#over) return;
    this.#over = true;
    const [first] = this.#failures;
    if (first === undefined || this.#failures.length < this.#asker.endpoints.length) this.#listener.onDone();
    else this.#listener.onFailed(this.#failures.length === 1 ? first : allFailed(first, this.#failures));
  }
}

function allFailed(first: EngineError, failures: readonly EngineError[]): EngineError {
  const what = `all ${failures.length} endpoints failed: ${failures.map(({ message }) => message).join('; ')}`;
  const cause = new AggregateError(failures);
  return new EngineError(first.code, first.blame, what, { cause, details: first.details });
}

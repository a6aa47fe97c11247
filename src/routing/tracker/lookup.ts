/** Asks every tracker who has the content of one CID, and finds out who those are. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import { EngineError } from '../../errors.js';
import type { Cancel } from '../../ports.js';
import type { TrackerRequest } from '../../wire/tracker.js';
import type { AnnounceListener, TrackerTarget } from './client.js';
import { Hints, type ResolvePeer } from './hints.js';

/** What a lookup is made of. */
export interface LookupOptions {
  readonly targets: readonly TrackerTarget[];
  readonly resolvePeer: ResolvePeer;
  readonly privateAddresses: boolean;
  /** Ourselves, who are told of too. */
  readonly self: string;
  announce(target: TrackerTarget, event: TrackerRequest['event'], listener: AnnounceListener): Cancel;
  found(peer: string, address: string): void;
  /** The last call, unless it was stopped. */
  over(error?: EngineError): void;
  /** A tracker has noted us, who only asked. */
  noted(target: TrackerTarget): void;
}

/** One lookup. */
export class TrackerLookup {
  readonly #environment: Environment;
  readonly #options: LookupOptions;
  readonly #hints: Hints;
  readonly #asking = new Map<TrackerTarget, Cancel>();
  readonly #found = new Set<string>();
  readonly #failures: EngineError[] = [];
  #timer: unknown;
  #isOver = false;

  constructor(environment: Environment, options: LookupOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#hints = new Hints(environment, {
      resolvePeer: options.resolvePeer,
      privateAddresses: options.privateAddresses,
      found: (peer, address) => this.#heard(peer, address),
      idle: () => this.#endIfIdle(),
    });
  }

  start(): void {
    const { clock, turns, limits } = this.#environment;
    this.#timer = clock.setTimeout(() => turns.post(() => this.#end()), limits.trackerLookupTimeoutMs);
    for (const target of this.#options.targets) {
      this.#asking.set(target, () => undefined);
      const cancel = this.#options.announce(target, 'started', {
        answered: ({ peers }) => {
          this.#asking.delete(target);
          this.#options.noted(target);
          this.#hints.add(peers);
          this.#endIfIdle();
        },
        failed: (error) => {
          this.#asking.delete(target);
          this.#failures.push(error);
          this.#endIfIdle();
        },
      });
      if (this.#asking.has(target)) this.#asking.set(target, cancel);
    }
  }

  /** Ends it without a word; answers whether it was under way. */
  stop(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#environment.clock.clearTimeout(this.#timer);
    this.#hints.stop();
    for (const [target, cancel] of this.#asking) {
      cancel();
      // It may have heard us, though we did not wait for its answer.
      this.#options.noted(target);
    }
    this.#asking.clear();
    return true;
  }

  #heard(peer: string, address: string): void {
    if (peer === this.#options.self || this.#found.has(peer)) return;
    this.#found.add(peer);
    this.#options.found(peer, address);
  }

  #endIfIdle(): void {
    if (this.#asking.size === 0 && this.#hints.isIdle) this.#end();
  }

  #end(): void {
    if (!this.stop()) return;
    const [first] = this.#failures;
    const isFailed = first !== undefined && this.#failures.length === this.#options.targets.length;
    if (isFailed) {
      const what = `tracker: none of ${this.#failures.length} answered: ${first.message}`;
      this.#options.over(new EngineError(first.code, first.blame, what, { cause: new AggregateError(this.#failures) }));
    } else this.#options.over();
  }
}

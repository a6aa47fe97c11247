/** One CID that every tracker is told of. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import { EngineError } from '../../errors.js';
import type { Cancel } from '../../ports.js';
import type { TrackerRequest } from '../../wire/tracker.js';
import { TrackerAnnouncer } from './announcer.js';
import type { AnnounceListener, TrackerTarget } from './client.js';

/** What it is made of. */
export interface ProvidedOptions {
  readonly address: string;
  readonly targets: readonly TrackerTarget[];
  announce(target: TrackerTarget, event: TrackerRequest['event'], listener: AnnounceListener): Cancel;
  /** Every tracker was told that we leave, or could not be; the last call. */
  stopped(): void;
}

/** Hears how the trackers took it the first time. */
export interface ProvidedListener {
  /** A tracker took it. */
  took(url: string): void;
  /** Each has taken it, or failed; an error where all failed. The last call, unless it left before. */
  over(error?: EngineError): void;
}

/** One CID. */
export class Provided {
  readonly #options: ProvidedOptions;
  readonly #announcers: readonly TrackerAnnouncer[];
  readonly #listeners = new Set<ProvidedListener>();
  /** How each tracker took it the first time. */
  readonly #outcomes = new Map<TrackerTarget, EngineError | undefined>();
  #running: number;
  #isLeaving = false;

  constructor(environment: Environment, options: ProvidedOptions) {
    this.#options = options;
    this.#running = options.targets.length;
    this.#announcers = options.targets.map(
      (target, index) =>
        new TrackerAnnouncer(environment, {
          address: `${options.address}:${index}`,
          target,
          announce: (...call) => options.announce(...call),
          told: (_, error) => this.#told(target, error),
          stopped: () => this.#stopped(),
        }),
    );
  }

  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  start(): void {
    for (const announcer of this.#announcers) announcer.start();
  }

  /** Answers what stops listening: before the end, it ends all, when nobody else listens. */
  listen(listener: ProvidedListener): () => void {
    for (const [{ url }, error] of this.#outcomes) if (error === undefined) listener.took(url);
    if (this.#isDone) {
      listener.over(this.#failure);
      return () => undefined;
    }
    this.#listeners.add(listener);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.stop();
    };
  }

  stop(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const stopped = new EngineError('ERR_ABORTED', 'local', 'tracker: announcing was stopped');
    for (const listener of this.#takeListeners()) listener.over(stopped);
    for (const announcer of this.#announcers) announcer.stop();
  }

  get #isDone(): boolean {
    return this.#outcomes.size === this.#options.targets.length;
  }

  get #failure(): EngineError | undefined {
    const failures = [...this.#outcomes.values()].filter((error) => error !== undefined);
    const [first] = failures;
    if (first === undefined || failures.length < this.#options.targets.length) return undefined;
    const cause = new AggregateError(failures);
    return new EngineError(first.code, first.blame, `tracker: none took it: ${first.message}`, { cause });
  }

  #told(target: TrackerTarget, error: EngineError | undefined): void {
    if (this.#isLeaving || this.#outcomes.has(target)) return;
    this.#outcomes.set(target, error);
    if (error === undefined) for (const listener of [...this.#listeners]) listener.took(target.url);
    if (this.#isDone) for (const listener of this.#takeListeners()) listener.over(this.#failure);
  }

  #takeListeners(): readonly ProvidedListener[] {
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    return listeners;
  }

  #stopped(): void {
    if (--this.#running === 0) this.#options.stopped();
  }
}

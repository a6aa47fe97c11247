/** The way from one node to another, one way: its properties, what blocks it, and the pipes that run over it. */
import type { Agenda } from './agenda.js';
import type { LinkOptions } from './link-options.js';

/** What of a pipe its path has to reach. */
export interface PathUser {
  /** The path may be free again: delivers what has waited. */
  pump(): void;
  /** The path is faster: what has not left yet leaves anew. */
  departAnew(): void;
}

/** One way between two nodes. */
export class Path {
  /** Pipes whose bytes run here, in the order of their making. */
  readonly users = new Set<PathUser>();
  options: LinkOptions;
  /** Whether its options are its own. */
  isSet = false;
  /** Partitions that lie across it. */
  cuts = 0;
  /** Connections that began here, for the labels of their draws. */
  connections = 0;
  #cloggedUntilMs = 0;
  #freeAtMs = 0;
  #corruptions = 0;
  #resets = 0;
  readonly #agenda: Agenda;

  constructor(
    agenda: Agenda,
    readonly from: string,
    readonly to: string,
    options: LinkOptions,
  ) {
    this.#agenda = agenda;
    this.options = options;
  }

  /** Whether nothing passes now; what comes to its end is held there. */
  get isBlocked(): boolean {
    return this.cuts > 0 || this.#cloggedUntilMs > this.#agenda.nowMs;
  }

  /** Other options from now on. What waits for a slow link leaves at the new speed, as behind any real one. */
  change(options: LinkOptions): void {
    const [before, after] = [this.options, options].map(({ bandwidthBytesPerSecond: speed }) => speed || Infinity);
    this.options = options;
    if ((after ?? 0) <= (before ?? 0)) return;
    this.#freeAtMs = 0;
    for (const user of [...this.users]) user.departAnew();
  }

  /** When what is written at `fromMs` has left, behind what goes the same way, at the link's bandwidth. */
  departureMs(fromMs: number, sizeBytes: number): number {
    const { bandwidthBytesPerSecond } = this.options;
    if (bandwidthBytesPerSecond <= 0 || sizeBytes === 0) return fromMs;
    this.#freeAtMs = Math.max(this.#freeAtMs, fromMs) + (sizeBytes / bandwidthBytesPerSecond) * 1000;
    return this.#freeAtMs;
  }

  /** A byte of what comes next is changed. */
  corruptNext(): void {
    this.#corruptions++;
  }

  /** The connection whose bytes come next is reset in the middle of them. */
  resetNext(): void {
    this.#resets++;
  }

  takeCorruption(): boolean {
    if (this.#corruptions === 0) return false;
    this.#corruptions--;
    return true;
  }

  takeReset(): boolean {
    if (this.#resets === 0) return false;
    this.#resets--;
    return true;
  }

  /** Forgets the faults that have not happened yet. */
  calm(): void {
    this.#corruptions = 0;
    this.#resets = 0;
    this.#cloggedUntilMs = 0;
  }

  /** Holds everything until a time of the world; then it comes at once, in order. */
  clogUntil(atMs: number): void {
    this.#cloggedUntilMs = atMs;
    this.#agenda.at(atMs, () => this.release());
  }

  /** Lets through what is held until a time. */
  unclog(): void {
    this.#cloggedUntilMs = 0;
    this.release();
  }

  /** Tells the pipes that they may be free. */
  release(): void {
    if (this.isBlocked) return;
    for (const user of [...this.users]) user.pump();
  }
}

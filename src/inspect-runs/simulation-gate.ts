/** Holds a world between two events: paused, step by step, or in step with real time. It changes nothing of what happens. */
import type { Clock } from '../ports.js';
import type { WorldGate } from '../sim/world/world.js';

/** Who hears where the world is held. */
export interface GateHooks {
  /** Before each event, and when the gate is held. */
  readonly onBoundary: () => void;
  readonly onPaused: (why: string) => void;
  readonly onResumed: () => void;
}

/** Events that happen without a look at the real clock in between, where the world goes as fast as it can. */
type Mode =
  | { readonly kind: 'run' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'step' }
  | { readonly kind: 'until'; readonly untilMs: number };

const ONE_EVENT = 'one event';

/** The gate of one simulation. */
export class SimulationGate implements WorldGate {
  readonly #clock: Clock;
  readonly #hooks: GateHooks;
  #mode: Mode;
  /** Virtual over real time; 0: as fast as it can. */
  #speed: number;
  /** Where both times stood when the world last began to run. */
  #anchor: { readonly realMs: number; readonly worldMs: number } | undefined;
  #timer: unknown;
  #open: (() => void) | undefined;
  #pauseFor: string | undefined;
  #nowMs = 0;
  #isClosed = false;
  #hasToWait = false;

  constructor(clock: Clock, speed: number, startPaused: boolean, hooks: GateHooks) {
    this.#clock = clock;
    this.#speed = speed;
    this.#hooks = hooks;
    this.#mode = { kind: 'run' };
    if (startPaused) this.#pauseFor = 'it has not begun';
  }

  /** Whether the world waits here, between two events. */
  get isHeld(): boolean {
    return this.#open !== undefined;
  }

  get isPaused(): boolean {
    return this.#mode.kind === 'paused';
  }

  /** Up to where the world was let go: there may be no event in a step, and the next one begins where it ended. */
  get reachedMs(): number {
    return this.#nowMs;
  }

  /** Holds before the next event. */
  pause(why: string): void {
    if (this.#pauseFor === undefined || this.#pauseFor === ONE_EVENT) this.#pauseFor = why;
    // In the middle of waiting for its time: it is between two events already.
    if (this.isHeld && !this.isPaused) this.#hold();
  }

  resume(speed: number | undefined): void {
    if (speed !== undefined) this.#speed = speed;
    this.#pauseFor = undefined;
    this.#goOn({ kind: 'run' });
  }

  /** One event, or all up to a time of the world. */
  step(untilMs: number | undefined): void {
    this.#pauseFor = undefined;
    this.#goOn(untilMs === undefined ? { kind: 'step' } : { kind: 'until', untilMs });
  }

  /** Never opens again: the world is left where it is. */
  close(): void {
    this.#isClosed = true;
    this.#clock.clearTimeout(this.#timer);
  }

  admits(dueMs: number): boolean {
    const isAdmitted = this.#judge(dueMs);
    this.#hasToWait &&= !isAdmitted;
    return isAdmitted;
  }

  /** Whoever opens it may be quicker than the world is with waiting. */
  opened(): Promise<void> {
    if (!this.#hasToWait && !this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  #judge(dueMs: number): boolean {
    // Until somebody says otherwise, even from inside what is called here.
    this.#hasToWait = true;
    this.#hooks.onBoundary();
    if (this.#isClosed) return false;
    if (this.#pauseFor !== undefined) return this.#hold();
    const mode = this.#mode;
    switch (mode.kind) {
      case 'paused':
        return false;
      case 'step':
        // This event happens, and none after it.
        this.#pauseFor = ONE_EVENT;
        return this.#passes(dueMs);
      case 'until':
        if (dueMs <= mode.untilMs) return this.#passes(dueMs);
        this.#nowMs = mode.untilMs;
        this.#pauseFor = `all up to ${mode.untilMs} ms`;
        return this.#hold();
      case 'run':
        return this.#isTime(dueMs) ? this.#passes(dueMs) : false;
    }
  }

  #passes(dueMs: number): true {
    this.#nowMs = dueMs;
    return true;
  }

  #hold(): false {
    const why = this.#pauseFor ?? 'paused';
    this.#pauseFor = undefined;
    this.#clock.clearTimeout(this.#timer);
    this.#mode = { kind: 'paused' };
    this.#anchor = undefined;
    this.#hooks.onPaused(why);
    return false;
  }

  #goOn(mode: Mode): void {
    const wasPaused = this.isPaused;
    this.#mode = mode;
    this.#anchor = undefined;
    this.#clock.clearTimeout(this.#timer);
    if (wasPaused) this.#hooks.onResumed();
    this.#letGo();
  }

  #letGo(): void {
    this.#hasToWait = false;
    const open = this.#open;
    this.#open = undefined;
    open?.();
  }

  #isTime(dueMs: number): boolean {
    if (this.#speed <= 0) return true;
    const realMs = this.#clock.now();
    this.#anchor ??= { realMs, worldMs: this.#nowMs };
    const waitMs = this.#anchor.realMs + (dueMs - this.#anchor.worldMs) / this.#speed - realMs;
    if (waitMs <= 0) return true;
    this.#timer = this.#clock.setTimeout(() => this.#letGo(), waitMs);
    return false;
  }
}

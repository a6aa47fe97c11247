/** The clock of one life of a node: it may run fast or slow, and tell another date than the world. */
import type { Clock } from '../../ports.js';
import { roundMs, type Agenda } from './agenda.js';
import type { NodePort } from './node-port.js';

/** How a node's clock differs from the world's. */
export interface ClockConditions {
  /** How much further its date is, in milliseconds; negative when it is behind. Default 0. */
  readonly skewMs: number;
  /** Its milliseconds for each one of the world. Default 1. */
  readonly speed: number;
}

/** What a world's time 0 is on the calendar: 2026-01-01T00:00:00Z. */
export const WORLD_EPOCH_MS = 1_767_225_600_000;

/** The clock of one node. Its timers go with the node: none fires after its death. */
export class NodeClock implements Clock {
  readonly #agenda: Agenda;
  readonly #port: NodePort;
  readonly #lasts: () => boolean;
  #conditions: ClockConditions = { skewMs: 0, speed: 1 };
  /** Where world and node stood when the speed was last changed. */
  #worldMs = 0;
  #nodeMs = 0;

  constructor(agenda: Agenda, port: NodePort, conditions: Partial<ClockConditions> = {}) {
    this.#agenda = agenda;
    this.#port = port;
    this.#lasts = port.lifeGate();
    this.change(conditions);
  }

  /** Changes date or speed from now on; `now` never jumps, and timers that are set keep their due time in the world. */
  change(conditions: Partial<ClockConditions>): void {
    this.#nodeMs = this.now();
    this.#worldMs = this.#agenda.nowMs;
    this.#conditions = { ...this.#conditions, ...conditions };
  }

  now(): number {
    const { speed } = this.#conditions;
    const passedMs = this.#agenda.nowMs - this.#worldMs;
    return speed === 1 && this.#nodeMs === this.#worldMs
      ? this.#agenda.nowMs
      : roundMs(this.#nodeMs + passedMs * speed);
  }

  wallTime(): number {
    return WORLD_EPOCH_MS + this.now() + this.#conditions.skewMs;
  }

  setTimeout(fire: (...args: unknown[]) => void, delayMs: number): unknown {
    const worldDelayMs = Math.max(0, delayMs) / this.#conditions.speed;
    return this.#agenda.clock.setTimer(
      () => {
        if (this.#lasts()) this.#port.run(fire);
      },
      roundMs(this.#agenda.nowMs + worldDelayMs),
    );
  }

  clearTimeout(timer: unknown): void {
    this.#agenda.clock.clearTimeout(timer);
  }
}

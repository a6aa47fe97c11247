/**
 * How many streams a peer may begin, or waste, before the node looks at its other peers again: 64 KiB of frames can open and
 * reset 2,700 streams, which is a tenth of a second for everybody else. Where the clock cannot say when others were looked
 * at (recorded and simulated nodes), turns are as long as their bytes.
 */
import type { Environment } from '../environment.js';

/** The pace of one session. */
export class OpenPace {
  readonly #environment: Environment;
  #count = 0;
  #pass: number | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** One more began. */
  began(): void {
    this.#add(1);
  }

  /** One more came to nothing: refused, or reset by its opener, it costs half of what one does that begins. */
  wasted(): void {
    this.#add(0.5);
  }

  /** It is the others' turn. */
  get isSpent(): boolean {
    if (this.#count < this.#environment.limits.streamOpensPerPass) return false;
    return this.#pass !== undefined && this.#pass === this.#environment.turns.pass;
  }

  #add(share: number): void {
    const { pass } = this.#environment.turns;
    if (pass !== this.#pass) this.#count = 0;
    this.#pass = pass;
    this.#count += share;
  }
}

/** What is under way, for who begins to look in the middle of it: bounded, and whoever is not told all is told so. */
import type { Limits } from '../limits.js';
import type { Observation, TellObservation } from './observations.js';

/** Tells one sink. */
export class StandingRecords {
  readonly #tell: TellObservation;
  #room: number;
  #leftOut = 0;

  constructor(tell: TellObservation, { observeStandingRecords }: Pick<Limits, 'observeStandingRecords'>) {
    this.#tell = tell;
    this.#room = observeStandingRecords;
  }

  /** Tells these, or none of them: half of what there is to say of a peer would say something else. */
  add<Name extends 'seen:bitswap' | 'seen:query'>(
    name: Name,
    actor: string,
    records: readonly Observation[Name][],
  ): void {
    if (records.length > this.#room) {
      // What follows is left out too, so that what is told has a beginning and an end.
      this.#room = 0;
      this.#leftOut += records.length;
      return;
    }
    this.#room -= records.length;
    for (const data of records) this.#tell(name, actor, { ...data, standing: true });
  }

  /** That was all; tells, at `actor`, how much was left out. */
  end(actor: string): void {
    if (this.#leftOut > 0) this.#tell('seen:untold', actor, { standing: true, records: this.#leftOut });
  }
}

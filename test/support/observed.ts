/** A sink that keeps what it is told, for the tests of observations. */
import type { Observation } from '../../src/actors/observations.js';
import { isObservation, type TraceDetail, type TraceDraft, type TraceSink } from '../../src/ports.js';

/** Wants observations, unless told otherwise, and keeps every record. */
export class Watcher implements TraceSink {
  readonly detail: TraceDetail;
  readonly lengthsOnly = true;
  readonly taken: TraceDraft[] = [];

  constructor(
    readonly observations = true,
    detail: TraceDetail = 'states',
  ) {
    this.detail = detail;
  }

  record(draft: TraceDraft): number {
    return this.taken.push(draft) - 1;
  }

  /** Every observation, in order. */
  get seen(): readonly TraceDraft[] {
    return this.taken.filter(({ name }) => isObservation(name));
  }

  /** The observations of one name, as a trace would hold them. */
  of<Name extends keyof Observation>(name: Name): readonly Observation[Name][] {
    return this.taken
      .filter((draft) => draft.name === name)
      .map(({ data }) => JSON.parse(JSON.stringify(data)) as Observation[Name]);
  }
}

/** Which records of a trace are wanted, where it is too large to be shown whole. */
import type { TraceRecord } from '../trace/format.js';
import { globMatcher, shortAddress } from '../trace/tools/addresses.js';

/** A choice of records; what is absent does not matter. */
export interface RecordChoice {
  /** Glob over the address, whole or short, as `trace show --actor` takes. */
  readonly actor?: string | undefined;
  /** Milliseconds since the first record. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** What becomes of a record. */
export type Chosen = 'shown' | 'left out' | 'past the end';

/** Judges the records of one trace, in their order. */
export function chooser({ actor, fromMs = 0, toMs = Infinity }: RecordChoice): (record: TraceRecord) => Chosen {
  const isActor = actor === undefined ? undefined : globMatcher(actor);
  let startMs: number | undefined;
  return (record) => {
    const atMs = record.time - (startMs ??= record.time);
    if (atMs > toMs) return 'past the end';
    if (atMs < fromMs) return 'left out';
    return isActor === undefined || isActor(record.actor) || isActor(shortAddress(record.actor)) ? 'shown' : 'left out';
  };
}

/** The choice in words; `undefined` where everything is wanted. */
export function choiceText({ actor, fromMs, toMs }: RecordChoice): string | undefined {
  const parts = [
    ...(actor === undefined ? [] : [`actors that match ${actor}`]),
    ...(fromMs === undefined ? [] : [`from ${fromMs} ms on`]),
    ...(toMs === undefined ? [] : [`up to ${toMs} ms`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}

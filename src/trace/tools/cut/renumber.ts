/** Numbers everything in a cut again, as a node that had only this connection would have. */
import type { TraceRecord } from '../../format.js';
import { nodeOf } from '../addresses.js';

/** Fields that hold a number given in order, each kind for itself. */
const NUMBERED = ['socket', 'dial', 'listen', 'timer', 'operation', 'call', 'ask', 'udp', 'request'] as const;
/** Connections and dials are numbered by one count. */
const ACTOR = /(?<=^|\/)(conn|dial):(\d+)(?=\/|$)/g;
/** Sessions of bitswap: one for each fetch, whoever began it. */
const SESSION = /(?<=(?:^|\/)bitswap\/session:)(\d+)(?=\/|$)/;
/** Live things, each kind by a count of its own. */
const THING = /^(stream|session|iterable|entry|subscription|function|signal|source):(\d+)(?=$|[/#])/;

/** New numbers by kind and old number. */
export class Numbering {
  readonly #numbers = new Map<string, Map<number, number>>();
  readonly #stays = new Map<number, number>();

  /** `all`: the trace that `records` are kept of; stays in states are numbered through all of it. */
  constructor(all: readonly TraceRecord[], records: readonly TraceRecord[]) {
    const stays = new Map(records.filter(isMove).map((record, index) => [record, index]));
    for (const [order, record] of all.filter(isMove).entries()) this.#stays.set(order, stays.get(record) ?? order);
    const seen = new Map<string, Set<number>>();
    const see = (kind: string, number: number): void => {
      const numbers = seen.get(kind) ?? new Set<number>();
      seen.set(kind, numbers.add(number));
    };
    for (const { actor, data } of records) {
      for (const [, , number] of actor.matchAll(ACTOR)) see('actor', Number(number));
      const [session] = SESSION.exec(actor) ?? [];
      if (session !== undefined) see('bitswap session', Number(session));
      for (const field of NUMBERED) if (typeof data[field] === 'number') see(field, data[field]);
      visit(data, {
        text: (text) => {
          const [, kind, number] = THING.exec(text) ?? [];
          if (kind !== undefined) see(kind, Number(number));
          return text;
        },
        order: (order) => order,
      });
    }
    for (const number of forcedDials(all, records)) see('actor', number - 1);
    for (const [kind, numbers] of seen) {
      const sorted = [...numbers].sort((left, right) => left - right);
      this.#numbers.set(kind, new Map(sorted.map((number, index) => [number, index + 1])));
    }
  }

  /** An address or a label with its connection and dial renamed. */
  text(text: string): string {
    return text
      .replaceAll(ACTOR, (whole, kind: string, number: string) => this.#named('actor', kind, number) ?? whole)
      .replace(SESSION, (number) => `${this.#numbers.get('bitswap session')?.get(Number(number)) ?? number}`)
      .replace(THING, (whole, kind: string, number: string) => this.#named(kind, kind, number) ?? whole);
  }

  /** The fields of a record. */
  data(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const renamed = visit(data, {
      text: (text) => this.text(text),
      order: (order) => this.#stays.get(order) ?? order,
    }) as Record<string, unknown>;
    for (const field of NUMBERED) {
      const number = data[field];
      if (typeof number === 'number') renamed[field] = this.#numbers.get(field)?.get(number) ?? number;
    }
    return renamed;
  }

  #named(kind: string, name: string, number: string): string | undefined {
    const found = this.#numbers.get(kind)?.get(Number(number));
    return found === undefined ? undefined : `${name}:${found}`;
  }
}

/**
 * The numbers of dials that had to bring a connection of their own, as streams without a muxer ask for: each takes two
 * numbers, and the first one is seen nowhere.
 */
function forcedDials(all: readonly TraceRecord[], records: readonly TraceRecord[]): readonly number[] {
  const node = nodeOf(records[0]?.actor ?? '');
  const used = new Set<number>();
  for (const { actor } of all) {
    if (nodeOf(actor) !== node) continue;
    for (const [, , number] of actor.matchAll(ACTOR)) used.add(Number(number));
  }
  const dials = new Set<number>();
  for (const { actor } of records) {
    for (const [, kind, number] of actor.matchAll(ACTOR)) if (kind === 'dial') dials.add(Number(number));
  }
  return [...dials].filter((number) => number > 1 && !used.has(number - 1));
}

/** `records` with everything numbered again, and causes that are gone left out. */
export function renumbered(records: readonly TraceRecord[], numbering: Numbering): readonly TraceRecord[] {
  const seqs = new Map(records.map(({ seq }, index) => [seq, index]));
  return records.map(({ time, name, actor, cause, data }, seq) => {
    const known = cause === undefined ? undefined : seqs.get(cause);
    return {
      seq,
      time,
      name,
      actor: numbering.text(actor),
      // A draw that was brought forward to its connection has its cause behind it no more.
      cause: known !== undefined && known < seq ? known : undefined,
      data: numbering.data(data),
    };
  });
}

/** A step that ends a stay and begins the next one. */
function isMove({ name, data }: TraceRecord): boolean {
  return name === 'actor:transition' && data['from'] !== data['to'];
}

/** What is done with the texts in a record, and with the orders of stays. */
interface Changes {
  text(text: string): string;
  order(order: number): number;
}

/** A changed copy of JSON; bytes in hex are left as they are. */
function visit(value: unknown, changes: Changes): unknown {
  if (typeof value === 'string') return changes.text(value);
  if (Array.isArray(value)) return value.map((item) => visit(item, changes));
  if (typeof value !== 'object' || value === null) return value;
  const isStay = 'enteredAtMs' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (key === 'raw') return [key, item];
      return [key, isStay && key === 'order' ? changes.order(Number(item)) : visit(item, changes)];
    }),
  );
}

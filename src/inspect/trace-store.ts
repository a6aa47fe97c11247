/**
 * A trace in memory, as views read it: records in order, and what is asked of them often kept at hand. It grows at its
 * end while a node runs, and lets the oldest records go beyond its bound.
 */
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import { textOf } from './values.js';

/** One step of a machine. */
export interface Step {
  readonly seq: number;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly edges: readonly string[];
}

/** One machine of one actor, and every step it took. */
export interface MachineLife {
  /** Address of the actor. */
  readonly actor: string;
  /** Id of the machine. */
  readonly machine: string;
  readonly steps: readonly Step[];
}

/** One actor that the trace knows. */
export interface ActorLife {
  readonly address: string;
  /** Of its first record that is kept. */
  readonly firstSeq: number;
  /** Numbers of its records, ascending. */
  readonly seqs: readonly number[];
  readonly machines: readonly MachineLife[];
}

interface GrowingMachine extends MachineLife {
  steps: Step[];
}

interface GrowingActor extends ActorLife {
  seqs: number[];
  machines: GrowingMachine[];
}

/** A trace that grows. */
export class TraceStore {
  readonly header: TraceHeader;
  readonly #recordsMax: number;
  #records: TraceRecord[] = [];
  #actors = new Map<string, GrowingActor>();
  #followers: Map<number, number[]> | undefined;
  #letGo = 0;
  #version = 0;
  #isEnded = false;

  /** `recordsMax` bounds what is kept; beyond it an eighth is let go at a time. */
  constructor(header: TraceHeader, recordsMax = Number.POSITIVE_INFINITY) {
    this.header = header;
    this.#recordsMax = recordsMax;
  }

  /** In order of `seq`; not dense where records were left out. The array is replaced or grows: do not keep it. */
  get records(): readonly TraceRecord[] {
    return this.#records;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Records that were let go, or never told. */
  get letGo(): number {
    return this.#letGo;
  }

  /** Whether no more will come. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  get firstTime(): number {
    return this.#records[0]?.time ?? 0;
  }

  get lastTime(): number {
    return this.#records.at(-1)?.time ?? 0;
  }

  /** By address, in the order in which they were first heard of. */
  get actors(): ReadonlyMap<string, ActorLife> {
    return this.#actors;
  }

  /** Takes in what follows. A record that is not later than the last one is left out. */
  append(records: readonly TraceRecord[]): void {
    let last = this.#records.at(-1)?.seq ?? -1;
    for (const record of records) {
      if (record.seq <= last) continue;
      this.#letGo += this.#records.length === 0 ? 0 : record.seq - last - 1;
      last = record.seq;
      this.#records.push(record);
      this.#index(record);
    }
    this.#followers = undefined;
    if (this.#records.length > this.#recordsMax) this.#letOldestGo();
    this.#version += 1;
  }

  end(): void {
    this.#isEnded = true;
    this.#version += 1;
  }

  /** The record of that number, where it is kept. */
  at(seq: number): TraceRecord | undefined {
    const record = this.#records[this.positionAt(seq)];
    return record?.seq === seq ? record : undefined;
  }

  /** Index in `records` of the last one whose number is at most `seq`; -1 before the first. */
  positionAt(seq: number): number {
    return lastAtMost(this.#records, seq, (record) => record.seq);
  }

  /** Index in `records` of the last one that was written at `time` or before; -1 before the first. */
  positionAtTime(time: number): number {
    return lastAtMost(this.#records, time, (record) => record.time);
  }

  /** The machines of every actor. */
  *machines(): Generator<MachineLife> {
    for (const { machines } of this.#actors.values()) yield* machines;
  }

  /** Numbers of the records that name `seq` as their cause. */
  followersOf(seq: number): readonly number[] {
    this.#followers ??= followersOf(this.#records);
    return this.#followers.get(seq) ?? [];
  }

  /** The records that led to `seq`, the first cause first, itself last; a cause that is not kept ends the chain. */
  causesOf(seq: number): readonly TraceRecord[] {
    const chain: TraceRecord[] = [];
    let record = this.at(seq);
    while (record !== undefined) {
      chain.unshift(record);
      record = record.cause === undefined ? undefined : this.at(record.cause);
    }
    return chain;
  }

  #index(record: TraceRecord): void {
    const actor = this.#actorOf(record);
    actor.seqs.push(record.seq);
    if (record.name !== 'actor:transition') return;
    const { machine, from, to, event, edges } = record.data;
    const id = textOf(machine);
    let life = actor.machines.find((known) => known.machine === id);
    if (life === undefined) actor.machines.push((life = { actor: actor.address, machine: id, steps: [] }));
    life.steps.push({
      seq: record.seq,
      time: record.time,
      from: textOf(from),
      to: textOf(to),
      event: textOf(event),
      edges: Array.isArray(edges) ? edges.map(textOf) : [],
    });
  }

  #actorOf({ actor: address, seq }: TraceRecord): GrowingActor {
    let actor = this.#actors.get(address);
    if (actor === undefined) {
      this.#actors.set(address, (actor = { address, firstSeq: seq, seqs: [], machines: [] }));
    }
    return actor;
  }

  #letOldestGo(): void {
    const count = this.#records.length - Math.floor((this.#recordsMax * 7) / 8);
    this.#letGo += count;
    const kept = this.#records.slice(count);
    this.#records = kept;
    this.#actors = new Map();
    for (const record of kept) this.#index(record);
  }
}

/** The step that a machine had taken last at `seq`; `undefined` before its first. */
export function stepAt({ steps }: MachineLife, seq: number): Step | undefined {
  return steps[lastAtMost(steps, seq, (step) => step.seq)];
}

/** Index of the last of ascending `items` whose value is at most `bound`; -1 where there is none. */
export function lastAtMost<Item>(items: readonly Item[], bound: number, value: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value(items[middle] as Item) <= bound) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function followersOf(records: readonly TraceRecord[]): Map<number, number[]> {
  const followers = new Map<number, number[]>();
  for (const { seq, cause } of records) {
    if (cause === undefined) continue;
    const known = followers.get(cause);
    if (known === undefined) followers.set(cause, [seq]);
    else known.push(seq);
  }
  return followers;
}

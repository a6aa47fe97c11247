/** Counts what runs cover: a trace sink, a reader of traces, and a sum of reports. */
import { MACHINES } from '../machines/index.js';
import type { TraceDetail, TraceDraft, TraceSink } from '../ports.js';
import type { Trace } from '../trace/format.js';
import { ChartedMachine, type MachineStep } from './charted-machine.js';
import {
  COVERAGE_FORMAT,
  COVERAGE_SCHEMA,
  sumOf,
  summaryOf,
  type CoverageReport,
  type GuardCount,
  type MachineCoverage,
} from './report.js';
import type { AnyStateMachine } from 'xstate';

const TRANSITION = 'actor:transition';

/** What a collector is made of. */
export interface CoverageOptions {
  /** What to count; default: every machine of the engine. */
  readonly machines?: readonly AnyStateMachine[];
  /** Takes every record as well: coverage beside a trace. */
  readonly next?: TraceSink | undefined;
}

/** What {@link CoverageCollector.addTrace} and {@link CoverageCollector.merge} left out, one line each. */
export type LeftOut = readonly string[];

/** Counts states, edges, guards and deadlines. One may be attached to any number of nodes, one after another or at once. */
export class CoverageCollector implements TraceSink {
  readonly detail: TraceDetail;
  readonly observations: boolean;
  readonly #next: TraceSink | undefined;
  readonly #counts: ReadonlyMap<string, Counts>;
  #records = 0;

  constructor({ machines = MACHINES.map(({ machine }) => machine), next }: CoverageOptions = {}) {
    this.detail = next?.detail ?? 'states';
    this.observations = next?.observations ?? false;
    this.#next = next;
    this.#counts = new Map(machines.map((machine) => [machine.id, new Counts(machine)]));
  }

  record(draft: TraceDraft): number {
    if (draft.name === TRANSITION) this.#countRecord(draft.data);
    return this.#next?.record(draft) ?? this.#records++;
  }

  /** Counts one step of `machine`; answers whether its states and edges are of the chart that is counted. */
  count(machine: string, step: MachineStep): boolean {
    return this.#counts.get(machine)?.add(step) ?? false;
  }

  /** Counts the steps of a trace. Machines whose chart has changed since are left out, and named. */
  addTrace({ header, records }: Pick<Trace, 'header' | 'records'>): LeftOut {
    const leftOut = new Set<string>();
    for (const { name, data } of records) {
      if (name !== TRANSITION) continue;
      const id = String(data['machine']);
      const counts = this.#counts.get(id);
      const hash = Object.hasOwn(header.engine.machines, id) ? header.engine.machines[id] : undefined;
      if (counts === undefined) leftOut.add(`${id}: a machine that is not counted`);
      else if (hash !== counts.hash) leftOut.add(`${id}: recorded with another chart`);
      else if (!this.#countRecord(data)) leftOut.add(`${id}: steps that are not of its chart`);
    }
    return [...leftOut].sort();
  }

  /** Adds the counts of another run. Machines whose chart differs are left out, and named. */
  merge(report: CoverageReport): LeftOut {
    const leftOut: string[] = [];
    for (const [id, machine] of Object.entries(report.machines)) {
      const counts = this.#counts.get(id);
      if (counts === undefined) leftOut.push(`${id}: a machine that is not counted`);
      else if (machine.hash !== counts.hash) leftOut.push(`${id}: counted with another chart`);
      else counts.merge(machine);
    }
    return leftOut.sort();
  }

  /** What has been counted so far. */
  report(): CoverageReport {
    const machines = Object.fromEntries([...this.#counts].sort(byKey).map(([id, counts]) => [id, counts.coverage()]));
    const summary = sumOf(Object.values(machines).map((machine) => machine.summary));
    return { schema: COVERAGE_SCHEMA, format: COVERAGE_FORMAT, machines, summary };
  }

  #countRecord(data: Readonly<Record<string, unknown>>): boolean {
    const { machine, from, to, event, edges } = data;
    if (typeof machine !== 'string' || typeof from !== 'string' || typeof to !== 'string') return false;
    if (typeof event !== 'string' || !Array.isArray(edges)) return false;
    return this.count(machine, { from, to, event, edges: edges.map(String) });
  }
}

/** The counts of one machine. */
class Counts {
  readonly #charted: ChartedMachine;
  readonly #states: Map<string, number>;
  readonly #edges: Map<string, number>;
  readonly #guards: Map<string, { readonly guard: string; true: number; false: number }>;

  constructor(machine: AnyStateMachine) {
    this.#charted = new ChartedMachine(machine);
    const { states, edges } = this.#charted;
    this.#states = new Map(states.map((state) => [state, 0]));
    this.#edges = new Map(edges.map(({ id }) => [id, 0]));
    this.#guards = new Map(
      edges.flatMap(({ id, guard }) => (guard === undefined ? [] : [[id, { guard, true: 0, false: 0 }] as const])),
    );
  }

  get hash(): string {
    return this.#charted.hash;
  }

  /** Counts nothing of a step that is not of this chart. */
  add(step: MachineStep): boolean {
    const reached = this.#charted.activeIn(step.to);
    const isKnown = reached !== undefined && step.edges.every((edge) => this.#edges.has(edge));
    if (!isKnown || this.#charted.activeIn(step.from) === undefined) return false;
    for (const state of reached) increase(this.#states, state, 1);
    for (const edge of step.edges) increase(this.#edges, edge, 1);
    for (const { edge, outcome } of this.#charted.outcomesOf(step)) this.#addOutcome(edge, outcome, 1);
    return true;
  }

  merge({ states, edges, guards }: MachineCoverage): void {
    for (const [state, count] of Object.entries(states))
      if (this.#states.has(state)) increase(this.#states, state, count);
    for (const [edge, count] of Object.entries(edges)) if (this.#edges.has(edge)) increase(this.#edges, edge, count);
    for (const [edge, count] of Object.entries(guards)) {
      this.#addOutcome(edge, true, count.true);
      this.#addOutcome(edge, false, count.false);
    }
  }

  coverage(): MachineCoverage {
    const deadlines = this.#charted.edges.filter(({ event }) => event.startsWith('after ')).map(({ id }) => id);
    const counts = {
      states: sorted(this.#states),
      edges: sorted(this.#edges),
      guards: sorted(new Map([...this.#guards].map(([edge, count]): [string, GuardCount] => [edge, { ...count }]))),
      deadlines: sorted(new Map(deadlines.map((id) => [id, this.#edges.get(id) ?? 0]))),
    };
    return { hash: this.hash, ...counts, summary: summaryOf(counts) };
  }

  #addOutcome(edge: string, outcome: boolean, count: number): void {
    const guard = this.#guards.get(edge);
    if (guard !== undefined) guard[`${outcome}`] += count;
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function sorted<T>(counts: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...counts].sort(byKey));
}

/** By code unit: the same order in every locale. */
function byKey([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

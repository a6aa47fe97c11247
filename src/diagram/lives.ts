/** Lives of actors in a trace: from a start to the last step of one machine, with what came and went on its way. */
import { INPUT_NAMES, type Trace, type TraceRecord } from '../trace/format.js';
import { isHeard, isSaid } from './port-words.js';

/** One step of a life. */
export interface LifeStep {
  readonly seq: number;
  /** State path before; empty for the start. */
  readonly from: string;
  readonly to: string;
  readonly event: string;
  readonly edges: readonly string[];
  /** What came in and led to it, where it was not told for an earlier step. */
  readonly received: TraceRecord | undefined;
  /** What went out because of it. */
  readonly sent: readonly TraceRecord[];
}

/** The steps of one actor. */
export interface ActorLife {
  readonly actor: string;
  readonly machine: string;
  /** Hash of its chart, as the trace tells it; `undefined` where it does not. */
  readonly hash: string | undefined;
  readonly steps: readonly LifeStep[];
}

/** Every life in a trace, in the order in which they begin. */
export function livesIn({ header, records }: Trace): readonly ActorLife[] {
  const lives: (ActorLife & { steps: (LifeStep & { sent: TraceRecord[] })[] })[] = [];
  const current = new Map<string, (typeof lives)[number]>();
  const steps = new Map<number, LifeStep & { sent: TraceRecord[] }>();
  const told = new Set<string>();
  /**
   * What began the turn, until a step follows from it, and the last step in it. All of a turn has one time; what has another
   * follows from neither.
   */
  let input: TraceRecord | undefined;
  let last: { readonly time: number; readonly sent: TraceRecord[] } | undefined;
  for (const record of records) {
    const { seq, name, actor, cause, data } = record;
    if (name === 'frame:encoded' && cause !== undefined) steps.get(cause)?.sent.push(record);
    if (INPUT_NAMES.has(name)) [input, last] = [record, undefined];
    if (isSaid(record) && last?.time === record.time) last.sent.push(record);
    if (name !== 'actor:transition') continue;
    const machine = String(data['machine']);
    const key = `${machine} ${actor}`;
    let life = current.get(key);
    if (life === undefined || data['from'] === '') {
      const hash = Object.hasOwn(header.engine.machines, machine) ? header.engine.machines[machine] : undefined;
      life = { actor, machine, hash, steps: [] };
      lives.push(life);
      current.set(key, life);
    }
    const began = input?.time === record.time ? input : undefined;
    const origin = cause === undefined ? began : records[cause];
    const isNew = isFromOutside(origin) && !told.has(`${key} ${origin?.seq}`);
    if (isNew) told.add(`${key} ${origin?.seq}`);
    const step = {
      seq,
      from: String(data['from']),
      to: String(data['to']),
      event: String(data['event']),
      edges: Array.isArray(data['edges']) ? data['edges'].map(String) : [],
      received: isNew ? origin : undefined,
      sent: [],
    };
    life.steps.push(step);
    steps.set(seq, step);
    [input, last] = [undefined, { time: record.time, sent: step.sent }];
  }
  return lives;
}

function isFromOutside(record: TraceRecord | undefined): boolean {
  return record !== undefined && (record.name === 'frame:decoded' || isHeard(record));
}

/** How often a life was in each state and took each edge; outer states count with their inner ones. */
export function countsOf(
  model: { readonly states: readonly { readonly path: string }[]; readonly edges: readonly { readonly id: string }[] },
  steps: readonly LifeStep[],
): { states: Record<string, number>; edges: Record<string, number> } {
  const states = Object.fromEntries(model.states.filter(({ path }) => path !== '-').map(({ path }) => [path, 0]));
  const edges = Object.fromEntries(model.edges.map(({ id }) => [id, 0]));
  for (const { to, edges: taken } of steps) {
    const reached = new Set(to.split('|').flatMap(withOuter));
    for (const path of reached) if (Object.hasOwn(states, path)) states[path] = (states[path] ?? 0) + 1;
    for (const id of taken) if (Object.hasOwn(edges, id)) edges[id] = (edges[id] ?? 0) + 1;
  }
  return { states, edges };
}

/** A path and those around it: `a`, `a.b` for `a.b`. */
export function withOuter(path: string): readonly string[] {
  const names = path.split('.');
  return names.map((_, index) => names.slice(0, index + 1).join('.'));
}

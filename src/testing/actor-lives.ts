/** The lives of actors, as a trace tells them: which machine, which states, when, on what. */
import type { TraceRecord } from '../trace/format.js';

/** One step of a machine. */
export interface StateStep {
  /** Number of the record. */
  readonly seq: number;
  readonly timeMs: number;
  /** Dotted path, parallel regions joined by `|`. */
  readonly state: string;
  /** What the machine heard; `start` for the first step. */
  readonly event: string;
  /** Ids of the edges taken. */
  readonly edges: readonly string[];
  /** Whether the state is another one than before. */
  readonly moved: boolean;
}

/** One machine from its start to the end of the trace. An address can live several times: multistream does. */
export interface ActorLife {
  /** Address from the root, e.g. `/node/swarm/conn:1/secio`. */
  readonly address: string;
  /** Id of the machine, e.g. `secioHandshake`. */
  readonly machine: string;
  readonly steps: readonly StateStep[];
}

/** The lives in `records`, in the order in which they began. */
export function livesOf(records: readonly TraceRecord[]): readonly ActorLife[] {
  const lives: (ActorLife & { readonly steps: StateStep[] })[] = [];
  const present = new Map<string, StateStep[]>();
  for (const { seq, time, name, actor, data } of records) {
    if (name !== 'actor:transition') continue;
    const { machine, from, to, event, edges } = data;
    let steps = present.get(actor);
    if (steps === undefined || from === '') {
      steps = [];
      present.set(actor, steps);
      lives.push({ address: actor, machine: String(machine), steps });
    }
    steps.push({
      seq,
      timeMs: time,
      state: String(to),
      event: String(event),
      edges: Array.isArray(edges) ? edges.map(String) : [],
      moved: from !== to,
    });
  }
  return lives;
}

/** The states that a life went through, oldest first: steps that stayed where they were are left out. */
export function pathOf(life: ActorLife): readonly StateStep[] {
  return life.steps.filter(({ moved }) => moved);
}

/** Whether a step is in `state`: the state itself, one inside it, or one of several regions. */
export function isIn(step: StateStep, state: string): boolean {
  return step.state === state || step.state.split('|').some((path) => path === state || path.startsWith(`${state}.`));
}

/** `secioHandshake of /node/swarm/conn:1/secio`. */
export function nameOfLife({ machine, address }: ActorLife): string {
  return `${machine} of ${address}`;
}

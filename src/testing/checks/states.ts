/** Checks of states: reached, entered, and the whole path. */
import { isIn, nameOfLife, pathOf, type ActorLife, type StateStep } from '../actor-lives.js';
import { align, type Alignment, type Entry } from '../alignment.js';
import { viewOf, type CheckResult } from '../check.js';
import { matchesText } from '../glob.js';
import type { TraceView } from '../trace-view.js';
import { formatRows } from '../../trace/tools/two-columns.js';

/** Options of {@link checkReachState}. */
export interface ReachOptions {
  /** Only actors whose address matches, e.g. `conn:*`. */
  readonly actor?: string;
  /** Milliseconds of the node's clock from the actor's start. */
  readonly within?: number;
}

/** Options of {@link checkTakePath}. */
export interface PathOptions {
  /** Only actors whose address matches. */
  readonly actor?: string;
  /** Only actors of this machine. */
  readonly machine?: string;
  /** What is compared: states (default) or ids of edges. */
  readonly by?: 'states' | 'edges';
}

/** Some actor of the view was in `state`, an outer or inner one, at some time, and early enough. */
export function checkReachState(received: unknown, state: string, { actor, within }: ReachOptions = {}): CheckResult {
  const view = narrowed(viewOf(received), actor);
  const { lives } = view;
  const delays = lives.flatMap((life) => delayUntil(life, state) ?? []);
  const soonest = Math.min(...delays);
  const pass = delays.length > 0 && soonest <= (within ?? Infinity);
  return {
    pass,
    message: () => {
      const subject = `${view.name} to ${pass ? 'never ' : ''}reach state "${state}"`;
      const limit = within === undefined ? '' : ` within ${within} ms`;
      const found = delays.length > 0 ? `; it was reached after ${soonest} ms` : '';
      return `expected ${subject}${limit}${found}\n\n${storiesOf(lives)}`;
    },
  };
}

/** Some actor of the view entered a state whose `machine.state` matches `pattern`, e.g. `secioHandshake.*`. */
export function checkEnterState(received: unknown, pattern: string): CheckResult {
  const view = viewOf(received);
  const found = view.lives.flatMap((life) => {
    const step = pathOf(life).find(({ state }) => state.split('|').some((path) => fits(pattern, life.machine, path)));
    return step === undefined ? [] : [{ life, step }];
  });
  const pass = found.length > 0;
  return {
    pass,
    message: () => {
      if (!pass) return `expected ${view.name} to enter a state "${pattern}"\n\n${storiesOf(view.lives)}`;
      const lines = found.map(({ life, step }) => `  ${nameOfLife(life)}: ${told(step)} (record ${step.seq})`);
      return `expected ${view.name} never to enter a state "${pattern}"\n\n${lines.join('\n')}`;
    },
  };
}

/** Some actor of the view went through exactly these states; `...` leaves some out, `*` stands for any characters. */
export function checkTakePath(received: unknown, path: readonly string[], options: PathOptions = {}): CheckResult {
  const { actor, machine, by = 'states' } = options;
  const view = narrowed(viewOf(received), actor);
  const lives = view.lives.filter((life) => machine === undefined || life.machine === machine);
  const tried = lives.map((life) => ({
    life,
    alignment: align(path, by === 'states' ? statesOf(life) : edgesOf(life)),
  }));
  const match = tried.find(({ alignment }) => alignment.matches);
  return {
    pass: match !== undefined,
    message: () => {
      if (match !== undefined) {
        return `expected no actor of ${view.name} to take this path; ${nameOfLife(match.life)} took it\n\n${listed(path)}`;
      }
      const best = nearest(tried);
      if (best === undefined) {
        const whose = machine === undefined ? 'no actor' : `no ${machine}`;
        return `expected an actor of ${view.name} to take this path, but ${whose} lived in it\n\n${listed(path)}`;
      }
      const others = tried.length > 1 ? ` (the nearest of ${tried.length} actors)` : '';
      return `${nameOfLife(best.life)} took another path${others}\n\n${formatRows(best.alignment.rows)}`;
    },
  };
}

function narrowed(view: TraceView, actor: string | undefined): TraceView {
  return actor === undefined ? view : view.actor(actor);
}

function delayUntil(life: ActorLife, state: string): number | undefined {
  const step = life.steps.find((candidate) => isIn(candidate, state));
  return step === undefined ? undefined : step.timeMs - (life.steps[0]?.timeMs ?? 0);
}

/** `secioHandshake.*` or a state alone. */
function fits(pattern: string, machine: string, path: string): boolean {
  return matchesText(pattern, `${machine}.${path}`) || matchesText(`${pattern}.*`, `${machine}.${path}`);
}

function statesOf(life: ActorLife): readonly Entry[] {
  return pathOf(life).map((step) => ({ text: step.state, shown: `${step.state}  <- ${step.event}` }));
}

function edgesOf(life: ActorLife): readonly Entry[] {
  return life.steps.flatMap(({ edges }) => edges.map((edge) => ({ text: edge, shown: edge })));
}

function nearest<T extends { readonly alignment: Alignment }>(tried: readonly T[]): T | undefined {
  return [...tried].sort((left, right) => right.alignment.agreed - left.alignment.agreed)[0];
}

function listed(path: readonly string[]): string {
  return path.map((state) => `  ${state}`).join('\n');
}

/** Lives told at the most, and states of each. */
const TOLD = { lives: 16, states: 6 };

function storiesOf(lives: readonly ActorLife[]): string {
  if (lives.length === 0) return '  (no actor lived in it)';
  const stories = lives.slice(0, TOLD.lives).map((life) => {
    const states = pathOf(life).map(({ state }) => state);
    const shown = states.length > TOLD.states ? ['...', ...states.slice(-TOLD.states)] : states;
    return `  ${nameOfLife(life)}\n    ${shown.join(' > ')}`;
  });
  const more = lives.length > TOLD.lives ? `\n  ... ${lives.length - TOLD.lives} more actors` : '';
  return `${stories.join('\n')}${more}`;
}

function told({ state, event, timeMs }: StateStep): string {
  return `${state}  <- ${event} at ${timeMs} ms`;
}

/**
 * A machine, prepared for running: which transitions an event takes in a configuration, and what they do.
 *
 * XState says what the chart is (its nodes, resolved targets, delays, implementations); what is prepared here is worked
 * out once for each machine, configuration and event type, and then only looked up. XState's interpreter works it out
 * anew for every event of every actor. See docs/adr/0007-charts-are-prepared.md for what that costs, and for the test
 * that holds the two to the same behaviour.
 */
import type { AnyStateMachine, AnyStateNode, StateValue } from 'xstate';
import { actionOf, initialContextOf, type Act, type ChartEvent, type Context } from './implementations.js';
import { entered, entryOrder, exited, isInside, statesEntered, type Transition } from './nodes.js';
import { select, selectorOf, type Selector } from './selection.js';
import { statePath } from './state-path.js';

/** What taking some transitions does: what to perform, in order, and where it leads. */
export interface Plan {
  readonly acts: readonly Act[];
  readonly next: Configuration;
  /** The transitions taken; none for the start. */
  readonly taken: readonly Transition[];
}

/** A set of active states, of which a machine has few: each exists once, with what was worked out for it. */
export class Configuration {
  /** Dotted path, parallel regions joined by `|`. */
  readonly state: string;
  readonly value: StateValue;
  /** Tags of the active states. */
  readonly tags: ReadonlySet<string>;
  /** Whether a final state of the machine is reached. */
  readonly done: boolean;
  /** By event type. @internal */
  readonly selectors = new Map<string, Selector>();
  /** @internal */
  readonly plans = new Map<Transition, Plan>();
  /** For transitions taken together in parallel regions, by their numbers. @internal */
  readonly jointPlans = new Map<string, Plan>();

  /** `nodes` are the active ones in document order. */
  constructor(
    readonly nodes: readonly AnyStateNode[],
    root: AnyStateNode,
  ) {
    this.value = valueOf(root, new Set(nodes));
    this.state = statePath(this.value);
    this.tags = new Set(nodes.flatMap(({ tags }) => tags));
    this.done = nodes.some((node) => node.type === 'final');
  }
}

const prepared = new WeakMap<AnyStateMachine, Chart>();

/** A machine prepared for running; shared by all actors of that machine. */
export class Chart {
  readonly machine: AnyStateMachine;
  readonly #configurations = new Map<string, Configuration>();
  readonly #acts = new Map<unknown, Act>();
  readonly #numbers = new Map<Transition, number>();
  #start: Plan | undefined;

  /**
   * The chart of `machine`, prepared at its first use.
   * @throws Error when the machine uses what is not run here: children, history, `always`, final states inside others,
   *   actions that are not `assign` or `emit`.
   */
  static of(machine: AnyStateMachine): Chart {
    let chart = prepared.get(machine);
    if (chart === undefined) {
      chart = new Chart(machine);
      prepared.set(machine, chart);
    }
    return chart;
  }

  private constructor(machine: AnyStateMachine) {
    this.machine = machine;
    refuseUnknown(machine.root);
  }

  /** The context that an actor begins with. */
  initialContext(input: unknown): Context {
    return initialContextOf(this.machine, input);
  }

  /** What entering the initial state does. */
  get start(): Plan {
    if (this.#start === undefined) {
      const nodes = statesEntered(this.machine.root);
      this.#start = { ...this.#planned([], entryOrder(nodes), nodes), taken: [] };
    }
    return this.#start;
  }

  /** What `event` does in the configuration `from`; `undefined` where nothing hears it. */
  plan(from: Configuration, context: Context, event: ChartEvent): Plan | undefined {
    let selector = from.selectors.get(event.type);
    if (selector === undefined) {
      selector = selectorOf(this.machine, new Set(from.nodes), event.type);
      from.selectors.set(event.type, selector);
    }
    const selected = select(selector, context, event);
    if (selected === undefined) return undefined;
    return 'source' in selected ? this.#planOf(from, selected) : this.#jointPlanOf(from, selected);
  }

  #planOf(from: Configuration, transition: Transition): Plan {
    let plan = from.plans.get(transition);
    if (plan === undefined) {
      plan = this.#makePlan(from, [transition]);
      from.plans.set(transition, plan);
    }
    return plan;
  }

  #jointPlanOf(from: Configuration, taken: readonly Transition[]): Plan {
    const key = taken.map((transition) => this.#numberOf(transition)).join();
    let plan = from.jointPlans.get(key);
    if (plan === undefined) {
      plan = this.#makePlan(from, taken);
      from.jointPlans.set(key, plan);
    }
    return plan;
  }

  #makePlan(from: Configuration, chosen: readonly Transition[]): Plan {
    const taken = withoutConflicts(chosen, from.nodes);
    const leaving = exited(taken, from.nodes);
    const arriving = entryOrder(taken.flatMap((transition) => entered(transition)));
    const left = new Set(leaving);
    const staying = from.nodes.filter((node) => !left.has(node));
    const acts = [...leaving.flatMap(({ exit }) => exit), ...taken.flatMap(({ actions }) => actions)];
    return { ...this.#planned(acts, arriving, [...staying, ...arriving]), taken };
  }

  #planned(
    before: readonly unknown[],
    arriving: readonly AnyStateNode[],
    nodes: readonly AnyStateNode[],
  ): Omit<Plan, 'taken'> {
    const next = this.#configuration(nodes);
    // A machine that is done leaves all its states.
    const after = next.done ? [...next.nodes].reverse().flatMap(({ exit }) => exit) : [];
    const actions: unknown[] = [...before, ...arriving.flatMap(({ entry }) => entry), ...after];
    return { acts: actions.map((action) => this.#act(action)), next };
  }

  #configuration(nodes: readonly AnyStateNode[]): Configuration {
    const ordered = entryOrder([...new Set(nodes)]);
    const key = ordered.map(({ order }) => order).join();
    let configuration = this.#configurations.get(key);
    if (configuration === undefined) {
      configuration = new Configuration(ordered, this.machine.root);
      this.#configurations.set(key, configuration);
    }
    return configuration;
  }

  #act(action: unknown): Act {
    let act = this.#acts.get(action);
    if (act === undefined) {
      act = actionOf(this.machine, action);
      this.#acts.set(action, act);
    }
    return act;
  }

  #numberOf(transition: Transition): number {
    let number = this.#numbers.get(transition);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(transition, number);
    }
    return number;
  }
}

/** Of two transitions that would leave the same state, the one from further inside is taken, else the first. */
function withoutConflicts(chosen: readonly Transition[], nodes: readonly AnyStateNode[]): readonly Transition[] {
  let kept: Transition[] = [];
  for (const transition of chosen) {
    const mine = new Set(exited([transition], nodes));
    const rivals = kept.filter((other) => exited([other], nodes).some((node) => mine.has(node)));
    if (rivals.some((other) => !isInside(transition.source, other.source))) continue;
    kept = [...kept.filter((other) => !rivals.includes(other)), transition];
  }
  return kept;
}

function refuseUnknown(root: AnyStateNode): void {
  for (const node of [root, ...descendants(root)]) {
    const found =
      (node.invoke.length > 0 && 'invoke') ||
      ((node.always?.length ?? 0) > 0 && 'always') ||
      (node.type === 'history' && 'history') ||
      (node.type === 'final' && node.parent !== root && 'a final state inside another state') ||
      (node.initial.actions.length > 0 && 'actions on an initial transition');
    if (found !== false) throw new Error(`machine "${root.id}" uses ${found} in "${node.id}", which is not run here`);
  }
}

function descendants(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states).flatMap((child) => [child, ...descendants(child)]);
}

function valueOf(node: AnyStateNode, active: ReadonlySet<AnyStateNode>): StateValue {
  const children = Object.values(node.states).filter((child) => active.has(child));
  const [only] = children;
  if (node.type === 'compound' && only !== undefined && Object.keys(only.states).length === 0) return only.key;
  return Object.fromEntries(children.map((child) => [child.key, valueOf(child, active)]));
}

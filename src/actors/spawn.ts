/**
 * The one way to start a machine: the owner's listeners are attached before `start`, so that entry effects are performed
 * and nothing that breaks inside escapes into the embedder's process.
 *
 * An actor is an XState machine, prepared by `chart/`, with an address in our own tree: see
 * docs/adr/0002-actors-are-roots.md and docs/adr/0007-charts-are-prepared.md. A thousand-node simulation has a hundred
 * thousand of them, so that what each costs decides what can be run.
 */
import type { AnyStateMachine, ContextFrom, EmittedFrom, EventFromLogic, InputFrom } from 'xstate';
import type { EngineError } from '../errors.js';
import { toEngineError, type StateStay } from '../errors.js';
import { Chart, type Configuration, type Plan } from './chart/chart.js';
import { Deadlines } from './chart/deadlines.js';
import { edgeOf } from './chart/edges.js';
import type { ChartEvent, Context, Step } from './chart/implementations.js';
import type { Environment } from './environment.js';
import { StayLog } from './stay-log.js';

/** What {@link spawnMachine} needs to know. */
export interface SpawnOptions<TMachine extends AnyStateMachine> {
  /** Address in the actor tree, e.g. `conn:1/noise`. */
  readonly address: string;
  readonly input: InputFrom<TMachine>;
  /** Performs one effect. Called in order, never inside another call of itself; may `send` to the actor. */
  readonly perform: (effect: EmittedFrom<TMachine>) => void;
  /** The machine or `perform` threw: a bug. The actor is stopped before this is called. */
  readonly broken: (error: EngineError) => void;
}

/** A running machine. */
export interface MachineActor<TMachine extends AnyStateMachine> {
  readonly address: string;
  /** Id of the machine, e.g. `noiseHandshake`. */
  readonly machine: string;
  /** Enters the initial state and performs its effects. Call once, after the owner has stored this actor. */
  start(): void;
  send(event: EventFromLogic<TMachine>): void;
  /** What the machine remembers. */
  readonly context: ContextFrom<TMachine>;
  /** Dotted path of the present state, parallel regions joined by `|`. */
  readonly state: string;
  /** Whether it has reached a final state or was stopped. */
  readonly done: boolean;
  /** The states it went through, oldest first; the last one is open while the actor lives. */
  readonly stays: readonly StateStay[];
  /** The same, for who outlives the actor. */
  readonly log: StayLog;
  /** Type of the last event that moved it. */
  readonly lastEvent: string;
  /** Ends it without a word; for owners that are going away themselves. */
  stop(): void;
}

/** Makes an actor of `machine`, with its listeners attached; the owner stores it and calls `start`. */
export function spawnMachine<TMachine extends AnyStateMachine>(
  environment: Environment,
  machine: TMachine,
  options: SpawnOptions<TMachine>,
): MachineActor<TMachine> {
  return new RunningMachine(environment, machine, options);
}

/** A class and no object literal: V8 keeps a literal that has getters as a dictionary of its own, of almost 1 KiB. */
class RunningMachine<TMachine extends AnyStateMachine> implements MachineActor<TMachine> {
  readonly address: string;
  readonly log: StayLog;
  readonly #chart: Chart;
  readonly #environment: Environment;
  readonly #options: SpawnOptions<TMachine>;
  #context: Context = {};
  /** Where it is; `undefined` before `start`. */
  #at: Configuration | undefined;
  #lastEvent = 'start';
  #started = false;
  #done = false;
  #running = false;
  /** Events that an effect sends back: taken when the effects before them are performed. */
  #waiting: ChartEvent[] | undefined;
  readonly #deadlines: Deadlines;

  constructor(environment: Environment, machine: TMachine, options: SpawnOptions<TMachine>) {
    this.address = options.address;
    this.#environment = environment;
    this.#options = options;
    this.#chart = Chart.of(machine);
    this.log = new StayLog(this.#chart.machine.id);
    this.#deadlines = new Deadlines(environment.clock, environment.turns, this.send as (event: ChartEvent) => void);
  }

  get machine(): string {
    return this.#chart.machine.id;
  }

  get context(): ContextFrom<TMachine> {
    return this.#context as ContextFrom<TMachine>;
  }

  get state(): string {
    return this.#at?.state ?? '';
  }

  get done(): boolean {
    return this.#done;
  }

  get stays(): readonly StateStay[] {
    return this.log.stays;
  }

  get lastEvent(): string {
    return this.#lastEvent;
  }

  start(): void {
    this.#started = true;
    this.#environment.actorBegan(this);
    this.#run({ type: 'start' });
  }

  /** Bound: owners hand it on. */
  readonly send = (event: EventFromLogic<TMachine>): void => {
    if (this.#done) return;
    if (this.#running) (this.#waiting ??= []).push(event);
    else this.#run(event);
  };

  stop(): void {
    this.#finish();
  }

  #run(first: ChartEvent): void {
    this.#running = true;
    try {
      this.#hear(first);
      // Owners send back as they perform: what waits may grow while it is taken.
      const waiting = this.#waiting;
      if (waiting !== undefined) {
        for (let next = waiting.shift(); next !== undefined && !this.#done; next = waiting.shift()) this.#hear(next);
      }
    } catch (thrown) {
      this.#breakDown(thrown);
    } finally {
      this.#running = false;
      if (this.#waiting !== undefined) this.#waiting.length = 0;
    }
  }

  #hear(event: ChartEvent): void {
    const at = this.#at;
    let plan: Plan | undefined;
    let heard = event;
    if (at === undefined) {
      const { input } = this.#options;
      this.#context = this.#chart.initialContext(input);
      plan = this.#chart.start;
      heard = { type: 'xstate.init', input } as ChartEvent;
    } else plan = this.#chart.plan(at, this.#context, event);
    if (plan === undefined) return;
    const step: Step = { context: this.#context, event: heard, effects: [], deadlines: this.#deadlines };
    for (const act of plan.acts) act(step);
    this.#context = step.context;
    // The state is noted before its effects are performed: a failure report made by one of them must be complete.
    const name = isDeadline(event) ? 'deadline' : event.type;
    const from = this.state;
    if (plan.next !== at) this.#move(plan.next, name);
    const { turns, observed } = this.#environment;
    const { cause } = turns;
    if (observed) this.#tell(from, name, plan);
    try {
      this.#performAll(step.effects);
    } finally {
      turns.cause = cause;
    }
    if (plan.next.done) this.#finish();
  }

  #performAll(effects: readonly ChartEvent[]): void {
    for (const effect of effects) {
      this.#options.perform(effect as EmittedFrom<TMachine>);
      // The owner stopped it: what was ordered besides does not count any more.
      if (this.#done) return;
    }
  }

  #move(next: Configuration, event: string): void {
    this.#at = next;
    this.log.add(next.state, event, this.#environment.turns.nowMs, this.#environment.nextStay());
    this.#lastEvent = event;
  }

  #tell(from: string, event: string, plan: Plan): void {
    const { address: actor, machine, state: to } = this;
    const edges = plan.taken.map((transition) => edgeOf(this.#chart.machine, transition).id);
    this.#environment.notice({ actor, machine, from, to, event, edges, timeMs: this.#environment.turns.nowMs });
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#deadlines.cancelAll();
    if (this.#started) this.#environment.actorEnded(this);
  }

  #breakDown(thrown: unknown): void {
    if (this.#done) return;
    this.#finish();
    const { address, machine, stays } = this;
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${address}: ${String(thrown)}`);
    this.#environment.reportBroken(error);
    const details = { machine, state: this.state, lastEvent: this.#lastEvent, timeline: stays };
    this.#options.broken(error.withDetails(details));
  }
}

/** XState's name for a deadline carries the state and the delay; whoever reads a path sees both beside it. */
function isDeadline({ type }: ChartEvent): boolean {
  return type.startsWith('xstate.after.');
}

/**
 * The one way to start a machine: listeners and error observer are attached before `start`, so that entry effects are
 * performed and nothing that breaks inside escapes into the embedder's process.
 *
 * Each machine actor is an XState root of its own, filed under its address in our tree, and not an XState child: see
 * docs/adr/0002-actors-are-roots.md (children cost time quadratic in their number and leave memory in their parent).
 */
import {
  createActor,
  type Actor,
  type AnyStateMachine,
  type EmittedFrom,
  type EventFromLogic,
  type InputFrom,
  type SnapshotFrom,
  type StateValue,
} from 'xstate';
import type { EngineError } from '../errors.js';
import { toEngineError, type StateStay } from '../errors.js';
import type { Environment } from './environment.js';

/** Stays kept for the failure report: the whole life of a handshake, the last steps of a long-lived actor. */
const STAYS_KEPT = 32;

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
  readonly snapshot: SnapshotFrom<TMachine>;
  /** Dotted path of the present state, parallel regions joined by `|`. */
  readonly state: string;
  /** Whether it has reached a final state or was stopped. */
  readonly done: boolean;
  /** The states it went through, oldest first; the last one is open while the actor lives. */
  readonly stays: readonly StateStay[];
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
  readonly machine: string;
  readonly stays: StateStay[] = [];
  readonly #environment: Environment;
  readonly #options: SpawnOptions<TMachine>;
  readonly #actor: Actor<TMachine>;
  #state = '';
  #lastEvent = 'start';
  #started = false;
  #done = false;
  /** The snapshot whose state was noted last. */
  #noted: unknown;
  /** What the machine is hearing now. */
  #hearing = 'start';
  #running = false;
  /** Events that an effect sends back wait here and not in XState's mailbox, so that `#hearing` names the right one. */
  readonly #waiting: EventFromLogic<TMachine>[] = [];

  constructor(environment: Environment, machine: TMachine, options: SpawnOptions<TMachine>) {
    this.address = options.address;
    this.machine = machine.id;
    this.#environment = environment;
    this.#options = options;
    this.#actor = createActor(machine, {
      id: options.address,
      input: options.input,
      clock: {
        setTimeout: (fire: () => void, delayMs: number) =>
          environment.clock.setTimeout(() => environment.turns.post(() => this.#run('deadline', fire)), delayMs),
        clearTimeout: (timer: unknown) => environment.clock.clearTimeout(timer),
      },
    });
    this.#actor.on('*', (effect) => this.#perform(effect));
    this.#actor.subscribe({
      next: () => this.#note(this.#hearing),
      error: (thrown) => this.#breakDown(thrown),
      complete: () => {
        this.#note(this.#hearing);
        this.#finish();
      },
    });
  }

  get snapshot(): SnapshotFrom<TMachine> {
    return this.#actor.getSnapshot();
  }

  get state(): string {
    return this.#state;
  }

  get done(): boolean {
    return this.#done;
  }

  get lastEvent(): string {
    return this.#lastEvent;
  }

  start(): void {
    this.#started = true;
    this.#environment.countActor(1);
    this.#run('start', () => {
      this.#actor.start();
      this.#note('start');
    });
  }

  /** Bound: owners hand it on. */
  readonly send = (event: EventFromLogic<TMachine>): void => {
    if (this.#done) return;
    if (this.#running) this.#waiting.push(event);
    else this.#run((event as { type: string }).type, () => this.#actor.send(event));
  };

  stop(): void {
    if (this.#done) return;
    this.#finish();
    this.#actor.stop();
  }

  #run(cause: string, step: () => void): void {
    this.#running = true;
    try {
      this.#hearing = cause;
      step();
      for (let next = this.#waiting.shift(); next !== undefined && !this.#done; next = this.#waiting.shift()) {
        this.#hearing = (next as { type: string }).type;
        this.#actor.send(next);
      }
    } finally {
      this.#running = false;
      this.#waiting.length = 0;
    }
  }

  #perform(effect: EmittedFrom<TMachine>): void {
    try {
      // The state is noted before its effects are performed: a failure report made by one of them must be complete.
      this.#note(this.#hearing);
      this.#options.perform(effect);
    } catch (thrown) {
      this.#breakDown(thrown);
    }
  }

  #note(event: string): void {
    const snapshot = this.#actor.getSnapshot() as { readonly value: StateValue };
    if (snapshot === this.#noted) return;
    this.#noted = snapshot;
    const from = this.#state;
    const to = statePath(snapshot.value);
    if (to === from) return;
    const { address, machine, stays } = this;
    const timeMs = this.#environment.turns.nowMs;
    const open = stays.at(-1);
    if (open !== undefined) stays[stays.length - 1] = ended(open, timeMs);
    if (stays.length === STAYS_KEPT) stays.shift();
    stays.push({ machine, state: to, event, enteredAtMs: timeMs, order: this.#environment.nextStay() });
    if (this.#environment.observed) this.#environment.notice({ actor: address, machine, from, to, event, timeMs });
    this.#state = to;
    this.#lastEvent = event;
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#started) this.#environment.countActor(-1);
  }

  #breakDown(thrown: unknown): void {
    if (this.#done) return;
    this.#finish();
    this.#actor.stop();
    const { address, machine, stays } = this;
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${address}: ${String(thrown)}`);
    this.#environment.reportBroken(error);
    const details = { machine, state: this.#state, lastEvent: this.#lastEvent, timeline: stays };
    this.#options.broken(error.withDetails(details));
  }
}

/** Written out, for a spread gives each copy a hidden class of its own: more memory than the stay itself. */
function ended(open: StateStay, timeMs: number): StateStay {
  const { machine, state, event, enteredAtMs, order = 0 } = open;
  return { machine, state, event, enteredAtMs, order, durationMs: timeMs - enteredAtMs };
}

/** `{ open: { sending: 'windowOpen', receiving: 'open' } }` as `open.sending.windowOpen|open.receiving.open`. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([key, inner]) => {
      if (inner === undefined) return key;
      return statePath(inner)
        .split('|')
        .map((path) => `${key}.${path}`)
        .join('|');
    })
    .join('|');
}

/**
 * The one way to start a machine: listeners and error observer are attached before `start`, so that entry effects are
 * performed and nothing that breaks inside escapes into the embedder's process.
 *
 * Each machine actor is an XState root of its own, filed under its address in our tree, and not an XState child: see
 * docs/adr/0002-actors-are-roots.md (children cost time quadratic in their number and leave memory in their parent).
 */
import {
  createActor,
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
  const { address, perform, broken } = options;
  const stays: StateStay[] = [];
  let state = '';
  let lastEvent = 'start';
  let done = false;
  let started = false;

  const actor = createActor(machine, {
    id: address,
    input: options.input,
    clock: {
      setTimeout: (fire: () => void, delayMs: number) =>
        environment.clock.setTimeout(() => environment.turns.post(() => run('deadline', fire)), delayMs),
      clearTimeout: (timer: unknown) => environment.clock.clearTimeout(timer),
    },
  });

  const finish = (): void => {
    if (done) return;
    done = true;
    if (started) environment.countActor(-1);
  };
  const breakDown = (thrown: unknown): void => {
    if (done) return;
    finish();
    actor.stop();
    const error = toEngineError(thrown, 'ERR_ENGINE_MACHINE', 'engine', `${address}: ${String(thrown)}`);
    environment.reportBroken(error);
    broken(error.withDetails({ machine: machine.id, state, lastEvent, timeline: stays }));
  };
  let noted: unknown;
  const note = (event: string): void => {
    const snapshot = actor.getSnapshot() as { readonly value: StateValue };
    if (snapshot === noted) return;
    noted = snapshot;
    const next = statePath(snapshot.value);
    if (next === state) return;
    const timeMs = environment.turns.nowMs;
    const open = stays.at(-1);
    if (open !== undefined) stays[stays.length - 1] = { ...open, durationMs: timeMs - open.enteredAtMs };
    if (stays.length === STAYS_KEPT) stays.shift();
    stays.push({ machine: machine.id, state: next, event, enteredAtMs: timeMs });
    if (environment.observed)
      environment.notice({ actor: address, machine: machine.id, from: state, to: next, event, timeMs });
    state = next;
    lastEvent = event;
  };

  let hearing = 'start';
  actor.on('*', (effect) => {
    try {
      // The state is noted before its effects are performed: a failure report made by one of them must be complete.
      note(hearing);
      perform(effect);
    } catch (thrown) {
      breakDown(thrown);
    }
  });
  actor.subscribe({
    next: () => note(hearing),
    error: breakDown,
    complete: () => {
      note(hearing);
      finish();
    },
  });
  // Events that an effect sends back wait here and not in XState's mailbox, so that `hearing` names the right one.
  const waiting: EventFromLogic<TMachine>[] = [];
  let running = false;
  function run(cause: string, step: () => void): void {
    running = true;
    try {
      hearing = cause;
      step();
      for (let next = waiting.shift(); next !== undefined && !done; next = waiting.shift()) {
        hearing = (next as { type: string }).type;
        actor.send(next);
      }
    } finally {
      running = false;
      waiting.length = 0;
    }
  }
  const send = (event: EventFromLogic<TMachine>): void => {
    if (done) return;
    if (running) waiting.push(event);
    else run((event as { type: string }).type, () => actor.send(event));
  };

  return {
    address,
    machine: machine.id,
    start: () => {
      started = true;
      environment.countActor(1);
      run('start', () => {
        actor.start();
        note('start');
      });
    },
    send,
    get snapshot() {
      return actor.getSnapshot();
    },
    get state() {
      return state;
    },
    get done() {
      return done;
    },
    stays,
    get lastEvent() {
      return lastEvent;
    },
    stop: () => {
      if (done) return;
      finish();
      actor.stop();
    },
  };
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

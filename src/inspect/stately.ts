/**
 * Trace records as the records of the Stately inspection protocol, for the inspector that its users know (facts: JSON
 * text frames of `@xstate.actor`, `@xstate.event` and `@xstate.snapshot`, `createdAt` as text, `_version` needed). Nothing
 * of the package itself is used: a record says what was there when it happened, and no bytes are ever in one.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { MACHINES } from '../machines/index.js';
import type { TraceRecord } from '../trace/format.js';

/** What every record has. */
interface StatelyBase {
  /** Address of the actor. */
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds since the Unix epoch, as text. */
  readonly createdAt: string;
  readonly id: null;
  readonly _version: string;
}

/** What an actor is in at a moment. */
export interface StatelySnapshot {
  readonly status: 'active' | 'done';
  /** As XState tells state values: a name, or an object by region. */
  readonly value: StatelyValue;
  readonly context: Readonly<Record<string, never>>;
}

/** A state value. */
export type StatelyValue = string | { readonly [region: string]: StatelyValue };

/** An event as XState has it. */
export type StatelyEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** One record of the protocol. */
export type StatelyRecord =
  | (StatelyBase & {
      readonly type: '@xstate.actor';
      readonly name: string;
      readonly parentId: string | undefined;
      /** The machine's configuration as JSON text. */
      readonly definition: string;
      readonly snapshot: StatelySnapshot;
    })
  | (StatelyBase & {
      readonly type: '@xstate.event';
      readonly sourceId: string | undefined;
      readonly event: StatelyEvent;
    })
  | (StatelyBase & {
      readonly type: '@xstate.snapshot';
      readonly event: StatelyEvent;
      readonly snapshot: StatelySnapshot;
    });

/** The version of the protocol's package whose records these are. */
const VERSION = '0.7.2';
/** Records that later ones may have as their cause: they lie within one turn. */
const CAUSES_KEPT = 4096;

/** Turns the records of one trace, in order, into those of the protocol. */
export class StatelyEmitter {
  readonly #originMs: number;
  /** Actors that were told of and have not come to their end. */
  readonly #known = new Set<string>();
  readonly #causes = new Map<number, TraceRecord>();

  /** `originMs` is the wall time at the zero of the trace's clock. */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** What a record becomes: nothing, unless it is a step of a machine. */
  take(record: TraceRecord): readonly StatelyRecord[] {
    this.#causes.set(record.seq, record);
    this.#causes.delete(record.seq - CAUSES_KEPT);
    if (record.name !== 'actor:transition') return [];
    const { actor: sessionId, cause, data } = record;
    const { machine = '', to = '', event: eventType = '' } = data as Readonly<Record<string, string>>;
    const parents = this.#parentsOf(sessionId);
    const base = {
      sessionId,
      rootId: parents.at(-1) ?? sessionId,
      createdAt: String(Math.round(this.#originMs + record.time)),
      id: null,
      _version: VERSION,
    } as const;
    const snapshot: StatelySnapshot = {
      status: isFinal(machine, to) ? 'done' : 'active',
      value: valueOf(to),
      context: {},
    };
    const isNew = !this.#known.has(sessionId);
    if (snapshot.status === 'done') this.#known.delete(sessionId);
    else this.#known.add(sessionId);
    if (isNew) {
      const definition = definitionOf(machine);
      return [{ type: '@xstate.actor', ...base, name: machine, parentId: parents[0], definition, snapshot }];
    }
    const origin = cause === undefined ? undefined : this.#causes.get(cause);
    const event = eventOf(eventType, origin);
    const sourceId = origin === undefined || origin.actor === sessionId ? undefined : origin.actor;
    return [
      { type: '@xstate.event', ...base, sourceId, event },
      { type: '@xstate.snapshot', ...base, event, snapshot },
    ];
  }

  /** Known actors above an address, the nearest first. */
  #parentsOf(address: string): readonly string[] {
    const parents: string[] = [];
    for (let at = address.lastIndexOf('/'); at > 0; at = address.lastIndexOf('/', at - 1)) {
      const above = address.slice(0, at);
      if (this.#known.has(above)) parents.push(above);
    }
    return parents;
  }
}

/** The event with what the frame that it follows from said. */
function eventOf(type: string, origin: TraceRecord | undefined): StatelyEvent {
  if (origin?.name.startsWith('frame:') !== true) return { type };
  const { event, length } = origin.data as {
    readonly event?: Readonly<Record<string, unknown>>;
    readonly length?: number;
  };
  return { ...event, ...(length === undefined ? {} : { length }), type };
}

/** `a.b|c.d` as `{ a: 'b', c: 'd' }`. */
export function valueOf(state: string): StatelyValue {
  return nested(state.split('|').map((path) => path.split('.')));
}

function nested(paths: readonly (readonly string[])[]): StatelyValue {
  const [first = []] = paths;
  if (paths.length === 1 && first.length <= 1) return first[0] ?? '';
  const regions = [...new Set(paths.map(([name = '']) => name))];
  return Object.fromEntries(
    regions.map((region) => {
      const inside = paths.filter(([name]) => name === region).map((path) => path.slice(1));
      const deeper = inside.filter((path) => path.length > 0);
      return [region, deeper.length === 0 ? {} : nested(deeper)] as const;
    }),
  );
}

function machineOf(id: string): AnyStateMachine | undefined {
  return MACHINES.find(({ machine }) => machine.id === id)?.machine;
}

function isFinal(id: string, state: string): boolean {
  let node: AnyStateNode | undefined = machineOf(id)?.root;
  for (const name of state.split('.')) node = node?.states[name];
  return node?.type === 'final' && node.parent === machineOf(id)?.root;
}

const definitions = new Map<string, string>();

/** The configuration of a machine as JSON text, functions by their names; of one that is not ours, its id. */
function definitionOf(id: string): string {
  const machine = machineOf(id);
  if (machine === undefined) return JSON.stringify({ id });
  let definition = definitions.get(id);
  if (definition === undefined) {
    definition = JSON.stringify({ ...machine.config, context: undefined }, (_key, value: unknown) =>
      typeof value === 'function' ? value.name : value,
    );
    definitions.set(id, definition);
  }
  return definition;
}

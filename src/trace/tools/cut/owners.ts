/** Which connections each record of a trace has to do with. */
import type { Trace, TraceRecord } from '../../format.js';
import { connectionOf, nodeOf } from '../addresses.js';
import { inputsOf } from '../causes.js';
import { ownersOfErrands } from './errands.js';
import { Meetings } from './meetings.js';

/** Addresses of connections; empty for what belongs to none, as the start of the node does. */
export type Owners = ReadonlySet<string>;

const NOBODY: Owners = new Set();

/**
 * The owners of each record, by its number: its own connection, or that of its socket, dial or timer; else those of its
 * cause; else those of all that happened after the same input.
 */
export function ownersOf(trace: Trace): readonly Owners[] {
  const { records } = trace;
  const inputs = inputsOf(trace);
  const direct = new DirectOwners(records, inputs);
  const owners: Owners[] = [];
  for (const record of records) owners.push(direct.of(record) ?? ofCause(record, owners));
  const groups = new Map<number, Set<string>>();
  for (const { seq } of records) {
    const input = inputs[seq] ?? -1;
    const group = groups.get(input) ?? new Set<string>();
    for (const owner of owners[seq] ?? NOBODY) group.add(owner);
    groups.set(input, group);
  }
  const linked = new LinkedOwners();
  // What machines order stands before the step that orders it: who has no owner asks the next one who has.
  let next: Owners = NOBODY;
  const following: Owners[] = [];
  for (const { seq, name } of [...records].reverse()) {
    if (name === 'actor:transition') next = owners[seq] ?? NOBODY;
    if (inputs[seq] === seq) next = NOBODY;
    following[seq] = next;
  }
  const guesses = records.map((record) => {
    const own = owners[record.seq] ?? NOBODY;
    const group = groups.get(inputs[record.seq] ?? -1) ?? NOBODY;
    const after = following[record.seq] ?? NOBODY;
    const guessed = own.size > 0 ? own : group.size === 1 || after.size === 0 ? group : after;
    return linked.of(record, own, guessed);
  });
  // A call that touches no connection by itself belongs to those that what it began comes to.
  const errands = ownersOfErrands(trace, inputs, guesses);
  const calls = new Map<string, Owners>();
  return records.map((record) => {
    const { name, actor, data } = record;
    const guessed = guesses[record.seq] ?? NOBODY;
    if (!name.startsWith('api:')) return guessed;
    const key = keyOf(actor, 'call', data['call']);
    // An answer belongs to its call, whatever happened just before it.
    if (name === 'api:returned') return calls.get(key) ?? guessed;
    const told = guessed.size > 0 ? guessed : (errands(record) ?? NOBODY);
    calls.set(key, told);
    return told;
  });
}

function ofCause({ cause }: TraceRecord, owners: readonly Owners[]): Owners {
  return cause === undefined ? NOBODY : (owners[cause] ?? NOBODY);
}

/** Owners that a record names: its address, its socket, its dial. */
class DirectOwners {
  readonly #sockets = new Map<string, string>();
  readonly #dials = new Map<string, Set<string>>();
  /** Connections by the peer at their other end. */
  readonly #peers = new Map<string, Set<string>>();
  readonly #meetings: Meetings;

  constructor(records: readonly TraceRecord[], inputs: readonly number[]) {
    this.#meetings = new Meetings(records, inputs);
    let dialing: string | undefined;
    for (const { name, actor, data, cause } of records) {
      const connection = connectionOf(actor)?.address;
      if (name === 'io:opened' && connection !== undefined) {
        this.#sockets.set(keyOf(actor, 'socket', data['socket']), connection);
      }
      const { type, peer } = (data['event'] ?? {}) as { readonly type?: unknown; readonly peer?: unknown };
      if (connection !== undefined && typeof type === 'string' && type.endsWith('.secured')) {
        add(this.#peers, String(peer), connection);
      }
      if (name === 'transport:dial') dialing = keyOf(actor, 'dial', data['dial']);
      if (name !== 'actor:transition' || data['machine'] !== 'connection' || data['from'] !== '') continue;
      if (connection === undefined) continue;
      // A dial and the connection that it makes are of one turn, and follow each other.
      if (dialing !== undefined) add(this.#dials, dialing, connection);
      dialing = undefined;
      const by = cause === undefined ? undefined : records[cause]?.actor;
      if (by !== undefined && /\/dial:\d+$/.test(by)) add(this.#dials, by, connection);
    }
    for (const { name, actor, data } of records) {
      if (name !== 'transport:connected') continue;
      const socket = this.#sockets.get(keyOf(actor, 'socket', data['socket']));
      if (socket !== undefined) this.#dials.set(keyOf(actor, 'dial', data['dial']), new Set([socket]));
    }
  }

  of({ seq, name, actor, data }: TraceRecord): Owners | undefined {
    const connection = connectionOf(actor)?.address;
    if (connection !== undefined) return new Set([connection]);
    const socket = this.#sockets.get(keyOf(actor, 'socket', data['socket']));
    if (socket !== undefined) return new Set([socket]);
    // What is kept of a peer stands under its id, and a call for a peer names it.
    const told = name === 'api:called' ? JSON.stringify(data['arguments'] ?? []) : actor;
    const peers = [...this.#peers].filter(([peer]) => told.includes(peer)).flatMap(([, each]) => [...each]);
    if (peers.length > 0) return this.#meetings.meant(seq, new Set(peers));
    return this.#dials.get(actor) ?? this.#dials.get(keyOf(actor, 'dial', data['dial']));
  }
}

/** Timers, stores' answers and calls: what ends one belongs to who began it. */
class LinkedOwners {
  readonly #begun = new Map<string, Owners>();

  of(record: TraceRecord, own: Owners, guessed: Owners): Owners {
    const { name, actor, data } = record;
    const key = keyOf(actor, name.slice(0, name.indexOf(':')), data['timer'] ?? data['operation'] ?? data['call']);
    switch (name) {
      case 'timer:set':
      case 'async:called':
      case 'api:called':
      case 'api:pulled':
        this.#begun.set(key, guessed);
        return guessed;
      case 'timer:cleared':
      case 'timer:fired':
      case 'async:settled':
        return this.#begun.get(key) ?? guessed;
      default:
        return own.size > 0 ? own : guessed;
    }
  }
}

function keyOf(actor: string, kind: string, number: unknown): string {
  return `${nodeOf(actor)} ${kind} ${String(number)}`;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, new Set([value]));
  else values.add(value);
}

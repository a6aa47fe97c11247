/** The first difference of two traces, on one level, in words. Order between connections and actors does not matter. */
import { nameOfLife, pathOf } from './actor-lives.js';
import { firstDifference, formatBytes, placeOf } from './hex-lines.js';
import type { TraceView } from './trace-view.js';
import { formatRows, rowsOf } from '../trace/tools/two-columns.js';

/**
 * What is compared: bytes sent on each connection, whatever the writes; frames of each connection in words; the state
 * path of each actor; or only where each actor ended and which errors there were.
 */
export type MatchLevel = 'bytes' | 'frames' | 'states' | 'final';

/** The first difference; `undefined` when there is none. */
export function difference(expected: TraceView, actual: TraceView, level: MatchLevel): string | undefined {
  switch (level) {
    case 'bytes':
      return differenceOfBytes(expected, actual);
    case 'frames':
      return differenceOfLists('frames of', framesByConnection(expected), framesByConnection(actual));
    case 'states':
      return differenceOfLists('the path of', statesByActor(expected), statesByActor(actual));
    case 'final':
      return (
        differenceOfLists('the last state of', lastStates(expected), lastStates(actual)) ??
        differenceOfLists('errors of', errorsOf(expected), errorsOf(actual))
      );
    default:
      return level satisfies never;
  }
}

type Lists = ReadonlyMap<string, readonly string[]>;

function differenceOfBytes(expected: TraceView, actual: TraceView): string | undefined {
  const [wanted, came] = [expected.bytes('sent'), actual.bytes('sent')];
  for (const address of new Set([...wanted.keys(), ...came.keys()])) {
    const [left, right] = [wanted.get(address) ?? NONE, came.get(address) ?? NONE];
    const at = firstDifference(left, right);
    if (at === undefined) continue;
    const where = placeOf(left, right, at);
    return `the traces differ in bytes sent on ${address}, from byte ${at} on, ${where}\n\n${formatBytes(left, right, at)}`;
  }
  return undefined;
}

const NONE = new Uint8Array(0);

function differenceOfLists(what: string, expected: Lists, actual: Lists): string | undefined {
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const rows = rowsOf(expected.get(key) ?? [], actual.get(key) ?? []);
    if (rows.some(({ matches }) => !matches)) return `the traces differ in ${what} ${key}\n\n${formatRows(rows)}`;
  }
  return undefined;
}

function framesByConnection(view: TraceView): Lists {
  const lists = new Map<string, string[]>();
  for (const { connection, direction, text } of view.frames()) {
    append(lists, connection, `${direction === 'sent' ? '->' : '<-'} ${text}`);
  }
  return lists;
}

function statesByActor(view: TraceView): Lists {
  const lists = new Map<string, string[]>();
  for (const life of view.lives) {
    for (const { state, event } of pathOf(life)) append(lists, nameOfLife(life), `${state}  <- ${event}`);
  }
  return lists;
}

function lastStates(view: TraceView): Lists {
  const lists = new Map<string, string[]>();
  for (const life of view.lives) append(lists, nameOfLife(life), life.steps.at(-1)?.state ?? '');
  return lists;
}

function errorsOf(view: TraceView): Lists {
  const lists = new Map<string, string[]>();
  for (const { actor, code } of view.errors) append(lists, actor, code);
  return lists;
}

function append(lists: Map<string, string[]>, key: string, entry: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.push(entry);
}

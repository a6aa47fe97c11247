/**
 * What an action of a chart orders: the effects that it emits and the error codes that it reports. An action that is a
 * plain object says so itself; of one that is a function, the names that stand in its text are taken. A test compares
 * what is found here with the effects that each machine declares.
 */
import type { AnyStateMachine } from 'xstate';
import { nameOf } from '../actors/chart/edges.js';
import { ERROR_HINTS, type ErrorCode } from '../error-hints.js';

/** One action where it is used. */
export interface ActionFacts {
  /** Its name in the chart; of an `emit` in place, the effect. */
  readonly name: string;
  /** The name, and the values that it is given where they are written in the chart: `sendMessage 1`. */
  readonly text: string;
  /** Types of the effects that it may emit. */
  readonly effects: readonly string[];
  /** Error codes that it may report, as far as they are written in the chart. */
  readonly codes: readonly ErrorCode[];
  /** Whether the code comes with the event or was kept: `codes` holds then what is reported without one. */
  readonly takesCode: boolean;
}

/** What XState itself adds where a state has a deadline: to the reader the edge says it. */
export function isDeadlineUpkeep(reference: unknown): boolean {
  return ['xstate.raise', 'xstate.cancel'].includes(nameOf(reference));
}

/** A name such as `send.message`; one that an event is compared with is none. */
const EFFECT_IN_TEXT = /(?<!(?:[=!]==?|case)\s*)(?:'([a-z]\w*\.\w+)'|"([a-z]\w*\.\w+)")/g;
const CODE_IN_TEXT = /\bERR_[A-Z0-9_]+\b/g;

/** What `reference`, an action as it stands in the chart of `machine`, does. */
export function factsOf(machine: AnyStateMachine, reference: unknown): ActionFacts {
  const name = nameOf(reference);
  const known = machine.implementations.actions as Readonly<Record<string, unknown>>;
  const action = Object.hasOwn(known, name) ? known[name] : reference;
  const emitted = emittedBy(action);
  const params = paramsOf(reference);
  const values = [params, emitted].flatMap((written) =>
    isObject(written)
      ? Object.entries(written).filter(([key, value]) => key !== 'type' && typeof value !== 'object')
      : [],
  );
  const written = [params, emitted].flatMap((value) => (isObject(value) && 'code' in value ? [value['code']] : []));
  const texts = textOf(params) + textOf(emitted);
  const codes = [...written, ...(texts.match(CODE_IN_TEXT) ?? [])];
  const effects = [...new Set(isObject(emitted) ? [String(emitted['type'])] : effectsIn(textOf(emitted)))];
  return {
    name,
    text: [name, ...values.map(([, value]) => String(value))].join(' '),
    effects,
    codes: [...new Set(codes.filter(isCode))],
    takesCode: written.length === 0 && effects.some((effect) => effect.startsWith('report.')) && /\bcode\b/.test(texts),
  };
}

function emittedBy(action: unknown): unknown {
  const { type, event } = (action ?? {}) as { readonly type?: unknown; readonly event?: unknown };
  return type === 'xstate.emit' ? event : undefined;
}

function paramsOf(reference: unknown): unknown {
  return isObject(reference) ? reference['params'] : undefined;
}

function effectsIn(text: string): string[] {
  return [...text.matchAll(EFFECT_IN_TEXT)].map((match) => match[1] ?? match[2] ?? '');
}

function textOf(value: unknown): string {
  return typeof value === 'function' ? Function.prototype.toString.call(value) : '';
}

function isCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_HINTS, value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

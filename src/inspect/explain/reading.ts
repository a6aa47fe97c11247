/** Reading values of a trace, which come from elsewhere: what is not as it should be reads as nothing. */
import { ERROR_HINTS, type Blame, type ErrorCode } from '../../errors.js';
import type { TraceRecord } from '../../trace/format.js';

/** Characters kept of one text. */
const TEXT_CHARACTERS = 240;
/** Texts kept of one list. */
const LIST_ENTRIES = 32;

type Fields = Readonly<Record<string, unknown>>;

const BLAMES: readonly string[] = ['remote', 'local', 'engine'];

/** A field as text, cut where it is long; `''` for anything else. */
export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') return '';
  return value.length > TEXT_CHARACTERS ? `${value.slice(0, TEXT_CHARACTERS)}...` : value;
}

/** A field as a number; `undefined` for anything else. */
export function numberOf(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A field as an object; an empty one for anything else. */
export function objectOf(fields: Fields, name: string): Fields {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A field as a list of texts, bounded; others than texts are left out. */
export function textsOf(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  if (!Array.isArray(value)) return [];
  return value.slice(0, LIST_ENTRIES).flatMap((entry: unknown) => {
    const text = textOf({ entry }, 'entry');
    return text === '' ? [] : [text];
  });
}

/** A code of ours; `undefined` for any other text. */
export function codeOf(value: unknown): ErrorCode | undefined {
  return typeof value === 'string' && Object.hasOwn(ERROR_HINTS, value) ? (value as ErrorCode) : undefined;
}

/** An error as a trace holds it. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly blame: Blame | undefined;
  readonly message: string;
}

/** The error in a field: `{"$error": ...}`, or the code alone with blame and message beside it. */
export function errorIn(fields: Fields, name = 'error'): ToldError | undefined {
  const value = fields[name];
  const told = typeof value === 'string' ? { ...fields, code: value } : objectOf(objectOf(fields, name), '$error');
  const code = codeOf(told['code']);
  if (code === undefined) return undefined;
  const blame = textOf(told, 'blame');
  return {
    code,
    blame: BLAMES.includes(blame) ? (blame as Blame) : undefined,
    message: textOf(told, 'message'),
  };
}

/** A step of a machine, as it stands in a trace. */
export interface Step {
  readonly machine: string;
  readonly from: string;
  readonly to: string;
  readonly event: string;
}

/** The step that a record tells; `undefined` for any other record. */
export function stepOf({ name, data }: TraceRecord): Step | undefined {
  if (name !== 'actor:transition') return undefined;
  return {
    machine: textOf(data, 'machine'),
    from: textOf(data, 'from'),
    to: textOf(data, 'to'),
    event: textOf(data, 'event'),
  };
}

/** Checks a value against a small part of JSON Schema, and says what is wrong in words: where, what was expected, what is near. */

/** The part of JSON Schema that configuration needs. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  /** `false`: only what `properties` names; a schema: any name, with such values; absent: anything. */
  readonly additionalProperties?: false | Schema;
  readonly anyOf?: readonly Schema[];
}

/** What is wrong at one place of a value. */
export interface SchemaProblem {
  /** As a JSON pointer, e.g. `/limits/connections`; empty for the whole. */
  readonly path: string;
  readonly why: string;
}

/** Problems told at the most: one wrong bracket makes many. */
const PROBLEMS_TOLD = 8;
/** Letters of a name that may be wrong, and it is still the likely one. */
const TYPOS = 3;
/** Characters of a wrong value that are repeated. */
const SHOWN_CHARS = 40;

/** What is wrong with `value`; nothing if it is right. */
export function checkAgainst(schema: Schema, value: unknown): readonly SchemaProblem[] {
  return problemsOf(schema, value, '').slice(0, PROBLEMS_TOLD);
}

function problemsOf(schema: Schema, value: unknown, path: string): readonly SchemaProblem[] {
  if (schema.anyOf !== undefined) {
    const tried = schema.anyOf.map((each) => problemsOf(each, value, path));
    if (tried.some((problems) => problems.length === 0)) return [];
    // The branch of the right type tells more than that the type is another one.
    const inner = tried.find((problems) => problems.every((problem) => problem.path !== path));
    return inner ?? [problem(path, `expected ${schema.anyOf.map(expectation).join(' or ')}`, value)];
  }
  if (!hasType(schema, value)) return [problem(path, `expected ${expectation(schema)}`, value)];
  if (Array.isArray(value)) return problemsOfList(schema, value, path);
  if (typeof value === 'object' && value !== null) return problemsOfObject(schema, value, path);
  return isInRange(schema, value) ? [] : [problem(path, `expected ${expectation(schema)}`, value)];
}

function problemsOfList(schema: Schema, value: readonly unknown[], path: string): readonly SchemaProblem[] {
  const { items, maxItems = Infinity } = schema;
  if (value.length > maxItems) return [{ path, why: `expected at most ${maxItems} entries, got ${value.length}` }];
  return items === undefined ? [] : value.flatMap((each, at) => problemsOf(items, each, `${path}/${at}`));
}

function problemsOfObject(schema: Schema, value: object, path: string): readonly SchemaProblem[] {
  const { properties = {}, additionalProperties } = schema;
  if (schema.properties === undefined && additionalProperties === undefined) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    // What is undefined is not there; JSON has no such values.
    if (each === undefined) return [];
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (Object.hasOwn(properties, key)) return problemsOf(properties[key] ?? {}, each, at);
    if (additionalProperties === undefined) return [];
    if (additionalProperties !== false) return problemsOf(additionalProperties, each, at);
    const near = nearest(key, Object.keys(properties));
    const known = near === undefined ? `known are ${listOf(Object.keys(properties))}` : `did you mean ${near}?`;
    return [{ path: at, why: `is not known (${known})` }];
  });
}

function hasType({ type }: Schema, value: unknown): boolean {
  switch (type) {
    case undefined:
      return true;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      // No bound at all, in a call: JSON has no such number.
      return Number.isInteger(value) || value === Infinity;
    default:
      return typeof value === type;
  }
}

function isInRange(schema: Schema, value: unknown): boolean {
  if (typeof value === 'string') {
    const { length } = value;
    if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
    return length >= (schema.minLength ?? 0) && length <= (schema.maxLength ?? Infinity);
  }
  if (typeof value !== 'number') return true;
  return value >= (schema.minimum ?? -Infinity) && value > (schema.exclusiveMinimum ?? -Infinity);
}

/** What a schema wants, in words. */
function expectation(schema: Schema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  const { type = 'a value', minimum, exclusiveMinimum, minLength, maxLength } = schema;
  const names: Readonly<Record<string, string>> = {
    object: 'an object',
    array: 'a list',
    string: 'a text',
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
  };
  const bounds = [
    minimum === undefined ? '' : `from ${minimum} on`,
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    minLength === undefined ? '' : 'that is not empty',
    maxLength === undefined ? '' : `of at most ${maxLength} characters`,
  ].filter((bound) => bound !== '');
  return [names[type] ?? type, ...bounds].join(' ');
}

function problem(path: string, why: string, value: unknown): SchemaProblem {
  const text = shownOf(value);
  const shown = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}...` : text;
  return { path, why: `${why}, got ${shown}` };
}

/** A wrong value in few words, whatever it is. */
function shownOf(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object';
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value;
  }
}

/** The known name that `key` most likely was meant to be, or `undefined`. */
export function nearest(key: string, known: readonly string[]): string | undefined {
  const wanted = key.toLowerCase();
  const ranked = known
    .map((name) => ({ name, distance: distanceOf(wanted.slice(0, 64), name.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.min(TYPOS, Math.floor(best.name.length / 2))
    ? best.name
    : undefined;
}

/** Letters to insert, delete or change. */
function distanceOf(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...left].entries()) {
    const next = [at + 1];
    for (let column = 0; column < right.length; column++) {
      const change = (row[column] ?? 0) + (right[column] === letter ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

function listOf(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ');
}

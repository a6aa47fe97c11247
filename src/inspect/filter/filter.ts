/**
 * The one grammar in which every view, the command line and breakpoints say which records are meant.
 *
 *   filter := all ( "or" all )*          all := one+               (side by side: both)
 *   one    := ( "-" | "not" ) one  |  "(" filter ")"  |  field operator value  |  /pattern/  |  word
 *
 * `field:value` matches with `*` and `?`; `field=value` exactly; `>`, `>=`, `<`, `<=` compare numbers. A word, quoted or
 * not, is looked for in what the record says, regardless of case.
 */
import type { TraceRecord } from '../../trace/format.js';
import { describeRecord } from '../../trace/tools/describe.js';
import { globMatcher, shortAddress } from '../../trace/tools/addresses.js';
import { FIELD_BY_NAME, FILTER_FIELDS, type FieldValue } from './fields.js';
import { FilterMistake, tokensOf, type FilterOperator, type FilterToken } from './tokens.js';

export type RecordTest = (record: TraceRecord) => boolean;

/** A filter that was read, or where and why it could not be. */
export type ReadFilter =
  | { readonly ok: true; readonly isEmpty: boolean; readonly test: RecordTest }
  | { readonly ok: false; readonly at: number; readonly text: string };

/** Characters of a filter that are read. */
export const FILTER_CHARACTERS = 2_000;

/** Reads a filter; an empty one lets everything through. */
export function readFilter(text: string): ReadFilter {
  try {
    if (text.length > FILTER_CHARACTERS) throw new FilterMistake('a filter is at most 2,000 characters long', 0);
    const tokens = tokensOf(text);
    if (tokens.length === 0) return { ok: true, isEmpty: true, test: () => true };
    const reader = new Reader(tokens, text.length);
    const test = reader.filter();
    reader.assertEnd();
    return { ok: true, isEmpty: false, test };
  } catch (thrown) {
    if (thrown instanceof FilterMistake) return { ok: false, at: thrown.at, text: thrown.message };
    throw thrown;
  }
}

class Reader {
  readonly #tokens: readonly FilterToken[];
  readonly #end: number;
  #next = 0;

  constructor(tokens: readonly FilterToken[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  filter(): RecordTest {
    const alternatives = [this.#all()];
    while (this.#takes('or')) alternatives.push(this.#all());
    const [only] = alternatives;
    if (alternatives.length === 1 && only !== undefined) return only;
    return (record) => alternatives.some((test) => test(record));
  }

  assertEnd(): void {
    const token = this.#tokens[this.#next];
    if (token !== undefined) throw new FilterMistake('nothing is open that this could close', token.at);
  }

  #all(): RecordTest {
    const tests = [this.#one()];
    for (;;) {
      const token = this.#tokens[this.#next];
      if (token === undefined || token.kind === 'or' || token.kind === 'close') break;
      if (token.kind === 'and') this.#next += 1;
      tests.push(this.#one());
    }
    return (record) => {
      for (const test of tests) if (!test(record)) return false;
      return true;
    };
  }

  #one(): RecordTest {
    const token = this.#tokens[this.#next];
    if (token === undefined) throw new FilterMistake('something has to follow here', this.#end);
    this.#next += 1;
    switch (token.kind) {
      case 'not': {
        const test = this.#one();
        return (record) => !test(record);
      }
      case 'open': {
        const test = this.filter();
        if (!this.#takes('close')) throw new FilterMistake('this parenthesis is never closed', token.at);
        return test;
      }
      case 'field':
        return fieldTest(token);
      case 'pattern':
        return patternTest(token);
      case 'text':
        return wordTest(token.text);
      default:
        throw new FilterMistake('something has to stand before this', token.at);
    }
  }

  #takes(kind: FilterToken['kind']): boolean {
    if (this.#tokens[this.#next]?.kind !== kind) return false;
    this.#next += 1;
    return true;
  }
}

function fieldTest({ field, operator, value, at }: FilterToken & { kind: 'field' }): RecordTest {
  const known = FIELD_BY_NAME.get(field);
  if (known === undefined) {
    const names = FILTER_FIELDS.map(({ name }) => name).join(', ');
    throw new FilterMistake(`there is no field "${field}"; there are ${names}`, at);
  }
  if (value === '') throw new FilterMistake(`${field}${operator} needs a value, e.g. ${known.example}`, at);
  const matches = valueTest(operator, value, at);
  if (operator === '!=') return (record) => !known.read(record).some(matches);
  return (record) => known.read(record).some(matches);
}

function valueTest(operator: FilterOperator, value: string, at: number): (found: FieldValue) => boolean {
  switch (operator) {
    case ':': {
      const isLike = globMatcher(value);
      return (found) => isLike(String(found));
    }
    case '=':
    case '!=':
      return (found) => String(found) === value;
    default: {
      const bound = Number(value);
      if (Number.isNaN(bound)) throw new FilterMistake(`${operator} compares numbers; "${value}" is none`, at);
      const compare = COMPARISONS[operator];
      return (found) => compare(Number(found), bound);
    }
  }
}

const COMPARISONS: Readonly<Record<'>' | '>=' | '<' | '<=', (found: number, bound: number) => boolean>> = {
  '>': (found, bound) => found > bound,
  '>=': (found, bound) => found >= bound,
  '<': (found, bound) => found < bound,
  '<=': (found, bound) => found <= bound,
};

function patternTest({ source, at }: { readonly source: string; readonly at: number }): RecordTest {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, 'i');
  } catch (thrown) {
    throw new FilterMistake(thrown instanceof Error ? thrown.message : 'this is no pattern', at);
  }
  return (record) => pattern.test(searchedText(record));
}

/** A pattern of its letters alone: making every text lower case takes longer than looking through it. */
function wordTest(word: string): RecordTest {
  const pattern = new RegExp(word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`), 'i');
  return (record) => pattern.test(searchedText(record));
}

/** What a free word is looked for in. */
function searchedText(record: TraceRecord): string {
  return `${shortAddress(record.actor)} ${record.name} ${describeRecord(record)}`;
}

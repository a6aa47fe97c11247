/** The words of a filter: `field:value`, signs, and free text. */

/** One word, with where it begins: a mistake is shown at its place. */
export type FilterToken =
  | { readonly kind: 'open' | 'close' | 'or' | 'and' | 'not'; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'pattern'; readonly source: string; readonly at: number }
  | {
      readonly kind: 'field';
      readonly field: string;
      readonly operator: FilterOperator;
      readonly value: string;
      readonly at: number;
    };

export type FilterOperator = ':' | '=' | '!=' | '>' | '>=' | '<' | '<=';

/** A filter that cannot be read. */
export class FilterMistake extends Error {
  /** Index in the text. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** At its start: a name of a field, and what is asked of it. */
const FIELD = /^([a-z_][a-z0-9_.]*)(:|!=|>=|<=|=|>|<)/i;

/** The words of `text`. Throws {@link FilterMistake}. */
export function tokensOf(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) {
      at += 1;
    } else if (character === '(' || character === ')') {
      tokens.push({ kind: character === '(' ? 'open' : 'close', at });
      at += 1;
    } else if (character === '-' || character === '!') {
      tokens.push({ kind: 'not', at });
      at += 1;
    } else {
      at = word(text, at, tokens);
    }
  }
  return tokens;
}

function word(text: string, at: number, tokens: FilterToken[]): number {
  const field = FIELD.exec(text.slice(at));
  if (field !== null) {
    const start = at + field[0].length;
    const value = valueAt(text, start);
    const operator = field[2] as FilterOperator;
    tokens.push({ kind: 'field', field: (field[1] ?? '').toLowerCase(), operator, value: value.text, at });
    return value.end;
  }
  if (text[at] === '/') {
    const end = endOfPattern(text, at);
    tokens.push({ kind: 'pattern', source: text.slice(at + 1, end), at });
    return end + 1;
  }
  const { text: said, end, isQuoted } = valueAt(text, at);
  const sign = isQuoted ? undefined : SIGNS[said.toLowerCase()];
  tokens.push(sign === undefined ? { kind: 'text', text: said, at } : { kind: sign, at });
  return end;
}

const SIGNS: Readonly<Partial<Record<string, 'or' | 'and' | 'not'>>> = { or: 'or', and: 'and', not: 'not' };

function valueAt(text: string, at: number): { text: string; end: number; isQuoted: boolean } {
  if (text[at] === '"') {
    const end = text.indexOf('"', at + 1);
    if (end < 0) throw new FilterMistake('this quote is never closed', at);
    return { text: text.slice(at + 1, end), end: end + 1, isQuoted: true };
  }
  let end = at;
  while (end < text.length && !/[\s()]/.test(text[end] ?? '')) end += 1;
  return { text: text.slice(at, end), end, isQuoted: false };
}

function endOfPattern(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end += 1) {
    if (text[end] === '\\') end += 1;
    else if (text[end] === '/') return end;
  }
  throw new FilterMistake('this pattern is never closed: it ends with a second /', at);
}

/** Fields of records, which come from elsewhere: what is of another kind counts as not told. */

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Text that says something. */
export function someText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function someNumber(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

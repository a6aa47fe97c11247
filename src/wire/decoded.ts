/** What every decoder of `wire/` answers: a value and how many bytes it took, or `undefined` for "more needed". */
export interface Decoded<Value> {
  readonly value: Value;
  /** Bytes read from the offset that was given. */
  readonly size: number;
}

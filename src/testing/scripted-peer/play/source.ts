/** Where bytes are read from: the wire, the opened channel, or a stream; and reading one message of it. */
import type { ReceiveBuffer } from '../../../actors/receive-buffer.js';
import { EngineError } from '../../../errors.js';
import type { Decoded } from '../../../wire/decoded.js';
import { concat } from '../bytes.js';

/** A place to read. */
export interface Source {
  readonly buffer: ReceiveBuffer;
  /** Brings one unit more up from the level below; answers whether there was one. */
  fill(): boolean;
}

/** A message that was taken. */
export interface Taken<Value> {
  readonly value: Value;
  /** As it came, its length included. */
  readonly bytes: Uint8Array;
}

/** What came cannot be read as what is due. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';

  constructor(
    readonly bytes: Uint8Array,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * Takes one message; `undefined` means that it is not all here yet. Nothing is taken of a message that does not decode:
 * that throws an {@link Unreadable} with all the bytes that wait.
 */
export function take<Value>(
  source: Source,
  decode: (bytes: Uint8Array) => Decoded<Value> | undefined,
): Taken<Value> | undefined {
  for (;;) {
    const waiting = source.buffer.peek(source.buffer.length);
    const size = readable(waiting, () => decode(waiting)?.size);
    if (size !== undefined) {
      // Decoded once more from a copy: what is kept must not be a view of the buffer.
      const bytes = waiting.slice(0, size);
      source.buffer.skip(size);
      const decoded = readable(bytes, () => decode(bytes));
      return decoded === undefined ? undefined : { value: decoded.value, bytes };
    }
    if (!source.fill()) return undefined;
  }
}

/** Takes exactly `size` bytes. */
export function takeBytes(source: Source, size: number): Taken<Uint8Array> | undefined {
  return take(source, (bytes) => (bytes.length < size ? undefined : { value: bytes.subarray(0, size), size }));
}

/** Everything that waits at a place, as one. */
export function unreadOf(source: Source): Uint8Array {
  return concat(source.buffer.peek(source.buffer.length));
}

/** What `read` answers; what it throws of the peer's bytes becomes an {@link Unreadable}. */
export function readable<Value>(bytes: Uint8Array, read: () => Value): Value {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.blame !== 'engine') throw new Unreadable(bytes.slice(), thrown);
    throw thrown;
  }
}

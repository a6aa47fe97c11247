/** Where a connection counts what it holds itself, beside its streams: its outbox, a frame in the middle of arriving. */
import type { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import { HeldBytes } from '../stream/held-bytes.js';

/** The accounts of one connection. */
export interface ConnectionMemory {
  /** Counts bytes; the refusal, if there is no room. */
  reserveOwn(bytes: number): EngineError | undefined;
  releaseOwn(bytes: number): void;
}

/**
 * Counts a buffer in which frames of up to `maxBytes` come together, in steps. What a connection costs as it begins covers
 * the first of it, so that only a handler of larger frames needs this. `refused`: there is no room.
 */
export function heldFrames(
  memory: ConnectionMemory | undefined,
  { resourceFreeBytesPerConnection: freeBytes }: Limits,
  maxBytes: number,
  refused: (error: EngineError) => void,
): HeldBytes {
  const hold = (bytes: number): EngineError | undefined => {
    if (bytes >= 0) return memory?.reserveOwn(bytes);
    memory?.releaseOwn(-bytes);
    return undefined;
  };
  return new HeldBytes({ hold, refused }, freeBytes, maxBytes, 4 * freeBytes);
}

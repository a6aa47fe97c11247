/** An error of a port as fields of a record, so that a class can leave out its words and keep its code. */
import type { EngineError } from '../../errors.js';

/** `error` is the code. */
export function flatError({
  code,
  blame,
  message,
}: EngineError): Readonly<Record<'error' | 'blame' | 'message', string>> {
  return { error: code, blame, message };
}

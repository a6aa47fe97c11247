/** The failure report of a want that nobody delivered: who was asked, and what each said. */
import { EngineError, type FailureDetails } from '../../errors.js';
import { answersOf, type Want } from './wantlist.js';

/** Why `want` is given up: nobody has it, or one that has it does not deliver. */
export function wantError(want: Want<unknown>, timeoutMs: number, details: FailureDetails): EngineError {
  const asked = answersOf(want);
  const promised = asked.some(
    (answer) => answer.endsWith(': have') || answer.includes('want-block') || answer.endsWith('no block'),
  );
  const code = promised ? 'ERR_BITSWAP_TIMEOUT' : 'ERR_BLOCK_NOT_FOUND';
  const who = asked.length === 0 ? 'no peer could be asked' : asked.join('; ');
  const what = promised ? 'was not delivered' : 'was not found';
  const message = `bitswap: block ${want.cid.toString()} ${what} in ${timeoutMs} ms: ${who}`;
  return new EngineError(code, promised ? 'remote' : 'local', message, { details: { ...details, asked } });
}

/** A want that its caller took back. */
export function wantAborted(signal: AbortSignal | undefined): EngineError {
  return new EngineError('ERR_ABORTED', 'local', 'bitswap: the want was cancelled', { cause: signal?.reason });
}

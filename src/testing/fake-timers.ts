/**
 * Knows the fake timers of test runners. A node under them would stand still: what it waits for between two turns of the
 * event loop never comes, and a test would hang without a word.
 */
import { EngineError } from '../errors.js';

/** Throws `ERR_FAKE_TIMERS` while a runner has replaced timers or the date; `caller` is named in the message. */
export function refuseFakeTimers(caller: string): void {
  const faked = FAKED.filter(isFake);
  if (faked.length === 0) return;
  const why =
    `${caller} does not run under fake timers (${faked.join(', ')} ${faked.length === 1 ? 'is' : 'are'} replaced): ` +
    'a recorded node needs real time to reach its peer, and a replayed or simulated one takes time from a clock of ' +
    'its own, which no fake moves. Call jest.useRealTimers() (vi.useRealTimers(), mock.timers.reset()) before it; ' +
    'to move the time of a pair or a simulation, use its advance()';
  throw new EngineError('ERR_FAKE_TIMERS', 'local', why);
}

const FAKED = ['setTimeout', 'setInterval', 'setImmediate', 'Date', 'queueMicrotask', 'performance'] as const;

/** What fakes leave on what they put in place: sinon's (jest, vitest) a clock, jest's legacy ones a mock, node:test's date. */
const MARKS = ['clock', 'isFake', '_isMockFunction', 'isMock'];

function isFake(name: (typeof FAKED)[number]): boolean {
  const found: unknown = Reflect.get(globalThis, name);
  if (typeof found !== 'function' && (typeof found !== 'object' || found === null)) return false;
  const candidates: readonly unknown[] = name === 'performance' ? [Reflect.get(found, 'now')] : [found];
  return candidates.some(
    (candidate) => typeof candidate === 'function' && (MARKS.some((mark) => mark in candidate) || isPrivate(candidate)),
  );
}

/** node:test puts private methods of its own in the place of timers. */
function isPrivate(candidate: { readonly name: string }): boolean {
  return candidate.name.startsWith('bound #');
}

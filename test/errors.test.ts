/** The error class: what merging details keeps, and what it costs nobody. */
import { expect, test } from '@jest/globals';
import { EngineError } from '../src/errors.js';

test('an error with more details keeps code, blame, cause, what is known already, and the first stack', () => {
  const cause = new Error('below');
  const error = new EngineError('ERR_STREAM_RESET', 'local', 'reset', { cause, details: { state: 'open' } });
  const merged = error.withDetails({ state: 'closed', machine: 'yamuxStream' });
  expect(merged).toMatchObject({ code: 'ERR_STREAM_RESET', blame: 'local', message: 'reset', cause });
  expect(merged.details).toEqual({ state: 'open', machine: 'yamuxStream' });
  expect(merged.stack).toBe(error.stack);
  expect(merged.stack).toContain('errors.test');
});

test('no stack is put into words before somebody asks', () => {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const { stackTraceLimit } = Error;
  const worded: number[] = [];
  Error.prepareStackTrace = (error, frames) => {
    worded.push(frames.length);
    return `${error.name}: in words`;
  };
  try {
    const merged = new EngineError('ERR_STREAM_RESET', 'local', 'reset').withDetails({ state: 'open' });
    expect(worded.filter((frames) => frames > 0)).toEqual([]);
    expect(merged.stack).toBe('EngineError: in words');
    expect(worded.filter((frames) => frames > 0).length).toBe(1);
  } finally {
    if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
});

test('what a peer did wrong takes no stack, for it can do so without end; the limit of others is left as it was', () => {
  const { stackTraceLimit } = Error;
  const error = new EngineError('ERR_STREAM_RESET', 'remote', 'reset');
  expect(error.stack).toBe('EngineError: reset');
  expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  expect(new EngineError('ERR_STREAM_RESET', 'engine', 'reset').stack).toContain('errors.test');
});

/**
 * Adds the matchers to the `expect` of the runner that loads this: jest, or vitest. For `setupFilesAfterEnv` and
 * `setupFiles`, or an import at the top of a test.
 */
import { EngineError, installMatchers, type Extensible, type TraceMatchers } from './index.js';

installMatchers(expectOfRunner());

/** jest's is a global, and so is vitest's with `globals`; without them vitest keeps its own under this symbol. */
function expectOfRunner(): Extensible {
  const found: unknown = Reflect.get(globalThis, 'expect') ?? Reflect.get(globalThis, Symbol.for('expect-global'));
  if (typeof found === 'function' && 'extend' in found) return found as unknown as Extensible;
  const why =
    'swarmchart/testing/jest finds no expect here: call installMatchers(expect) of swarmchart/testing, ' +
    'or in node:test use its assertTrace';
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
}

/* eslint-disable @typescript-eslint/no-namespace, @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars, @typescript-eslint/no-explicit-any -- merging with the runners' own declarations takes their form */
/* eslint-disable @typescript-eslint/ban-ts-comment -- a user has one of the runners and not the others */
declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends TraceMatchers<R> {}
  }
}

/** @ts-ignore */
declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends TraceMatchers<R> {}
}

/** @ts-ignore */
declare module 'vitest' {
  interface Matchers<T = any> extends TraceMatchers<void> {}
}

/** The matchers as plain functions, for node:test and any other runner: `assertTrace.toReachState(trace, 'open')`. */
import { enforce, TraceAssertionError, type CheckResult } from './check.js';
import { CHECKS } from './checks/index.js';

type Assertion<Check> = Check extends (...args: infer Args) => CheckResult
  ? (...args: Args) => undefined
  : Check extends (...args: infer Args) => unknown
    ? (...args: Args) => Promise<undefined>
    : never;

/** Every matcher by its name, with what it is given as the first argument. */
export type TraceAssertions = { readonly [Name in keyof typeof CHECKS]: Assertion<(typeof CHECKS)[Name]> };

/** The plain functions. Each throws a {@link TraceAssertionError} with the matcher's message; `not` has them negated. */
export const assertTrace: TraceAssertions & { readonly not: TraceAssertions } = {
  ...assertions(enforce),
  not: assertions(({ pass, message }) => {
    if (pass) throw new TraceAssertionError(message());
  }),
};

function assertions(judge: (result: CheckResult) => void): TraceAssertions {
  const entries = Object.entries(CHECKS).map(([name, check]) => [
    name,
    (...args: unknown[]) => {
      const result = (check as (...args: unknown[]) => CheckResult | Promise<CheckResult>)(...args);
      if (result instanceof Promise) return result.then(judge);
      judge(result);
      return undefined;
    },
  ]);
  return Object.fromEntries(entries) as TraceAssertions;
}

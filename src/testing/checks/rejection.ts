/** The check of failures: a promise that rejects, a function that throws, or a trace that tells of an error. */
import { ERROR_HINTS, type ErrorCode } from '../../errors.js';
import { isTrace, type CheckResult } from '../check.js';
import { TraceView } from '../trace-view.js';

/** The promise or function fails with `code`, or the trace holds an error of that code. */
export function checkRejectWith(received: unknown, code: ErrorCode): CheckResult | Promise<CheckResult> {
  return isTrace(received) ? inTrace(TraceView.of(received), code) : inCall(received, code);
}

async function inCall(received: unknown, code: ErrorCode): Promise<CheckResult> {
  let value: unknown;
  try {
    value = await (typeof received === 'function' ? (received as () => unknown)() : received);
  } catch (thrown) {
    const actual = (thrown as { readonly code?: unknown } | undefined)?.code;
    const pass = actual === code;
    const came = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      pass,
      message: () =>
        pass
          ? `expected anything but a rejection with ${code}: ${came}`
          : `expected a rejection with another code\n\n  expected  ${code}: ${ERROR_HINTS[code]}\n  actual    ${codeIn(actual)}: ${came}`,
    };
  }
  const kind = typeof value === 'object' && value !== null ? value.constructor.name : String(value);
  return { pass: false, message: () => `expected a rejection with ${code}, but it resolved to ${kind}` };
}

function inTrace(view: TraceView, code: ErrorCode): CheckResult {
  const { errors } = view;
  const pass = errors.some((error) => error.code === code);
  return {
    pass,
    message: () => {
      const lines = errors.map((error) => {
        const message = error.message === '' ? '' : `: ${error.message}`;
        return `  record ${error.seq}  ${error.actor}  ${error.code}${message}`;
      });
      const list = lines.length === 0 ? '  (none)' : lines.join('\n');
      return `expected ${pass ? 'no' : 'an'} error ${code} in ${view.name}; errors in it:\n\n${list}`;
    },
  };
}

function codeIn(code: unknown): string {
  return typeof code === 'string' ? code : '(no code)';
}

/** Checks of what went over a connection: bytes, frames, and what was agreed. */
import { EngineError } from '../../errors.js';
import { fromHex } from '../../trace/values.js';
import { align } from '../alignment.js';
import { viewOf, type CheckResult } from '../check.js';
import { firstDifference, formatBytes, placeOf } from '../hex-lines.js';
import type { TraceView } from '../trace-view.js';
import { formatRows } from '../../trace/tools/two-columns.js';

/** Options of {@link checkSendBytes}. */
export interface BytesOptions {
  /** Compare only as many bytes as are expected; default: all that was sent. */
  readonly beginning?: boolean;
}

/** Options of {@link checkSendFrames}. */
export interface FramesOptions {
  /** Only these layers; default: every frame that says something of its own. */
  readonly layer?: string | readonly string[];
  /** Whose frames; default: ours. */
  readonly direction?: 'sent' | 'received';
}

/** The one connection of the view sent exactly these bytes, in however many writes. Text is hex. */
export function checkSendBytes(
  received: unknown,
  expected: Uint8Array | string,
  { beginning = false }: BytesOptions = {},
): CheckResult {
  const view = viewOf(received);
  const [address, all] = onlyConnection(view);
  const wanted = typeof expected === 'string' ? fromHex(expected.replaceAll(/\s/g, '')) : expected;
  const sent = beginning ? all.subarray(0, wanted.length) : all;
  const at = firstDifference(wanted, sent);
  return {
    pass: at === undefined,
    message: () => {
      const what = beginning ? `to begin with these ${wanted.length} bytes` : `to be these ${wanted.length} bytes`;
      if (at === undefined) return `expected what ${address} sent not ${what}`;
      const head = `${address} sent other bytes, from byte ${at} on, ${placeOf(wanted, sent, at)}`;
      return `${head}\n${sent.length} bytes were sent, ${wanted.length} expected\n\n${formatBytes(wanted, sent, at)}`;
    },
  };
}

/** The view sent exactly these frames, as {@link TraceView.frames} tells them; `...` leaves some out. */
export function checkSendFrames(
  received: unknown,
  expected: readonly string[],
  { layer, direction = 'sent' }: FramesOptions = {},
): CheckResult {
  const view = viewOf(received);
  const frames = view.frames({ direction, ...(layer === undefined ? {} : { layer }) });
  const entries = frames.map(({ text, length }) => ({ text, shown: length > 0 ? `${text}  (${length} bytes)` : text }));
  const { matches, rows } = align(expected, entries);
  return {
    pass: matches,
    message: () =>
      matches
        ? `expected ${view.name} to have ${direction} other frames than these\n\n${formatRows(rows)}`
        : `${view.name} ${direction} other frames\n\n${formatRows(rows)}`,
  };
}

/** `protocol` was agreed on a connection of the view, or on a stream of one. */
export function checkNegotiate(received: unknown, protocol: string): CheckResult {
  const view = viewOf(received);
  const { agreements } = view;
  const pass = agreements.some((agreement) => agreement.protocol === protocol);
  return {
    pass,
    message: () => {
      const lines = agreements.map(({ connection, protocol: agreed, stream }) => {
        const where = stream === undefined ? connection : `${connection}, stream ${stream}`;
        return `  ${agreed}  on ${where}`;
      });
      const list = lines.length === 0 ? '  (nothing)' : lines.join('\n');
      return `expected ${view.name} ${pass ? 'not ' : ''}to agree on ${protocol}; what was agreed:\n\n${list}`;
    },
  };
}

function onlyConnection(view: TraceView): readonly [address: string, bytes: Uint8Array] {
  const [first, ...others] = [...view.bytes('sent')];
  if (first !== undefined && others.length === 0) return first;
  const what =
    first === undefined ? 'no connection that sent bytes' : `${others.length + 1} connections that sent bytes`;
  const names = [first, ...others].flatMap((entry) => (entry === undefined ? [] : entry[0]));
  const hint = names.length === 0 ? '' : `; narrow it with connection(...): ${names.join(', ')}`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${view.name} has ${what}${hint}`);
}

/**
 * The failure report: one error, told so that its reader knows which machine died in which state, on what, after which
 * path and times, what the peer said last, and what to try.
 */
import { EngineError, type StateStay } from '../errors.js';
import { decodeLastBytes } from './last-bytes.js';

/** A failure as plain data, for `--json` and for tools. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly blame: string;
  readonly try: string;
  readonly machine?: string;
  readonly state?: string;
  readonly lastEvent?: string;
  readonly peer?: string;
  readonly address?: string;
  readonly lastBytes?: { readonly hex: string; readonly decoded: string };
  readonly timeline: readonly StateStay[];
  readonly causes: readonly string[];
}

/** Causes told at the most: deeper ones repeat the story. */
const CAUSES_TOLD = 8;

/** Any thrown value as a report. */
export function failureReport(thrown: unknown): FailureReport {
  const error =
    thrown instanceof EngineError
      ? thrown
      : new EngineError('ERR_ENGINE_ASSERTION', 'engine', thrown instanceof Error ? thrown.message : String(thrown), {
          cause: thrown,
        });
  const { machine, state, lastEvent, peer, address, lastBytesHex, lastBytesDecoded, timeline = [] } = error.details;
  return {
    code: error.code,
    message: error.message,
    blame: error.blame,
    try: error.hint,
    ...(machine === undefined ? {} : { machine }),
    ...(state === undefined ? {} : { state }),
    ...(lastEvent === undefined ? {} : { lastEvent }),
    ...(peer === undefined || peer === '' ? {} : { peer }),
    ...(address === undefined ? {} : { address }),
    ...(lastBytesHex === undefined
      ? {}
      : { lastBytes: { hex: lastBytesHex, decoded: lastBytesDecoded ?? decodeLastBytes(lastBytesHex) } }),
    timeline,
    causes: causesOf(error.cause),
  };
}

/** The report as lines of text for a terminal. */
export function formatFailure(thrown: unknown): string {
  const report = failureReport(thrown);
  const rows: (readonly [string, string])[] = [['whose fault', WHOSE[report.blame] ?? report.blame]];
  if (report.machine !== undefined) rows.push(['died in', `${report.machine}, state ${report.state ?? 'unknown'}`]);
  if (report.lastEvent !== undefined) rows.push(['last event', report.lastEvent]);
  if (report.peer !== undefined) rows.push(['peer', report.peer]);
  if (report.address !== undefined) rows.push(['address', report.address]);
  if (report.lastBytes !== undefined) {
    rows.push(['last bytes', report.lastBytes.hex], ['which say', report.lastBytes.decoded]);
  }
  for (const [index, line] of formatTimeline(report.timeline).entries()) rows.push([index === 0 ? 'states' : '', line]);
  for (const cause of report.causes) rows.push(['caused by', cause]);
  rows.push(['try', report.try]);
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`.trimEnd());
  return [`${report.code}: ${report.message}`, ...lines].join('\n');
}

/** A line for each stay: when it was entered, which machine and state, by which event, for how long. */
export function formatTimeline(timeline: readonly StateStay[]): string[] {
  const start = timeline[0]?.enteredAtMs ?? 0;
  const names = timeline.map((stay) => `${stay.machine}.${stay.state}`);
  const width = Math.max(0, ...names.map((name) => name.length));
  return timeline.map((stay, index) => {
    const at = `+${(stay.enteredAtMs - start).toFixed(1)} ms`.padStart(11);
    const lasted = stay.durationMs === undefined ? '' : `${stay.durationMs.toFixed(1)} ms`;
    return `${at}  ${(names[index] ?? '').padEnd(width)}  ${lasted.padStart(10)}  on ${stay.event}`;
  });
}

const WHOSE: Readonly<Record<string, string>> = {
  remote: "the peer's",
  local: 'ours or the caller’s',
  engine: 'a bug in swarmchart',
};

function causesOf(cause: unknown, depth = 0): string[] {
  if (cause === undefined || cause === null || depth >= CAUSES_TOLD) return [];
  if (cause instanceof AggregateError) return cause.errors.flatMap((each: unknown) => causesOf(each, depth + 1));
  if (cause instanceof EngineError) return [`${cause.code}: ${cause.message}`, ...causesOf(cause.cause, depth + 1)];
  if (cause instanceof Error) return [`${cause.name}: ${cause.message}`, ...causesOf(cause.cause, depth + 1)];
  return [typeof cause === 'string' ? cause : JSON.stringify(cause)];
}

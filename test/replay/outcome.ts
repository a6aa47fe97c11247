/** What a trace comes to, in few words: where each machine ended, what was agreed, what failed, and one machine's way. */
import { livesOf, pathOf } from '../../src/testing/actor-lives.js';
import { TraceView } from '../../src/testing/trace-view.js';
import type { Trace } from '../../src/trace/format.js';

/** The outcome of one fixture. */
export interface Outcome {
  /** The last state of every machine, in the order of their beginnings: `connection closed; yamuxStream closed, reset`. */
  readonly ends: string;
  /** What was agreed, in order; of streams with the stream's id: `/noise, /yamux/1.0.0, /ipfs/ping/1.0.0 on 1`. */
  readonly agreed: string;
  /** Each once, in order: of a call that failed, its code and whose fault it was; of a stream or socket that broke, its code. */
  readonly errors: string;
  /** Every state of one machine: `noiseHandshake: idle, dialing.awaitingMessage2, badMessage`. */
  readonly path: string;
}

/** The outcome of `trace`; `machine` is the one whose way is told, where it lived for the last time. */
export function outcomeOf(trace: Trace, machine: string): Outcome {
  const lives = livesOf(trace.records);
  const ends = new Map<string, string[]>();
  for (const { machine: id, steps } of lives) ends.set(id, [...(ends.get(id) ?? []), steps.at(-1)?.state ?? '']);
  const one = lives.findLast((life) => life.machine === machine);
  return {
    ends: [...ends].map(([id, states]) => `${id} ${states.join(', ')}`).join('; '),
    agreed: TraceView.of(trace)
      .agreements.map(({ protocol, stream }) => (stream === undefined ? protocol : `${protocol} on ${stream}`))
      .join(', '),
    errors: [...new Set(trace.records.flatMap(({ data }) => errorOf(data['error'])))].join(', '),
    path: `${machine}: ${
      one === undefined
        ? ''
        : pathOf(one)
            .map(({ state }) => state)
            .join(', ')
    }`,
  };
}

function errorOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const { $error: error } = (value ?? {}) as { readonly $error?: { readonly code: string; readonly blame: string } };
  return error === undefined ? [] : [`${error.code} (${error.blame})`];
}

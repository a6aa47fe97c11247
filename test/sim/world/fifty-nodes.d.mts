import type * as simulator from '../../../src/sim/index.js';
import type * as writer from '../../../src/trace/writer.js';

/** What a run gave. */
export interface FiftyNodes {
  readonly lines: readonly string[];
  readonly results: readonly string[];
  readonly leaks: readonly simulator.Leak[];
  readonly broken: readonly string[];
  readonly steps: number;
}

export function fiftyNodes(
  simulatorModule: Pick<typeof simulator, 'World' | 'Dice' | 'worldTraceHeader'>,
  traceModule: Pick<typeof writer, 'TraceWriter'>,
  seed: number,
): Promise<FiftyNodes>;

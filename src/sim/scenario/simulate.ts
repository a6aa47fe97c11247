/** The simulator's front door: one call that runs a seed or a scenario. */
import type { TraceWriter } from '../../trace/writer.js';
import { generate, type GenerateOptions } from './generate.js';
import { runScenario, type SimulationResult } from './run.js';
import type { Scenario } from './scenario.js';

/** What {@link simulate} takes: a seed, from which everything follows, or a whole scenario. */
export type SimulateOptions = (
  ({ readonly seed: number; readonly scenario?: undefined } & GenerateOptions) | { readonly scenario: Scenario }
) & {
  /** Takes the records of every node. */
  readonly trace?: TraceWriter;
};

/**
 * Runs whole nodes in virtual time under the operations and faults of a scenario, with every invariant watched, and then
 * in a calm in which everything promised has to come true. The same options give the same run, to the byte.
 *
 * ```ts
 * const { failure } = await simulate({ seed: 7, nodes: 5 });
 * ```
 *
 * A broken invariant or promise is `failure` of the result, no rejection. Rejects with `ERR_SIMULATION_AMBIENT` where
 * code takes time or chance from the process.
 */
export function simulate(options: SimulateOptions): Promise<SimulationResult> {
  const { trace } = options;
  const scenario = options.scenario ?? generate(options.seed, options);
  return runScenario(scenario, { trace });
}

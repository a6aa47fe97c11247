/** The simulator's front door: one call that runs a seed or a scenario. */
import type { TraceWriter } from '../../trace/writer.js';
import { generate, type GenerateOptions } from './generate.js';
import { runScenario, type SimulationResult, type WorldBody } from './run.js';
import { CALM_MS, NEUTRAL_NETWORK, SCENARIO_FORMAT, type Scenario } from './scenario.js';

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
 * With a `body`, a seed stands for nodes `n0`, `n1`, ... on plain links, and nothing happens to them but what the body
 * does; it lets time pass by `world.run` and its like. Invariants, calm and end are the same.
 *
 * ```ts
 * const { failure } = await simulate({ seed: 7, nodes: 2 }, async (world) => {
 *   const [one, two] = [world.node('n0'), world.node('n1')];
 *   world.at(50, () => world.network.resetMidFrame('n0', 'n1'));
 *   await world.during(one.run((host) => host.identify(two.address)));
 * });
 * ```
 *
 * A broken invariant or promise is `failure` of the result, no rejection. Rejects with `ERR_SIMULATION_AMBIENT` where
 * code takes time or chance from the process, and with what the body throws.
 */
export function simulate(options: SimulateOptions, body?: WorldBody): Promise<SimulationResult> {
  const { trace } = options;
  const scenario =
    options.scenario ?? (body === undefined ? generate(options.seed, options) : emptyScenario(options.seed, options));
  return runScenario(scenario, { trace }, body);
}

/** Nodes that nobody asks for anything. */
function emptyScenario(seed: number, { nodes = 2, ciphers = 'native', muxers = ['yamux'] }: GenerateOptions): Scenario {
  return {
    format: SCENARIO_FORMAT,
    seed,
    nodes,
    ciphers,
    security: 'noise',
    muxer: muxers[0],
    network: NEUTRAL_NETWORK,
    operations: [],
    faults: [],
    durationMs: 0,
    calmMs: CALM_MS,
  };
}

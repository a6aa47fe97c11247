/** The simulator, as tests call it. */
import {
  simulate as runSimulation,
  type SimulateOptions,
  type SimulationResult,
  type WorldBody,
} from '../sim/scenario/index.js';
import { refuseFakeTimers } from './fake-timers.js';

/**
 * Runs whole nodes in virtual time from a seed or a scenario, or as `body` drives them; a broken invariant is `failure`
 * of the result.
 * @throws EngineError `ERR_FAKE_TIMERS`; `ERR_SIMULATION_AMBIENT` where code takes time or chance from the process.
 */
export async function simulate(options: SimulateOptions, body?: WorldBody): Promise<SimulationResult> {
  refuseFakeTimers('simulate');
  return runSimulation(options, body);
}

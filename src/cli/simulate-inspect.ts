/** `swarmchart simulate --inspect`: a simulation in the inspector's page, where it can be held, stepped and disturbed. */
import { simulationSource } from '../inspect-runs/simulation-source.js';
import { systemClock } from '../platform/system-clock.js';
import type { Scenario } from '../sim/scenario/index.js';
import type { Words } from './command.js';
import { PORT_MAX, serveUntilInterrupted } from './inspect-serving.js';

/** The fastest that a simulation is slowed down to: beyond that it is as fast as it can be anyway. */
const SPEED_MAX = 1_000_000;

/** Serves the page until it is interrupted. The simulation begins, held, when the first page looks. */
export async function inspectSimulation(scenario: Scenario, words: Words): Promise<number> {
  const source = simulationSource({
    scenario,
    clock: systemClock,
    speed: words.number('speed', 10, 0, SPEED_MAX),
    startPaused: true,
  });
  try {
    return await serveUntilInterrupted({
      source,
      port: words.text('inspect') === '' ? 0 : words.number('inspect', 0, 0, PORT_MAX),
      // Nothing real is touched.
      allowControl: true,
      json: words.flag('json'),
    });
  } finally {
    source.close();
  }
}

/**
 * A path of the model against the live actor: a driver turns its events into what a remote sends, or what a port says,
 * and the steps that the actor's machine then takes must be those of the path.
 */
import { expect } from '@jest/globals';
import type { CoverageCollector } from '../../../src/coverage/collector.js';
import type { MachineStep } from '../../../src/coverage/charted-machine.js';
import type { TraceSink } from '../../../src/ports.js';
import type { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { edgePaths, explore, pathText, statePaths, type ModelPath, type ModelStep, type Reach } from '../explore.js';
import type { Model } from '../samples.js';

/** What is left when everything was ended; a clean end leaves nothing. */
export interface LeftOver {
  readonly actors: number;
  readonly timers: number;
  /** Codes of what broke. */
  readonly broken: readonly string[];
}

/** One live actor and the remote that plays with it. */
export interface LiveRun {
  /** Brings about the steps from `at` on; answers how many it was that this could not be done without. */
  play(steps: readonly ModelStep[], at: number): number | Promise<number>;
  close(): LeftOver | Promise<LeftOver>;
}

/** How a machine is driven from outside. */
export interface LiveDriver {
  /** With the inputs that the live actor has. */
  readonly model: Model;
  /** What a remote, the ports and the owner can bring about; anything else is waived in waivers.json. */
  readonly reach: Reach;
  /** Events that the actor sends its machine by the way, and that change no state. */
  readonly incidental?: readonly string[];
  begin(path: ModelPath, trace: TraceSink): LiveRun | Promise<LiveRun>;
}

/** Paths to every state and over every edge that the world around the actor can bring about; no two are the same. */
export function livePaths({ model, reach }: LiveDriver): readonly ModelPath[] {
  const walk = explore(model, reach);
  const paths = [...statePaths(walk), ...edgePaths(walk)].filter(({ steps }) => steps.length > 0);
  return [...new Map(paths.map((path) => [pathText(path), path])).values()];
}

/** Runs one path; every step of every machine on the way is counted. */
export async function runLive(driver: LiveDriver, path: ModelPath, collector: CoverageCollector): Promise<void> {
  const text = pathText(path);
  const { id } = driver.model.machine;
  const heard: MachineStep[] = [];
  const trace: TraceSink = {
    detail: 'states',
    record: (draft) => {
      if (draft.name === 'actor:transition' && draft.data['machine'] === id) {
        heard.push(draft.data as unknown as MachineStep);
      }
      return collector.record(draft);
    },
  };
  const run = await driver.begin(path, trace);
  const expected = path.steps.map(told);
  for (let at = 0; at < expected.length;) {
    at += await run.play(path.steps, at);
    const taken = aligned(heard.slice(1), expected, driver.incidental ?? []).slice(0, at);
    expect({ text, at, steps: taken }).toEqual({ text, at, steps: expected.slice(0, at) });
  }
  expect({ text, left: await run.close() }).toEqual({ text, left: { actors: 0, timers: 0, broken: [] } });
}

/** The deadline that is due next must be the one of the step: nothing else may be set that comes before. */
export function fireDeadline(clock: VirtualClock): number {
  clock.fireNext();
  return 1;
}

/** How many of the steps from `at` on are of these types, in a row. */
export function countWhile(steps: readonly ModelStep[], at: number, is: (type: string) => boolean): number {
  let count = 0;
  while (at + count < steps.length && is(steps[at + count]?.event.type ?? '')) count++;
  return count;
}

/** Type of the step at `index`; empty behind the last one. */
export function typeAt(steps: readonly ModelStep[], index: number): string {
  return steps[index]?.event.type ?? '';
}

/** Whether a path holds an event of this type. */
export function holds({ steps }: ModelPath, type: string): boolean {
  return steps.some(({ event }) => event.type === type);
}

export function isDeadline(type: string): boolean {
  return type.startsWith('xstate.after.');
}

function told({ event, from, to, edges, isDeadline: isDue }: ModelStep): MachineStep {
  return { from, to, event: isDue ? 'deadline' : event.type, edges };
}

/** What was heard without what comes by the way. */
function aligned(
  heard: readonly MachineStep[],
  expected: readonly MachineStep[],
  incidental: readonly string[],
): MachineStep[] {
  const kept: MachineStep[] = [];
  for (const { from, to, event, edges } of heard) {
    const next = expected[kept.length];
    const isNext = next !== undefined && next.event === event && next.edges.join() === edges.join();
    if (!isNext && from === to && incidental.includes(event)) continue;
    kept.push({ from, to, event, edges });
  }
  return kept;
}

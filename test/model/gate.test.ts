/**
 * The gate: what the models and the live drivers cover, all of it run here. It is stricter than the 95 % of a report: an
 * edge that is new and has no path shuts it, however large the machine is.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createMachine, type AnyStateMachine } from 'xstate';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { checkGate, parseWaivers } from '../../src/coverage/gate.js';
import { missingOf } from '../../src/coverage/text.js';
import { secioHandshakeMachine } from '../../src/machines/secio-handshake.js';
import { edgePaths, explore, sadPaths, statePaths } from './explore.js';
import { livePaths, runLive } from './live/driver.js';
import { DRIVERS } from './live/drivers.js';
import { runPath } from './run-path.js';
import { modelOf, MODELS, type Model } from './samples.js';

const ALL = { edgeShare: 1 };
const waivers = parseWaivers(readFileSync(new URL('waivers.json', import.meta.url), 'utf8'));

function runModel(model: Model, collector: CoverageCollector): void {
  const walk = explore(model);
  for (const path of [...statePaths(walk), ...edgePaths(walk), ...sadPaths(walk)]) runPath(model, path, collector);
}

describe('the machines', () => {
  const collector = new CoverageCollector();
  beforeAll(() => {
    for (const model of MODELS) runModel(model, collector);
  });

  test('are covered whole, with nothing waived', () => {
    expect(checkGate(collector.report(), ALL)).toEqual([]);
  });

  test('have every guard let through and hold back', () => {
    expect(Object.values(collector.report().machines).flatMap(missingOf)).toEqual([]);
  });
});

describe('the live actors', () => {
  const collector = new CoverageCollector();
  beforeAll(async () => {
    for (const driver of DRIVERS) for (const path of livePaths(driver)) await runLive(driver, path, collector);
  });

  test('are covered whole but for the waivers, none of which is stale', () => {
    expect(checkGate(collector.report(), { ...ALL, waivers })).toEqual([]);
  });

  test('pass the gate of a report: all states, 95 % of the edges', () => {
    expect(checkGate(collector.report(), { waivers })).toEqual([]);
  });
});

describe('an edge that is new', () => {
  /** The handshake with one edge more, from `awaitingPropose`. */
  const withEdge = (event: string, edge: unknown): AnyStateMachine => {
    const { config, implementations } = secioHandshakeMachine as AnyStateMachine;
    const { awaitingPropose } = (config.states ?? {}) as Record<string, { readonly on?: object }>;
    const states = {
      ...config.states,
      awaitingPropose: { ...awaitingPropose, on: { ...awaitingPropose?.on, [event]: edge } },
    };
    return createMachine({ ...config, states } as never).provide(implementations as never) as AnyStateMachine;
  };
  const problemsOf = (machine: AnyStateMachine): readonly string[] => {
    const collector = new CoverageCollector({ machines: [machine] });
    runModel({ ...modelOf('secioHandshake'), machine }, collector);
    return checkGate(collector.report(), ALL);
  };

  test('is named when no sample leads over it', () => {
    expect(problemsOf(withEdge('wire.novelty', 'secured'))).toEqual([
      'secioHandshake: 26 of 27 (96.2 %) of its edges are taken, 100.0 % are asked for',
      'secioHandshake: edge "awaitingPropose wire.novelty" is never taken',
    ]);
  });

  test('is named when it can never be reached', () => {
    const edges = ['badPropose', 'secured'];
    expect(problemsOf(withEdge('crypto.badPropose', edges))).toContain(
      'secioHandshake: edge "awaitingPropose crypto.badPropose 2" is never taken',
    );
  });

  test('is no problem when a path leads over it', () => {
    expect(problemsOf(withEdge('crypto.badPropose', 'badPropose'))).toEqual([]);
  });
});

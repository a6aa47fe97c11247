/** Every machine along every path that its chart has: shortest paths, all edges, all events where none are expected. */
import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { statePath } from '../../src/actors/chart/state-path.js';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { missingOf } from '../../src/coverage/text.js';
import { MACHINES } from '../../src/machines/index.js';
import { edgePaths, explore, pathText, sadPaths, statePaths, type ModelPath } from './explore.js';
import { outcomeOf, runPath } from './run-path.js';
import { MODELS } from './samples.js';

const collector = new CoverageCollector();

test('every machine of the catalogue has a model', () => {
  expect(MODELS.map(({ machine }) => machine.id)).toEqual(MACHINES.map(({ machine }) => machine.id));
});

describe.each(MODELS.map((model) => [model.machine.id, model] as const))('%s', (id, model) => {
  const walk = explore(model);
  const run = (path: ModelPath) => {
    const { done, expected, left } = runPath(model, path, collector);
    const text = pathText(path);
    expect({ text, done }).toEqual({ text, done: expected });
    expect({ text, ...left }).toEqual({ text, actors: 0, timers: 0, broken: [] });
    expect({ text, states: done.slice(1).map(({ state }) => state) }).toEqual({
      text,
      states: path.steps.map(({ to }) => to),
    });
    const last = done.at(-1);
    if (last?.isDone === true) {
      const asked = (model.outcomes[last.state] ?? 'no outcome is given').split(' | ');
      expect({ text, asked, outcome: asked.find((one) => one === outcomeOf(last)) }).toEqual({
        text,
        asked,
        outcome: outcomeOf(last),
      });
    }
    return last;
  };

  test('hears every event in every living state', () => {
    expect(walk.unheard).toEqual([]);
  });

  test('reaches every state by a shortest path, the same ones that XState finds', () => {
    const paths = statePaths(walk);
    for (const path of paths) run(path);
    const deadlines = walk.steps.flatMap(({ steps }) =>
      steps.filter((step) => step.isDeadline).map(({ event }) => event),
    );
    const found = Object.values(model.inputs).flatMap((input) =>
      getShortestPaths(model.machine, {
        input: input as never,
        events: [...model.events, ...deadlines] as never,
        stopWhen: (state) => state.status === 'done',
      }).map(({ state }) => statePath((state as { value: string }).value)),
    );
    const start = walk.situations[0]?.steps.length === 0 ? walk.steps[0]?.steps[0]?.from : undefined;
    const reached = paths.map(({ steps }) => steps.at(-1)?.to ?? start);
    expect(new Set(reached)).toEqual(new Set(found));
  });

  test('takes every edge, and every guard lets through and holds back', () => {
    for (const path of edgePaths(walk)) run(path);
    const { machines } = collector.report();
    const coverage = machines[id];
    expect(coverage === undefined ? 'no report' : missingOf(coverage)).toEqual([]);
  });

  test('meets every event that a state does not expect with the failure of that name', () => {
    const paths = sadPaths(walk);
    for (const path of paths) expect(run(path)?.state).toBe('unexpected');
    expect(paths.length).toBeGreaterThan(0);
  });

  test('has an outcome for every final state', () => {
    const finals = Object.values(model.machine.root.states).filter(({ type }) => type === 'final');
    expect(Object.keys(model.outcomes).sort()).toEqual(finals.map(({ key }) => key).sort());
  });
});

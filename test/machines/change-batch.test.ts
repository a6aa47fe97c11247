import { expect, test } from '@jest/globals';
import { changeBatchMachine, type ChangeBatchEvent as Event } from '../../src/machines/change-batch.js';
import { deadline, walk } from '../support/walk.js';

const input = { pauseMs: 1000 };

const work = { type: 'do.work' };
const change: Event = { type: 'local.change' };
const done: Event = { type: 'work.done' };
const undone: Event = { type: 'work.failed' };
const stop: Event = { type: 'local.stop' };
const pause = deadline('batchPause', 'changeBatch.gathering') as Event;

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'resting', effects: [] },
  { name: 'several changes', events: [change, change], state: 'gathering', effects: [] },
  { name: 'are one work', events: [change, change, pause], state: 'working.once', effects: [work] },
  { name: 'done', events: [change, pause, done], state: 'resting', effects: [work] },
  { name: 'a change meanwhile', events: [change, pause, change, change], state: 'working.again', effects: [work] },
  { name: 'has its turn', events: [change, pause, change, done], state: 'gathering', effects: [work] },
  { name: 'what failed is tried again', events: [change, pause, undone], state: 'gathering', effects: [work] },
  { name: 'after the pause', events: [change, pause, undone, pause], state: 'working.once', effects: [work, work] },
  { name: 'and once with what came', events: [change, pause, change, undone], state: 'gathering', effects: [work] },
  { name: 'stopped at rest', events: [stop], state: 'stopped', effects: [{ type: 'report.stopped' }] },
  {
    name: 'stopped at work',
    events: [change, pause, stop],
    state: 'stopped',
    effects: [work, { type: 'report.stopped' }],
  },
  {
    name: 'done without work',
    events: [done],
    state: 'unexpected',
    effects: [{ type: 'report.failed', code: 'ERR_ENGINE_MACHINE' }],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(changeBatchMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { provideSweepMachine, type ProvideSweepEvent as Event } from '../../src/machines/provide-sweep.js';
import { deadline, walk } from '../support/walk.js';

const input = { gatherMs: 500, regionsAtOnce: 2 };

const pick = { type: 'pick.region' };
const read: Event = { type: 'keys.read' };
const available: Event = { type: 'peers.available' };
const gone: Event = { type: 'peers.gone' };
const changed: Event = { type: 'due.changed' };
const started: Event = { type: 'region.started' };
const ended: Event = { type: 'region.ended' };
const due: Event = { type: 'nothing.due', waitMs: 7000 };
const kept: Event = { type: 'nothing.kept' };
const stop: Event = { type: 'local.stop' };
const waited = deadline('dueWait', 'provideSweep.resting') as Event;
const gathered = deadline('gatherPause', 'provideSweep.gathering') as Event;
const stopped = { type: 'report.stopped' };
const failed = { type: 'report.failed', code: 'ERR_ENGINE_MACHINE' };
const begun = [available, read];

const cases: { name: string; events: Event[]; state: string; effects: object[]; active?: number }[] = [
  { name: 'nothing is read yet', events: [], state: 'reading', effects: [] },
  { name: 'peers alone are not enough', events: [available], state: 'reading', effects: [] },
  { name: 'keys alone are not enough', events: [read], state: 'offline', effects: [] },
  { name: 'peers that went before keys were read', events: [available, gone, read], state: 'offline', effects: [] },
  { name: 'both, the keys last', events: begun, state: 'picking', effects: [pick] },
  { name: 'both, the peers last', events: [read, available], state: 'picking', effects: [pick] },
  { name: 'offline, new keys wait for peers', events: [read, changed], state: 'offline', effects: [] },
  { name: 'offline for good', events: [read, gone], state: 'offline', effects: [] },
  { name: 'the first of two', events: [...begun, started], state: 'picking', effects: [pick, pick], active: 1 },
  { name: 'the second of two', events: [...begun, started, started], state: 'full', effects: [pick, pick], active: 2 },
  {
    name: 'one of two is over',
    events: [...begun, started, started, ended],
    state: 'picking',
    effects: [pick, pick, pick],
    active: 1,
  },
  {
    name: 'full, new keys wait',
    events: [...begun, started, started, changed],
    state: 'full',
    effects: [pick, pick],
    active: 2,
  },
  { name: 'nothing is due', events: [...begun, due], state: 'resting', effects: [pick] },
  { name: 'until it is', events: [...begun, due, waited], state: 'picking', effects: [pick, pick] },
  { name: 'new keys are gathered', events: [...begun, due, changed, changed], state: 'gathering', effects: [pick] },
  { name: 'and picked', events: [...begun, due, changed, gathered], state: 'picking', effects: [pick, pick] },
  { name: 'there are no keys', events: [...begun, kept], state: 'idle', effects: [pick] },
  { name: 'until there are', events: [...begun, kept, changed, gathered], state: 'picking', effects: [pick, pick] },
  {
    name: 'resting beside a region',
    events: [...begun, started, due, ended],
    state: 'picking',
    effects: [pick, pick, pick],
    active: 0,
  },
  {
    name: 'idle beside a region',
    events: [...begun, started, kept, ended],
    state: 'picking',
    effects: [pick, pick, pick],
    active: 0,
  },
  {
    name: 'a region that ends while keys are gathered',
    events: [...begun, started, due, changed, ended],
    state: 'gathering',
    effects: [pick, pick],
    active: 0,
  },
  { name: 'the network goes', events: [...begun, due, gone], state: 'offline', effects: [pick] },
  {
    name: 'regions of before count when it comes back',
    events: [...begun, started, started, gone, available],
    state: 'full',
    effects: [pick, pick],
    active: 2,
  },
  {
    name: 'and leave room when they end',
    events: [...begun, started, started, gone, ended, available],
    state: 'picking',
    effects: [pick, pick, pick],
    active: 1,
  },
  { name: 'peers again', events: [...begun, due, available], state: 'resting', effects: [pick] },
  { name: 'stopped before the start', events: [stop], state: 'stopped', effects: [stopped] },
  {
    name: 'stopped at work',
    events: [...begun, started, started, stop],
    state: 'stopped',
    effects: [pick, pick, stopped],
    active: 2,
  },
  { name: 'an end of nothing', events: [...begun, due, ended], state: 'unexpected', effects: [pick, failed] },
  { name: 'an end of nothing, idle', events: [...begun, kept, ended], state: 'unexpected', effects: [pick, failed] },
  { name: 'an end of nothing, offline', events: [read, ended], state: 'unexpected', effects: [failed] },
  {
    name: 'a start that nobody picked',
    events: [...begun, due, started],
    state: 'unexpected',
    effects: [pick, failed],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects, active = 0 }) => {
  const end = walk(provideSweepMachine, input, events);
  expect({ state: end.state, effects: end.effects, active: end.snapshot.context.active }).toEqual({
    state,
    effects,
    active,
  });
});

describe('the whole chart', () => {
  const events = [read, available, gone, changed, started, ended, due, kept, stop, waited, gathered];
  const paths = getShortestPaths(provideSweepMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every state is reachable', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(provideSweepMachine.states)));
  });

  test('no more regions are under way than may be', () => {
    expect(Math.max(...paths.map((path) => path.state.context.active))).toBe(2);
  });
});

import { expect, test } from '@jest/globals';
import { tableUpkeepMachine, type TableUpkeepEvent as Event } from '../../src/machines/table-upkeep.js';
import { deadline, walk } from '../support/walk.js';

const input = { bootstrapMs: 30_000, refreshMs: 600_000 };

const start: Event = { type: 'local.start' };
const filled: Event = { type: 'table.filled' };
const emptied: Event = { type: 'table.emptied' };
const done: Event = { type: 'work.done' };
const refresh: Event = { type: 'local.refresh' };
const stop: Event = { type: 'local.stop' };
const again = deadline('bootstrapPause', 'tableUpkeep.alone') as Event;
const due = deadline('refreshInterval', 'tableUpkeep.resting') as Event;

const dial = { type: 'dial.bootstrap' };
const lookUp = { type: 'look.upSelf' };
const buckets = { type: 'refresh.buckets' };
const stopped = { type: 'report.stopped' };
const failure = { type: 'report.failed', code: 'ERR_DHT_UPKEEP_UNEXPECTED' };

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nobody', events: [], state: 'alone', effects: [dial] },
  { name: 'nobody yet', events: [again], state: 'alone', effects: [dial, dial] },
  { name: 'nobody, and asked for', events: [refresh], state: 'alone', effects: [dial, dial] },
  { name: 'the first one', events: [filled], state: 'lookingUpSelf', effects: [dial, lookUp] },
  { name: 'looked up', events: [filled, done], state: 'refreshing', effects: [dial, lookUp, buckets] },
  { name: 'joined', events: [filled, done, done], state: 'resting', effects: [dial, lookUp, buckets] },
  { name: 'asked for at work', events: [filled, refresh], state: 'lookingUpSelf', effects: [dial, lookUp] },
  {
    name: 'asked for in the midst of it',
    events: [filled, done, refresh],
    state: 'refreshing',
    effects: [dial, lookUp, buckets],
  },
  {
    name: 'asked for at rest',
    events: [filled, done, done, refresh],
    state: 'lookingUpSelf',
    effects: [dial, lookUp, buckets, lookUp],
  },
  {
    name: 'due',
    events: [filled, done, done, due],
    state: 'lookingUpSelf',
    effects: [dial, lookUp, buckets, lookUp],
  },
  { name: 'all gone, looking', events: [filled, emptied], state: 'alone', effects: [dial, lookUp, dial] },
  {
    name: 'all gone, refreshing',
    events: [filled, done, emptied],
    state: 'alone',
    effects: [dial, lookUp, buckets, dial],
  },
  {
    name: 'all gone, at rest',
    events: [filled, done, done, emptied],
    state: 'alone',
    effects: [dial, lookUp, buckets, dial],
  },
  { name: 'stopped alone', events: [stop], state: 'stopped', effects: [dial, stopped] },
  { name: 'stopped at work', events: [filled, stop], state: 'stopped', effects: [dial, lookUp, stopped] },
  { name: 'done without work', events: [done], state: 'unexpected', effects: [dial, failure] },
  { name: 'filled twice', events: [filled, filled], state: 'unexpected', effects: [dial, lookUp, failure] },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(tableUpkeepMachine, input, [start, ...events]);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

import { expect, test } from '@jest/globals';
import { randomWalkMachine, type RandomWalkEvent } from '../../src/machines/random-walk.js';
import { deadline, walk } from '../support/walk.js';

const begin = { type: 'begin.walk' };
const drop = { type: 'drop.walk' };
const stopped = { type: 'report.stopped' };
const failed = { type: 'report.failed', code: 'ERR_ROUTING_UNEXPECTED' };
const rested = deadline('walkInterval', 'randomWalk.resting') as RandomWalkEvent;
const late = deadline('walkTimeout', 'randomWalk.walking') as RandomWalkEvent;
const now: RandomWalkEvent = { type: 'local.walk' };
const ended: RandomWalkEvent = { type: 'walk.ended' };
const stop: RandomWalkEvent = { type: 'local.stop' };
const nonsense = { type: 'nonsense' } as never;

const cases: { name: string; events: RandomWalkEvent[]; state: string; effects: object[] }[] = [
  { name: 'rests first', events: [], state: 'resting', effects: [] },
  { name: 'walks after its rest', events: [rested], state: 'walking', effects: [begin] },
  { name: 'walks when it is told', events: [now], state: 'walking', effects: [begin] },
  { name: 'one walk at a time', events: [now, now], state: 'walking', effects: [begin] },
  { name: 'rests again', events: [rested, ended], state: 'resting', effects: [begin] },
  { name: 'again and again', events: [rested, ended, rested], state: 'walking', effects: [begin, begin] },
  { name: 'a walk without end', events: [rested, late], state: 'resting', effects: [begin, drop] },
  { name: 'stopped at rest', events: [stop], state: 'stopped', effects: [stopped] },
  { name: 'stopped on its way', events: [now, stop], state: 'stopped', effects: [begin, drop, stopped] },
  { name: 'an end of no walk', events: [ended], state: 'unexpected', effects: [drop, failed] },
  { name: 'nonsense on its way', events: [now, nonsense], state: 'unexpected', effects: [begin, drop, failed] },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(randomWalkMachine, { intervalMs: 300_000, timeoutMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

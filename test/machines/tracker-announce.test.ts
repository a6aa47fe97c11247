/** Keeping a tracker told, on paper. */
import { expect, test } from '@jest/globals';
import { trackerAnnounceMachine, type TrackerAnnounceEvent } from '../../src/machines/tracker-announce.js';
import { deadline, walk } from '../support/walk.js';

const input = { minIntervalMs: 60_000, maxIntervalMs: 600_000, retryMs: 30_000, farewellMs: 2_000 };
const answered = (intervalMs = 120_000): TrackerAnnounceEvent => ({ type: 'tracker.answered', intervalMs });
const failed: TrackerAnnounceEvent = { type: 'tracker.failed' };
const stop: TrackerAnnounceEvent = { type: 'local.stop' };
const interval = deadline('interval', 'trackerAnnounce.resting');
const retry = deadline('retry', 'trackerAnnounce.backing');
const farewell = deadline('farewell', 'trackerAnnounce.leaving');

const first = { type: 'send.announce', isFirst: true };
const again = { type: 'send.announce', isFirst: false };
const leave = { type: 'send.farewell' };
const stopped = { type: 'report.stopped' };

test.each([
  { name: 'at first', events: [], state: 'announcing', effects: [first] },
  { name: 'taken', events: [answered()], state: 'resting', effects: [first] },
  { name: 'again', events: [answered(), interval], state: 'announcing', effects: [first, again] },
  { name: 'not taken', events: [failed], state: 'backing', effects: [first] },
  {
    name: 'tried again as one that is not known',
    events: [failed, retry],
    state: 'announcing',
    effects: [first, first],
  },
  {
    name: 'tried again as one that is',
    events: [answered(), interval, failed, retry],
    state: 'announcing',
    effects: [first, again, again],
  },
  { name: 'stopped before it has answered', events: [stop], state: 'leaving', effects: [first, leave] },
  { name: 'stopped after a failure', events: [failed, stop], state: 'stopped', effects: [first, stopped] },
  { name: 'leaving', events: [answered(), stop], state: 'leaving', effects: [first, leave] },
  { name: 'leaving, said twice', events: [answered(), stop, stop], state: 'leaving', effects: [first, leave] },
  { name: 'left', events: [answered(), stop, answered()], state: 'stopped', effects: [first, leave, stopped] },
  {
    name: 'left without a good answer',
    events: [answered(), stop, failed],
    state: 'stopped',
    effects: [first, leave, stopped],
  },
  {
    name: 'left without any',
    events: [answered(), stop, farewell],
    state: 'stopped',
    effects: [first, leave, stopped],
  },
  {
    name: 'leaving while it announces',
    events: [answered(), interval, stop],
    state: 'leaving',
    effects: [first, again, leave],
  },
  {
    name: 'an answer to nothing',
    events: [answered(), answered()],
    state: 'unexpected',
    effects: [first, { type: 'report.failed', code: 'ERR_TRACKER_UNEXPECTED' }],
  },
])('$name -> $state', ({ events, state, effects }) => {
  const end = walk(trackerAnnounceMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

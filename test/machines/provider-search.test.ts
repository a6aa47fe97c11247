import { expect, test } from '@jest/globals';
import { providerSearchMachine, type ProviderSearchEvent } from '../../src/machines/provider-search.js';
import { deadline, walk } from '../support/walk.js';

const begin = { type: 'begin.search' };
const drop = { type: 'drop.search' };
const finished = { type: 'report.finished' };
const failed = { type: 'report.failed', code: 'ERR_ROUTING_UNEXPECTED' };
const discovering: ProviderSearchEvent = { type: 'session.discovering' };
const fetching: ProviderSearchEvent = { type: 'session.fetching' };
const over: ProviderSearchEvent = { type: 'session.ended' };
const urge: ProviderSearchEvent = { type: 'local.urge' };
const ended: ProviderSearchEvent = { type: 'search.ended' };
const due = deadline('searchDelay', 'providerSearch.waiting') as ProviderSearchEvent;
const paused = deadline('searchPause', 'providerSearch.pausing') as ProviderSearchEvent;

const cases: { name: string; events: ProviderSearchEvent[]; state: string; effects: object[]; nextPauseMs?: number }[] =
  [
    { name: 'nothing is wanted', events: [], state: 'resting', effects: [] },
    { name: 'somebody connected has it', events: [fetching], state: 'resting', effects: [] },
    { name: 'the connected ones first', events: [discovering, discovering], state: 'waiting', effects: [] },
    { name: 'in time', events: [discovering, fetching], state: 'resting', effects: [] },
    { name: 'nobody said a word', events: [discovering, due], state: 'searching', effects: [begin] },
    { name: 'nobody is there', events: [discovering, urge], state: 'searching', effects: [begin] },
    {
      name: 'one search at a time',
      events: [discovering, urge, urge, discovering],
      state: 'searching',
      effects: [begin],
    },
    { name: 'found', events: [discovering, due, fetching], state: 'resting', effects: [begin, drop] },
    { name: 'found by the last word', events: [discovering, due, ended, fetching], state: 'resting', effects: [begin] },
    { name: 'nothing found', events: [discovering, due, ended, discovering, urge], state: 'pausing', effects: [begin] },
    {
      name: 'again after a pause, the next one longer',
      events: [discovering, due, ended, paused],
      state: 'searching',
      effects: [begin, begin],
      nextPauseMs: 4_000,
    },
    {
      name: 'no longer than the longest',
      events: [discovering, due, ended, paused, ended, paused, ended, paused],
      state: 'searching',
      effects: [begin, begin, begin, begin],
      nextPauseMs: 10_000,
    },
    {
      name: 'the next want begins with the first pause',
      events: [discovering, due, ended, paused, fetching, discovering],
      state: 'waiting',
      effects: [begin, begin, drop],
      nextPauseMs: 2_000,
    },
    { name: 'over before it began', events: [over], state: 'finished', effects: [finished] },
    { name: 'over while it waited', events: [discovering, over], state: 'finished', effects: [finished] },
    {
      name: 'over in the middle',
      events: [discovering, due, over],
      state: 'finished',
      effects: [begin, drop, finished],
    },
    {
      name: 'over in the pause',
      events: [discovering, due, ended, over],
      state: 'finished',
      effects: [begin, finished],
    },
    { name: 'the end of no search', events: [ended], state: 'unexpected', effects: [drop, failed] },
  ];

test.each(cases)('$name -> $state', ({ events, state, effects, nextPauseMs }) => {
  const end = walk(providerSearchMachine, { delayMs: 1_000, pauseMs: 2_000, maxPauseMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
  if (nextPauseMs !== undefined) expect(end.snapshot.context.nextPauseMs).toBe(nextPauseMs);
});

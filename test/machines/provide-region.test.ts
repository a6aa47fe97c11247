import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { provideRegionMachine, type ProvideRegionEvent as Event } from '../../src/machines/provide-region.js';
import { deadline, walk } from '../support/walk.js';

const input = { exploreTimeoutMs: 600_000, sendTimeoutMs: 300_000 };

const explored: Event = { type: 'region.explored' };
const unknown: Event = { type: 'region.unknown', code: 'ERR_PROVIDE_NO_PEERS' };
const read: Event = { type: 'page.read' };
const over: Event = { type: 'keys.over' };
const storeFailed: Event = { type: 'store.failed', code: 'ERR_STORE_FAILED' };
const sent: Event = { type: 'page.sent' };
const stamped: Event = { type: 'page.stamped' };
const stop: Event = { type: 'local.stop' };
const exploreTimeout = deadline('exploreTimeout', 'provideRegion.exploring') as Event;
const sendTimeout = deadline('sendTimeout', 'provideRegion.sending') as Event;
const page = [read, sent, stamped];

const cases: { name: string; events: Event[]; state: string; effects: string[] }[] = [
  { name: 'first it is explored', events: [], state: 'exploring', effects: ['explore.region'] },
  { name: 'then read', events: [explored], state: 'reading', effects: ['explore.region', 'read.page'] },
  { name: 'nobody is there', events: [unknown], state: 'failed', effects: ['explore.region', 'ERR_PROVIDE_NO_PEERS'] },
  {
    name: 'nobody answers in time',
    events: [exploreTimeout],
    state: 'failed',
    effects: ['explore.region', 'ERR_PROVIDE_TIMEOUT'],
  },
  { name: 'no keys', events: [explored, over], state: 'done', effects: ['explore.region', 'read.page', 'report.done'] },
  {
    name: 'a page',
    events: [explored, ...page],
    state: 'reading',
    effects: ['explore.region', 'read.page', 'send.page', 'stamp.page', 'read.page'],
  },
  {
    name: 'two pages, and no more',
    events: [explored, ...page, ...page, over],
    state: 'done',
    effects: [
      'explore.region',
      ...['read.page', 'send.page', 'stamp.page', 'read.page', 'send.page', 'stamp.page', 'read.page'],
      'report.done',
    ],
  },
  {
    name: 'a page that takes too long',
    events: [explored, read, sendTimeout],
    state: 'cutting',
    effects: ['explore.region', 'read.page', 'send.page', 'cut.page'],
  },
  {
    name: 'is cut, and what was taken counts',
    events: [explored, read, sendTimeout, sent],
    state: 'stamping',
    effects: ['explore.region', 'read.page', 'send.page', 'cut.page', 'stamp.page'],
  },
  {
    name: 'a store that does not read',
    events: [explored, storeFailed],
    state: 'failed',
    effects: ['explore.region', 'read.page', 'ERR_STORE_FAILED'],
  },
  {
    name: 'stopped on the way',
    events: [explored, read, stop],
    state: 'stopped',
    effects: ['explore.region', 'read.page', 'send.page', 'report.stopped'],
  },
  {
    name: 'a page that nobody asked for',
    events: [read],
    state: 'unexpected',
    effects: ['explore.region', 'ERR_ENGINE_MACHINE'],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(provideRegionMachine, input, events);
  const told = end.effects.map((effect) => (effect.type === 'report.failed' ? effect.code : effect.type));
  expect({ state: end.state, effects: told }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [explored, unknown, read, over, storeFailed, sent, stamped, stop, exploreTimeout, sendTimeout];
  const paths = getShortestPaths(provideRegionMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every state is reachable', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(provideRegionMachine.states)));
  });

  test('every final state says its outcome once', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const told = walk(provideRegionMachine, input, heard).effects.filter(({ type }) => type.startsWith('report.'));
      expect([path.state.value, told.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});

import { expect, test } from '@jest/globals';
import { ipnsPublishMachine, type IpnsPublishEvent as Event } from '../../src/machines/ipns-publish.js';
import { deadline, walk } from '../support/walk.js';

const input = { lookUpTimeoutMs: 30_000, putTimeoutMs: 120_000, retryMs: 300_000 };

const later: Event = { type: 'due.later', pauseMs: 1000 };
const written: Event = { type: 'store.written', pauseMs: 1000 };
const due = (delay: string, state: string) => deadline(delay, `ipnsPublish.${state}`) as Event;
const events = (...names: (Event['type'] | Event)[]): Event[] =>
  names.map((name) => (typeof name === 'string' ? ({ type: name } as Event) : name));

const OUT = ['consider.due', 'ask.network', 'write.record'];
const PUT = [...OUT, 'put.record'];

test.each<{ name: string; heard: Event[]; state: string; effects: string[] }>([
  { name: 'the start', heard: [], state: 'considering', effects: ['consider.due'] },
  { name: 'due later', heard: events(later), state: 'resting', effects: ['consider.due'] },
  {
    name: 'after the pause',
    heard: events(later, due('ipnsPause', 'resting')),
    state: 'considering',
    effects: ['consider.due', 'consider.due'],
  },
  { name: 'never due', heard: events('due.never'), state: 'idle', effects: ['consider.due', 'report.idle'] },
  {
    name: 'published while idle',
    heard: events('due.never', 'local.publish'),
    state: 'considering',
    effects: ['consider.due', 'report.idle', 'consider.due'],
  },
  { name: 'due', heard: events('due.now'), state: 'asking', effects: ['consider.due', 'ask.network'] },
  {
    name: 'somebody else was faster',
    heard: events('due.now', 'network.newer'),
    state: 'idle',
    effects: ['consider.due', 'ask.network', 'report.idle'],
  },
  { name: 'the network has spoken', heard: events('due.now', 'network.asked'), state: 'writing', effects: OUT },
  {
    name: 'the network is silent',
    heard: events('due.now', due('ipnsLookUpTimeout', 'asking')),
    state: 'writing',
    effects: ['consider.due', 'ask.network', 'stop.asking', 'write.record'],
  },
  {
    name: 'taken back',
    heard: events('due.now', 'publish.refused'),
    state: 'considering',
    effects: ['consider.due', 'ask.network', 'consider.due'],
  },
  {
    name: 'refused',
    heard: events('due.now', 'network.asked', 'publish.refused'),
    state: 'considering',
    effects: [...OUT, 'consider.due'],
  },
  {
    name: 'not written, not put',
    heard: events('due.now', 'network.asked', 'store.failed'),
    state: 'awaitingRetry',
    effects: OUT,
  },
  { name: 'written', heard: events('due.now', 'network.asked', written), state: 'putting', effects: PUT },
  {
    name: 'taken by two',
    heard: events('due.now', 'network.asked', written, 'router.took', 'router.took', 'router.done'),
    state: 'resting',
    effects: [...PUT, 'report.published'],
  },
  {
    name: 'taken by one, and nobody else answers',
    heard: events('due.now', 'network.asked', written, 'router.took', due('ipnsPutTimeout', 'putting')),
    state: 'resting',
    effects: [...PUT, 'stop.putting', 'report.published'],
  },
  {
    name: 'taken by nobody',
    heard: events('due.now', 'network.asked', written, 'router.done'),
    state: 'awaitingRetry',
    effects: [...PUT, 'report.unstored'],
  },
  {
    name: 'nobody answers',
    heard: events('due.now', 'network.asked', written, due('ipnsPutTimeout', 'putting')),
    state: 'awaitingRetry',
    effects: [...PUT, 'stop.putting', 'report.unstored'],
  },
  {
    name: 'who took the last one does not count',
    heard: events('due.now', 'network.asked', written, 'router.took', 'router.done', 'local.publish').concat(
      events('due.now', 'network.asked', written, 'router.done'),
    ),
    state: 'awaitingRetry',
    effects: [...PUT, 'report.published', ...PUT, 'report.unstored'],
  },
  {
    name: 'tried again',
    heard: events('due.now', 'network.asked', 'store.failed', due('ipnsRetry', 'awaitingRetry')),
    state: 'considering',
    effects: [...OUT, 'consider.due'],
  },
  {
    name: 'stopped',
    heard: events('due.now', 'local.stop'),
    state: 'stopped',
    effects: ['consider.due', 'ask.network', 'report.stopped'],
  },
  {
    name: 'written without being asked',
    heard: events(written),
    state: 'unexpected',
    effects: ['consider.due', 'report.failed'],
  },
])('$name -> $state', ({ heard, state, effects }) => {
  const end = walk(ipnsPublishMachine, input, heard);
  expect({ state: end.state, effects: end.effects.map(({ type }) => type) }).toEqual({ state, effects });
});

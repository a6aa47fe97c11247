import { expect, test } from '@jest/globals';
import { routingCallMachine, type RoutingCallEvent } from '../../src/machines/routing-call.js';
import { walk } from '../support/walk.js';

const ask = (tier: number) => ({ type: 'ask.tier', tier });
const drop = { type: 'drop.routers' };
const finished = { type: 'report.finished' };
const failed = (code: string) => ({ type: 'report.failed', code });
const answered: RoutingCallEvent = { type: 'router.answered' };
const ended: RoutingCallEvent = { type: 'router.ended', failed: false };
const broke: RoutingCallEvent = { type: 'router.ended', failed: true };
const cancel: RoutingCallEvent = { type: 'local.cancel' };

interface Case {
  readonly name: string;
  readonly tiers: readonly number[];
  readonly enough?: number;
  readonly events: RoutingCallEvent[];
  readonly state: string;
  readonly effects: object[];
}

const cases: Case[] = [
  { name: 'the first tier is asked', tiers: [2, 1], events: [], state: 'asking', effects: [ask(0)] },
  { name: 'one of two is out', tiers: [2, 1], events: [answered, ended], state: 'asking', effects: [ask(0)] },
  { name: 'enough', tiers: [2, 1], events: [answered, ended, ended], state: 'finished', effects: [ask(0), finished] },
  {
    name: 'enough, whoever failed',
    tiers: [2, 1],
    events: [broke, answered, broke],
    state: 'finished',
    effects: [ask(0), finished],
  },
  { name: 'nothing: the next tier', tiers: [2, 1], events: [ended, ended], state: 'asking', effects: [ask(0), ask(1)] },
  { name: 'failures: the next tier', tiers: [1, 1], events: [broke], state: 'asking', effects: [ask(0), ask(1)] },
  {
    name: 'fewer than enough: the next tier, and no further',
    tiers: [1, 1, 1],
    enough: 3,
    events: [answered, answered, ended, answered, ended],
    state: 'finished',
    effects: [ask(0), ask(1), finished],
  },
  {
    name: 'nothing anywhere',
    tiers: [1, 1],
    events: [ended, ended],
    state: 'finished',
    effects: [ask(0), ask(1), finished],
  },
  {
    name: 'nothing here, a failure there',
    tiers: [1, 1],
    events: [ended, broke],
    state: 'finished',
    effects: [ask(0), ask(1), finished],
  },
  {
    name: 'every router failed',
    tiers: [2, 1],
    events: [broke, broke, broke],
    state: 'failed',
    effects: [ask(0), ask(1), failed('ERR_ROUTING_FAILED')],
  },
  {
    name: 'the answer of one that failed counts',
    tiers: [1],
    events: [answered, broke],
    state: 'finished',
    effects: [ask(0), finished],
  },
  {
    name: 'cancelled',
    tiers: [2],
    events: [answered, cancel],
    state: 'cancelled',
    effects: [ask(0), drop, failed('ERR_ABORTED')],
  },
  {
    name: 'nonsense',
    tiers: [2],
    events: [{ type: 'nonsense' } as never],
    state: 'unexpected',
    effects: [ask(0), drop, failed('ERR_ROUTING_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ tiers, enough = 1, events, state, effects }) => {
  const end = walk(routingCallMachine, { tiers, enough }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

import { describe, expect, test } from '@jest/globals';
import { assign, emit, setup } from 'xstate';
import { Environment } from '../../src/actors/environment.js';
import { statePath } from '../../src/actors/chart/state-path.js';
import { spawnMachine } from '../../src/actors/spawn.js';
import type { EngineError } from '../../src/errors.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

type Event = { type: 'ask' } | { type: 'answer' } | { type: 'throw' };
type Effect = { type: 'send.question' } | { type: 'report.done' };

const machine = setup({
  types: { events: {} as Event, emitted: {} as Effect, context: {} as { asked: number } },
  delays: { patience: 1000 },
  actions: {
    count: assign({ asked: ({ context }) => context.asked + 1 }),
    explode: () => {
      throw new Error('a bug in an action');
    },
  },
}).createMachine({
  id: 'asking',
  context: { asked: 0 },
  initial: 'idle',
  entry: emit({ type: 'send.question' }),
  states: {
    idle: { on: { ask: { target: 'awaitingAnswer', actions: 'count' }, throw: { actions: 'explode' } } },
    awaitingAnswer: { after: { patience: 'timedOut' }, on: { answer: 'answered' } },
    answered: { type: 'final', entry: emit({ type: 'report.done' }) },
    timedOut: { type: 'final', entry: emit({ type: 'report.done' }) },
  },
});

function world(perform: (effect: Effect, send: (event: Event) => void) => void = () => undefined) {
  const clock = new VirtualClock();
  const reported: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    onBroken: (error) => reported.push(error),
  });
  const broken: EngineError[] = [];
  const actor = spawnMachine(environment, machine, {
    address: 'test:1',
    input: undefined,
    perform: (effect) => perform(effect, (event) => actor.send(event)),
    broken: (error) => broken.push(error),
  });
  return { clock, environment, actor, broken, reported };
}

describe('spawning a machine', () => {
  test('entry effects are performed, and what they send back is taken in order', () => {
    const log: string[] = [];
    const { actor, environment, clock } = world((effect, send) => {
      log.push(`${effect.type} in ${actor.state}`);
      if (effect.type === 'send.question') {
        send({ type: 'ask' });
        send({ type: 'answer' });
        log.push(`still in ${actor.state}`);
      }
    });
    actor.start();
    expect(log).toEqual(['send.question in idle', 'still in idle', 'report.done in answered']);
    expect(actor.stays.map(({ state, event }) => `${state} on ${event}`)).toEqual([
      'idle on start',
      'awaitingAnswer on ask',
      'answered on answer',
    ]);
    expect({ done: actor.done, live: environment.liveActors, timers: clock.pendingTimers }).toEqual({
      done: true,
      live: 0,
      timers: 0,
    });
  });

  test('a deadline is a turn, and stays know how long each state lasted', () => {
    const { actor, clock } = world();
    actor.start();
    clock.advance(50);
    actor.send({ type: 'ask' });
    clock.advance(999);
    expect(actor.state).toBe('awaitingAnswer');
    clock.advance(1);
    expect(actor.stays).toEqual([
      { machine: 'asking', state: 'idle', event: 'start', enteredAtMs: 0, durationMs: 50, order: 0 },
      { machine: 'asking', state: 'awaitingAnswer', event: 'ask', enteredAtMs: 50, durationMs: 1000, order: 1 },
      { machine: 'asking', state: 'timedOut', event: 'deadline', enteredAtMs: 1050, order: 2 },
    ]);
  });

  test('observers hear every step with the actor’s address', () => {
    const { actor, environment } = world();
    const steps: string[] = [];
    environment.transitions$.subscribe(({ actor: address, from, to, event }) =>
      steps.push(`${address} ${from}>${to} ${event}`),
    );
    actor.start();
    actor.send({ type: 'ask' });
    expect(steps).toEqual(['test:1 >idle start', 'test:1 idle>awaitingAnswer ask']);
  });

  test.each([
    { what: 'an action', event: 'throw' as const, message: 'a bug in an action' },
    { what: 'an effect', event: 'ask' as const, message: 'a bug in an effect' },
  ])('$what that throws breaks this actor by name and nothing else', ({ event, message }) => {
    const { actor, broken, reported, environment } = world((effect) => {
      if (effect.type === 'report.done') throw new Error('a bug in an effect');
    });
    actor.start();
    actor.send({ type: event });
    if (event === 'ask') actor.send({ type: 'answer' });
    expect(broken).toMatchObject([{ code: 'ERR_ENGINE_MACHINE', blame: 'engine', details: { machine: 'asking' } }]);
    expect(broken[0]?.message).toContain(message);
    expect(reported.length).toBe(1);
    expect({ done: actor.done, live: environment.liveActors }).toEqual({ done: true, live: 0 });
    actor.send({ type: 'ask' });
    expect(broken.length).toBe(1);
  });

  test('stopping ends it without a word, before or after it began', () => {
    const effects: string[] = [];
    const { actor, environment, clock } = world(({ type }) => effects.push(type));
    actor.start();
    actor.send({ type: 'ask' });
    actor.stop();
    actor.stop();
    actor.send({ type: 'answer' });
    expect({ effects, live: environment.liveActors, timers: clock.pendingTimers }).toEqual({
      effects: ['send.question'],
      live: 0,
      timers: 0,
    });
    const never = world();
    never.actor.stop();
    expect(never.environment.liveActors).toBe(0);
  });
});

test.each([
  ['open', 'open'],
  [{ upgrading: 'connecting' }, 'upgrading.connecting'],
  [{ live: { streams: 'open', keepAlive: 'resting' } }, 'live.streams.open|live.keepAlive.resting'],
])('%j is told as %s', (value, path) => {
  expect(statePath(value)).toBe(path);
});

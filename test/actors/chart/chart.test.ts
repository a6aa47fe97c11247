/**
 * Prepared charts against XState: `walk` takes every walk both ways and expects the same after each event. What the
 * machines of the engine do not happen to use, and what they must not, is tried on charts made for it.
 */
import { describe, expect, test } from '@jest/globals';
import { and, assign, emit, raise, setup, type AnyStateMachine } from 'xstate';
import { Chart } from '../../../src/actors/chart/chart.js';
import { MACHINES } from '../../../src/machines/index.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { modelOf } from '../../model/samples.js';
import { walk } from '../../support/walk.js';

/** Has every field that any machine of the catalogue takes. */
const INPUT = {
  timeoutMs: 1,
  connectTimeoutMs: 2,
  upgradeTimeoutMs: 3,
  closeTimeoutMs: 4,
  finTimeoutMs: 5,
  keepAliveMs: 6,
  keepAliveTimeoutMs: 7,
  idleMs: 8,
  rebroadcastMs: 9,
  restMs: 10,
  pauseMs: 11,
  checkMs: 12,
  retryMs: 13,
  endTimeoutMs: 14,
  delaysMs: [0, 15, 31],
  maxAtOnce: 2,
  role: 'initiator',
  direction: 'outbound',
  protocols: ['/a', '/b'],
  addressCount: 2,
  count: 2,
  maxFailures: 2,
};

/** Values for the fields of events; a walk draws one of each for every event. */
const FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  code: [0, 1, 'ERR_YAMUX_CREDIT', 'ERR_NOISE_DECRYPT'],
  protocol: ['/a', '/b', '/c'],
  muxer: [undefined, '/yamux/1.0.0'],
  queued: [true, false],
  idle: [true, false],
  isFirst: [true, false],
  supported: [true, false],
  restMs: [12, 13],
  retryMs: [16, 17],
  delaysMs: [[0, 18, 37]],
  delayMs: [19, 20],
  intervalMs: [21, 22],
  renewalMs: [23, 24],
  pauseMs: [25, 26],
  failed: [true, false],
  isReused: [true, false],
};

describe.each(MACHINES.map(({ machine }) => [machine.id, machine] as const))('%s', (_id, machine: AnyStateMachine) => {
  const types = [...eventTypes(machine), 'nobody.expectsThis'];
  const modelled = Object.values(modelOf(machine.id).inputs) as readonly object[];

  test.each(Array.from({ length: 30 }, (_, index) => index))('walks as XState does, seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const pick = <T>(among: readonly T[]): T => among[(random.bytes('walk', 1)[0] ?? 0) % among.length] as T;
    const direction = pick(['inbound', 'outbound']);
    const input = { ...INPUT, ...modelled[0], direction, role: pick(['initiator', 'responder', 'dialer', 'listener']) };
    const events = Array.from({ length: 25 }, () => ({
      ...Object.fromEntries(Object.entries(FIELDS).map(([name, values]) => [name, pick(values)])),
      type: pick(types),
    }));
    walk(machine, input as never, events);
  });
});

/** What a machine names: its events, its deadlines. Wildcards stand for themselves, with a tail of their own. */
function eventTypes(machine: AnyStateMachine): string[] {
  const types = new Set<string>();
  const visit = (node: AnyStateMachine['root']): void => {
    for (const type of (node.transitions as ReadonlyMap<string, unknown>).keys()) types.add(type.replace('*', 'other'));
    Object.values(node.states).forEach(visit);
  };
  visit(machine.root);
  return [...types];
}

interface Hard {
  readonly count: number;
  readonly seen: string;
}

/** For charts whose types would say more than the test. */
function machineOf(options: object, config: object): AnyStateMachine {
  return setup(options as never).createMachine(config as never) as never;
}

const log = (said: string) => emit({ type: 'log', said });
const around = (name: string) => ({ entry: log(`into ${name}`), exit: log(`out of ${name}`) });

/** Two regions, re-entry at each depth, targets in other regions, wildcards of two lengths, assignments in order. */
const hard = machineOf(
  {
    guards: {
      isEven: ({ context }: { context: Hard }) => context.count % 2 === 0,
      isBig: ({ event }: { event: { n: number } }, least: number) => event.n > least,
    },
    delays: { soon: ({ context }: { context: Hard }) => 10 + context.count },
  },
  {
    id: 'hard',
    context: { count: 0, seen: '' },
    initial: 'both',
    on: { 'go.home': '.both', 'root.again': { target: '.both', reenter: true }, '*': { actions: log('root hears') } },
    after: { 50: '.over' },
    states: {
      both: {
        ...around('both'),
        type: 'parallel',
        on: { 'both.again': { target: 'both', reenter: true }, 'both.inner': '.left.two', finish: 'over', shut: {} },
        states: {
          left: {
            ...around('left'),
            initial: 'one',
            on: { 'left.again': { target: 'left', reenter: true }, 'left.reset': '.one' },
            states: {
              one: {
                ...around('one'),
                after: { soon: 'two' },
                on: {
                  step: {
                    target: 'two',
                    actions: [assign({ count: ({ context }: { context: Hard }) => context.count + 1 }), log('stepped')],
                  },
                  'a.b.*': { actions: log('long wildcard') },
                  'a.*': { actions: log('short wildcard') },
                  cross: '#hard.both.right.deep.inner',
                },
              },
              two: {
                ...around('two'),
                on: {
                  step: [
                    { guard: 'isEven', target: 'one' },
                    { guard: { type: 'isBig', params: 3 }, target: 'three' },
                  ],
                  itself: 'two',
                  'itself.again': { target: 'two', reenter: true },
                  finish: '#hard.over',
                },
              },
              three: { ...around('three'), on: { step: 'one', shut: '#hard.over' } },
            },
          },
          right: {
            ...around('right'),
            initial: 'still',
            states: {
              still: { ...around('still'), on: { step: 'deep', finish: 'deep' } },
              deep: {
                ...around('deep'),
                initial: 'outer',
                on: { step: '.inner', up: { target: 'deep', reenter: true } },
                states: {
                  outer: { ...around('outer') },
                  inner: {
                    ...around('inner'),
                    entry: assign(({ context, event }) => ({ seen: `${(context as Hard).seen}${event.type};` })),
                    on: { finish: [{ guard: 'isEven', target: '#hard.over' }, 'outer'] },
                  },
                },
              },
            },
          },
        },
      },
      over: { ...around('over'), type: 'final' },
    },
  },
);

describe('a chart with every hard case', () => {
  const types = [...eventTypes(hard), 'a.b.c', 'a.c', 'a', 'unknown'];

  test.each(Array.from({ length: 200 }, (_, index) => index))('seed %i', (seed) => {
    const random = new SeededRandom(seed);
    const draw = () => random.bytes('walk', 1)[0] ?? 0;
    const events = Array.from({ length: 40 }, () => ({ type: types[draw() % types.length] ?? '', n: draw() % 8 }));
    walk(hard, undefined as never, events);
  });
});

describe('what is not run is refused by name', () => {
  const machine = (config: object) => machineOf({}, { id: 'odd', ...config });

  test.each([
    ['always', { initial: 'a', states: { a: { always: 'b' }, b: {} } }, 'uses always in "odd.a"'],
    ['invoke', { initial: 'a', states: { a: { invoke: { src: 'child' } } } }, 'uses invoke in "odd.a"'],
    ['history', { initial: 'a', states: { a: {}, h: { type: 'history' } } }, 'uses history in "odd.h"'],
    [
      'an inner final state',
      { initial: 'a', states: { a: { initial: 'b', states: { b: { type: 'final' } } } } },
      'uses a final state inside another state in "odd.a.b"',
    ],
    [
      'actions of an initial transition',
      { initial: { target: 'a', actions: log('x') }, states: { a: {} } },
      'uses actions on an initial transition in "odd"',
    ],
  ])('%s', (_what, config, message) => {
    expect(() => Chart.of(machine(config))).toThrow(message);
  });

  test.each([
    ['a raised event', raise({ type: 'x' }), 'raises "" without a delay'],
    ['an action that nobody defined', 'missing', 'names "missing", which it does not define'],
    ['another kind of action', { type: 'xstate.enqueueActions' }, 'names "xstate.enqueueActions"'],
  ])('%s', (_what, entry, message) => {
    const chart = Chart.of(machine({ initial: 'a', states: { a: { entry } } }));
    expect(() => chart.start).toThrow(message);
  });

  test('combined guards', () => {
    const guard = and([() => true, () => true]);
    const chart = Chart.of(machine({ initial: 'a', states: { a: { on: { go: { guard, target: 'b' } } }, b: {} } }));
    expect(() => chart.plan(chart.start.next, {}, { type: 'go' })).toThrow('combines guards');
  });
});

/** What a step proves of its guards, judged by XState: its own evaluation of every guard along every path of the models. */
import { describe, expect, test } from '@jest/globals';
import { initialTransition, setup, transition, type AnyStateMachine } from 'xstate';
import { edgesOf } from '../../src/actors/chart/edges.js';
import { ChartedMachine } from '../../src/coverage/charted-machine.js';
import { explore, pathText } from '../model/explore.js';
import { MODELS } from '../model/samples.js';

type Args = { readonly event: unknown };
type Check = (args: Args, params: unknown) => boolean;

/** The machine with guards that tell what they answered, and about which event. */
function listening(machine: AnyStateMachine, told: (event: unknown, answer: string) => void): AnyStateMachine {
  const guards = Object.entries(machine.implementations.guards as Record<string, Check>).map(([name, check]) => [
    name,
    (args: Args, params: unknown) => {
      const answer = check(args, params);
      told(args.event, `${name} ${answer}`);
      return answer;
    },
  ]);
  return machine.provide({ guards: Object.fromEntries(guards) as never }) as AnyStateMachine;
}

describe.each(MODELS.map((model) => [model.machine.id, model] as const))('%s', (_id, model) => {
  const guardOf = new Map(edgesOf(model.machine).map(({ id, guard }) => [id, guard]));
  const walk = explore(model);

  test(`along ${walk.steps.length} paths`, () => {
    for (const { input, steps } of walk.steps) {
      const last = steps.at(-1);
      const heard = new Set<string>();
      // XState's pure functions make an actor of their own each time, whose deadlines are weighed as well.
      const machine = listening(model.machine, (event, answer) => event === last?.event && heard.add(answer));
      let [snapshot] = initialTransition(machine, model.inputs[input] as never);
      for (const step of steps) {
        heard.clear();
        [snapshot] = transition(machine, snapshot, step.event as never);
      }
      const told = (last?.guards ?? []).map((guard) => {
        const at = guard.lastIndexOf(' ');
        return `${guardOf.get(guard.slice(0, at)) ?? 'no guard'}${guard.slice(at)}`;
      });
      const text = pathText({ input, steps });
      expect({ text, guards: [...new Set(told)].sort() }).toEqual({ text, guards: [...heard].sort() });
    }
  });
});

describe('where states are parallel', () => {
  const machine = setup({
    types: { events: {} as { type: 'go' | 'stop'; left: boolean; right: boolean; out: boolean } },
    guards: {
      left: ({ event }) => event.left,
      right: ({ event }) => event.right,
      out: ({ event }) => event.out,
    },
  }).createMachine({
    id: 'parallel',
    initial: 'both',
    on: { '*': '.caught' },
    states: {
      both: {
        type: 'parallel',
        on: { go: { guard: 'out', target: 'left' } },
        states: {
          one: { initial: 'a', states: { a: { on: { go: { guard: 'left', target: 'b' } } }, b: {} } },
          two: { initial: 'a', states: { a: { on: { go: { guard: 'right', target: 'b' } } }, b: {} } },
        },
      },
      left: { type: 'final' },
      caught: { type: 'final' },
    },
  });
  const charted = new ChartedMachine(machine);
  const from = 'both.one.a|both.two.a';

  test.each([
    {
      name: 'both regions move',
      edges: ['both.one.a go', 'both.two.a go'],
      proven: ['both.one.a go true', 'both.two.a go true'],
    },
    // What the other region answered is not known: its choice may have yielded.
    { name: 'one region moves', edges: ['both.one.a go'], proven: ['both.one.a go true'] },
    {
      name: 'no region moves, the outer state does',
      edges: ['both go'],
      proven: ['both go true', 'both.one.a go false', 'both.two.a go false'],
    },
    {
      name: 'nothing but the wildcard',
      edges: ['- *'],
      proven: ['both go false', 'both.one.a go false', 'both.two.a go false'],
    },
  ])('$name', ({ edges, proven }) => {
    const outcomes = charted.outcomesOf({ from, to: '', event: 'go', edges });
    expect(outcomes.map(({ edge, outcome }) => `${edge} ${outcome}`).sort()).toEqual([...proven].sort());
  });

  test('a step that is not of the chart proves nothing', () => {
    expect(charted.outcomesOf({ from: 'nowhere', to: '', event: 'go', edges: ['both go'] })).toEqual([]);
    expect(charted.outcomesOf({ from, to: '', event: 'go', edges: ['no such edge'] })).toEqual([]);
    expect(charted.activeIn('both.nowhere')).toBeUndefined();
    expect(charted.activeIn('constructor')).toBeUndefined();
    expect(charted.activeIn(from)).toEqual(['both', 'both.one', 'both.one.a', 'both.two', 'both.two.a']);
  });
});

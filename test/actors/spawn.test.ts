import { test, expect } from '@jest/globals';
import { setup, emit } from 'xstate';
import { walk, deadline } from '../support/walk.js';
import { spawnMachine } from '../../src/actors/spawn.js';
import { Environment } from '../../src/actors/environment.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
const m = setup({ types: { events: {} as { type: 'a' }, emitted: {} as { type: 'x' } | { type: 'y' } }, delays: { t: 1000 } }).createMachine({
  id: 'm', initial: 'one', entry: emit({ type: 'x' }), states: { one: { after: { t: 'late' }, on: { a: 'two' } }, two: { type: 'final', entry: emit({ type: 'y' }) }, late: { type: 'final' } },
});
test('w', () => {
  expect(walk(m, undefined as never, [{ type: 'a' }])).toMatchObject({ state: 'two', effects: [{ type: 'x' }, { type: 'y' }] });
  expect(walk(m, undefined as never, [deadline('t', 'm.one')])).toMatchObject({ state: 'late' });
  const clock = new VirtualClock();
  const env = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const got: unknown[] = [];
  const a = spawnMachine(env, m, { address: 'z', input: undefined as never, perform: (e) => { got.push([e, a.state]); if (e.type === 'x') a.send({ type: 'a' }); }, broken: (e) => got.push(e) });
  a.start();
  expect(got).toEqual([[{ type: 'x' }, 'one'], [{ type: 'y' }, 'two']]);
  expect(env.liveActors).toBe(0);
  expect(a.stays).toMatchObject([{ state: 'one', event: 'start' }, { state: 'two', event: 'a' }]);
  expect(clock.pendingTimers).toBe(0);
});

/** The charts as data: hashes that recorded traces carry, ids that they record, and what the machines declare themselves. */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { setup } from 'xstate';
import { edgesOf } from '../../src/actors/chart/edges.js';
import { chartModel, chartModels, eventLabel } from '../../src/diagram/model.js';
import { pageName } from '../../src/diagram/pages.js';
import { MACHINES } from '../../src/machines/index.js';
import { machineHashes } from '../../src/trace/machine-hash.js';

const models = chartModels();
const folder = new URL('../../src/machines/', import.meta.url);
/** Every type that the files of the machines declare, by name. */
const declarations = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'utf8').matchAll(
        /^export type (\w+) =([\s\S]*?);\n(?=\n|export|$(?![\s\S]))/gm,
      ),
    ])
    .map(([, name = '', type = '']) => [name, type] as const),
);

/** The effects of a declared union, those of the unions in it too. */
function effectsOf(name: string): string[] {
  const type = declarations.get(name) ?? '';
  const own = [...type.matchAll(/type:\s*((?:\|?\s*'[\w.]+'\s*)+)/g)].flatMap(([, types = '']) =>
    [...types.matchAll(/'([\w.]+)'/g)].map(([, one = '']) => one),
  );
  return [...own, ...[...type.matchAll(/\b\w+Effect\b/g)].flatMap(([other]) => effectsOf(other))];
}

/** What a machine's file says that it emits: all of it, and what no other machine's file says as well. */
function declaredEffects(id: string): { readonly all: readonly string[]; readonly own: readonly string[] } {
  const text = readFileSync(new URL(`${pageName(id)}.ts`, folder), 'utf8');
  const [, name = ''] = /emitted: \{\} as (\w+)/.exec(text) ?? [];
  const shared = [...(declarations.get(name) ?? '').matchAll(/\b\w+Effect\b/g)].flatMap(([other]) => effectsOf(other));
  const all = effectsOf(name);
  const isOwn = text.includes(`export type ${name} =`);
  return { all, own: isOwn ? all.filter((effect) => !shared.includes(effect)) : [] };
}

test('the catalogue, in its order, with the hashes that traces carry', () => {
  expect(models.map(({ id }) => id)).toEqual(MACHINES.map(({ machine }) => machine.id));
  expect(Object.fromEntries(models.map(({ id, hash }) => [id, hash]))).toEqual(machineHashes());
});

test('a recorded trace carries the hash of the chart that is drawn', () => {
  const fixture = new URL('../replay/fixtures/noise-dialed-kubo.trace.jsonl', import.meta.url);
  const [header = ''] = readFileSync(fixture, 'utf8').split('\n');
  const { engine } = JSON.parse(header) as { engine: { machines: Record<string, string> } };
  expect(models.find(({ id }) => id === 'noiseHandshake')?.hash).toBe(engine.machines['noiseHandshake']);
});

describe.each(models.map((model) => [model.id, model] as const))('%s', (id, model) => {
  test('edges under the ids of traces, states in a tree', () => {
    const entry = MACHINES.find(({ machine }) => machine.id === id);
    expect(model.edges.map((edge) => edge.id)).toEqual(edgesOf(entry!.machine).map((edge) => edge.id));
    const paths = new Set(model.states.map(({ path }) => path));
    expect(paths.size).toBe(model.states.length);
    for (const { parent } of model.states.slice(1)) expect(paths).toContain(parent);
    for (const { source: from, targets } of model.edges)
      for (const path of [from, ...targets]) expect(paths).toContain(path);
  });

  test('orders the effects that its file declares, and no others', () => {
    const found = [...model.states, ...model.edges].flatMap(({ effects }) => effects);
    const { all, own } = declaredEffects(id);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((effect) => !all.includes(effect))).toEqual([]);
    // What machines share need not be ordered by each.
    expect(own.filter((effect) => !found.includes(effect))).toEqual([]);
  });

  test('its failures name a code, its good ends none', () => {
    const ends = model.states.filter(({ type }) => type === 'final');
    for (const { path, outcome, codes, takesCode } of ends) {
      const isFailure = codes.length > 0 || takesCode || path === 'unexpected';
      expect([path, outcome]).toEqual([path, isFailure ? 'failure' : 'success']);
    }
    // Every machine ends by itself on what it does not expect, under a name of its own.
    expect(ends.some(({ outcome }) => outcome === 'failure')).toBe(true);
  });
});

test('states of the noise handshake, in full', () => {
  const noise = models.find(({ id }) => id === 'noiseHandshake')!;
  const state = (path: string) => noise.states.find((one) => one.path === path);
  expect(state('-')).toMatchObject({
    type: 'compound',
    parent: undefined,
    initial: ['idle'],
    entryTexts: [],
    exitTexts: [],
  });
  expect(state('dialing.openingMessage2')).toMatchObject({
    type: 'atomic',
    parent: 'dialing',
    tags: ['paused'],
    entryTexts: ['openMessage 2'],
    effects: ['open.message'],
    outcome: undefined,
  });
  expect(state('timedOut')).toMatchObject({ outcome: 'failure', codes: ['ERR_NOISE_TIMEOUT'], takesCode: false });
  expect(state('secured')).toMatchObject({ outcome: 'success', codes: [], effects: ['report.secured'] });
});

test('a code that comes with the event is told apart from one that is written in the chart', () => {
  const connection = models.find(({ id }) => id === 'connection')!;
  expect(connection.states.find(({ path }) => path === 'failed')).toMatchObject({
    codes: ['ERR_CONNECTION_UNEXPECTED'],
    takesCode: true,
  });
  expect(connection.states.find(({ path }) => path === 'ended')).toMatchObject({ takesCode: false });
});

test.each([
  ['*', 'anything else'],
  ['wire.*', 'any wire'],
  ['after 30000', 'after 30 s'],
  ['after 250', 'after 250 ms'],
  ['after 120000', 'after 2 min'],
  ['after 90500', 'after 90500 ms'],
  ['after finTimeout', 'after finTimeout'],
  ['wire.fin', 'wire.fin'],
])('%s is said as %s', (event, label) => {
  expect(eventLabel(event)).toBe(label);
});

test('a chart that is in no catalogue, with a guard, a numeric delay and an edge that starts anew', () => {
  const machine = setup({ guards: { isOpen: () => true } }).createMachine({
    id: 'door',
    initial: 'shut',
    states: {
      shut: { on: { push: { guard: 'isOpen', target: 'open' } }, after: { 5000: { target: 'shut', reenter: true } } },
      open: {},
    },
  });
  const model = chartModel(machine, { decides: 'whether it is open' });
  expect(model).toMatchObject({ id: 'door', decides: 'whether it is open', spec: '' });
  expect(model.edges.map(({ id, label, reenter }) => [id, label, reenter])).toEqual([
    ['shut push', 'push [isOpen]', false],
    ['shut after 5000', 'after 5 s', true],
  ]);
});

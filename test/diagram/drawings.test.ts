/** The drawings that are kept: whole, readable, and what the layout makes of today's charts. */
import { describe, expect, test } from '@jest/globals';
import Elk from 'elkjs/lib/elk.bundled.js';
import { readFileSync } from 'node:fs';
import { labelText } from '../../src/diagram/boxes.js';
import type { Box, ChartDrawing } from '../../src/diagram/drawing.js';
import { drawingsText, parseDrawings } from '../../src/diagram/drawings-file.js';
import type { LayoutEngine } from '../../src/diagram/graph.js';
import { layoutChart } from '../../src/diagram/layout.js';
import { chartModels, type ChartModel } from '../../src/diagram/model.js';
import { driftOf } from '../../src/diagram/outline.js';

const text = readFileSync(new URL('../../src/diagram/drawings.json', import.meta.url), 'utf8');
const kept = parseDrawings(text);
const models = chartModels();
const modelOf = (id: string): ChartModel => models.find((model) => model.id === id)!;

/** Whether two boxes share more than an edge. */
const overlap = (left: Box, right: Box): boolean =>
  left.x < right.x + right.width &&
  right.x < left.x + left.width &&
  left.y < right.y + right.height &&
  right.y < left.y + left.height;

const within = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width + 0.1 &&
  inner.y + inner.height <= outer.y + outer.height + 0.1;

/** Distance from a point to the border of a box. */
const fromBorder = ([x, y]: readonly [number, number], box: Box): number => {
  const dx = Math.max(box.x - x, x - box.x - box.width);
  const dy = Math.max(box.y - y, y - box.y - box.height);
  return Math.abs(Math.max(dx, dy));
};

const numbersIn = (value: unknown): number[] =>
  typeof value === 'number'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];

test('every machine, in the order of the catalogue', () => {
  expect(kept.drawings.map(({ id }) => id)).toEqual(models.map(({ id }) => id));
  expect(drawingsText(kept)).toBe(text);
});

describe.each(kept.drawings.map((drawing) => [drawing.id, drawing] as const))('%s', (id, drawing) => {
  const leaves = drawing.states.filter(({ path }) => !drawing.states.some(({ parent }) => parent === path));

  test('is the one of the chart', () => {
    expect(driftOf(modelOf(id), drawing)).toEqual([]);
    expect(drawing.hash).toBe(modelOf(id).hash);
  });

  test('holds every state inside the one around it, beside its neighbours', () => {
    for (const state of drawing.states.slice(1)) {
      expect(
        within(
          state,
          drawing.states.find(({ path }) => path === state.parent)!,
        ),
      ).toBe(true);
    }
    for (const [index, left] of drawing.states.entries()) {
      for (const right of drawing.states.slice(index + 1)) {
        if (left.parent === right.parent)
          expect([left.path, right.path, overlap(left, right)]).toEqual([left.path, right.path, false]);
      }
    }
  });

  test('has every label where it can be read', () => {
    const lines = drawing.edges.filter(({ kind }) => kind !== 'row');
    for (const [index, { id: one, label }] of lines.entries()) {
      expect(within(label, drawing.states[0]!)).toBe(true);
      for (const other of lines.slice(index + 1))
        expect([one, other.id, overlap(label, other.label)]).toEqual([one, other.id, false]);
      for (const leaf of leaves) expect([one, leaf.path, overlap(label, leaf)]).toEqual([one, leaf.path, false]);
    }
  });

  test('has every line end at its target, at right angles', () => {
    const stateOf = (path: string | undefined): Box => drawing.states.find((state) => state.path === path)!;
    for (const { id: edge, kind, points, source, targets, stub } of drawing.edges) {
      if (kind === 'row') {
        expect(points).toEqual([]);
        continue;
      }
      expect([edge, fromBorder(points.at(-1)!, stateOf(targets[0]))]).toEqual([edge, expect.closeTo(0, 0)]);
      expect([edge, fromBorder(points[0]!, stub ?? stateOf(source))]).toEqual([edge, expect.closeTo(0, 0)]);
      for (const [index, [x, y]] of points.entries()) {
        const [nextX, nextY] = points[index + 1] ?? [x, y];
        expect(Math.min(Math.abs(nextX - x), Math.abs(nextY - y))).toBeLessThanOrEqual(1);
      }
    }
  });

  test('has numbers of one decimal and nothing of the program that made it', () => {
    for (const number of numbersIn(drawing)) expect(Math.round(number * 10) / 10).toBe(number);
    expect(JSON.stringify(drawing)).not.toContain('$H');
  });
});

test.each(['ping', 'routerAsk', 'mplexSession'])('%s is laid out as it is kept, one after another', async (id) => {
  const engine = new (Elk as unknown as new () => LayoutEngine)();
  const drawing = await layoutChart(modelOf(id), engine);
  expect(drawing).toEqual(kept.drawings.find((one) => one.id === id));
});

describe('drift is told in words', () => {
  const model = modelOf('ping');
  const drawing = kept.drawings.find(({ id }) => id === 'ping')!;
  const [edge, ...edges] = model.edges;

  test('a state added, removed and changed', () => {
    const added = { ...model.states[1]!, path: 'extra' };
    expect(driftOf({ ...model, states: [...model.states, added] }, drawing)).toEqual([
      'state extra added',
      'the order of its chart changed',
    ]);
    const last = model.states.at(-1)!;
    expect(driftOf({ ...model, states: model.states.slice(0, -1) }, drawing)).toContain(`state ${last.path} removed`);
    const tagged = model.states.map((state) => (state === last ? { ...state, tags: ['paused'] } : state));
    expect(driftOf({ ...model, states: tagged }, drawing)).toEqual([`state ${last.path} changed`]);
  });

  test('an edge removed, and one that does something else', () => {
    expect(driftOf({ ...model, edges }, drawing)).toContain(`edge "${edge!.id}" removed`);
    const other = { ...edge!, actionTexts: ['elsewhere'] };
    expect(labelText(other)).not.toBe(labelText(edge!));
    expect(driftOf({ ...model, edges: [other, ...edges] }, drawing)).toEqual([`edge "${edge!.id}" changed`]);
  });

  test('what it decides, and another chart of the same names', () => {
    expect(driftOf({ ...model, decides: 'something else' }, drawing)).toEqual([
      'the machine changed',
      'what it decides changed',
    ]);
    const moved: ChartDrawing = { ...drawing, hash: '0'.repeat(64) };
    expect(driftOf(model, moved)).toEqual(['the order of its chart changed']);
  });
});

test.each([
  ['not JSON', '{'],
  ['no drawings', '{"layout":"elkjs"}'],
  ['nothing', 'null'],
])('a file of %s is refused', (_, bad) => {
  expect(() => parseDrawings(bad)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

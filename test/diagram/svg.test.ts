/** The drawing as SVG: read by a parser that is not ours, every state and edge under its name, markup in names harmless. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { ChartDrawing } from '../../src/diagram/drawing.js';
import { parseDrawings } from '../../src/diagram/drawings-file.js';
import { chartCss } from '../../src/diagram/svg-style.js';
import { chartSvg, type ChartSvgOptions } from '../../src/diagram/svg.js';
import { elementsOf, parseXml, type XmlElement } from '../support/xml.js';

const { drawings } = parseDrawings(readFileSync(new URL('../../src/diagram/drawings.json', import.meta.url), 'utf8'));
const drawingOf = (id: string): ChartDrawing => drawings.find((drawing) => drawing.id === id)!;
const noise = drawingOf('noiseHandshake');

const groupsOf = (text: string, attribute: string): ReadonlyMap<string, XmlElement> =>
  new Map(
    elementsOf(parseXml(text), 'g').flatMap((group) => {
      const value = group.attributes[attribute];
      return value === undefined ? [] : [[value, group] as const];
    }),
  );
const classesOf = (group: XmlElement | undefined): string[] => group?.attributes['class']?.split(' ') ?? [];

test.each(drawings.map((drawing) => [drawing.id, drawing] as const))(
  '%s: one group for each state and edge',
  (_, drawing) => {
    const text = chartSvg(drawing);
    const states = groupsOf(text, 'data-state');
    const edges = groupsOf(text, 'data-edge');
    expect([...states.keys()].sort()).toEqual(drawing.states.map(({ path }) => path).sort());
    expect([...edges.keys()].sort()).toEqual(drawing.edges.map(({ id }) => id).sort());
    for (const [path, group] of states) {
      expect(elementsOf(group, 'title')).toHaveLength(1);
      if (path !== '-') expect(elementsOf(group, 'desc')[0]?.text).not.toBe('');
    }
    for (const group of edges.values()) expect(elementsOf(group, 'title')[0]?.text).not.toBe('');
  },
);

test('ends, failures, waiting and regions have a form of their own', () => {
  const groups = groupsOf(chartSvg(noise), 'data-state');
  const marksOf = (path: string): string[] =>
    elementsOf(groups.get(path)!, 'path').map(({ attributes }) => attributes['d'] ?? '');
  const boxes = (path: string): number => elementsOf(groups.get(path)!, 'rect').length;
  expect([boxes('idle'), boxes('secured'), boxes('timedOut')]).toEqual([1, 2, 2]);
  expect(marksOf('idle')).toEqual([]);
  const marks = [marksOf('secured'), marksOf('timedOut'), marksOf('dialing.openingMessage2')];
  for (const mark of marks) expect(mark).toHaveLength(1);
  expect(classesOf(groups.get('secured'))).toContain('success');
  expect(classesOf(groups.get('timedOut'))).toContain('failure');
  expect(classesOf(groups.get('dialing.openingMessage2'))).toContain('paused');
  const session = groupsOf(chartSvg(drawingOf('yamuxSession')), 'data-state');
  expect(classesOf(session.get('live.streams'))).toContain('region');
  expect(classesOf(session.get('live'))).toContain('parallel');
});

describe('what is lit', () => {
  const options: ChartSvgOptions = {
    active: ['dialing.openingMessage2'],
    lastEdges: ['dialing.awaitingMessage2 wire.message'],
    coverage: { states: { idle: 3, listening: 0 }, edges: { 'idle local.dial': 3, 'idle local.listen': 0 } },
  };
  const states = groupsOf(chartSvg(noise, options), 'data-state');
  const edges = groupsOf(chartSvg(noise, options), 'data-edge');
  const lit = (groups: ReadonlyMap<string, XmlElement>): Record<string, string[]> =>
    Object.fromEntries(
      [...groups]
        .map(([name, group]) => [name, classesOf(group).filter((one) => one.startsWith('is-'))] as const)
        .filter(([, classes]) => classes.length > 0),
    );

  test('the active states and the ones around them, covered and missed', () => {
    expect(lit(states)).toEqual({
      dialing: ['is-active'],
      'dialing.openingMessage2': ['is-active'],
      idle: ['is-covered'],
      listening: ['is-missed'],
    });
  });

  test('the last edges, covered and missed', () => {
    expect(lit(edges)).toEqual({
      'dialing.awaitingMessage2 wire.message': ['is-last'],
      'idle local.dial': ['is-covered'],
      'idle local.listen': ['is-missed'],
    });
  });
});

test('a theme is fixed, or follows the reader; without a style there is none', () => {
  expect(chartSvg(noise)).toContain('@media (prefers-color-scheme: dark)');
  expect(chartSvg(noise, { theme: 'light' })).not.toContain('prefers-color-scheme');
  expect(chartSvg(noise, { theme: 'dark' })).toContain('--chart-bg:#10151d');
  expect(chartSvg(noise, { theme: 'light' })).not.toContain('#10151d');
  expect(elementsOf(parseXml(chartSvg(noise, { style: false })), 'style')).toEqual([]);
  expect(chartCss()).not.toMatch(/^(?!\.swarmchart|@media)/m);
});

test('markup in names and titles stays text', () => {
  const bad = `<script>alert("1")</script>&'\u0000\u001b\ud800`;
  const read = ['\u0000', '\u001b', '\ud800'].reduce((text, character) => text.replaceAll(character, '\ufffd'), bad);
  const [frame, first, ...rest] = noise.states;
  const [edge, ...edges] = noise.edges;
  const hostile: ChartDrawing = {
    ...noise,
    id: bad,
    decides: bad,
    states: [frame!, { ...first!, path: bad, meaning: bad, rows: [{ kind: 'entry', text: bad }] }, ...rest],
    edges: [{ ...edge!, id: bad, event: bad, guard: bad, label: { ...edge!.label, text: bad } }, ...edges],
  };
  const document = parseXml(chartSvg(hostile, { title: bad }));
  expect(elementsOf(document, 'script')).toEqual([]);
  expect(document.attributes['data-machine']).toBe(read);
  expect(groupsOf(chartSvg(hostile), 'data-state').has(read)).toBe(true);
  expect(groupsOf(chartSvg(hostile), 'data-edge').has(read)).toBe(true);
  expect(elementsOf(document, 'title')[0]?.text).toBe(read);
});

test('the same drawing gives the same text', () => {
  expect(chartSvg(noise, { theme: 'dark' })).toBe(chartSvg(structuredClone(noise), { theme: 'dark' }));
});

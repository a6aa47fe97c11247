/** The README's matrix is the one under test: made of the same cells, all of them passed, with peers as pinned. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUXERS as OUR_MUXERS, SECURITY } from '../../src/chain-protocols.js';
import { CELLS, COLUMNS, MUXER_IDS, SECURITY_IDS, titleOf } from './cells.js';
import { BEGIN, END, withMatrix } from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the README shows what `npm run matrix` writes when every cell passes', () => {
  expect(withMatrix(readme, () => 'passed')).toBe(readme);
});

test('a cell that fails, or was not run, would be seen', () => {
  const [cell] = CELLS;
  const title = titleOf(cell!, 'they dial');
  for (const bad of ['failed', 'not run'] as const) {
    const written = withMatrix(readme, (one) => (one === title ? bad : 'passed'));
    expect(written).toContain(`| ${bad}: tcp; both: ws, unix |`);
  }
});

test('a README without the marks is refused', () => {
  expect(() => withMatrix(readme.replace(BEGIN, ''), () => 'passed')).toThrow(/README.md has no/);
  expect(() => withMatrix(readme.replace(END, ''), () => 'passed')).toThrow(/README.md has no/);
});

test('it has a row for all that the engine speaks', () => {
  const ids = (protocols: Readonly<Record<string, { readonly id: string }>>) =>
    Object.fromEntries(Object.entries(protocols).map(([name, { id }]) => [name, id]));
  expect(SECURITY_IDS).toEqual(ids(SECURITY));
  expect(MUXER_IDS).toEqual(ids(OUR_MUXERS));
});

test('each cell is one test, each column has cells', () => {
  const titles = CELLS.flatMap((cell) => cell.directions.map((direction) => titleOf(cell, direction)));
  expect(new Set(titles).size).toBe(titles.length);
  expect(COLUMNS.map(({ peer }) => peer).sort()).toEqual([...new Set(CELLS.map(({ peer }) => peer))].sort());
});

test.each(COLUMNS.filter(({ pin }) => pin !== undefined))('$title is what the peer is pinned to', ({ title, pin }) => {
  expect(readFileSync(join(root, 'test/peers', pin!.file), 'utf8')).toContain(pin!.text);
  const [, version = ''] = /(\d[\d.]*\d)\D*$/.exec(pin!.text) ?? [];
  expect(version.startsWith(title.split(' ').at(-1)!)).toBe(true);
});

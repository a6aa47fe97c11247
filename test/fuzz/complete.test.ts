/** Nothing that reads what others wrote is left out of the fuzzer. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { DECODERS, STREAM_DECODERS } from './decoders.js';
import { TARGETS } from './targets.js';

const WIRE = new URL('../../src/wire/', import.meta.url);

/** Read by others of the table: the body of a frame whose header is here. */
const WITHIN = new Set(['readYamuxHeader']);

test('every decoder of src/wire has a row', () => {
  const exported = readdirSync(WIRE).flatMap((file) =>
    [
      ...readFileSync(new URL(file, WIRE), 'utf8').matchAll(/^export function ((?:decode|read)\w+|\w+FromBytes)\(/gm),
    ].map(([, name]) => name ?? ''),
  );
  expect(exported.length).toBeGreaterThan(25);
  const rows = new Set([...STREAM_DECODERS, ...DECODERS].map(({ of }) => of));
  expect(exported.filter((name) => !rows.has(name) && !WITHIN.has(name))).toEqual([]);
});

test('names are unique, as the command line goes by them', () => {
  const names = TARGETS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

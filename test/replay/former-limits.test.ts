/** Bounds that have changed since traces exist: a new trace tells them, an old one is replayed with what they were. */
import { expect, test } from '@jest/globals';
import { GENERATION } from '../../src/generation.js';
import { FORMER_LIMITS, LIMITS, toldLimits } from '../../src/limits.js';
import { configOf, nodeOptionsOf } from '../../src/replay/node-config.js';
import type { Trace } from '../../src/trace/format.js';

const NOW = { secioHandshakeTimeoutMs: 20_000, noiseHandshakeTimeoutMs: 10_000, hostDialsBurst: 128 };
const BEFORE = {
  secioHandshakeTimeoutMs: 30_000,
  noiseHandshakeTimeoutMs: 30_000,
  hostDialsBurst: Number.MAX_SAFE_INTEGER,
};

/** The header of a trace, as far as it matters here, through its text and back. */
const traceWith = (config: unknown): Trace =>
  JSON.parse(JSON.stringify({ header: { engine: { config } }, records: [] })) as Trace;

const cases = [
  { name: 'nothing overridden', limits: undefined, told: NOW },
  { name: 'another bound overridden', limits: { pingBytes: 8 }, told: { ...NOW, pingBytes: 8 } },
  {
    name: 'one of them overridden',
    limits: { noiseHandshakeTimeoutMs: 5 },
    told: { ...NOW, noiseHandshakeTimeoutMs: 5 },
  },
];

test.each(cases)('a new trace, $name: told as it is', ({ limits, told }) => {
  const config = configOf(limits === undefined ? {} : { limits }, false);
  expect(config['limits']).toEqual(told);
  expect(nodeOptionsOf(traceWith(config)).limits).toEqual(told);
});

test.each([
  { name: 'no limits', config: {}, limits: BEFORE },
  { name: 'empty limits', config: { limits: {} }, limits: BEFORE },
  { name: 'another bound', config: { limits: { pingBytes: 8 } }, limits: { ...BEFORE, pingBytes: 8 } },
  {
    name: 'one of them',
    config: { limits: { secioHandshakeTimeoutMs: 5_000 } },
    limits: { ...BEFORE, secioHandshakeTimeoutMs: 5_000 },
  },
])('an old trace that tells $name: what is not told was as it was', ({ config, limits }) => {
  expect(nodeOptionsOf(traceWith(config)).limits).toEqual(limits);
});

test('only bounds that did change are told', () => {
  expect(toldLimits()).toEqual(NOW);
  for (const [name, was] of Object.entries(FORMER_LIMITS)) expect(was).not.toBe(LIMITS[name as keyof typeof LIMITS]);
});

test('a new trace tells the generation of its node; an old one that does not was of the first', () => {
  expect(nodeOptionsOf(traceWith(configOf({}, false))).generation).toBe(GENERATION);
  expect(nodeOptionsOf(traceWith(configOf({ generation: 1 }, false))).generation).toBe(1);
  expect(nodeOptionsOf(traceWith({})).generation).toBe(1);
});

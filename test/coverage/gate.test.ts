/** The gate at its bounds, and what waivers may be. */
import { describe, expect, test } from '@jest/globals';
import { checkGate, parseWaivers } from '../../src/coverage/gate.js';
import { sumOf, summaryOf, type CoverageReport } from '../../src/coverage/report.js';
import { thrownCode } from '../support/decoding.js';

/** One machine of which `taken` of `total` edges are taken, and whose states are as given. */
function reportOf(taken: number, total: number, states: Readonly<Record<string, number>> = { on: 1 }): CoverageReport {
  const edges = Object.fromEntries(Array.from({ length: total }, (_, index) => [`e${index}`, index < taken ? 1 : 0]));
  const counts = { states, edges, guards: {}, deadlines: {} };
  const lamp = { hash: '', ...counts, summary: summaryOf(counts) };
  return { schema: 'swarmchart coverage', format: 1, machines: { lamp }, summary: sumOf([lamp.summary]) };
}

describe('edges', () => {
  test('19 of 20 are 95 %, and pass', () => {
    expect(checkGate(reportOf(19, 20))).toEqual([]);
  });

  test('18 of 19 are less, and each that is missing is named', () => {
    expect(checkGate(reportOf(18, 19))).toEqual([
      'lamp: 18 of 19 (94.7 %) of its edges are taken, 95.0 % are asked for',
      'lamp: edge "e18" is never taken',
    ]);
  });

  test('waived ones are left out of the sum', () => {
    expect(checkGate(reportOf(18, 19), { waivers: { lamp: { edges: { e18: 'a reason' } } } })).toEqual([]);
    // 17 of 18: the waiver of one does not help the other.
    expect(checkGate(reportOf(17, 19), { waivers: { lamp: { edges: { e18: 'a reason' } } } })).toEqual([
      'lamp: 17 of 18 (94.4 %) of its edges are taken, 95.0 % are asked for',
      'lamp: edge "e17" is never taken',
    ]);
  });

  test('a machine without edges lacks none', () => {
    expect(checkGate(reportOf(0, 0))).toEqual([]);
  });

  test('more can be asked for', () => {
    expect(checkGate(reportOf(19, 20), { edgeShare: 1 })).toEqual([
      'lamp: 19 of 20 (95.0 %) of its edges are taken, 100.0 % are asked for',
      'lamp: edge "e19" is never taken',
    ]);
  });
});

describe('states', () => {
  const dark = reportOf(1, 1, { on: 1, off: 0 });

  test('one that is missing shuts the gate', () => {
    expect(checkGate(dark)).toEqual(['lamp: state "off" is never reached']);
    expect(checkGate(dark, { waivers: { lamp: { states: { off: 'a reason' } } } })).toEqual([]);
  });
});

test('waivers do not outlive their reason', () => {
  const waivers = {
    lamp: { states: { on: 'was hard', gone: 'was there' }, edges: { e0: 'was hard', e9: 'was there' } },
    torch: { states: {} },
  };
  expect(checkGate(reportOf(1, 1), { waivers })).toEqual([
    'lamp: state "on" is waived, but covered',
    'lamp: state "gone" is waived, but there is none of that name',
    'lamp: edge "e0" is waived, but covered',
    'lamp: edge "e9" is waived, but there is none of that name',
    'torch: waived, but there is no such machine',
  ]);
});

test.each([
  {
    name: 'states and edges with reasons',
    text: '{"a":{"states":{"s":"why"},"edges":{"e":"why"}}}',
    code: 'nothing was thrown',
  },
  { name: 'nothing waived', text: '{}', code: 'nothing was thrown' },
  { name: 'no JSON', text: '{', code: 'ERR_INVALID_ARGUMENT' },
  { name: 'a list', text: '[]', code: 'ERR_INVALID_ARGUMENT' },
  { name: 'a machine that is no object', text: '{"a":1}', code: 'ERR_INVALID_ARGUMENT' },
  { name: 'something else waived', text: '{"a":{"guards":{}}}', code: 'ERR_INVALID_ARGUMENT' },
  { name: 'a list of edges', text: '{"a":{"edges":["e"]}}', code: 'ERR_INVALID_ARGUMENT' },
  { name: 'an empty reason', text: '{"a":{"edges":{"e":" "}}}', code: 'ERR_INVALID_ARGUMENT' },
])('$name -> $code', ({ text, code }) => {
  expect(thrownCode(() => parseWaivers(text))).toBe(code);
});

/** Scenarios as data: made from seeds, read from JSON, refused by name. */
import { describe, expect, test } from '@jest/globals';
import { patternBytes } from '../../../src/sim/scenario/choices.js';
import { FAULT_KINDS, generate } from '../../../src/sim/scenario/generate.js';
import { checkScenario, FAULT_FIELDS, OPERATION_FIELDS, parseScenario } from '../../../src/sim/scenario/parse.js';
import { nodesOf, type Scenario } from '../../../src/sim/scenario/scenario.js';

const seeds = Array.from({ length: 300 }, (_, seed) => seed);
const scenarios = seeds.map((seed) => generate(seed, { nodes: 6 }));

describe('generate', () => {
  test('a seed always gives the same scenario, and another seed another one', () => {
    expect(generate(7, { nodes: 6 })).toEqual(scenarios[7]);
    expect(new Set(scenarios.map((scenario) => JSON.stringify({ ...scenario, seed: 0 }))).size).toBe(seeds.length);
  });

  test('what it makes is a scenario, by its own reader, and stays the same through JSON', () => {
    for (const scenario of scenarios) expect(parseScenario(JSON.stringify(scenario))).toEqual(scenario);
  });

  test('each fault is away in many seeds and there in many, and every kind of operation comes', () => {
    for (const kind of FAULT_KINDS) {
      const having = scenarios.filter(({ faults }) => faults.some((fault) => fault.kind === kind)).length;
      expect({ kind, share: having / seeds.length > 0.3 && having / seeds.length < 0.7 }).toEqual({
        kind,
        share: true,
      });
    }
    expect(scenarios.some(({ faults }) => faults.length === 0)).toBe(true);
    expect([...new Set(scenarios.flatMap(({ operations }) => operations.map(({ kind }) => kind)))].sort()).toEqual(
      Object.keys(OPERATION_FIELDS).sort(),
    );
    expect(Object.keys(FAULT_FIELDS).sort()).toEqual([...FAULT_KINDS].sort());
  });

  test('every security and every muxer comes, each with the other; what notices nothing is not corrupted', () => {
    const share = (chosen: readonly string[]): Record<string, boolean> =>
      Object.fromEntries(
        [...new Set(chosen)]
          .sort()
          .map((name) => [name, chosen.filter((each) => each === name).length > seeds.length / 20]),
      );
    expect(share(scenarios.map(({ muxer = '' }) => muxer))).toEqual({
      mplex: true,
      none: true,
      spdy: true,
      yamux: true,
    });
    expect(share(scenarios.map(({ security }) => security))).toEqual({
      noise: true,
      plaintext: true,
      secio: true,
      tls: true,
    });
    expect(new Set(scenarios.map(({ muxer, security }) => `${security} ${muxer ?? ''}`)).size).toBe(16);
    const unsealed = scenarios.filter(({ security }) => security === 'plaintext');
    expect(unsealed.flatMap(({ faults }) => faults.filter(({ kind }) => kind === 'corrupt'))).toEqual([]);
    const single = scenarios.filter(({ muxer }) => muxer === 'none');
    expect(single.flatMap(({ faults }) => faults.filter(({ kind }) => kind === 'finish'))).toEqual([]);
    expect(generate(3, { nodes: 2, muxers: ['spdy'] }).muxer).toBe('spdy');
  });

  test('a node alone, a chosen duration, chosen faults, and many nodes', () => {
    const alone = generate(1, { nodes: 1 });
    expect([...alone.operations, ...alone.faults].flatMap(nodesOf).every((node) => node === 0)).toBe(true);
    const short = generate(2, { nodes: 3, durationMs: 1000, faults: ['crash'] });
    expect([...short.operations, ...short.faults].every(({ atMs }) => atMs < 1000)).toBe(true);
    expect(short.faults.every(({ kind }) => kind === 'crash')).toBe(true);
    expect(new Set(generate(3, { nodes: 200 }).operations.map(({ node }) => node)).size).toBe(200);
  });

  test('bytes of a file follow from seed and label', () => {
    expect(patternBytes('1', 'file/0', 100)).toEqual(patternBytes('1', 'file/0', 100));
    expect(patternBytes('1', 'file/0', 101).subarray(0, 100)).toEqual(patternBytes('1', 'file/0', 100));
    expect(patternBytes('1', 'file/1', 100)).not.toEqual(patternBytes('1', 'file/0', 100));
    expect(patternBytes('1', 'file/0', 0)).toHaveLength(0);
  });
});

describe('parse', () => {
  const good = generate(5, { nodes: 3 });
  const dial = { kind: 'dial', atMs: 5, node: 0, target: 1 };

  test('a scenario from before there was a choice of muxers is read as it is', () => {
    const former: Record<string, unknown> = { ...good };
    delete former['muxer'];
    expect(checkScenario(former)).toEqual(former);
  });

  test('operations and faults come in order of time', () => {
    const read = checkScenario({ ...good, operations: [{ ...dial, atMs: 9 }, dial], faults: [] });
    expect(read.operations.map(({ atMs }) => atMs)).toEqual([5, 9]);
  });

  test.each<{ name: string; value: unknown; says: string }>([
    { name: 'a list', value: [], says: 'it is not an object' },
    { name: 'another format', value: { ...good, format: 2 }, says: 'format is 2, this swarmchart reads 1' },
    { name: 'no nodes', value: { ...good, nodes: 0 }, says: 'nodes must be a whole number from 1 to 10000, got 0' },
    { name: 'half a seed', value: { ...good, seed: 0.5 }, says: 'seed must be a whole number' },
    { name: 'strange ciphers', value: { ...good, ciphers: 'rot13' }, says: 'ciphers must be native, toy or real' },
    {
      name: 'no security',
      value: { ...good, security: 'unsafe-plaintext-1' },
      says: 'security must be noise or tls or secio or plaintext',
    },
    {
      name: 'a strange muxer',
      value: { ...good, muxer: 'qmux' },
      says: 'muxer must be yamux or mplex or spdy or none',
    },
    { name: 'no network', value: { ...good, network: undefined }, says: 'network is missing' },
    {
      name: 'strange chunking',
      value: { ...good, network: { ...good.network, chunking: 'minced' } },
      says: 'network: chunking must be whole or cut or joined or mixed, got "minced"',
    },
    {
      name: 'loss above one',
      value: { ...good, network: { ...good.network, lossChance: 2 } },
      says: 'lossChance must be from 0 to 1',
    },
    { name: 'operations that are none', value: { ...good, operations: {} }, says: 'operations is not a list' },
    {
      name: 'an unknown operation',
      value: { ...good, operations: [{ kind: 'dance', atMs: 1 }] },
      says: 'operations[0]: there is no kind "dance"',
    },
    {
      name: 'a kind from the prototype',
      value: { ...good, faults: [{ kind: 'toString', atMs: 1 }] },
      says: 'there is no kind "toString"',
    },
    {
      name: 'an operation without time',
      value: { ...good, operations: [{ ...dial, atMs: undefined }] },
      says: 'operations[0]: atMs must be milliseconds',
    },
    {
      name: 'a node too many',
      value: { ...good, operations: [dial, { ...dial, target: 3 }] },
      says: 'operations[1]: target must be a node from 0 to 2, got 3',
    },
    {
      name: 'a node and itself',
      value: { ...good, operations: [{ ...dial, target: 0 }] },
      says: 'node 0 has no link to itself',
    },
    {
      name: 'a field that is not there',
      value: { ...good, operations: [{ ...dial, speed: 1 }] },
      says: 'nothing is called speed here',
    },
    {
      name: 'a group with a stranger',
      value: { ...good, faults: [{ kind: 'partition', atMs: 0, group: [0, 9], direction: 'both', forMs: 1 }] },
      says: 'faults[0]: group must list nodes from 0 to 2, got [0,9]',
    },
    {
      name: 'a crash of unknown length',
      value: { ...good, faults: [{ kind: 'crash', atMs: 0, node: 0, keepStore: true, silent: 'yes', forMs: 1 }] },
      says: 'faults[0]: silent must be true or false, got "yes"',
    },
    { name: 'no calm', value: { ...good, calmMs: -1 }, says: 'calmMs must be a whole number' },
  ])('$name: refused', ({ value, says }) => {
    const wanted = { code: 'ERR_SCENARIO_INVALID', message: expect.stringContaining(says) as unknown };
    expect(() => checkScenario(value)).toThrow(expect.objectContaining(wanted));
  });

  test('text that is cut off is refused', () => {
    const text = JSON.stringify(good satisfies Scenario);
    expect(() => parseScenario(text.slice(0, -1))).toThrow(expect.objectContaining({ code: 'ERR_SCENARIO_INVALID' }));
  });
});

/** Writes a test of a scenario: a failing run that was cut down becomes a test that stays. */
import { describeSimulationFailure, signatureOf, type SimulationFailure } from './failure.js';
import type { Scenario } from './scenario.js';

/** What {@link testFile} may be told. */
export interface TestFileOptions {
  /** Where the test imports `simulate` from. Default `swarmchart/testing`. */
  readonly module?: string;
  /** Lines put before the test, e.g. an import that it needs. */
  readonly preamble?: string;
}

/** The text of a jest test that runs `scenario` and expects no failure: red while the bug is there, green without it. */
export function testFile(scenario: Scenario, failure: SimulationFailure, options: TestFileOptions = {}): string {
  const { module = 'swarmchart/testing', preamble } = options;
  const comment = describeSimulationFailure(failure)
    .split('\n')
    .map((line) => ` * ${line.replaceAll('*/', '* /').trim()}`);
  return [
    '/**',
    ` * A simulation that failed, cut down to ${count(scenario.operations, 'operation')} and ${count(scenario.faults, 'fault')}.`,
    ...comment,
    ' */',
    `import { expect, test } from '@jest/globals';`,
    `import { simulate } from ${quoted(module)};`,
    ...(preamble === undefined ? [] : [preamble]),
    '',
    `test(${quoted(`seed ${scenario.seed}: no ${signatureOf(failure)}`)}, async () => {`,
    `  const { failure } = await simulate({`,
    ...sourceOf(scenario),
    '  });',
    '  expect(failure).toBeUndefined();',
    '});',
    '',
  ].join('\n');
}

/** One operation or fault a line: what a reader compares. */
function sourceOf(scenario: Scenario): string[] {
  return Object.entries({ scenario }).flatMap(([name, value]) => [
    `    ${name}: {`,
    ...Object.entries(value).flatMap(([field, each]) =>
      Array.isArray(each)
        ? [`      ${field}: [`, ...each.map((item) => `        ${literal(item)},`), '      ],']
        : [`      ${field}: ${literal(each)},`],
    ),
    '    },',
  ]);
}

function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, each]) => `${name}: ${literal(each)}`)
    .join(', ')} }`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function count(items: readonly unknown[], name: string): string {
  return `${items.length} ${name}${items.length === 1 ? '' : 's'}`;
}

/**
 * What is fuzzed, as a table of targets: each says how its inputs are made and what must hold for any of them. The suite
 * runs every target a little (`fuzz.test.ts`), `npm run fuzz` as long as it is told to (`command-line.ts`).
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EngineError, ERROR_HINTS, type Blame } from '../../src/errors.js';
import { toHex } from '../support/decoding.js';

/** One thing under fuzz. */
export interface FuzzTarget {
  /** Kind and what, e.g. `decode mplex header`. */
  readonly name: string;
  readonly property: fc.IRawProperty<[unknown]>;
  /** An input as a report shows it. */
  readonly show: (input: unknown) => string;
}

/** A target from inputs, and a judge that throws where an input does what it must not. */
export function target<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  judge: (input: Input) => void | Promise<void>,
): FuzzTarget {
  const property = fc.asyncProperty(inputs, async (input) => judge(input));
  return { name, property, show: shown };
}

/** How a run of a target went. */
export interface FuzzOutcome {
  readonly runs: number;
  readonly failure?: FuzzFailure;
}

/** The smallest input found that does what it must not. */
export interface FuzzFailure {
  readonly name: string;
  readonly seed: number;
  /** fast-check's way to the smallest input. */
  readonly path: string;
  readonly input: string;
  readonly error: string;
  /** The command that does it again. */
  readonly command: string;
}

/** Which inputs are tried, and who hears of each. */
export interface FuzzRun {
  readonly seed: number;
  readonly runs: number;
  readonly path?: string | undefined;
  /** An input is tried now. */
  began?(): void;
  /** It did what it must not. */
  failed?(): void;
}

/** Runs a target on `runs` inputs of a seed, or on the one that `path` leads to. */
export async function check(
  { name, property, show }: FuzzTarget,
  { seed, runs, path, ...watch }: FuzzRun,
): Promise<FuzzOutcome> {
  const details = await fc.check(watched(property, watch), {
    seed,
    numRuns: runs,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  });
  if (!details.failed) return { runs: details.numRuns };
  const { counterexample, counterexamplePath, errorInstance } = details;
  const failure: FuzzFailure = {
    name,
    seed,
    path: counterexamplePath ?? '',
    input: counterexample === null ? '' : show(counterexample[0]),
    error: errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance),
    command: againWith({ name, seed, path: counterexamplePath ?? '' }),
  };
  return { runs: details.numRuns, failure };
}

/** The command that tries one input again. */
export function againWith({ name, seed, path }: Pick<FuzzFailure, 'name' | 'seed' | 'path'>): string {
  return `npm run fuzz -- --only '${name}' --seed ${seed} --path ${path}`;
}

/** The same property, which tells of each input before it is tried, and of each that fails. */
function watched(property: FuzzTarget['property'], { began, failed }: Pick<FuzzRun, 'began' | 'failed'>) {
  if (began === undefined) return property;
  const run: FuzzTarget['property']['run'] = async (input) => {
    began();
    const failure = await property.run(input);
    if (failure !== null) failed?.();
    return failure;
  };
  return new Proxy(property, {
    get: (whole, key) => {
      if (key === 'run') return run;
      const value: unknown = Reflect.get(whole, key, whole);
      return typeof value === 'function' ? (value.bind(whole) as unknown) : value;
    },
  });
}

/** A failure in the words of a report. */
export function reportOf({ name, seed, input, error, command }: FuzzFailure): string {
  return [`${name} failed, seed ${seed}`, error, `input   ${input}`, `again   ${command}`].join('\n');
}

/** Holds that what was thrown is one of our errors, by a known name, with the right blame. */
export function assertNamed(thrown: unknown, blame: readonly Blame[], codes: RegExp = /^ERR_/): EngineError {
  if (!(thrown instanceof EngineError)) {
    assert.fail(`no named failure: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  }
  assert(Object.hasOwn(ERROR_HINTS, thrown.code), `${thrown.code} has no hint`);
  assert.match(thrown.code, codes);
  assert(blame.includes(thrown.blame), `${thrown.code} (${thrown.message}) blames ${thrown.blame}`);
  return thrown;
}

/** Bytes as hex, whatever they are inside of. */
function shown(input: unknown): string {
  if (input instanceof Uint8Array) return toHex(input);
  const text = JSON.stringify(input, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
  return text.length > 20_000 ? `${text.slice(0, 20_000)}...` : text;
}

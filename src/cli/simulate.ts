/** `swarmchart simulate`: whole networks under faults in virtual time, from a seed, a range of seeds, or a scenario. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../errors.js';
import { atPath } from '../platform/file-errors.js';
import { createTraceFile } from '../platform/trace-file.js';
import { engineVersions } from '../platform/versions.js';
import {
  describeSimulationFailure,
  generate,
  parseScenario,
  shrink,
  simulate,
  testFile,
  type CipherChoice,
  type GenerateOptions,
  type Scenario,
  type SeedRange,
  type SimulationFailure,
  type SimulationResult,
} from '../sim/scenario/index.js';
import { traceHeader } from '../trace/header.js';
import { TraceWriter } from '../trace/writer.js';
import type { Command, Words } from './command.js';
import { printJson, printLine, printNote } from './output.js';
import { inspectSimulation } from './simulate-inspect.js';
import { mergeFiles, printReport, runSweep } from './simulate-sweep.js';

const MOST_NODES = 10_000;
const DEFAULT_NODES = 5;
const DEFAULT_SECONDS = 60;

export const simulateCommand: Command = {
  name: 'simulate',
  usage: '[SCENARIO.json | merge REPORT...]',
  positionals: [0, 1000],
  options: {
    seed: { type: 'string', value: 'S', help: 'what everything follows from (default: 1)' },
    nodes: { type: 'string', value: 'N', help: `how many nodes (default: ${DEFAULT_NODES})` },
    duration: { type: 'string', value: 'SECONDS', help: `virtual time under faults (default: ${DEFAULT_SECONDS})` },
    ciphers: { type: 'string', value: 'NAME', help: 'native, real (JavaScript alone) or toy (insecure, fastest)' },
    trace: { type: 'string', value: 'FILE', help: 'write what every node did; a failing run is written in any case' },
    seeds: { type: 'string', value: 'A..B', help: 'run every seed of a range, up to the first that fails' },
    workers: { type: 'string', value: 'W', help: 'threads of a sweep (default: one for each core)' },
    report: { type: 'string', value: 'FILE', help: 'write the report of a sweep, for simulate merge' },
    shrink: { type: 'boolean', help: 'cut a failing scenario down; write shrunk.scenario.json and shrunk.test.ts' },
    inspect: {
      type: 'string',
      value: 'PORT',
      optional: true,
      help: "run it in the inspector's page: hold it, step it, set breakpoints, inject faults",
    },
    speed: { type: 'string', value: 'X', help: 'with --inspect: virtual over real time (default: 10; 0: at once)' },
    output: { type: 'string', short: 'o', value: 'DIR', help: 'where files of a failing run go (default: .)' },
  },
  examples: [
    'swarmchart simulate --seed 7 --nodes 20',
    'swarmchart simulate --seeds 1..1000 --shrink',
    'swarmchart simulate --seeds 501..1000 --report second-half.json',
    'swarmchart simulate merge first-half.json second-half.json --seeds 1..1000',
    'swarmchart simulate shrunk.scenario.json --trace run.trace.jsonl',
    'swarmchart simulate --seed 7 --inspect',
  ],
  async run(words) {
    const [first, ...rest] = words.positionals;
    const seeds = seedsOf(words);
    const json = words.flag('json');
    if (first === 'merge') return mergeFiles(rest, seeds, json);
    if (rest.length > 0) throw wrong(`one scenario at a time, got ${words.positionals.join(' ')}`);
    if (seeds !== undefined) {
      if (first !== undefined) throw wrong('--seeds makes scenarios of its own: leave the file out');
      return sweepSeeds(words, seeds);
    }
    const scenario =
      first === undefined
        ? generate(words.number('seed', 1, 0, Number.MAX_SAFE_INTEGER), optionsOf(words))
        : parseScenario(await atPath(first, readFile(first, 'utf8')));
    if (words.text('inspect') !== undefined) return inspectSimulation(scenario, words);
    const result = await runTraced(scenario, words.text('trace'));
    if (json && result.failure === undefined) printJson({ ok: true, ...summaryOf(result) });
    else if (result.failure === undefined) printResult(result);
    if (result.failure === undefined) return 0;
    return tellFailure(words, result.scenario, result.failure, rerunOf(words, scenario, first));
  },
};

async function sweepSeeds(words: Words, seeds: SeedRange): Promise<number> {
  const options = optionsOf(words);
  const workers = words.number('workers', availableParallelism(), 1, 256);
  const report = await runSweep(seeds, options, workers);
  const path = words.text('report');
  if (path !== undefined) await atPath(path, writeFile(path, `${JSON.stringify(report)}\n`));
  const [failed] = report.failed;
  if (words.flag('json')) printJson({ ok: failed === undefined, ...report });
  else printReport(report);
  if (failed === undefined) return report.ran.length > 0 ? 0 : 1;
  const scenario = generate(failed.seed, options);
  return tellFailure(words, scenario, failed.failure, rerunOf(words, scenario, undefined));
}

/** Prints a failure with the command that reruns it, writes its trace, and shrinks it where that is wanted. */
async function tellFailure(
  words: Words,
  scenario: Scenario,
  failure: SimulationFailure,
  rerun: string,
): Promise<number> {
  const folder = words.text('output') ?? '.';
  await atPath(folder, mkdir(folder, { recursive: true }));
  const json = words.flag('json');
  const trace = words.text('trace') ?? join(folder, `failed-${scenario.seed}.trace.jsonl`);
  if (words.text('trace') === undefined || words.text('seeds') !== undefined) await runTraced(scenario, trace);
  if (json) printJson({ ok: false, seed: scenario.seed, failure, rerun, trace });
  else {
    printNote(describeSimulationFailure(failure));
    printNote(`trace: ${trace}`);
    printNote(`again: ${rerun}`);
  }
  if (words.flag('shrink')) await shrinkTo(folder, scenario, failure, json);
  return 1;
}

async function shrinkTo(folder: string, scenario: Scenario, failure: SimulationFailure, json: boolean): Promise<void> {
  const isTerminal = process.stderr.isTTY;
  const shrunk = await shrink(scenario, failure, {
    run: async (candidate) => (await simulate({ scenario: candidate })).failure,
    onSmaller: ({ operations, faults, nodes }, runs) => {
      const size = `${operations.length} operations, ${faults.length} faults, ${nodes} nodes`;
      if (isTerminal) process.stderr.write(`\r\u001b[Kshrinking: ${size} after ${runs} runs`);
    },
  });
  if (isTerminal) process.stderr.write('\r\u001b[K');
  const { operations, faults, nodes } = shrunk.scenario;
  const files = { scenario: join(folder, 'shrunk.scenario.json'), test: join(folder, 'shrunk.test.ts') };
  await writeFile(files.scenario, `${JSON.stringify(shrunk.scenario, null, 2)}\n`);
  await writeFile(files.test, testFile(shrunk.scenario, shrunk.failure));
  const size = { operations: operations.length, faults: faults.length, nodes, runs: shrunk.runs };
  if (json) printJson({ shrunk: { ...size, isMinimal: shrunk.isMinimal, ...files } });
  else {
    printNote(`shrunk in ${size.runs} runs: ${size.operations} operations, ${size.faults} faults, ${nodes} nodes`);
    printNote(`  ${files.scenario}\n  ${files.test}`);
  }
}

async function runTraced(scenario: Scenario, path: string | undefined): Promise<SimulationResult> {
  if (path === undefined) return simulate({ scenario });
  const file = createTraceFile(path);
  const header = traceHeader({
    title: `simulation of seed ${scenario.seed}`,
    vantagePoint: 'world',
    class: 'redacted',
    detail: 'frames',
    clock: 'virtual',
    seed: `${scenario.seed}`,
    versions: engineVersions(),
    observations: true,
    config: { nodes: scenario.nodes, ciphers: scenario.ciphers },
  });
  try {
    return await simulate({ scenario, trace: new TraceWriter(header, file) });
  } finally {
    await file.close();
  }
}

// ---------------------------------------------------------------- words

function optionsOf(words: Words): GenerateOptions {
  const ciphers = words.text('ciphers') ?? 'native';
  if (!isCipherChoice(ciphers)) throw wrong(`--ciphers takes native, real, toy, got "${ciphers}"`);
  return {
    nodes: words.number('nodes', DEFAULT_NODES, 1, MOST_NODES),
    durationMs: words.number('duration', DEFAULT_SECONDS, 1, 86_400) * 1000,
    ciphers,
  };
}

function isCipherChoice(name: string): name is CipherChoice {
  return name === 'native' || name === 'real' || name === 'toy';
}

function seedsOf(words: Words): SeedRange | undefined {
  const text = words.text('seeds');
  if (text === undefined) return undefined;
  const [, first = '', last = ''] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  const range = { first: Number(first), last: Number(last) };
  if (first === '' || range.last < range.first || range.last > Number.MAX_SAFE_INTEGER) {
    throw wrong(`--seeds takes a range such as 1..1000, got "${text}"`);
  }
  return range;
}

function rerunOf(words: Words, scenario: Scenario, file: string | undefined): string {
  if (file !== undefined) return `swarmchart simulate ${file}`;
  const ciphers = scenario.ciphers === 'native' ? '' : ` --ciphers ${scenario.ciphers}`;
  const duration = words.text('duration') === undefined ? '' : ` --duration ${scenario.durationMs / 1000}`;
  return `swarmchart simulate --seed ${scenario.seed} --nodes ${scenario.nodes}${duration}${ciphers}`;
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart simulate --help)`);
}

// ---------------------------------------------------------------- what is printed

function summaryOf({ scenario, endedAtMs, calmMs, outcomes, seen }: SimulationResult) {
  const { seed, nodes, operations, faults } = scenario;
  return { seed, nodes, operations: operations.length, faults: faults.length, endedAtMs, calmMs, outcomes, seen };
}

function printResult({ scenario, endedAtMs, calmMs, outcomes, seen }: SimulationResult): void {
  const { seed, nodes, operations, faults } = scenario;
  printLine(`seed ${seed}: ${nodes} nodes, ${operations.length} operations, ${faults.length} faults: all is well`);
  for (const [kind, { done, failed, skipped, lost, codes }] of Object.entries(outcomes)) {
    const reasons = Object.entries(codes).map(([code, count]) => `${count} ${code}`);
    const why = reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
    printLine(`  ${kind.padEnd(11)}${done} done, ${failed} failed${why}, ${skipped} skipped, ${lost} lost to crashes`);
  }
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  printLine(`  calm after ${seconds(calmMs)}, ${seconds(endedAtMs)} of virtual time in all`);
  printLine(`  watched: ${seen.messages} messages, ${seen.steps} steps, ${seen.corruptions} changed bytes`);
}

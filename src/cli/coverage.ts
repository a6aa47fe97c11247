/** `coverage`: what traces and earlier reports cover of the machines. */
import { readFile } from 'node:fs/promises';
import { CoverageCollector } from '../coverage/collector.js';
import { checkGate, parseWaivers } from '../coverage/gate.js';
import { parseCoverage } from '../coverage/report.js';
import { formatCoverage } from '../coverage/text.js';
import { atPath } from '../platform/file-errors.js';
import { readTraceFile } from '../platform/trace-file.js';
import type { Command } from './command.js';
import { printJson, printLine, printNote } from './output.js';

/** Most files of one call: a shell's `*` over a folder of fixtures stays far below. */
const MAX_FILES = 100_000;

export const coverageCommand: Command = {
  name: 'coverage',
  usage: 'FILE...',
  positionals: [1, MAX_FILES],
  options: {
    gate: { type: 'boolean', help: 'exit with 1 unless all states are reached and 95 % of the edges taken' },
    waivers: { type: 'string', value: 'FILE', help: 'with --gate: JSON of states and edges that need not be, and why' },
  },
  examples: [
    'swarmchart coverage run.trace.jsonl',
    'swarmchart coverage test/replay/*.trace.jsonl --json > replays.json',
    'swarmchart coverage replays.json simulation.trace.jsonl.gz --gate --waivers waivers.json',
  ],
  run: async (words) => {
    const collector = new CoverageCollector();
    for (const path of words.positionals) {
      for (const line of await add(collector, path)) printNote(`${path}: not counted: ${line}`);
    }
    const report = collector.report();
    if (words.flag('json')) printJson(report);
    else printLine(formatCoverage(report));
    if (!words.flag('gate')) return 0;
    const waivers = words.text('waivers');
    const problems = checkGate(report, waivers === undefined ? {} : { waivers: parseWaivers(await read(waivers)) });
    for (const problem of problems) printNote(problem);
    return problems.length === 0 ? 0 : 1;
  },
};

/** A `.json` file is a report, anything else a trace. Answers what was left out. */
async function add(collector: CoverageCollector, path: string): Promise<readonly string[]> {
  if (path.endsWith('.json')) return collector.merge(parseCoverage(await read(path)));
  return collector.addTrace(await readTraceFile(path));
}

function read(path: string): Promise<string> {
  return atPath(path, readFile(path, 'utf8'));
}

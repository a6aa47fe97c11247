#!/usr/bin/env node
// Runs the interop matrix and writes its table into README.md: what passed, and, by name, what failed or could not run here.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const SUITES = [['test/matrix/js.test.ts'], ['--config', 'jest.interop.config.js', 'test/interop/matrix.test.ts']];

const folder = mkdtempSync(join(tmpdir(), 'swarmchart-matrix-'));
try {
  const outcomes = new Map(SUITES.flatMap(outcomesOf));
  const { withMatrix } = await tableModule();
  const bad = [];
  const outcome = (title) => {
    const status = outcomes.get(title) ?? 'pending';
    if (status !== 'passed') bad.push(`${status}: ${title}`);
    return { passed: 'passed', failed: 'failed' }[status] ?? 'not run';
  };
  const readme = join(root, 'README.md');
  writeFileSync(readme, withMatrix(readFileSync(readme, 'utf8'), outcome));
  for (const line of bad) console.log(line);
  console.log(`README.md: ${outcomes.size} tests of the matrix, ${bad.length} of them did not pass`);
  if (bad.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs one suite; what jest says of each test, by title. */
function outcomesOf(args, index) {
  const outputFile = join(folder, `${index}.json`);
  const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
  const { error } = spawnSync(process.execPath, [...jest, ...args, '--json', '--outputFile', outputFile], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) throw error;
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'));
  return testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title, status }) => [title, status]));
}

/** The table is TypeScript, as the tests are. */
async function tableModule() {
  const outfile = join(folder, 'table.mjs');
  const entryPoints = [join(root, 'test/matrix/table.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'warning' });
  return import(pathToFileURL(outfile).href);
}

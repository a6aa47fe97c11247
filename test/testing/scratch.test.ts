/**
 * A user's project: the packed tarball and each test runner installed from the registry into a folder outside of this
 * one, and the tests of `scratch/` run there as a user runs them. Needs `npm run build`, and the registry.
 */
import { afterAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const scratch = join(root, 'test/testing/scratch');
const PINS = [
  'jest@30.5.2',
  '@jest/globals@30.5.2',
  '@types/jest@30.0.0',
  '@types/node@20.19.43',
  'typescript@6.0.3',
  'vitest@3.2.4',
];
const FIXTURE = 'secio.trace.jsonl';
const INSTALL_LIMIT_MS = 9 * 60_000;
const RUN_LIMIT_MS = 100_000;

interface Run {
  readonly code: number | null;
  /** Both streams. */
  readonly output: string;
}

/** Runs a program as a user's shell does: nothing of this run's environment decides there. */
function run(
  folder: string,
  command: readonly string[],
  extra: NodeJS.ProcessEnv = {},
  limitMs = RUN_LIMIT_MS,
): Promise<Run> {
  const own = [
    'CI',
    'SWARMCHART_TRACE',
    'NODE_OPTIONS',
    'JEST_WORKER_ID',
    'NODE_ENV',
    'NODE_TEST_CONTEXT',
    'FORCE_COLOR',
  ];
  const inherited = Object.entries(process.env).filter(([name]) => !own.includes(name));
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', ...extra };
  const [program = '', ...rest] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: folder, env, timeout: limitMs });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => void (output += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** What npm says when nobody answers. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/;

/** Packs and installs; `undefined` with the reason where the registry cannot be reached. */
async function install(project: string): Promise<string | undefined> {
  // One question first: an installation would ask each of some hundred times before it gives up.
  const probe = ['npm', 'view', 'jest@30.5.2', 'version', '--prefer-online', '--fetch-retries=0', '--loglevel=error'];
  const answer = await run(project, probe);
  if (answer.code !== 0 && UNREACHABLE.test(answer.output)) return firstLine(answer.output);
  if (!existsSync(join(root, 'dist/testing.cjs'))) throw new Error('dist/testing.cjs is missing: npm run build');
  const packed = await run(root, ['npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', project]);
  const [{ filename }] = JSON.parse(packed.output.slice(packed.output.indexOf('[\n'))) as [{ filename: string }];
  writeFileSync(join(project, 'package.json'), '{ "name": "scratch", "private": true }\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code, output } = await run(
    project,
    ['npm', 'install', ...flags, `./${filename}`, ...PINS],
    {},
    INSTALL_LIMIT_MS,
  );
  if (code === 0) return undefined;
  if (UNREACHABLE.test(output)) return firstLine(output);
  throw new Error(`npm install failed:\n${output}`);
}

function firstLine(output: string): string {
  return output.trim().split('\n')[0] ?? 'no answer';
}

const project = mkdtempSync(join(tmpdir(), 'swarmchart-scratch-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));

const bin = (path: string): string => join(project, 'node_modules', path);
const JEST = [process.execPath, bin('jest/bin/jest.js'), '--colors=false'];
const VITEST = [process.execPath, bin('vitest/vitest.mjs'), 'run'];
const TSC = [process.execPath, bin('typescript/bin/tsc'), '-p', '.'];
const NODE_TEST = [process.execPath, '--test', '--test-reporter=tap'];

/** A folder of its own for each runner, with files of `scratch/` under the names they have there. */
function folderWith(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(project, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  for (const [from, to] of Object.entries(files)) copyFileSync(join(scratch, from), join(folder, to));
  return folder;
}

const unreachable = await install(project);
const inProject = unreachable === undefined ? describe : describe.skip;
if (unreachable !== undefined) {
  console.warn(`skipped: the test runners cannot be installed, the registry cannot be reached (${unreachable})`);
}

const README_TEST = readFileSync(join(scratch, 'secio.jest.test.js'), 'utf8');

test('the test of a secio handshake is ten lines, and the README shows it', () => {
  expect(README_TEST.trimEnd().split('\n').length).toBe(10);
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`js\n${README_TEST}\`\`\``);
});

inProject('in a project of its own', () => {
  const simple = unreachable === undefined ? folderWith('jest', { 'secio.jest.test.js': 'secio.test.js' }) : '';
  const fixture = join(simple, FIXTURE);

  test('jest in its default mode, CommonJS: records once, replays ever after', async () => {
    const missing = await run(simple, JEST);
    expect(missing.output).toContain(`there is no fixture ${fixture}`);
    expect(missing.code).toBe(1);
    const locked = await run(simple, [...JEST, '--ci'], { SWARMCHART_TRACE: 'record' });
    expect(locked.output).toContain('a CI records nothing');
    expect(locked.code).toBe(1);
    expect(existsSync(fixture)).toBe(false);

    const recording = await run(simple, JEST, { SWARMCHART_TRACE: 'missing' });
    expect(recording.output).toContain('✓ a secio handshake');
    expect(recording.code).toBe(0);
    const recorded = readFileSync(fixture, 'utf8');
    expect(recorded).toContain('"class":"replayable"');

    for (const environment of [{}, { CI: 'true', SWARMCHART_TRACE: 'record' }] as NodeJS.ProcessEnv[]) {
      const replaying = await run(simple, JEST, environment);
      expect(replaying.output).toContain('✓ a secio handshake');
      expect(replaying.code).toBe(0);
      expect(readFileSync(fixture, 'utf8')).toBe(recorded);
    }
  });

  const cases = [
    {
      runner: 'jest, ES modules',
      files: { 'secio.jest-esm.test.mjs': 'secio.test.mjs' },
      command: JEST,
      environment: { NODE_OPTIONS: '--experimental-vm-modules' },
      passed: 'Tests:       21 passed, 21 total',
    },
    {
      runner: 'vitest',
      files: { 'secio.vitest.test.mjs': 'secio.test.mjs' },
      command: VITEST,
      environment: {},
      passed: 'Tests  22 passed (22)',
    },
    {
      runner: 'node:test, ES modules',
      files: { 'secio.node.test.mjs': 'secio.test.mjs' },
      command: NODE_TEST,
      environment: {},
      passed: '# pass 22\n# fail 0',
    },
    {
      runner: 'node:test, CommonJS',
      files: { 'secio.node-require.test.js': 'secio.test.js' },
      command: NODE_TEST,
      environment: {},
      passed: '# pass 2\n# fail 0',
    },
  ];

  test.each(cases)(
    '$runner: replays what jest has recorded',
    async ({ runner, files, command, environment, passed }) => {
      const folder = folderWith(runner.replaceAll(/\W+/g, '-'), files);
      copyFileSync(fixture, join(folder, FIXTURE));
      const { code, output } = await run(folder, command, environment);
      expect(output).toContain(passed);
      expect(code).toBe(0);
    },
  );

  test('types: of the globals of jest, of its modules, of vitest, in CommonJS and in modules', async () => {
    const folder = folderWith('types', {
      'types-default.cts.txt': 'default.cts',
      'types-globals.mts.txt': 'globals.mts',
      'types-vitest.mts.txt': 'vitest.mts',
    });
    const options = { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: ['node', 'jest'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
    const { code, output } = await run(folder, TSC);
    expect(output).toBe('');
    expect(code).toBe(0);
  });
});

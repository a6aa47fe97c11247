/**
 * `@libp2p/interface-compliance-tests`, which js-libp2p holds its own parts to, run against ours: js-libp2p's suites, its
 * mocks and its mocha, in a process of their own. Needs `npm run build`.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePeer } from '../peers/peers.js';
import { installParts } from '../support/installed-parts.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const INSTALL_MS = 300_000;
const RUN_MS = 300_000;

/** What mocha's JSON report says. */
interface Report {
  readonly stats: {
    readonly tests: number;
    readonly passes: number;
    readonly pending: number;
    readonly failures: number;
  };
  readonly failures: readonly { readonly fullTitle: string; readonly err: { readonly message?: string } }[];
  readonly pending: readonly { readonly fullTitle: string }[];
}

/** How many tests each suite has: one that is not run is a failure. */
const SUITES = [
  // Four for each of noise, secio, plaintext.
  { spec: 'encrypters.mjs', tests: 12 },
  { spec: 'muxers.mjs', tests: 46 },
  // Fifteen under js-libp2p's plaintext and mock muxer, fifteen under our noise and yamux.
  { spec: 'transports.mjs', tests: 30 },
] as const;

/** What we skip, with the reason. Nothing. */
const SKIPPED: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  expect(await ensurePeer('js-compliance')).toEqual({ ready: true });
  installParts('test/compliance');
}, INSTALL_MS);

describe('the compliance suites of js-libp2p', () => {
  test.each(SUITES)(
    'all $tests tests of $spec pass',
    async ({ spec, tests }) => {
      const { stats, failures, pending } = await mocha(spec);
      expect(failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message ?? ''}`)).toEqual([]);
      expect(pending.map(({ fullTitle }) => fullTitle)).toEqual(Object.keys(SKIPPED));
      expect(stats).toMatchObject({ tests, passes: tests, pending: 0, failures: 0 });
    },
    RUN_MS,
  );

  test('a part that fails is seen', async () => {
    const { failures } = await mocha('broken.mjs');
    expect(failures.map(({ fullTitle }) => fullTitle)).toContain(
      'an encrypter without a name interface-connection-encrypter compliance tests has a protocol string',
    );
  });
});

test('the types of our parts fit where js-libp2p asks for parts', async () => {
  // In the folder's own installation, whose packages it names.
  const program = join(HERE, 'node_modules', '.types.mts');
  copyFileSync(join(HERE, 'specs/types.mts.txt'), program);
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--types', 'node'];
  const compiler = [
    '--target',
    'es2023',
    '--module',
    'nodenext',
    '--typeRoots',
    join(HERE, '../../node_modules/@types'),
  ];
  const tsc = join(HERE, '../../node_modules/typescript/bin/tsc');
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, ...flags, ...compiler, program], { cwd: HERE }, (_error, stdout) =>
      resolve(stdout),
    );
  });
  rmSync(program);
  expect(said).toBe('');
});

/** Runs one spec. Muxers that a suite leaves open keep their keep-alive timers, so mocha is told to exit. */
async function mocha(spec: string): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'compliance-'));
  const output = join(folder, 'report.json');
  // Jest's own flags for Node are not for mocha.
  const env = { ...process.env, NODE_OPTIONS: '', NODE_ENV: '' };
  const args = [
    ...['--import', '../peers/js-modern/polyfill.mjs', 'node_modules/mocha/bin/mocha.js', '--exit'],
    ...['--timeout', '60000', '--reporter', 'json', '--reporter-option', `output=${output}`, join('specs', spec)],
  ];
  try {
    const words = await new Promise<string>((resolve) => {
      // Its exit code counts the failures; the report names them.
      execFile(process.execPath, args, { cwd: HERE, env, timeout: RUN_MS }, (_error, _stdout, stderr) =>
        resolve(stderr),
      );
    });
    return parse(output, words);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function parse(file: string, words: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    throw new Error(`mocha made no report: ${words}`);
  }
}

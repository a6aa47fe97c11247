/** A planted bug is found by a sweep, cut down to a few operations, and the test that is written fails until it is gone. */
import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  generate,
  shrink,
  signatureOf,
  simulate,
  sweep,
  testFile,
  type Scenario,
} from '../../../src/sim/scenario/index.js';
import { plantLostWindowUpdate } from './planted-bug.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const jest = join(root, 'node_modules/jest/bin/jest.js');

const options = { nodes: 4 };

const failureOf = async (scenario: Scenario) => (await simulate({ scenario })).failure;

/** Runs a test file in a jest of its own; answers its exit code and what it printed. */
function runTest(folder: string, isPlanted: boolean): Promise<{ readonly code: number; readonly output: string }> {
  const config = {
    rootDir: folder,
    testEnvironment: 'node',
    testTimeout: 120_000,
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: { '^(\\.{0,2}/.*)\\.js$': '$1' },
    transform: {
      '^.+\\.ts$': [
        join(root, 'node_modules/@swc/jest'),
        { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
      ],
    },
  };
  const args = ['--experimental-vm-modules', '--no-warnings', jest, '--config', JSON.stringify(config)];
  const env = { ...process.env, PLANT_LOST_WINDOW_UPDATE: isPlanted ? '1' : '0' };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe('a lost window update', () => {
  test('is found within 1,000 seeds, shrunk to at most 5 operations, and its test fails before and passes after', async () => {
    const uproot = plantLostWindowUpdate();
    let shrunk;
    let seed;
    try {
      const results = await sweep({
        seeds: { first: 1, last: 1000 },
        run: async (each) => ({ seed: each, failure: (await simulate({ seed: each, ...options })).failure }),
      });
      const found = results.at(-1);
      if (found?.failure === undefined) throw new Error('no seed found it');
      seed = found.seed;
      shrunk = await shrink(generate(seed, options), found.failure, { run: failureOf });
      expect(signatureOf(shrunk.failure)).toBe(signatureOf(found.failure));
    } finally {
      uproot();
    }
    expect({ seed, isMinimal: shrunk.isMinimal }).toEqual({ seed, isMinimal: true });
    expect(shrunk.scenario.operations.length).toBeLessThanOrEqual(5);
    expect(shrunk.failure.invariant).toMatch(/^liveness\./);
    // Without the bug the very scenario is well.
    expect(await failureOf(shrunk.scenario)).toBeUndefined();

    const folder = mkdtempSync(join(tmpdir(), 'swarmchart-shrunk-'));
    try {
      const module = join(root, 'src/sim/scenario/index.js');
      const preamble = `import '${join(here, 'planted-bug.js')}';`;
      writeFileSync(join(folder, 'shrunk.test.ts'), testFile(shrunk.scenario, shrunk.failure, { module, preamble }));
      const before = await runTest(folder, true);
      expect(before.output).toContain(shrunk.failure.invariant);
      expect(before.output).toContain('Tests:       1 failed, 1 total');
      const after = await runTest(folder, false);
      expect({ code: after.code, output: after.output }).toMatchObject({ code: 0 });
      expect(after.output).toContain('Tests:       1 passed, 1 total');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 600_000);
});

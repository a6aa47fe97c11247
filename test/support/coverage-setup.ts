/**
 * Runs in each test file when SWARMCHART_COVERAGE names a folder (jest.config.js): counts every step that machines take
 * in it, on actors of any environment and in walks, and writes the report there as `<test file>.coverage.json`.
 */
import { afterAll, expect } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Environment, type TransitionNotice } from '../../src/actors/environment.js';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { walkers } from './walk.js';

const folder = process.env['SWARMCHART_COVERAGE'];
if (folder === undefined || folder === '') throw new Error('SWARMCHART_COVERAGE names no folder');

const collector = new CoverageCollector();
walkers.add((machine, step) => collector.count(machine, step));

const notice = Object.getOwnPropertyDescriptor(Environment.prototype, 'notice')?.value as (
  told: TransitionNotice,
) => void;
Object.defineProperties(Environment.prototype, {
  // Steps are told only while somebody listens.
  observed: { get: () => true },
  notice: {
    value(this: Environment, told: TransitionNotice): void {
      collector.count(told.machine, told);
      notice.call(this, told);
    },
  },
});

afterAll(() => {
  const name = relative(process.cwd(), expect.getState().testPath ?? 'unknown').replaceAll(/[/\\]/g, '-');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.coverage.json`), `${JSON.stringify(collector.report())}\n`);
});

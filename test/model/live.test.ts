/** Live actors along the paths of their machines, against remotes that send what the path wants. */
import { describe, expect, test } from '@jest/globals';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { MACHINES } from '../../src/machines/index.js';
import { explore, pathText } from './explore.js';
import { livePaths, runLive } from './live/driver.js';
import { DRIVERS } from './live/drivers.js';
import { pingDriver } from './live/ping.js';

const collector = new CoverageCollector();

test('every machine of the catalogue has a driver', () => {
  expect(DRIVERS.map(({ model }) => model.machine.id)).toEqual(MACHINES.map(({ machine }) => machine.id));
});

describe.each(DRIVERS.map((driver) => [driver.model.machine.id, driver] as const))('%s', (_id, driver) => {
  // Not only the cover: every event that can come, wherever it can.
  const paths = explore(driver.model, driver.reach).steps.map((path) => [pathText(path), path] as const);
  test.each(paths)('%s', (_text, path) => runLive(driver, path, collector));
});

test('a live actor that does not follow the path is caught', async () => {
  const [path] = livePaths(pingDriver).filter(({ steps }) => steps.at(-1)?.event.type === 'wire.mismatch');
  const [step] = path?.steps ?? [];
  if (path === undefined || step === undefined) throw new Error('no path to a mismatch');
  const lies = [
    { ...step, edges: ['awaitingEcho wire.echo'] },
    { ...step, to: 'finished' },
    { ...step, event: { type: 'wire.surplus' } },
  ];
  for (const lie of lies) {
    await expect(runLive(pingDriver, { ...path, steps: [lie] }, collector)).rejects.toThrow();
  }
  await expect(runLive(pingDriver, { ...path, steps: [step, step] }, collector)).rejects.toThrow();
});

test('a world that can do less leads to fewer paths', () => {
  const { model } = pingDriver;
  const deaf = explore(model, { can: ({ type }) => type === 'stream.ended' });
  expect(deaf.steps.map(pathText)).toEqual([
    '(two, with a pause)  stream.ended -> ended',
    '(two, without)  stream.ended -> ended',
  ]);
});

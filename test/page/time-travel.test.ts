/** Time travel in the page: a trace is run again, forked and compared, and a jest test of it passes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';

const suite = chromiumPath === undefined ? describe.skip : describe;
const FIXTURE = 'test/replay/fixtures/noise-dialed-kubo.trace.jsonl';

/** Runs the built command, and answers the address that it prints. */
async function served(...words: string[]): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^inspect: (\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { url, process: child };
  }
  throw new Error('it ended without an address');
}

suite(`time travel${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGINT');
    await browser.close();
  });
  const open = async (...words: string[]): ReturnType<typeof openPage> => {
    const { url, process: child } = await served(...words);
    children.push(child);
    return openPage(browser, url);
  };

  test('a trace is run again, forked, and the two futures stand side by side', async () => {
    const { page, complaints } = await open('inspect', FIXTURE);
    await page.getByText('195 of 195 records').waitFor();
    await page.getByRole('tab', { name: 'Time travel' }).click();
    await page.getByRole('button', { name: 'run again' }).click();
    await page.getByText('✓ the same: all 195 records').waitFor();
    // The read that brought the second noise message.
    await page.getByRole('tab', { name: 'Records' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('seq=30');
    await page.getByRole('option', { name: '#30' }).click();
    await page.locator('#filter').fill('');
    await page.getByRole('tab', { name: 'Time travel' }).click();
    await page.getByText(/^At #30: received 218 bytes/).waitFor();
    await page.getByRole('button', { name: 'fork', exact: true }).click();
    await page.getByText(/^fork:1 ran: 30 records as before/).waitFor();
    await page.getByRole('button', { name: /^fork:1: / }).click();
    expect(await page.getByRole('tab', { selected: true }).innerText()).toBe('Diff');
    await page.getByText(/actors differ\. First: /).waitFor();
    // What came next is taken for the second message, and does not decode.
    await page.getByRole('banner').getByRole('combobox', { name: 'Trace' }).selectOption('fork:1');
    await page.getByRole('tab', { name: 'Why it failed' }).click();
    await page.getByRole('heading', { name: 'A message that does not decode' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a jest test of the selected connection is saved, and passes', async () => {
    const { page, complaints } = await open('inspect', FIXTURE);
    await page.getByText('195 of 195 records').waitFor();
    await page
      .getByRole('listbox', { name: 'Actors' })
      .getByRole('option')
      .filter({ hasText: 'conn:2' })
      .first()
      .click();
    await page.getByRole('tab', { name: 'Time travel' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'a jest test of conn:2' }).click();
    const file = await download;
    const folder = mkdtempSync(join(tmpdir(), 'swarmchart-exported-'));
    try {
      await file.saveAs(join(folder, file.suggestedFilename()));
      writeFileSync(join(folder, 'package.json'), '{}');
      mkdirSync(join(folder, 'node_modules'));
      symlinkSync(process.cwd(), join(folder, 'node_modules', 'swarmchart'));
      for (const name of ['@jest', 'jest'])
        symlinkSync(join(process.cwd(), 'node_modules', name), join(folder, 'node_modules', name));
      const jest = join(process.cwd(), 'node_modules/jest/bin/jest.js');
      const ran = spawnSync(process.execPath, [jest, '--rootDir', folder, '--testMatch', '**/*.test.*'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(/Tests: +\d+ passed/)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a simulation is held, stepped, broken at a state and harmed', async () => {
    const { page, complaints } = await open(
      'simulate',
      '--seed',
      '7',
      '--nodes',
      '4',
      '--duration',
      '10',
      '--inspect',
      '--speed',
      '0',
    );
    await page.getByRole('tab', { name: 'Time travel' }).click();
    const simulation = page.getByRole('region', { name: 'Simulation' });
    await simulation.getByText(/^It stands at 0\.0 ms/).waitFor();
    await simulation.getByRole('button', { name: '100 ms', exact: true }).click();
    await simulation.getByText('It stands at 100.0 ms: all up to 100 ms').waitFor();
    await simulation.getByRole('button', { name: '100 ms', exact: true }).click();
    await simulation.getByText('It stands at 200.0 ms: all up to 200 ms').waitFor();
    await simulation.getByLabel('state').fill('open*');
    await simulation.getByLabel('machine').fill('connection');
    await simulation.getByRole('button', { name: 'add' }).click();
    await simulation.getByRole('button', { name: 'resume' }).click();
    await simulation.getByText(/^It stands at [\d.]+ ms: .*connection/).waitFor();
    await simulation.getByRole('button', { name: 'cut', exact: true }).click();
    await page.getByText('cut done').waitFor();
    await page.getByRole('tab', { name: 'Records' }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('name:simulation:marker');
    await page.getByRole('listbox', { name: 'Records' }).getByRole('option').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('what cannot be run says why', async () => {
    const { page } = await open('inspect', 'test/replay/fixtures/dial-self.trace.jsonl', '--actor', 'dial*');
    await page.getByRole('tab', { name: 'Time travel' }).click();
    await page.getByText('Select something that came in').waitFor();
    expect(await page.getByRole('button', { name: 'fork', exact: true }).isDisabled()).toBe(true);
    await page.close();
  });
});

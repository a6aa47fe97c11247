/** What `npm start` ends with: the page of what just happened, from both sides. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Browser } from 'playwright-core';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';

const suite = chromiumPath === undefined ? describe.skip : describe;

suite(`the demo's page${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let demo: ChildProcess;
  const lines: string[] = [];
  let url = '';
  beforeAll(async () => {
    browser = await launchBrowser();
    const child = spawn(process.execPath, ['dist/cli/main.js', 'demo', '--inspect', '--file', 'package-lock.json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    demo = child;
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      url = /^inspect: (\S+)$/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
  });
  afterAll(async () => {
    await browser.close();
    const ended = once(demo, 'exit');
    demo.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
  });

  test.each(['light', 'dark'] as const)(
    'is told after both rounds, and shows both sides, in %s',
    async (colorScheme) => {
      expect(lines.filter((line) => line.startsWith('the same bytes')).length).toBe(2);
      const { page, complaints } = await openPage(browser, url, { colorScheme });
      await page.getByText(/^[1-9][\d,]* of [\d,]+ records$/).waitFor();
      // Steps, walked from the first record on, light the chart up one after another.
      await page.getByRole('tab', { name: 'Connection' }).click();
      await page.keyboard.press('Home');
      const states = new Set<string>();
      for (let steps = 0; steps < 60; steps += 1) {
        await page.keyboard.press('>');
        const state = page.locator('.chart-head output strong');
        if ((await state.count()) > 0) states.add((await state.innerText()).trim());
      }
      expect([...states]).toEqual(expect.arrayContaining(['upgrading.connecting', 'awaitingPropose']));
      await page.getByRole('tab', { name: 'Sequence' }).click();
      await page.keyboard.press('End');
      await page
        .getByText(/ms on its way/)
        .first()
        .waitFor();
      await page.keyboard.press('/');
      await page.keyboard.type('error:* ');
      await page.locator('#filter-says').getByText(/ of /).waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    },
  );
});

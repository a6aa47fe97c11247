/** Every view as an SVG file of its own: it loads alone, and shows what the page showed. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';
import { parseXml } from '../support/xml.js';

const suite = chromiumPath === undefined ? describe.skip : describe;

suite(`a view saved as SVG${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let server: InspectServer;
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-svg-'));
  beforeAll(async () => {
    browser = await launchBrowser();
    const trace = 'test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl';
    const source = await openFileSource([{ id: 'main', open: traceTextOf(trace) }]);
    server = await serveInspector({ source, assets: await readInspectAssets() });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['Overview', 'Waiting longest'],
    ['Connection', 'conn:2'],
    ['Sequence', 'bitswap.message'],
    ['Streams', '/ipfs/bitswap/1.2.0'],
    ['Swarm', 'Connections'],
    ['Coverage', 'bitswapSession'],
    ['Records', '#271'],
  ])('%s', async (title, text) => {
    const { page, complaints } = await openPage(browser, server.url);
    await page.getByText('272 of 272 records').waitFor();
    await page.getByRole('tab', { name: title }).click();
    await page.getByRole('tabpanel', { name: title }).getByText(text).first().waitFor({ state: 'attached' });
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'svg' }).click();
    const file = join(folder, `${title}.svg`);
    await (await download).saveAs(file);
    expect(parseXml(readFileSync(file, 'utf8'))).toMatchObject({
      name: 'svg',
      children: [{ name: 'title' }, { name: 'foreignObject' }],
    });
    const alone = await browser.newPage();
    await alone.goto(pathToFileURL(file).href);
    await alone.getByText(text).first().waitFor({ state: 'attached' });
    expect(await alone.locator('canvas').count()).toBe(0);
    expect(complaints).toEqual([]);
    await alone.close();
    await page.close();
  });

  test.each([
    ['dark', 'auto', 'rgb(20, 23, 29)'],
    ['dark', 'light', 'rgb(255, 255, 255)'],
    ['light', 'dark', 'rgb(20, 23, 29)'],
  ] as const)('of a %s system and the theme %s: the file keeps the colours wherever it is opened', async (...given) => {
    const [colorScheme, theme, ground] = given;
    const { page } = await openPage(browser, server.url, { colorScheme });
    await page.getByText('272 of 272 records').waitFor();
    await page.getByRole('combobox', { name: 'Theme' }).selectOption(theme);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'svg' }).click();
    const file = join(folder, `${colorScheme}-${theme}.svg`);
    await (await download).saveAs(file);
    // Nor does it hang on the size of the window.
    expect(readFileSync(file, 'utf8').match(/@media[^{]*/g)).toBeNull();
    for (const readers of ['light', 'dark'] as const) {
      const alone = await browser.newPage({ colorScheme: readers });
      await alone.goto(pathToFileURL(file).href);
      const shown = `getComputedStyle(document.querySelector('.swarmchart-inspect')).backgroundColor`;
      expect(await alone.evaluate(shown)).toBe(ground);
      await alone.close();
    }
    await page.close();
  });
});

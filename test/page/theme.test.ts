/** Light and dark while the page is open, forced colours, and little room: what is drawn follows, and all can be read. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { chromiumPath, launchBrowser, openPage, untilInPage, WITHOUT_BROWSER } from '../support/browser.js';
import { contrastOf, type Rgb } from '../support/contrast.js';

const suite = chromiumPath === undefined ? describe.skip : describe;
const TRACE = 'test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl';

/** What stands on a canvas in one colour of the palette, unblended, and that colour in both themes. */
const DRAWN = [
  ['Streams', '.plot canvas', 'grid of the plot', '231,233,238', '38,43,53'],
  ['Swarm', '.swarm canvas', 'our node', '35,87,197', '138,176,255'],
  ['Records', '.scrubber-density', 'density of records', '91,100,115', '154,164,181'],
] as const;

/** The colours of a canvas that cover more than a few pixels. Runs in the page. */
const coloursOf = (selector: string): string => `(() => {
  const canvas = document.querySelector('${selector}');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] !== 255) continue;
    const colour = data[at] + ',' + data[at + 1] + ',' + data[at + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 20).map(([colour]) => colour);
})()`;

interface Written {
  readonly text: string;
  readonly colour: Rgb;
  readonly ground: Rgb;
}

/** Every text that is in sight, its colour, and what it stands on; but not what is disabled, nor texts of charts. */
const WRITTEN = `(() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const text = walk.currentNode.data.trim();
    if (text === '' || element.closest('svg, :disabled, option, datalist, noscript, .visually-hidden') !== null) continue;
    if (!element.checkVisibility()) continue;
    let ground;
    for (let at = element; at !== null && ground === undefined; at = at.parentElement) {
      const { backgroundColor, opacity } = getComputedStyle(at);
      if (opacity !== '1') found.push({ text: text + ': see-through', colour: [0, 0, 0], ground: [0, 0, 0] });
      const [red, green, blue, alpha = 1] = rgb(backgroundColor);
      if (alpha === 1) ground = [red, green, blue];
    }
    found.push({ text, colour: rgb(getComputedStyle(element).color).slice(0, 3), ground });
  }
  return found;
})()`;

suite(`the theme${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let server: InspectServer;
  let page: Page;
  const open = async (options: Parameters<typeof openPage>[2]): Promise<void> => {
    ({ page } = await openPage(browser, server.url, options));
    await page.getByText('272 of 272 records').waitFor();
  };
  beforeAll(async () => {
    browser = await launchBrowser();
    const source = await openFileSource([{ id: 'main', open: traceTextOf(TRACE) }]);
    server = await serveInspector({ source, assets: await readInspectAssets() });
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test.each(DRAWN)(
    'changes while %s is open: %s has the colours of each',
    async (title, selector, _what, light, dark) => {
      await open({ colorScheme: 'light' });
      await page.getByRole('tab', { name: title }).click();
      await page.locator(selector).first().waitFor();
      const shows = async (colour: string, other: string): Promise<void> => {
        await untilInPage(page, `${coloursOf(selector)}.includes('${colour}')`);
        expect(await page.evaluate(coloursOf(selector))).not.toContain(other);
      };
      await shows(light, dark);
      // The system's, then the page's own choice against it, then the system's again.
      await page.emulateMedia({ colorScheme: 'dark' });
      await shows(dark, light);
      await page.getByRole('combobox', { name: 'Theme' }).selectOption('light');
      await shows(light, dark);
      await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
      await shows(dark, light);
      await page.emulateMedia({ colorScheme: 'light' });
      await shows(dark, light);
      await page.getByRole('combobox', { name: 'Theme' }).selectOption('auto');
      await shows(light, dark);
      await page.context().close();
    },
  );

  test.each(['light', 'dark'] as const)('every word of every view can be read in %s', async (colorScheme) => {
    await open({ colorScheme });
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      const written = await page.evaluate<readonly Written[]>(WRITTEN);
      expect(written.length).toBeGreaterThan(20);
      expect(written.filter(({ colour, ground }) => contrastOf(colour, ground) < 4.5)).toEqual([]);
    }
    await page.context().close();
  });

  test('where colours are forced, what is chosen is told apart by the colours of a selection', async () => {
    await open({ forcedColors: 'active', colorScheme: 'dark' });
    await page.getByRole('tab', { name: 'Records' }).click();
    await page.getByRole('listbox', { name: 'Records' }).focus();
    await page.keyboard.press('Home');
    await page.locator('.row.is-selected').waitFor();
    const styles = await page.evaluate<readonly string[]>(`(() => {
      const probe = document.createElement('p');
      probe.style.cssText = 'forced-color-adjust: none; background: Highlight; color: HighlightText';
      document.body.append(probe);
      const of = (element) => { const { backgroundColor, color } = getComputedStyle(element); return backgroundColor + color; };
      return [probe, document.querySelector('.row.is-selected'), document.querySelector('[role=tab][aria-selected=true]')].map(of);
    })()`);
    expect(new Set(styles).size).toBe(1);
    await page.context().close();
  });

  test.each([
    ['390 pixels across', { viewport: { width: 390, height: 844 } }],
    ['a window of 1280 by 760 pixels, everything twice as large', { viewport: { width: 640, height: 380 } }],
  ])('with %s nothing of a view is out of reach', async (_how, options) => {
    await open(options);
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      const view = await page.evaluate<readonly number[]>(`(() => {
        const page = document.documentElement;
        const view = document.querySelector('.view');
        return [page.scrollWidth - innerWidth, view.scrollWidth - view.clientWidth, view.clientHeight];
      })()`);
      expect({ view: await tab.innerText(), wider: view.slice(0, 2) }).toMatchObject({ wider: [0, 0] });
      // Some twenty lines of text at least.
      expect(view[2]).toBeGreaterThan(250);
    }
    await page.context().close();
  });
});

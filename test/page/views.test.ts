/** Every view of the page in a real browser, on recorded traces, in light and dark. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';

const FIXTURES = 'test/replay/fixtures';
const serve = async (name: string): Promise<InspectServer> => {
  const source = await openFileSource([{ id: 'main', open: traceTextOf(`${FIXTURES}/${name}.trace.jsonl`) }]);
  return serveInspector({ source, assets: await readInspectAssets() });
};

const suite = chromiumPath === undefined ? describe.skip : describe;

suite(`the page${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test.each(['bitswap-fetched-from-helia', 'noise-timeout', 'secio-dialed-go-secio-rsa-p256'])(
      'shows %s in every view, and complains of nothing',
      async (name) => {
        const server = await serve(name);
        try {
          const { page, complaints } = await openPage(browser, server.url, { colorScheme });
          await page.getByText(/^[\d,]+ of [\d,]+ records$/).waitFor();
          const tabs = await page.getByRole('tab').all();
          expect(tabs.length).toBeGreaterThanOrEqual(10);
          for (const tab of tabs) {
            await tab.click();
            expect(await tab.getAttribute('aria-selected')).toBe('true');
            const panel = page.getByRole('tabpanel');
            await panel.waitFor();
            expect((await panel.innerText()).trim()).not.toBe('');
          }
          expect(complaints).toEqual([]);
        } finally {
          await server.close();
        }
      },
    );
  });

  test('the token leaves the address bar, and a reload still has it', async () => {
    const server = await serve('noise-timeout');
    try {
      const { page, complaints } = await openPage(browser, server.url);
      await page.getByText(/^[\d,]+ of [\d,]+ records$/).waitFor();
      expect(new URL(page.url()).search).toBe('');
      await page.reload();
      await page.getByText(/^[\d,]+ of [\d,]+ records$/).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

/** The page by keyboard alone, and as a screen reader hears it: every view. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';

/** What has the focus, and how it shows it. */
interface Focused {
  readonly key: string;
  readonly outline: string;
}

/** Answers a {@link Focused}, or null where nothing has it. Runs in the page. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const key = [element.tagName, element.id, element.textContent.slice(0, 20)].join(' ');
  return { key, outline: getComputedStyle(element).outlineStyle };
})()`;

const suite = chromiumPath === undefined ? describe.skip : describe;

suite(`by keyboard alone${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let server: InspectServer;
  let page: Page;
  beforeAll(async () => {
    browser = await launchBrowser();
    const trace = 'test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl';
    const source = await openFileSource([{ id: 'main', open: traceTextOf(trace) }]);
    server = await serveInspector({ source, assets: await readInspectAssets() });
    ({ page } = await openPage(browser, server.url));
    await page.getByText('272 of 272 records').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const tabs = async (): Promise<readonly string[]> => page.getByRole('tab').allInnerTexts();
  const openTab = (): Promise<string> => page.getByRole('tab', { selected: true }).innerText();

  test('digits open the views in order', async () => {
    const titles = await tabs();
    for (const [index, title] of titles.slice(0, 10).entries()) {
      await page.keyboard.press(String((index + 1) % 10));
      expect(await openTab()).toBe(title);
    }
  });

  test('arrows move through the tabs, and the focus with them', async () => {
    const titles = await tabs();
    await page.keyboard.press('1');
    await page.getByRole('tab', { selected: true }).focus();
    for (const title of [...titles.slice(1), titles[0] ?? '']) {
      await page.keyboard.press('ArrowRight');
      expect(await openTab()).toBe(title);
      expect(await page.evaluate('document.activeElement?.textContent')).toBe(title);
    }
    await page.keyboard.press('ArrowLeft');
    expect(await openTab()).toBe(titles.at(-1));
  });

  test('/ goes to the filter, Escape leaves it; what is typed filters', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('layer:bitswap or layer:noise way:in');
    await page.getByText(/^\d+ of 272 records$/).waitFor();
    expect(await page.locator('#filter-says').innerText()).not.toBe('272 of 272 records');
    await page.keyboard.press('Escape');
    expect(await page.evaluate('document.activeElement?.id')).not.toBe('filter');
    await page.keyboard.press('/');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('colour:red');
    await page.getByText('at 1: there is no field "colour"').waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.press('Escape');
    await page.getByText('272 of 272 records').waitFor();
  });

  test('the moment moves by record and by step, and lists by arrows', async () => {
    const moment = (): Promise<string> => page.locator('.scrubber-at').innerText();
    const views = await tabs();
    await page.keyboard.press(String(views.indexOf('Overview') + 1));
    await page.keyboard.press('Home');
    expect(await moment()).toMatch(/^#0 /);
    await page.keyboard.press('.');
    expect(await moment()).toMatch(/^#1 /);
    await page.keyboard.press(',');
    expect(await moment()).toMatch(/^#0 /);
    await page.keyboard.press('>');
    await page
      .getByRole('complementary')
      .getByRole('heading', { name: /^#\d+ actor:transition$/ })
      .waitFor();
    await page.keyboard.press('c');
    await page.keyboard.press('End');
    expect(await moment()).toMatch(/^#271 /);
    await page.getByRole('listbox', { name: 'Actors' }).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    expect(await page.getByRole('listbox', { name: 'Actors' }).getByRole('option', { selected: true }).count()).toBe(1);
  });

  test('? opens the help with every key and field, Escape closes it', async () => {
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Help' });
    await help.waitFor();
    const said = await help.innerText();
    expect(said).toContain('layer:yamux');
    // A digit stands at the views that it opens, and at no other.
    expect(said).toMatch(/^0\s+Diff$/m);
    expect(said).toMatch(/^\s*Coverage$/m);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
  });

  test('every control can be reached by Tab, and shows that it is', async () => {
    await page.keyboard.press('1');
    await page.getByLabel('Theme').focus();
    const reached = new Set<string>();
    for (let presses = 0; presses < 200; presses += 1) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate<Focused | null>(FOCUSED);
      if (focused === null) break;
      expect([focused.key, focused.outline]).toEqual([focused.key, expect.not.stringMatching(/^none$/)]);
      reached.add(focused.key);
    }
    const names = [...reached];
    expect(names).toContainEqual(expect.stringMatching(/^INPUT filter /));
    expect(names).toContainEqual(expect.stringMatching(/^BUTTON {2}(?:follow|end)$/));
  });

  describe('what a screen reader hears', () => {
    const SAYS: Readonly<Record<string, readonly RegExp[]>> = {
      Overview: [
        /heading "Actors"/,
        /listbox "Actors"/,
        /heading "Failures"/,
        /option "#253/,
        /heading "Waiting longest"/,
      ],
      Connection: [/combobox/, /group "Chart of /, /img "connection"/, /listbox "Records of the connection"/],
      Sequence: [/group "Layers"/, /button "✓ muxer" \[pressed\]/, /listbox "Messages"/, /option .* to /],
      Streams: [/listbox "Streams"/, /img "open/, /region "Credit"/, /img "Credit of /],
      'DHT queries': [/note/, /No query was made yet/],
      Bitswap: [/note/, /Nothing was asked for yet/],
      Swarm: [/img "2 nodes and peers/, /listbox "Connections"/],
      'Time travel': [/note/],
      'Why it failed': [/Nothing failed so far/],
      Diff: [/There is one trace alone/, /open another trace/],
      Coverage: [/listbox "Machines"/, /meter "edges of dial"/, /region "Coverage of /],
      Records: [/listbox "Records"/, /option "#271/],
    };

    test('each view has its names', async () => {
      for (const title of await tabs()) {
        await page.getByRole('tab', { name: title }).click();
        const panel = page.getByRole('tabpanel', { name: title });
        const heard = await panel.ariaSnapshot();
        for (const name of SAYS[title] ?? [/a view that this table does not know/]) expect(heard).toMatch(name);
      }
    });

    test('nothing that can be pressed is without a name', async () => {
      for (const title of await tabs()) {
        await page.getByRole('tab', { name: title }).click();
        const heard = await page.locator('body').ariaSnapshot();
        expect(
          heard.split('\n').filter((line) => /^\s*- (?:button|combobox|textbox|slider|listbox)\s*$/.test(line)),
        ).toEqual([]);
      }
    });
  });
});

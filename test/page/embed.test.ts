/** Views mounted in a page that is not ours, under a strict policy: the example, and what embedders do besides. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { INSPECT_VIEWS } from '../../src/inspect/embedding.js';
import { openFileSource } from '../../src/inspect/file-source.js';
import { serveInspector } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { chromiumPath, launchBrowser, untilInPage, WITHOUT_BROWSER } from '../support/browser.js';

const suite = chromiumPath === undefined ? describe.skip : describe;
const TRACE = 'test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl';
const RECORDS = 272;

/** Everything that is computed of the style of the page's own elements. Runs in the page. */
const HOST_STYLES = `['html', 'body', 'body > h1', 'body > p', '#all', '#sequence'].map((selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [selector, ...[...style].map((name) => name + ': ' + style.getPropertyValue(name))].join('\\n');
})`;

/** Mounts what a test asks for in a page of the example, and keeps it at `mounted`. */
const mounting = (body: string): string => `(async () => {
  const inspect = await import('/inspect.js');
  const trace = await (await fetch('/trace.jsonl')).text();
  const place = (name) => {
    const element = document.createElement('div');
    element.id = name;
    document.body.append(element);
    return element;
  };
  ${body}
})()`;

suite(`mounted in another page${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let server: ChildProcess;
  let url: string;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    server = spawn(process.execPath, ['examples/inspect-embed/server.mjs', TRACE], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    url = await new Promise((resolve) => server.stdout!.once('data', (line) => resolve(String(line).trim())));
    browser = await launchBrowser();
  });
  afterAll(async () => {
    server.kill();
    await browser.close();
  });

  const open = async (script?: string): Promise<void> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    const response = await page.goto(url);
    expect(response?.headers()['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src/);
    await page.getByText(`${RECORDS} records`).waitFor();
    if (script !== undefined) await page.evaluate(mounting(script));
  };

  test('the example shows the sequence, and its own buttons filter it through the model', async () => {
    await open();
    const rows = page.getByRole('listbox').getByRole('option');
    await rows.first().waitFor();
    const all = Number(await rows.first().getAttribute('aria-setsize'));
    await page.getByRole('button', { name: 'Only the muxer' }).click();
    await page.getByText(`${RECORDS} records`).waitFor({ state: 'detached' });
    const muxer = Number(/^\d+/.exec(await page.locator('#count').innerText())?.[0]);
    const wanted = readFileSync(TRACE, 'utf8').match(/"layer":"yamux"/g)?.length;
    expect(muxer).toBe(wanted);
    expect(Number(await rows.first().getAttribute('aria-setsize'))).toBeLessThan(all);
    await page.getByRole('button', { name: 'Everything' }).click();
    await page.getByText(`${RECORDS} records`).waitFor();
    expect(complaints).toEqual([]);
  });

  test('the page keeps its own style, to the last property, and nothing is left when the view is taken away', async () => {
    await open();
    const withView = await page.evaluate<string[]>(HOST_STYLES);
    await page.evaluate(`document.querySelector('link[href="inspect.css"]').disabled = true`);
    const withoutStyle = await page.evaluate<string[]>(HOST_STYLES);
    // The page is as long as it was, but for what is drawn inside the place that the embedder gave.
    expect(withView).toEqual(withoutStyle);
    expect(withView[4]).toContain('background-color: rgb(20, 83, 45)');
    await page.getByRole('button', { name: 'Take it away' }).click();
    expect(await page.locator('#sequence').innerHTML()).toBe('');
    expect(complaints).toEqual([]);
  });

  test('the names of the views are those of the tabs, and each can be mounted alone', async () => {
    await open(`window.mounted = inspect.mountInspector(place('whole'), { source: inspect.sourceOfText(trace) });`);
    const tabs = await page.getByRole('tab').all();
    const names = await Promise.all(tabs.map((tab) => tab.getAttribute('id')));
    expect(names.map((name) => name?.replace(/^.*-/, ''))).toEqual([...INSPECT_VIEWS]);
    await page.evaluate(
      mounting(`window.mounted.unmount();
        for (const view of inspect.INSPECT_VIEWS) {
          const element = place(view + '-place');
          element.style.height = '300px';
          inspect.mountView(element, { view, source: inspect.sourceOfText(trace), parts: ['filter', 'scrubber', 'detail'] });
        }`),
    );
    for (const view of INSPECT_VIEWS) {
      await page.locator(`#${view}-place`).getByText(`${RECORDS} of ${RECORDS} records`).waitFor();
      const shown = page.locator(`#${view}-place .view`);
      expect((await shown.innerText()).trim()).not.toMatch(/^$|cannot show this trace/);
    }
    await expect(page.evaluate(mounting(`inspect.mountView(place('no'), { view: 'no', source: {} })`))).rejects.toThrow(
      /there is no view no: overview, connection/,
    );
    expect(complaints).toEqual([]);
  });

  test('two views do not disturb each other, nor the storage, nor the keys of the page', async () => {
    await open(`
      const source = inspect.sourceOfText(trace);
      const whole = place('whole');
      whole.style.height = '600px';
      window.one = inspect.mountInspector(whole, { source, theme: 'dark' });
      window.two = inspect.mountView(place('alone'), { view: 'overview', source, parts: ['filter'], theme: 'light' });
    `);
    for (const name of ['whole', 'alone']) {
      await page.locator(`#${name}`).getByText(`${RECORDS} of ${RECORDS} records`).waitFor();
    }
    const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const dangling = await page.evaluate<string[]>(
      `['aria-labelledby', 'aria-controls', 'aria-describedby', 'list'].flatMap((name) =>
        [...document.querySelectorAll('[' + name + ']')].map((element) => element.getAttribute(name)))
        .filter((id) => document.getElementById(id) === null)`,
    );
    expect(dangling).toEqual([]);
    await page.locator('#whole').getByRole('combobox', { name: 'Filter' }).fill('layer:yamux');
    await page.locator('#whole').getByText(`${RECORDS} of ${RECORDS} records`).waitFor({ state: 'detached' });
    expect(await page.evaluate(`window.two.model.filterText.value`)).toBe('');
    expect(await page.locator('#alone').getByText(`${RECORDS} of ${RECORDS} records`).count()).toBe(1);
    // Each has its theme; the page has none of them.
    const grounds = await page.evaluate<string[]>(
      `['#whole > div', '#alone > div'].map((name) => getComputedStyle(document.querySelector(name)).backgroundColor)`,
    );
    expect(grounds).toEqual(['rgb(20, 23, 29)', 'rgb(255, 255, 255)']);
    expect(await page.evaluate(`document.documentElement.dataset.theme ?? ''`)).toBe('');
    expect(await page.evaluate(`localStorage.length + sessionStorage.length`)).toBe(0);
    // Keys are heard inside alone.
    await page.getByRole('button', { name: 'Everything' }).focus();
    await page.keyboard.press('3');
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('overview');
    await page.locator('#whole').getByRole('tab', { selected: true }).focus();
    await page.keyboard.press('3');
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('sequence');
    await page.locator('#whole').getByRole('tab', { selected: true }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(`document.activeElement.textContent`)).toBe('Streams');
    // One that goes does not take the other along.
    await page.evaluate(`window.one.unmount(); window.one.unmount();`);
    expect(await page.locator('#whole').innerHTML()).toBe('');
    await page.locator('#alone').getByRole('combobox', { name: 'Filter' }).fill('nothing:here');
    await page
      .locator('#alone')
      .getByText(/^at 1: /)
      .waitFor();
    expect(complaints).toEqual([]);
  });

  test('what is drawn on canvas has the colours of its own theme, and follows when that is another', async () => {
    await open(`
      const source = inspect.sourceOfText(trace);
      for (const name of ['one', 'two']) {
        place(name).style.height = '500px';
        window[name] = inspect.mountView(document.getElementById(name), { view: 'swarm', source, theme: 'light' });
      }
    `);
    const isDrawn = (name: string, colour: string): Promise<void> =>
      untilInPage(
        page,
        `(() => {
        const canvas = document.querySelector('#${name} canvas');
        if (canvas === null) return false;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] === 255 && data.slice(at, at + 3).join() === '${colour}') return true;
        }
        return false;
      })()`,
      );
    await isDrawn('one', '35,87,197');
    await isDrawn('two', '35,87,197');
    await page.evaluate(`window.two.setTheme('dark')`);
    await isDrawn('two', '138,176,255');
    await isDrawn('one', '35,87,197');
    // The browser's advice on reading a canvas is for this test.
    expect(complaints.filter((text) => !text.includes('willReadFrequently'))).toEqual([]);
  });

  test('keys of the whole page and kept settings, for those who ask', async () => {
    const script = `window.one = inspect.mountInspector(place('whole'),
      { source: inspect.sourceOfText(trace), keys: 'page', settingsKey: 'our.inspector' });`;
    await open(script);
    await page.getByRole('button', { name: 'Everything' }).focus();
    await page.keyboard.press('4');
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('streams');
    await page.evaluate(`window.one.setTheme('dark')`);
    expect(await page.evaluate(`JSON.parse(localStorage.getItem('our.inspector')).theme`)).toBe('dark');
    await page.evaluate(`window.one.unmount()`);
    await page.keyboard.press('5');
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('streams');
    await page.evaluate(mounting(script));
    expect(await page.locator('#whole > [data-theme="dark"]').count()).toBe(1);
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('streams');
    expect(complaints).toEqual([]);
  });

  test("an embedder's own source is heard, told what was taken, ordered, and closed", async () => {
    await open(`
      const heard = (window.heard = []);
      const header = { title: 'ours', vantagePoint: 'a', engine: { format: 1, class: 'replayable', detail: 'frames',
        seed: undefined, clock: 'virtual', versions: {}, machines: {}, config: {}, redaction: [] } };
      const record = (seq) => ({ seq, time: seq, name: 'ours:said', actor: '/a/b', cause: undefined, data: { word: 'w' + seq } });
      window.one = inspect.mountView(place('alone'), { view: 'records', onOpen: (view) => heard.push('open ' + view), source: {
        connect: (take) => {
          window.take = take;
          take({ type: 'hello', contract: inspect.INSPECT_CONTRACT, kind: 'embedded', abilities: ['replay'], recordsMax: 100,
            trace: { id: 'main', title: 'ours', header } });
          take({ type: 'records', of: 'main', records: [0, 1, 2].map(record) });
          return {
            order: async ({ name }) => name + ' done',
            taken: (records) => heard.push('taken ' + records),
            close: () => heard.push('close'),
          };
        },
      } });
    `);
    await page.getByText('ours:said word=w2').waitFor();
    expect(await page.evaluate(`window.one.model.order({ name: 'replay' })`)).toBe('replay done');
    await page.evaluate(`window.one.model.view.value = 'explain'`);
    expect(await page.evaluate(`window.one.model.view.value`)).toBe('records');
    await page.evaluate(`window.one.unmount(); window.take({ type: 'end', of: 'main', truncated: false });`);
    expect(await page.evaluate(`window.heard`)).toEqual(['taken 3', 'open explain', 'close']);
    // One that speaks another contract is let go.
    await page.evaluate(
      mounting(`inspect.mountView(place('other'), { view: 'records', source: { connect: (take) => {
        take({ type: 'hello', contract: 99 });
        return { close: () => window.heard.push('close other') };
      } } });`),
    );
    await page.getByText('of another version of swarmchart (contract 1, source 99)').waitFor();
    expect(await page.evaluate(`window.heard.at(-1)`)).toBe('close other');
    expect(complaints).toEqual([]);
  });

  test("a running inspector is a source for a page of the server's own origin", async () => {
    const source = await openFileSource([{ id: 'main', open: traceTextOf(TRACE) }]);
    const assets = { html: '<!doctype html><html lang="en"><title>ours</title><body></body></html>', style: '' };
    const script = readFileSync('dist/inspect/embed.js', 'utf8');
    const inspector = await serveInspector({ source, assets: { ...assets, script } });
    try {
      page = await (await browser.newContext()).newPage();
      await page.goto(inspector.url);
      await page.evaluate(`(async () => {
        const { mountView, sourceOfSocket } = await import('/page.js');
        window.one = mountView(document.body, { view: 'overview', parts: ['filter'], source: sourceOfSocket(location.href) });
      })()`);
      await page.getByText(`${RECORDS} of ${RECORDS} records`).waitFor();
      expect(inspector.pages).toBe(1);
      await page.evaluate(`window.one.unmount()`);
      // The server hears of it in its own time.
      while (inspector.pages > 0) await new Promise((resolve) => setImmediate(resolve));
    } finally {
      await inspector.close();
    }
  });
});

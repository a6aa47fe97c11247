/** Traces that we did not write, or that somebody wrote to do harm, in a real browser; and browsers that are not whole. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import type { InspectSource, InspectWatcher } from '../../src/inspect/source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTraceHeader } from '../../src/trace/reader.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER, type WatchedPage } from '../support/browser.js';

const suite = chromiumPath === undefined ? describe.skip : describe;
const TRACE = readFileSync('test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl', 'utf8');
const [HEADER = '', ...LINES] = TRACE.trimEnd().split('\n');
const NAMES = [...new Set(LINES.map((line) => (JSON.parse(line) as { name: string }).name))];

/** It would call `alert`, in a page that takes it for more than text. */
const MARKUP = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Fields = Readonly<Record<string, Json>>;

/** What names states, machines, layers and bytes: without it nothing is shown where names are shown. */
const STRUCTURE = new Set(['machine', 'from', 'to', 'type', 'layer', 'direction', 'role', 'raw', 'method']);

/** Every text but those, with `extra` behind it. */
function poisoned(value: Json, extra: string): Json {
  if (typeof value === 'string') return value + extra;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => poisoned(item, extra));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, STRUCTURE.has(name) ? item : poisoned(item, extra)]),
  );
}

const headerWith = (extra: string): string => {
  const fields = JSON.parse(HEADER) as { title: string; trace: { vantage_point: { name: string } } };
  fields.title += extra;
  fields.trace.vantage_point.name += extra;
  return JSON.stringify(fields);
};
const lineOf = (seq: number, name: string, actor: string, data: Json): string =>
  JSON.stringify({ seq, time: 30_000 + seq, name, group_id: actor, data });

/** The fixture with `extra` wherever somebody else's words stand, and records that no engine of ours writes. */
function poisonedTrace(extra: string): string {
  const lines = LINES.map((line) => {
    const record = JSON.parse(line) as Fields & { readonly data: Json; readonly group_id: string };
    return JSON.stringify({ ...record, data: poisoned(record.data, extra) });
  });
  const more: readonly (readonly [string, string, Json])[] = [
    [`foreign:${extra}`, `/node/${extra}`, { [extra]: extra }],
    ['actor:transition', '/node/swarm/conn:9', { machine: extra, from: '', to: extra, event: extra, edges: [extra] }],
    ['actor:transition', `/node/swarm/conn:2/${extra}`, { machine: 'dial', from: '', to: extra, event: extra }],
    ['api:threw', '/node/api', { call: 77, code: `ERR_${extra}`, message: extra, error: extra }],
    ['frame:decoded', '/node/swarm/conn:2', { layer: extra, length: 5, event: { type: extra, text: extra } }],
  ];
  return [
    headerWith(extra),
    ...lines,
    ...more.map(([name, actor, data], at) => lineOf(LINES.length + at, name, actor, data)),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

const served = async (text: string): Promise<InspectServer> => {
  const open = async function* (): AsyncGenerator<string> {
    yield text;
  };
  return serveInspector({ source: await openFileSource([{ id: 'main', open }]), assets: await readInspectAssets() });
};

suite(`foreign traces${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  /** Opens what `server` has, does `look`, and closes both. */
  const looking = async (
    server: InspectServer,
    look: (watched: WatchedPage) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> => {
    try {
      const watched = await openPage(browser, server.url, options);
      await look(watched);
      await watched.page.context().close();
    } finally {
      await server.close();
    }
  };

  /** Opens every view and hands its text to `judge`. */
  const everyView = async ({ page }: WatchedPage, judge: (title: string, text: string) => void): Promise<void> => {
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      const panel = page.getByRole('tabpanel');
      judge(await tab.innerText(), (await panel.innerText()).trim());
      // What stands beside a record is looked at as well.
      await panel.focus();
      for (const key of ['Home', '>', '>', '.', 'End']) await page.keyboard.press(key);
    }
  };

  test('markup in every name stays text, though no policy forbids it to act', async () => {
    const count = LINES.length + 5;
    await looking(
      await served(poisonedTrace(MARKUP)),
      async (watched) => {
        const { page, complaints } = watched;
        const dialogs: string[] = [];
        page.on('dialog', (dialog) => {
          dialogs.push(dialog.message());
          void dialog.dismiss();
        });
        await page.evaluate(`globalThis.made = []; new MutationObserver((changes) => {
          for (const { addedNodes } of changes) for (const node of addedNodes) {
            if (node.nodeType !== 1) continue;
            for (const element of [node, ...node.querySelectorAll('*')])
              if (['IMG', 'SCRIPT'].includes(element.tagName)) globalThis.made.push(element.outerHTML);
          }
        }).observe(document.documentElement, { childList: true, subtree: true });`);
        await page.getByText(`${count} of ${count} records`).waitFor();
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain(MARKUP);
        const shown: string[] = [];
        await everyView(watched, (title, text) => {
          expect([title, text]).not.toEqual([title, '']);
          expect([title, text]).toEqual([title, expect.not.stringContaining('cannot show this trace')]);
          if (text.includes('<img src=x')) shown.push(title);
        });
        // The text is there to be read, where names are told at all.
        expect(shown).toEqual(expect.arrayContaining(['Overview', 'Records']));
        for (const seq of [1, 59, count - 5, count - 4, count - 3, count - 2, count - 1]) {
          await page.getByRole('combobox', { name: 'Filter' }).fill(`seq=${seq}`);
          await page.getByText(`1 of ${count} records`).waitFor();
          await page.getByRole('listbox', { name: 'Records' }).getByRole('option').click();
          await page.locator('.detail').getByText(`#${seq}`).first().waitFor();
          expect(await page.locator('.detail').innerText()).toContain('<img src=x');
        }
        expect(await page.evaluate('globalThis.made')).toEqual([]);
        expect(await page.locator('img, body script').count()).toBe(0);
        expect([dialogs, complaints]).toEqual([[], []]);
      },
      { bypassCSP: true },
    );
  }, 120_000);

  test('records that are not as ours are shown, and break no view', async () => {
    const wrongs: readonly Json[] = [
      {},
      { machine: 5, from: null, to: [], event: {}, edges: 'no', raw: null, layer: null, length: 'long', call: null },
      { raw: { length: null, data: 7 }, event: null, value: 3, arguments: 'none', stream: {}, error: {} },
      { raw: [], event: ['a'], target: null, method: 7, operation: [], code: {}, message: 1, peers: 1 },
    ];
    const lines = wrongs.flatMap((data) => NAMES.flatMap((name) => [[name, data] as const]));
    const more = lines.flatMap(([name, data]) =>
      ['/node/swarm/conn:2', '/node/dht/query:1', '', '//'].map((actor) => [name, actor, data] as const),
    );
    const unknown = ['unheard:of', '/elsewhere', { word: 'a-word-of-theirs' }] as const;
    // Names that every object has are names as well.
    const inherited = ['constructor', '__proto__', 'toString'].map((name) => [name, name, { [name]: name }] as const);
    const all = [unknown, ...inherited, ...more].map(([name, actor, data], at) =>
      lineOf(LINES.length + at, name, actor, data),
    );
    const count = LINES.length + all.length;
    await looking(await served([HEADER, ...LINES, ...all, ''].join('\n')), async (watched) => {
      const { page, complaints } = watched;
      await page.getByText(`${count} of ${count} records`.replaceAll(/\B(?=(\d{3})+\b)/g, ',')).waitFor();
      await everyView(watched, (title, text) => {
        expect([title, text]).not.toEqual([title, '']);
        expect([title, text]).toEqual([title, expect.not.stringContaining('cannot show this trace')]);
      });
      await page.getByRole('combobox', { name: 'Filter' }).fill('name="unheard:of"');
      await page.getByRole('option').getByText('unheard:of word=a-word-of-theirs').waitFor();
      expect(complaints).toEqual([]);
    });
  }, 120_000);

  test('a field of a megabyte is cut where it is shown, and the page goes on', async () => {
    const huge = 'x'.repeat(1024 * 1024);
    const more = [
      lineOf(LINES.length, 'foreign:huge', '/node/huge', { word: huge }),
      lineOf(LINES.length + 1, 'actor:transition', `/node/swarm/${huge}`, {
        machine: 'dial',
        from: '',
        to: huge,
        event: 'e',
        edges: [],
      }),
      lineOf(LINES.length + 2, 'api:threw', '/node/api', { call: 1, code: `ERR_${huge}`, message: huge }),
      lineOf(LINES.length + 3, 'frame:decoded', '/node/swarm/conn:2/bitswap', {
        layer: 'bitswap',
        length: 1,
        event: { type: huge },
      }),
    ];
    const count = LINES.length + more.length;
    await looking(await served([headerWith(huge), ...LINES, ...more, ''].join('\n')), async (watched) => {
      const { page, complaints } = watched;
      await page.getByText(`${count} of ${count} records`).waitFor();
      await everyView(watched, (title, text) => expect([title, text]).not.toEqual([title, '']));
      await page.getByRole('combobox', { name: 'Filter' }).fill('name="foreign:huge"');
      await page.getByRole('option').getByText('foreign:huge').click();
      await page.getByText('… 1,048,576 characters in all').waitFor();
      expect(complaints).toEqual([]);
    });
  }, 180_000);

  test.each([
    ['a line breaks off', [HEADER, ...LINES.slice(0, 100), LINES[100]?.slice(0, 30)].join('\n'), /line 102 breaks off/],
    [
      'a line is no JSON',
      [HEADER, ...LINES.slice(0, 100), '{"seq":', ...LINES.slice(101), ''].join('\n'),
      /line 102: not JSON/,
    ],
    ['a line is missing', [HEADER, ...LINES.slice(0, 100), ...LINES.slice(101), ''].join('\n'), /record 101 where 100/],
  ])('where %s, what comes before is shown with a notice', async (_, text, notice) => {
    await looking(await served(text), async ({ page, complaints }) => {
      await page.getByText('100 of 100 records').waitFor();
      await page.getByRole('status').getByText(notice).waitFor();
      expect(complaints).toEqual([]);
    });
    // The same inside one file.
    await looking(await inside(text), async ({ page, complaints }) => {
      await page.getByText('100 of 100 records').waitFor();
      await page.getByRole('status').getByText(notice).waitFor();
      expect(complaints).toEqual([]);
    });
  });

  /** The page with a trace inside, as it is saved. */
  const inside = async (text: string): Promise<InspectServer> => {
    const assets = await readInspectAssets();
    const json = JSON.stringify(text).replaceAll('<', '\\u003c');
    const html = assets.html.replace(
      '<div id="app"',
      () => `<script type="application/json" id="swarmchart-trace">${json}</script><div id="app"`,
    );
    return serveInspector({ source: quiet(), assets: { ...assets, html } });
  };

  test.each([
    ['of a newer format', TRACE.replace('"format":1', '"format":99'), /trace format 99 .*this one reads 1/],
    ['that is none', '{"a":1}\n', /the first line is not the header of a swarmchart trace/],
    ['that is empty', '', /the file is empty/],
  ])('a trace %s is refused with a notice', async (_, text, notice) => {
    await expect(served(text)).rejects.toThrow(notice);
    await looking(await inside(text), async (watched) => {
      await watched.page.getByRole('status').getByText(notice).waitFor();
      await everyView(watched, (title, shown) => expect([title, shown]).not.toEqual([title, '']));
      expect(watched.complaints).toEqual([]);
    });
  });

  test('a browser without WebSocket says what to do', async () => {
    const server = await served(TRACE);
    const context = await browser.newContext();
    try {
      await context.addInitScript('delete globalThis.WebSocket');
      const page = await context.newPage();
      await page.goto(server.url);
      await page.getByText(/no WebSocket: save the trace as one HTML file and open that/).waitFor();
    } finally {
      await context.close();
      await server.close();
    }
  });

  /** A source that says what a test makes it say. */
  const quiet = (): InspectSource & { readonly watchers: InspectWatcher[] } => {
    const watchers: InspectWatcher[] = [];
    return {
      watchers,
      kind: 'live',
      title: 'a node',
      header: parseTraceHeader(HEADER),
      abilities: [],
      watch: (watcher) => {
        watchers.push(watcher);
        return { credit: () => {}, stop: () => {} };
      },
    };
  };
  const said = (from: number, to: number): readonly TraceRecord[] =>
    Array.from({ length: to - from }, (_, at) => ({
      seq: from + at,
      time: from + at,
      name: 'node:said',
      actor: '/node',
      cause: undefined,
      data: { at: from + at },
    }));

  test('a page that was frozen catches up', async () => {
    const source = quiet();
    await looking(await serveInspector({ source, assets: await readInspectAssets() }), async ({ page, complaints }) => {
      source.watchers[0]?.records('main', said(0, 10));
      await page.getByText('10 of 10 records').waitFor();
      const session = await page.context().newCDPSession(page);
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      for (let from = 10; from < 5_000; from += 10) source.watchers[0]?.records('main', said(from, from + 10));
      await session.send('Page.setWebLifecycleState', { state: 'active' });
      await page.getByText('5,000 of 5,000 records').waitFor();
      expect(complaints).toEqual([]);
    });
  });

  test('a page in the background, which draws no frames, takes in all the same', async () => {
    const source = quiet();
    await looking(await serveInspector({ source, assets: await readInspectAssets() }), async ({ page, complaints }) => {
      source.watchers[0]?.records('main', said(0, 10));
      await page.getByText('10 of 10 records').waitFor();
      // It goes to the background with a frame asked for that is never drawn.
      await page.evaluate('globalThis.requestAnimationFrame = () => 1;');
      source.watchers[0]?.records('main', said(10, 20));
      await page.getByText('20 of 20 records').waitFor();
      await page.evaluate(`Object.defineProperty(document, 'hidden', { get: () => true });
        document.dispatchEvent(new Event('visibilitychange'));`);
      source.watchers[0]?.records('main', said(20, 3_000));
      await page.getByText('3,000 of 3,000 records').waitFor();
      expect(complaints).toEqual([]);
    });
  });
});

/** The views that live of observations, filled: by keyboard, and as a screen reader hears them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openFileSource } from '../../src/inspect/file-source.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';
import { someHeader } from '../support/watching.js';

const suite = chromiumPath === undefined ? describe.skip : describe;

type Told = readonly [name: string, actor: string, data: Record<string, unknown>];
const QUERY = 'lan-dht/query:1';
const heard = (peer: string, distance_bits: number, from?: string): Told => [
  'seen:query',
  QUERY,
  { query: 1, change: 'heard', peer, distance_bits, hops: from === undefined ? 1 : 2, ...(from && { from }) },
];
const TOLD: readonly Told[] = [
  ['seen:table', 'lan-dht', { dht: 'lan-dht', change: 'added', peer: '12D3KooWNear', bucket: 3, reason: 'answered' }],
  ['seen:table', 'lan-dht', { dht: 'lan-dht', change: 'added', peer: '12D3KooWGone', bucket: 0, reason: 'answered' }],
  [
    'seen:table',
    'lan-dht',
    { dht: 'lan-dht', change: 'questionable', peer: '12D3KooWGone', bucket: 0, reason: 'failed' },
  ],
  ['seen:query', QUERY, { query: 1, change: 'started', asks: 'FIND_NODE', key: '6b6579', target: 'ff', paths: 1 }],
  heard('12D3KooWNear', 250),
  heard('12D3KooWGone', 256),
  ['seen:query', QUERY, { query: 1, change: 'asked', peer: '12D3KooWNear' }],
  ['seen:query', QUERY, { query: 1, change: 'answered', peer: '12D3KooWNear', closer: 1, new_peers: 1, took_ms: 20 }],
  heard('12D3KooWFound', 241, '12D3KooWNear'),
  ['seen:query', QUERY, { query: 1, change: 'timed-out', peer: '12D3KooWGone', error: 'ERR_KAD_TIMEOUT', took_ms: 90 }],
  ['seen:query', QUERY, { query: 1, change: 'answered', peer: '12D3KooWFound', closer: 1, new_peers: 0, took_ms: 9 }],
  [
    'seen:query',
    QUERY,
    {
      query: 1,
      change: 'finished',
      outcome: 'finished',
      messages: 3,
      took_ms: 130,
      closest: ['12D3KooWFound', '12D3KooWNear'],
    },
  ],
  [
    'seen:bitswap',
    'bitswap/session:1',
    { session: 1, type: 'want-have', direction: 'sent', peer: '12D3KooWNear', cid: 'bafkOne' },
  ],
  [
    'seen:bitswap',
    'bitswap/session:1',
    { session: 1, type: 'dont-have', direction: 'received', peer: '12D3KooWNear', cid: 'bafkOne' },
  ],
  [
    'seen:bitswap',
    'bitswap/session:1',
    { session: 1, type: 'block', direction: 'received', peer: '12D3KooWFound', cid: 'bafkTwo', bytes: 2048 },
  ],
  [
    'seen:bitswap',
    'bitswap/session:1',
    { session: 1, type: 'duplicate', direction: 'received', peer: '12D3KooWNear', cid: 'bafkTwo', bytes: 2048 },
  ],
  [
    'seen:bitswap',
    'bitswap/session:1',
    { session: 1, type: 'want-have', direction: 'sent', peer: '12D3KooWNear', cid: 'bafkOld', standing: true },
  ],
];

/** What one of two traces has alone. */
const STEP: Told = [
  'actor:transition',
  'dial:1',
  { machine: 'dial', from: '', to: 'dialing', event: 'start', edges: [] },
];

const traceText = (told: readonly Told[]): string =>
  headerLine(someHeader()) +
  told
    .map(([name, actor, data], seq) =>
      recordLine({ seq, time: seq * 10, name, actor: `/node/${actor}`, cause: undefined, data }),
    )
    .join('');

suite(`views of observations${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let server: InspectServer;
  let page: Page;
  const complaints: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-observed-'));
  beforeAll(async () => {
    browser = await launchBrowser();
    const [main, other] = ['main', 'other'].map((id) => ({ id, path: join(folder, `${id}.trace.jsonl`) }));
    writeFileSync(main!.path, traceText(TOLD));
    writeFileSync(other!.path, traceText([...TOLD.slice(0, 9), STEP]));
    const source = await openFileSource([
      { id: 'main', open: traceTextOf(main!.path) },
      { id: 'other', open: traceTextOf(other!.path) },
    ]);
    server = await serveInspector({ source, assets: await readInspectAssets() });
    const opened = await openPage(browser, server.url);
    page = opened.page;
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.getByText(`${TOLD.length} of ${TOLD.length} records`).waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });
  const open = async (title: string): Promise<string> => {
    await page.getByRole('tab', { name: title }).click();
    return page.getByRole('tabpanel', { name: title }).ariaSnapshot();
  };

  test('a query: in words, as a list of who told of whom, and the closest', async () => {
    const said = await open('DHT queries');
    const words = 'converged after 2 hops in 130 ms: 3 requests, 2 answers, 1 time-outs, 0 failures; 2 closest';
    expect(said).toContain(words);
    expect(said).toMatch(/img "Distance to the target over time\. converged after 2 hops/);
    expect(said).toMatch(/option ".* answered 12D3KooWFound 241 bits 9\.0 ms told of 1, 0 new"/);
    expect(said).toMatch(/option ".* timed-out 12D3KooWGone 256 bits 90 ms ERR_KAD_TIMEOUT"/);
    await page.getByRole('listbox', { name: 'Peers of the query' }).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('complementary').getByRole('heading', { name: '#10 seen:query' }).waitFor();
  });

  test('a session: each cell says its word, what is open says why, what came twice is counted', async () => {
    const said = await open('Bitswap');
    expect(said).toContain('1 duplicate, 2.0 KiB wasted');
    expect(said).toMatch(/bafkOne.*the one peer that was asked does not have it/s);
    expect(said).toMatch(/button ".*dont-have/);
    expect(said).toMatch(/bafkOld.*the one peer that was asked has not answered; it was open before the look began/s);
    expect(said).toMatch(/button "want-have before the look"/);
    await page.getByRole('button', { name: /block/ }).first().focus();
    await page.keyboard.press('Enter');
    await page
      .getByRole('complementary')
      .getByRole('heading', { name: /^#1[45] seen:bitswap$/ })
      .waitFor();
  });

  test('buckets: a peer that may be gone is said to be', async () => {
    const said = await open('Swarm');
    expect(said).toMatch(/region "k-buckets of lan-dht"/);
    expect(said).toMatch(/button "\? 12D3Ko/);
  });

  test('a diff: what both have, and what one has alone', async () => {
    const said = await open('Diff');
    expect(said).toContain('1 of 1 actors differ. First: dial:1: in the other trace alone, from #9 on');
    expect(said).toMatch(/option "≠ dial:1: in the other trace alone, from #9 on"/);
  });
});

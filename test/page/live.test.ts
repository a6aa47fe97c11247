/** A running node in the page: a handshake lights up state by state, and the page outlives the node. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Browser } from 'playwright-core';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { Inspection } from '../../src/host/inspection.js';
import { chromiumPath, launchBrowser, openPage, WITHOUT_BROWSER } from '../support/browser.js';

const suite = chromiumPath === undefined ? describe.skip : describe;

/** The dialer's way through secio. Who sends its Exchange first follows from both keys, and those are new each time. */
const SECIO_PATH = [
  'awaitingPropose',
  'selectingSuite',
  'awaitingExchange',
  'verifyingExchange',
  'awaitingNonce',
  'checkingNonce',
  'secured',
];
const whoever = (state: string): string => state.replace(/\.(?:sent|held)$/, '');

/** Notes every chart and state that is lit, in the order in which they are. Runs in the page. */
const WATCH_CHARTS = `(() => {
  globalThis.lit = [];
  const look = () => {
    const chart = document.querySelector('.chart svg')?.dataset.machine;
    const state = [...document.querySelectorAll('.chart [data-state].is-active')].at(-1)?.dataset.state;
    const now = chart + ' ' + state;
    if (chart !== undefined && state !== undefined && globalThis.lit.at(-1) !== now) globalThis.lit.push(now);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
})()`;

/** Every chunk takes so long, so that frames of the page fall between the messages of a handshake. */
const DELAY_MS = 150;

/** A way to `port` on which every chunk is late. */
async function slowWay(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const join = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), DELAY_MS));
    from.on('close', () => setTimeout(() => to.destroy(), DELAY_MS));
    from.on('error', () => to.destroy());
  };
  const server = createServer((socket) => {
    const onwards = connect(port, '127.0.0.1');
    join(socket, onwards);
    join(onwards, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

suite(`a running node${WITHOUT_BROWSER}`, () => {
  let browser: Browser;
  let listener: Host;
  let dialer: Host;
  let inspector: Inspection;
  let way: { readonly server: Server; readonly port: number };
  beforeAll(async () => {
    browser = await launchBrowser();
    listener = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'], security: ['secio'] });
    dialer = await createNode({ listen: [], security: ['secio'] });
    way = await slowWay(Number(/\/tcp\/(\d+)/.exec(listener.addresses[0] ?? '')?.[1]));
    inspector = await dialer.inspect();
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([dialer.stop(), listener.stop()]);
    way.server.close();
  });

  test('its handshake lights up state by state', async () => {
    const { page, complaints } = await openPage(browser, inspector.url);
    await page.getByText('● live').waitFor();
    await page.getByRole('tab', { name: 'Connection' }).click();
    // Every chart and state that was lit, in the order in which they were.
    await page.evaluate(WATCH_CHARTS);
    await dialer.dial(`/ip4/127.0.0.1/tcp/${way.port}/p2p/${listener.peerId}`);
    const lit = await page.evaluate<string[]>('globalThis.lit');
    const secio = lit.filter((state) => state.startsWith('secioHandshake ')).map((state) => whoever(state.slice(15)));
    expect(secio[0]).toBe('awaitingPropose');
    expect(secio.length).toBeGreaterThanOrEqual(2);
    // Frames of the page may pass over a state, and never turn two around.
    expect(secio).toEqual(SECIO_PATH.filter((state) => secio.includes(state)));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('one step of the scrubber is one state of the chart', async () => {
    const { page, complaints } = await openPage(browser, inspector.url);
    await page.getByText('● live').waitFor();
    await page.getByRole('tab', { name: 'Connection' }).click();
    await page.locator('.chart-head select').waitFor();
    const handshake = page.locator('.chart-head option', { hasText: 'secioHandshake' });
    await page.locator('.chart-head select').selectOption((await handshake.first().getAttribute('value')) ?? '');
    const shown: string[] = [];
    await page.keyboard.press('/');
    await page.keyboard.type('machine:secioHandshake');
    await page.keyboard.press('Escape');
    const records = page.getByRole('listbox', { name: 'Records of the connection' }).getByRole('option');
    const count = await records.count();
    for (let at = 0; at < count; at += 1) {
      await page.keyboard.press('End');
      await records.nth(at).click();
      await page.getByRole('button', { name: 'show this moment' }).click();
      shown.push((await page.locator('.chart-head output strong').innerText()).trim());
    }
    expect(shown.map(whoever)).toEqual(SECIO_PATH);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('two pages look at once; one that was reloaded has the past again; the node stops, and what it told stays', async () => {
    const [one, other] = [await openPage(browser, inspector.url), await openPage(browser, inspector.url)];
    const count = async (): Promise<number> =>
      Number(/^([\d,]+) of/.exec(await one.page.locator('#filter-says').innerText())?.[1]?.replaceAll(',', ''));
    for (const { page } of [one, other]) await page.getByText(/^[1-9][\d,]* of/).waitFor();
    const before = await count();
    await one.page.reload();
    await one.page.getByText(/^[1-9][\d,]* of/).waitFor();
    expect(await count()).toBeGreaterThanOrEqual(before);
    await dialer.stop();
    for (const { page } of [one, other]) {
      await page.getByText('The node has stopped. What it told stays here.').waitFor();
      await page.getByText(/^[1-9][\d,]* of/).waitFor();
    }
    await Promise.all([one.page.close(), other.page.close()]);
  });
});

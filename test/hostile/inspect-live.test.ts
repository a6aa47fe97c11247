/** A running node that is looked at: by pages that go, sleep, come back or never read, and that stops meanwhile. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { Inspection } from '../../src/host/inspection.js';
import { LIMITS } from '../../src/limits.js';
import { ask, TestPage } from '../support/inspected.js';
import { watchSockets } from '../support/open-sockets.js';

let node: Host;
let peer: Host;
let inspection: Inspection;
let openSince: () => readonly object[];

beforeEach(async () => {
  openSince = watchSockets();
  peer = await createNode({ testProtocols: true, agentVersion: '<img src=x onerror=alert(1)>' });
  // Pings in a row are no flood here: what a page misses is what it did not take.
  node = await createNode({ listen: [], limits: { inspectFloodRecords: 1_000_000 } });
  inspection = await node.inspect();
});
afterEach(async () => {
  await node.stop();
  await peer.stop();
  while (openSince().length > 0) await new Promise((resolve) => setImmediate(resolve));
  expect({ node: node.liveActors, peer: peer.liveActors }).toEqual({ node: 0, peer: 0 });
});

const target = (): string => peer.addresses[0] ?? '';

async function pingOnce(): Promise<void> {
  for await (const roundTripMs of node.ping(target())) expect(roundTripMs).toBeGreaterThanOrEqual(0);
}

/** Pings until `isSo`. */
async function pingUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pingOnce();
}

/** The states of the connection, as the page was told. */
const statesOf = (page: TestPage): readonly unknown[] =>
  page.records.filter(({ data }) => data['machine'] === 'connection').map(({ data }) => data['to']);

test('a page sees a handshake state by state, and frames by their lengths alone', async () => {
  const page = await TestPage.open(inspection.url);
  page.credit(10_000);
  await page.until(() => page.all('gauges').length > 0);
  expect(page.all('hello')).toMatchObject([
    { kind: 'live', abilities: [], trace: { header: { engine: { class: 'redacted' } } } },
  ]);
  await pingOnce();
  const isOpen = (): boolean => statesOf(page).some((state) => String(state).startsWith('open'));
  await page.until(isOpen);
  expect(statesOf(page).slice(0, 4)).toEqual([
    'upgrading.connecting',
    'upgrading.negotiatingSecurity',
    'upgrading.handshaking',
    expect.stringMatching(/^upgrading\.|^open/),
  ]);
  expect(page.records.map(({ seq }) => seq)).toEqual(page.records.map((_, index) => index));
  const raws = page.records.flatMap(({ data }) => (data['raw'] === undefined ? [] : [data['raw']]));
  expect(raws.length).toBeGreaterThan(0);
  for (const raw of raws) expect(Object.keys(raw as object)).toEqual(['length']);
});

test('one that comes later sees how each actor came to be where it is', async () => {
  await pingOnce();
  const page = await TestPage.open(inspection.url);
  page.credit(10_000);
  await page.until(() => statesOf(page).length > 3);
  expect(statesOf(page)[0]).toBe('upgrading.connecting');
  const times = page.records.map(({ time }) => time);
  expect(times).toEqual(times.toSorted((left, right) => left - right));
});

test('two pages, and one of them loaded again: each has the same records', async () => {
  const first = await TestPage.open(inspection.url);
  const second = await TestPage.open(inspection.url);
  for (const page of [first, second]) page.credit(10_000);
  await pingOnce();
  first.socket.terminate();
  await first.closed;
  await pingOnce();
  const again = await TestPage.open(inspection.url);
  again.credit(10_000);
  await pingOnce();
  const last = (page: TestPage): number => page.records.at(-1)?.seq ?? -1;
  await second.until(() => last(second) > 100 && statesOf(second).length > 3);
  await again.until(() => last(again) >= last(second) - 5);
  const common = Math.min(last(again), last(second)) + 1;
  expect(again.records.slice(0, common)).toEqual(second.records.slice(0, common));
});

describe('a page that does not keep up', () => {
  test('asleep, it is told once, then of what it missed; the node and the others go on', async () => {
    const asleep = await TestPage.open(inspection.url);
    const awake = await TestPage.open(inspection.url);
    awake.credit(LIMITS.inspectPageRecords);
    await pingUntil(() => asleep.all('notice').length > 0);
    await pingUntil(() => awake.records.length > 2 * LIMITS.inspectLagRecords);
    expect(asleep.all('notice')).toMatchObject([{ code: 'summary' }]);
    expect(asleep.records).toEqual([]);
    asleep.credit(LIMITS.inspectPageRecords);
    await asleep.until(() => asleep.all('notice').length > 1);
    const [, whole] = asleep.all('notice');
    expect(whole).toMatchObject({ code: 'whole', dropped: expect.any(Number) });
    expect(asleep.records.some(({ name }) => name === 'actor:transition')).toBe(true);
    expect(
      asleep.records
        .filter(({ seq }) => seq < LIMITS.inspectLagRecords)
        .every(({ name }) => !name.startsWith('frame:')),
    ).toBe(true);
    expect(awake.all('notice')).toEqual([]);
  }, 120_000);

  test('one that gives credit and does not read has no more queued for it than the bound and a portion', async () => {
    const page = await TestPage.open(inspection.url);
    const awake = await TestPage.open(inspection.url);
    page.socket.pause();
    page.credit(LIMITS.inspectPageRecords);
    awake.credit(LIMITS.inspectPageRecords);
    await pingUntil(() => awake.records.length > 3 * LIMITS.inspectLagRecords);
    page.socket.resume();
    await page.until(() => page.records.length > 0);
    page.socket.terminate();
    await page.closed;
  }, 120_000);
});

test('a node that stops tells its pages, how it went included, and hangs up; the address is gone', async () => {
  const page = await TestPage.open(inspection.url);
  page.credit(10_000);
  await pingOnce();
  await node.stop();
  expect(await page.closed).toBe(1000);
  expect(page.told.slice(-2)).toMatchObject([
    { type: 'notice', code: 'stopped' },
    { type: 'end', of: 'main' },
  ]);
  expect(statesOf(page).at(-1)).toBe('closed');
  await expect(ask(inspection.url, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await expect(node.inspect()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('an inspection that is closed frees its port and the node goes on', async () => {
  const page = await TestPage.open(inspection.url);
  await inspection.close();
  await inspection.close();
  await page.closed;
  await pingOnce();
  const next = await node.inspect({ port: Number(new URL(inspection.url).port) });
  expect(next.url).not.toBe(inspection.url);
});

test.each([-1, 65_536, 1.5, NaN])('port %s is none', async (port) => {
  await expect(node.inspect({ port })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
});

test('a port that is taken is told', async () => {
  const port = Number(new URL(inspection.url).port);
  await expect(node.inspect({ port })).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
});

test('what a peer says of itself is told as it is, as JSON', async () => {
  const page = await TestPage.open(inspection.url);
  page.credit(10_000);
  await node.identify(target());
  await pingOnce();
  await page.until(() => page.records.length > 50);
  expect(page.all('hello')[0]?.trace.header.vantagePoint).toBe(node.peerId);
});

/** Pages that do not read, or do not answer, at the inspector's server: what waits for them is bounded, and they go. */
import { expect, test } from '@jest/globals';
import { openFileSource } from '../../src/inspect/file-source.js';
import { LIMITS, type Limits } from '../../src/limits.js';
import { readInspectAssets } from '../../src/platform/inspect-assets.js';
import { serveInspector, type InspectServer } from '../../src/platform/inspect-server.js';
import { headerLine, recordLine } from '../../src/trace/writer.js';
import { TestPage } from '../support/inspected.js';
import { someHeader, someRecord } from '../support/watching.js';

const COUNT = 4_000;
const PADDING = 'x'.repeat(10_000);
const lineOf = (seq: number): string => recordLine(someRecord(seq, { data: { padding: PADDING } }));

/** Some forty megabytes, more than the sockets of a machine hold. */
async function* pieces(): AsyncGenerator<string> {
  yield headerLine(someHeader());
  for (let seq = 0; seq < COUNT; seq++) yield lineOf(seq);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function served(limits: Partial<Limits>): Promise<InspectServer> {
  const source = await openFileSource([{ id: 'main', open: pieces }]);
  return serveInspector({ source, assets: await readInspectAssets(['/nowhere']), limits });
}

test('what waits for a page that gives credit and does not read stays at the bound and a portion', async () => {
  const limits = { inspectPortionRecords: 100, inspectBatchRecords: 50 };
  const server = await served(limits);
  const slow = await TestPage.open(server.url);
  slow.credit(COUNT);
  slow.socket.pause();
  // Full: the source is told of no more, however long the page sleeps.
  while (server.queuedBytes < LIMITS.inspectQueueBytes) await turn();
  const good = await TestPage.open(server.url);
  good.credit(COUNT);
  let mostBytes = 0;
  const isDone = (): boolean => {
    mostBytes = Math.max(mostBytes, server.queuedBytes);
    return good.all('end').length > 0;
  };
  await good.until(isDone);
  expect(good.records).toHaveLength(COUNT);
  good.close();
  await good.closed;
  while (server.pages > 1) await turn();
  const atRestBytes = server.queuedBytes;
  const aheadBytes = (limits.inspectPortionRecords + limits.inspectBatchRecords) * lineOf(COUNT).length;
  expect(atRestBytes).toBeGreaterThanOrEqual(LIMITS.inspectQueueBytes);
  expect(atRestBytes).toBeLessThanOrEqual(LIMITS.inspectQueueBytes + aheadBytes);
  // Of two pages, while one reads.
  expect(mostBytes).toBeLessThanOrEqual(2 * (LIMITS.inspectQueueBytes + aheadBytes));
  // It misses nothing when it wakes.
  slow.socket.resume();
  await slow.until(() => slow.all('end').length > 0);
  expect(slow.records.map(({ seq }) => seq)).toEqual(Array.from({ length: COUNT }, (_, seq) => seq));
  while (server.queuedBytes > 0) await turn();
  await server.close();
  await slow.closed;
}, 60_000);

test('a page that answers no ping is hung up on, one that does stays', async () => {
  const server = await served({ inspectPingMs: 20, inspectIdleMs: 100 });
  const good = await TestPage.open(server.url);
  let pings = 0;
  good.socket.on('ping', () => pings++);
  const silent = await TestPage.open(server.url, { autoPong: false });
  expect(await silent.closed).toBe(1006);
  const pingsBefore = pings;
  // Twice as many as it would have taken.
  while (pings < pingsBefore + 10) await new Promise((resolve) => good.socket.once('ping', resolve));
  expect(server.pages).toBe(1);
  good.credit(1);
  await good.until(() => good.records.length === 1);
  await server.close();
  expect(await good.closed).toBe(1000);
}, 60_000);

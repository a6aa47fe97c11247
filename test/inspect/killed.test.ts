/**
 * The recording of a node that was killed in the midst of things, observations in it: the file ends wherever the writer
 * was. The inspector opens it, says that it breaks off and what was under way, and nobody claims that anything failed.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray } from 'rxjs';
import { explainFailures } from '../../src/inspect/explain/index.js';
import { openFileSource } from '../../src/inspect/file-source.js';
import { overviewOf } from '../../src/inspect/overview.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import { LIMITS } from '../../src/limits.js';
import { MACHINES } from '../../src/machines/index.js';
import { createTraceFile } from '../../src/platform/trace-file.js';
import { traceTextOf } from '../../src/platform/trace-stream.js';
import { recordedNode } from '../../src/replay/index.js';
import { World } from '../../src/sim/index.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { importBytes, readAll } from '../sim/world/content.js';
import { swarmchart } from '../support/command-line.js';
import { NotedWatcher } from '../support/watching.js';

jest.setTimeout(300_000);

interface Node {
  readonly type: string;
  readonly states: Readonly<Record<string, Node>>;
}
const isFinal = (id: string, state: string): boolean => {
  let node: Node | undefined = MACHINES.find(({ machine }) => machine.id === id)?.machine.root;
  for (const name of state.split('.')) node = node?.states[name];
  return node?.type === 'final';
};

const folder = mkdtempSync(join(tmpdir(), 'swarmchart-killed-'));
let text = '';
let records: readonly TraceRecord[] = [];

/** A reader that finds the provider of a file in the DHT and fetches it, recorded from its start to its end. */
beforeAll(async () => {
  const world = new World({ seed: 'killed', ciphers: 'toy', links: { latencyMs: 20 } });
  const dht = { mode: 'server', peers: 'any' } as const;
  const first = world.addNode('n0', { routing: { dht } });
  for (const name of ['n1', 'n2', 'n3']) world.addNode(name, { routing: { dht }, bootstrap: [first.address] });
  await world.run({ untilMs: 30_000 });
  const provider = world.node('n3');
  const bytes = new SeededRandom('killed').bytes('content', 300_000);
  const cid = await world.during(provider.run((host) => importBytes(host, bytes)));
  await world.during(provider.run((host) => lastValueFrom(host.routing.provide(CID.parse(cid)).pipe(toArray()))));
  const file = createTraceFile(join(folder, 'whole.trace.jsonl'));
  const recorded = await world.during(
    recordedNode({
      ...world.portsFor('reader'),
      listen: [],
      bootstrap: [world.node('n1').address],
      routing: { dht: { mode: 'client', peers: 'any' }, bootstrapAt: 'need', dialDiscovered: false },
      seed: 'killed',
      to: file,
    }),
  );
  expect(await world.during(readAll(recorded.node.cat(cid)))).toEqual(bytes);
  await world.during(recorded.close());
  await world.close();
  await file.close();
  text = readFileSync(file.path, 'utf8');
  ({ records } = parseTrace(text));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The file as it is when the writer was killed half-way through the line after `record`. */
function killedAfter({ seq }: TraceRecord): string {
  const lines = text.split('\n').slice(0, seq + 3);
  const last = lines.pop() ?? '';
  const path = join(folder, `killed-${seq}.trace.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n${last.slice(0, last.length / 2)}`);
  return path;
}

/** What a page hears of the file. */
async function opened(path: string) {
  const source = await openFileSource([{ id: 'main', open: traceTextOf(path) }]);
  const watcher = new NotedWatcher();
  source.watch(watcher).credit(LIMITS.inspectPageRecords);
  await watcher.until(() => watcher.all('end').length > 0);
  const store = new TraceStore(source.header);
  store.append(watcher.taken);
  return { watcher, overview: overviewOf(store, Number.MAX_SAFE_INTEGER, isFinal) };
}

const found = (isIt: (record: TraceRecord) => boolean): TraceRecord => {
  const record = records.find(isIt);
  if (record === undefined) throw new Error('the recording tells nothing of the kind');
  return record;
};
const MOMENTS: readonly (readonly [
  moment: string,
  is: (record: TraceRecord) => boolean,
  waiting: readonly string[],
])[] = [
  ['a query has asked', ({ name, data }) => name === 'seen:query' && data['change'] === 'asked', ['kadQuery']],
  ['a block has come', ({ name, data }) => name === 'seen:bitswap' && data['type'] === 'block', ['bitswapSession']],
];

test.each(MOMENTS)('killed when %s: it opens with a notice, and tells what was under way', async (_, isIt, waiting) => {
  const last = found(isIt);
  const { watcher, overview } = await opened(killedAfter(last));
  expect(watcher.taken).toEqual(records.slice(0, last.seq + 1));
  expect(watcher.all('notice')).toMatchObject([
    ['notice', 'damaged', expect.stringContaining(`line ${last.seq + 3} breaks off. What comes before it is shown.`)],
  ]);
  expect(watcher.heard.at(-1)).toEqual(['end', 'main', true]);
  expect(overview.waiting.map(({ machine }) => machine)).toEqual(expect.arrayContaining([...waiting]));
  expect(overview.counts.connections).toBeGreaterThan(0);
  // Of that moment it tells what the whole recording tells.
  const whole = new TraceStore(parseTrace(text).header);
  whole.append(records);
  const { counts, failures, waiting: stood } = overviewOf(whole, last.seq, isFinal);
  expect([overview.counts, overview.failures, overview.waiting]).toEqual([counts, failures, stood]);
});

test('wherever it was killed nothing is claimed to have failed, for nothing has', () => {
  const { header } = parseTrace(text);
  expect(explainFailures(records, header)).toEqual([]);
  for (let end = 1; end <= records.length; end += 5) {
    const told = explainFailures(records.slice(0, end), header);
    expect({ end, told: told.map(({ code, cause }) => `${code}: ${cause}`) }).toEqual({ end, told: [] });
  }
});

test('on the command line it is the same, and the end that is missing is told', async () => {
  const path = killedAfter(found(({ name, data }) => name === 'seen:bitswap' && data['type'] === 'block'));
  const { code, stdout, stderr } = await swarmchart('trace', 'explain', path);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('the last line breaks off: it is left out');
  expect(stderr).toContain('nothing failed in this trace');
});

// How the inspector's page holds up: a trace of 100,000 records in headless Chromium (opening, filtering, scrubbing, heap),
// and what a node at full throughput pays while a page looks at it. Writes bench/results/page-DATE-nodeN.md.
import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { attached } from './page/attached.mjs';
import { launch, openedTrace } from './page/browser.mjs';
import { describeMachine, load, summary } from './report.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const RECORDS = 100_000;
const ROUNDS = Number(process.argv[2] ?? 3);
const FILTERS = [
  ['fields', 'layer:yamux way:in'],
  ['a word', 'goaway'],
  ['a pattern', '/secio.*nonce|window/'],
];
const SCRUBBED = ['overview', 'sequence', 'streams', 'connection', 'swarm', 'records'];

const folder = mkdtempSync(join(tmpdir(), 'swarmchart-bench-'));
try {
  const trace = await traceOf(RECORDS);
  const page = await rounds(trace);
  const costs = await attached(Math.max(5, ROUNDS));
  report(page, costs);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A simulated network's trace, cut to so many records. */
async function traceOf(records) {
  const whole = join(folder, 'whole.trace.jsonl');
  const words = ['simulate', '--seed', '7', '--nodes', '100', '--duration', '60', '--trace', whole];
  const made = spawnSync(process.execPath, [join(here, '../dist/cli/main.js'), ...words], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`the simulation failed: ${made.stderr}`);
  const lines = [];
  for await (const line of createInterface({ input: createReadStream(whole) })) {
    lines.push(line);
    if (lines.length > records) break;
  }
  if (lines.length <= records) throw new Error(`the simulation wrote only ${lines.length - 1} records`);
  const path = join(folder, 'run.trace.jsonl');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

async function rounds(trace) {
  const browser = await launch();
  const all = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const opened = await openedTrace(browser, trace, RECORDS);
      const filters = {};
      for (const [name, text] of FILTERS) filters[name] = await opened.filterMs(text);
      const scrub = {};
      for (const view of SCRUBBED) scrub[view] = await opened.scrubFps(view);
      all.push({ openMs: opened.openMs, filters, scrub, heapMiB: await opened.heapMiB() });
      await opened.close();
    }
  } finally {
    await browser.close();
  }
  return all;
}

function report(page, costs) {
  const row = (name, values, unit, aim, holds) => {
    const { median, min, max } = summary(values);
    const text = (value) => (Math.abs(value) < 10 ? value.toFixed(1) : Math.round(value).toString());
    return `| ${name} | ${text(median)} ${unit} (${text(min)} to ${text(max)}) | ${aim} | ${holds(median) ? 'met' : '**not met**'} |`;
  };
  const packed = ['index.html', 'page.js', 'page.css'].reduce(
    (sum, name) => sum + gzipSync(readFileSync(join(here, '../dist/inspect-page', name))).length,
    0,
  );
  const machine = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  const major = process.versions.node.split('.')[0];
  const lines = [
    `# The inspector's page, ${date}`,
    '',
    `Node ${machine.node}, ${machine.cpu}, ${machine.cores} cores, ${machine.system}; load ${load()} in the last minute. \`npm run bench:page\`,`,
    `${ROUNDS} rounds, medians with their range. A trace of ${RECORDS.toLocaleString('en')} records of a simulated network of 100 nodes, headless Chromium.`,
    '',
    '| what | measured | aim | |',
    '|---|---|---|---|',
    row(
      'opens',
      page.map(({ openMs }) => openMs),
      'ms',
      'under 2,000 ms',
      (value) => value < 2_000,
    ),
    ...FILTERS.map(([name, text]) =>
      row(
        `filters by ${name}: \`${text.replaceAll('|', '\\|')}\``,
        page.map(({ filters }) => filters[name]),
        'ms',
        'under 100 ms',
        (value) => value < 100,
      ),
    ),
    ...SCRUBBED.map((view) =>
      row(
        `scrubs, view ${view}`,
        page.map(({ scrub }) => scrub[view]),
        'frames a second',
        '30',
        (value) => value >= 30,
      ),
    ),
    row(
      'heap after all this',
      page.map(({ heapMiB }) => heapMiB),
      'MiB',
      'under 500 MB',
      (value) => value < 476,
    ),
    row('page, packed', [packed / 1024], 'KiB', 'under 200 KiB', (value) => value < 200),
    ...[
      ['pays while a page looks', costs.page],
      ['pays for an inspector that nobody looks at', costs.unseen],
      ['against itself', costs.noise],
    ].map(([name, all]) =>
      row(
        `a node at full throughput ${name}, processor time a byte (which other load disturbs least); of throughput ${Math.round(100 * summary(all.map(({ time }) => time)).median)} %`,
        all.map(({ cpu }) => cpu * 100),
        '%',
        'under 10 %',
        (value) => value < 10,
      ),
    ),
    '',
  ];
  writeFileSync(join(here, 'results', `page-${date}-node${major}.md`), lines.join('\n'));
  console.log(lines.join('\n'));
}

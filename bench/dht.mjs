// Our DHT beside js-libp2p's kad-dht. See README.md, or --help.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { Child } from './child.mjs';
import { dhtMarkdown, dhtRatios } from './dht/report.mjs';
import { describeMachine, load } from './report.mjs';

const HELP = `npm run bench:dht -- [options]

Measures networks of DHT servers of swarmchart and of js-libp2p in one run, in turns, on loopback, each network in one
process, and writes bench/results/dht-DATE.md and .json. Takes five minutes on a quiet machine.

  --nodes N      servers of a network (default: 50)
  --rounds N     rounds that count, after one that does not (default: 3)
  --only A       swarmchart or js-libp2p alone, without ratios
  --profile DIR  also writes a .cpuprofile of each process there
  --json         results as JSON on standard output; nothing is written to bench/results
  --help         this
`;

const { values: flags } = parseArgs({
  options: {
    nodes: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const nodes = Number(flags.nodes);
const rounds = Number(flags.rounds);
const names = ['swarmchart', 'js-libp2p'].filter((name) => flags.only === undefined || name === flags.only);
const isCount = (value) => Number.isInteger(value) && value > 0;
if (!isCount(rounds) || !isCount(nodes) || nodes < 25 || nodes > 100 || names.length === 0) {
  process.stderr.write(`--nodes takes 25 to 100, --rounds a number above 0\n${HELP}`);
  process.exit(2);
}
if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  process.stderr.write('dist/ is missing: npm run build\n');
  process.exit(2);
}

/** What is done in a round, and how often. */
const WORK = [
  { row: 'closest', count: 10 },
  { row: 'provide', count: 5 },
  { row: 'find', count: 10 },
  { row: 'put', count: 5 },
  { row: 'get', count: 10 },
];
const KEYS = 1_000;
/** Where every key is looked up by itself, so many are provided, and the rest is reckoned. */
const KEYS_SAMPLED = 50;
const REST_MS = 35_000;
const PATIENCE_MS = 900_000;
const LIFETIME_SECONDS = 3_600;

const say = (text) => process.stderr.write(`${text}\n`);
const loadBefore = load();
if (names.includes('js-libp2p')) {
  say('getting js-libp2p ready');
  const installer = new URL('../test/peers/install.mjs', import.meta.url).pathname;
  await promisify(execFile)(process.execPath, [installer, 'js-kad']);
}

const results = names.map((label) => ({ label, rows: {} }));
const children = [];
try {
  for (const result of results) {
    const { label } = result;
    say(`${label}: ${nodes} nodes`);
    const child = await start(label);
    children.push(child);
    result.join = await child.request('join', { degree: nodes }, PATIENCE_MS);
    result.tables = await child.request('settle', {}, PATIENCE_MS);
    result.memory = await child.request('memory', { restMs: REST_MS });
    say(`  joined in ${(result.join.millis / 1e3).toFixed(1)} s, tables of ${result.tables.median}`);
  }
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, { label, rows }] of results.entries()) {
      for (const { row, count } of WORK) {
        const figures = await children[index].request(row, { seed: `${row}/${round}`, count }, PATIENCE_MS);
        if (round === 0) continue;
        (rows[row] ??= []).push(figures);
        say(`  ${round} ${label} ${row}: p50 ${median(figures.times).toFixed(1)} ms`);
      }
    }
  }
  for (const [index, result] of results.entries()) {
    result.memoryAfter = await children[index].request('memory', { restMs: REST_MS });
    const count = result.label === 'js-libp2p' ? KEYS_SAMPLED : KEYS;
    say(`  ${result.label}: ${count} keys`);
    result.keys = await children[index].request('provideMany', { seed: 'keys', count }, PATIENCE_MS);
  }
} finally {
  await Promise.all(children.map((child) => child.stop()));
}

const date = new Date().toISOString().slice(0, 10);
const outcome = { date, machine: describeMachine(), loadBefore, nodes, rounds, keys: KEYS, contenders: results };
outcome.ratios = results.length === 2 ? dhtRatios(outcome) : [];
if (flags.json) process.stdout.write(`${JSON.stringify(outcome, null, 2)}\n`);
else {
  const text = dhtMarkdown(outcome);
  process.stdout.write(text);
  if (results.length === 2) {
    mkdirSync(new URL('results/', import.meta.url), { recursive: true });
    writeFileSync(new URL(`results/dht-${date}.json`, import.meta.url), `${JSON.stringify(outcome, null, 2)}\n`);
    writeFileSync(new URL(`results/dht-${date}.md`, import.meta.url), text);
  }
}

function start(label) {
  const profiled =
    flags.profile === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${flags.profile}`, `--cpu-prof-name=dht-${label}.cpuprofile`];
  const args = ['--contender', label, '--nodes', `${nodes}`, '--lifetime-seconds', `${LIFETIME_SECONDS}`];
  return Child.start(new URL('dht/contender.mjs', import.meta.url).pathname, args, ['--expose-gc', ...profiled]);
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

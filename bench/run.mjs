// Side by side with js-libp2p and helia. See README.md, or --help.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { describeMachine, load, markdown, ratios, summary } from './report.mjs';
import { ROWS, runRow } from './rows.mjs';

const HELP = `npm run bench -- [options]

Measures swarmchart beside js-libp2p 3 and helia 7 in one run, in turns, on loopback, and writes
bench/results/DATE-nodeMAJOR.md and .json. Takes about six minutes.

  --rows A,B     only these: ${Object.keys(ROWS).join(', ')}
  --rounds N     rounds that count, after one that does not (default: 5)
  --profile DIR  also writes a .cpuprofile of each process there (a later row overwrites an earlier one's)
  --json         results as JSON on standard output; nothing is written to bench/results
  --help         this
`;

const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: Object.keys(ROWS).join(',') },
    rounds: { type: 'string', default: '5' },
    profile: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const names = flags.rows.split(',').filter((name) => name !== '');
const rounds = Number(flags.rounds);
const unknown = names.find((name) => !Object.hasOwn(ROWS, name));
if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(unknown === undefined ? '--rounds takes a number above 0\n' : `no row is called ${unknown}\n`);
  process.stderr.write(HELP);
  process.exit(2);
}
if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  process.stderr.write('dist/ is missing: npm run build\n');
  process.exit(2);
}

const say = (text) => process.stderr.write(`${text}\n`);
say('getting js-libp2p and helia ready');
const installer = new URL('../test/peers/install.mjs', import.meta.url).pathname;
await promisify(execFile)(process.execPath, [installer, 'js-modern']);

const rows = {};
const loads = [];
for (const name of names) {
  say(`${name}: ${ROWS[name].title}`);
  loads.push(load());
  rows[name] = await runRow(ROWS[name], {
    rounds,
    profileTo: flags.profile,
    onRound: (label, round, figures) => {
      const words = Object.entries(figures).map(([column, value]) => `${column} ${value?.toFixed(1)}`);
      say(`  ${round} ${label}: ${words.join(', ')}`);
    },
  });
  for (const { column, against, median, aim, met } of ratios(rows[name])) {
    say(
      `  ${column}: ${median.toFixed(2)} times ${against}${aim === undefined ? '' : `, aim ${aim}${met ? '' : ': NOT MET'}`}`,
    );
  }
}

const date = new Date().toISOString().slice(0, 10);
const result = { date, machine: describeMachine(), loads, rounds, rows };
const withSummaries = {
  ...result,
  rows: Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, summed(row)])),
};
if (flags.json) process.stdout.write(`${JSON.stringify(withSummaries, null, 2)}\n`);
else {
  const base = `${date}-node${process.versions.node.split('.')[0]}`;
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${base}.json`, folder), `${JSON.stringify(withSummaries, null, 2)}\n`);
  writeFileSync(new URL(`${base}.md`, folder), markdown(result));
  say(`written: bench/results/${base}.md and .json`);
}

/** A row with its medians and ratios besides the single figures. */
function summed(row) {
  return {
    ...row,
    contenders: row.contenders.map((contender) => ({
      ...contender,
      medians: Object.fromEntries(
        row.columns.flatMap(({ name }) => {
          const values = contender.rounds.map((round) => round[name]).filter((value) => value !== undefined);
          return values.length === 0 ? [] : [[name, summary(values)]];
        }),
      ),
    })),
    ratios: ratios(row),
  };
}

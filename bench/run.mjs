// Side by side with js-libp2p and helia. See README.md, or --help.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { describeMachine, load, markdown, ratios, summary } from './report.mjs';
import { ROWS, runRow } from './rows.mjs';

const HELP = `npm run bench -- [options]

Measures swarmchart beside js-libp2p 3 and helia 7 in one run, in turns, on loopback, and writes
bench/results/DATE-nodeMAJOR.md and .json, where rows that are not run keep what was measured the same day on the same
machine. Takes about ten minutes.

  --rows A,B     only these: ${Object.keys(ROWS).join(', ')}
  --rounds N     rounds that count, after three that do not (default: 5)
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
for (const name of names) {
  say(`${name}: ${ROWS[name].title}`);
  const loadBefore = load();
  const row = await runRow(ROWS[name], {
    rounds,
    profileTo: flags.profile,
    onRound: (label, round, figures) => {
      const words = Object.entries(figures).map(([column, value]) => `${column} ${value?.toFixed(1)}`);
      say(`  ${round} ${label}: ${words.join(', ')}`);
    },
  });
  rows[name] = summed({ ...row, loadBefore });
  for (const { column, against, median, aim, met } of ratios(rows[name])) {
    say(
      `  ${column}: ${median.toFixed(2)} times ${against}${aim === undefined ? '' : `, aim ${aim}${met ? '' : ': NOT MET'}`}`,
    );
  }
}

const date = new Date().toISOString().slice(0, 10);
const machine = describeMachine();
if (flags.json) process.stdout.write(`${JSON.stringify({ date, machine, rows }, null, 2)}\n`);
else {
  const base = `${date}-node${process.versions.node.split('.')[0]}`;
  const file = (ending) => new URL(`results/${base}.${ending}`, import.meta.url);
  const before = existsSync(file('json')) ? JSON.parse(readFileSync(file('json'), 'utf8')) : undefined;
  const kept = JSON.stringify(before?.machine) === JSON.stringify(machine) ? before.rows : {};
  const all = Object.keys(ROWS).flatMap((name) => {
    const row = rows[name] ?? kept[name];
    return row === undefined ? [] : [[name, row]];
  });
  const result = { date, machine, rows: Object.fromEntries(all) };
  mkdirSync(new URL('results/', import.meta.url), { recursive: true });
  writeFileSync(file('json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(file('md'), markdown(result));
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

// What a lookup costs, and what it finds when nodes have died, against the size of the network. See --help.
//
// Each size runs in a process of its own, so that its heap is its own.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nodeCiphers } from '../dist/platform/node-ciphers.js';
import { join, refreshAll } from '../dist/sim/kad/joining.js';
import { KadNetwork } from '../dist/sim/kad/kad-network.js';
import { clog, kill, tryLookups } from '../dist/sim/kad/trial.js';
import { describeMachine, load } from './report.mjs';

const HELP = `npm run bench:dht-sim -- [options]

Makes networks of 100 to 10,000 DHT nodes in virtual time, that join by themselves, and looks up random keys in each, without
faults and with a fifth of the nodes dead. Writes bench/results/dht-sim-DATE-nodeMAJOR.md and a chart beside it.

  --most N      size of the largest network (default: 10000)
  --lookups N   lookups of each kind in each network (default: 1000)
  --seed TEXT   of the networks and the lookups (default: dht-sim)
  --help        this
`;

const { values: flags } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    most: { type: 'string', default: '10000' },
    lookups: { type: 'string', default: '1000' },
    seed: { type: 'string', default: 'dht-sim' },
    one: { type: 'string' },
  },
});
if (flags.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const LOOKUPS = Number(flags.lookups);
const SIZES = [100, 300, 1_000, 3_000, 10_000].filter((size) => size <= Number(flags.most));

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const heapMib = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

function summary({ lookups, exact, undecidable, decidableExact, hops, messages, tookMs }) {
  return {
    exactPercent: (100 * exact) / lookups,
    undecidablePercent: (100 * undecidable) / lookups,
    decidablePercent: (100 * decidableExact) / Math.max(1, lookups - undecidable),
    meanHops: mean(hops),
    mostHops: Math.max(...hops),
    messages: mean(messages),
    meanMs: mean(tookMs),
  };
}

/** One size: joining, lookups, deaths, lookups at once, one round of upkeep, lookups. */
async function run(size) {
  const seed = `${flags.seed}/${size}`;
  const network = new KadNetwork({ seed, ciphers: nodeCiphers });
  const heapBefore = heapMib();
  let cpu = cpuSeconds();
  // Never more at once than a small part of the network, and no more waves than have to be.
  const joined = await join(network, { nodes: size, atOnce: Math.max(32, Math.round(size / 50)), seed });
  const join_ = { cpuSeconds: cpuSeconds() - cpu, messages: network.messages / size };
  const kibEach = ((heapMib() - heapBefore) * 1024) / size;
  const table = mean(network.nodes.map(({ routing }) => routing.table.size));
  cpu = cpuSeconds();
  const calm = summary(await tryLookups(network, LOOKUPS, `${seed}/calm`));
  const lookupCpuMs = ((cpuSeconds() - cpu) * 1000) / LOOKUPS;
  kill(network, 0.2, seed);
  clog(network, 0.01, seed);
  const struck = summary(await tryLookups(network, LOOKUPS, `${seed}/struck`));
  const rested = (await refreshAll(network)) && (await refreshAll(network));
  const healed = summary(await tryLookups(network, LOOKUPS, `${seed}/healed`));
  network.stop();
  return { size, joined, rested, join: join_, kibEach, table, lookupCpuMs, calm, struck, healed };
}

if (flags.one !== undefined) {
  process.stdout.write(JSON.stringify(await run(Number(flags.one))));
} else {
  const loadBefore = load();
  const rows = [];
  for (const size of SIZES) {
    const args = ['--expose-gc', '--max-old-space-size=12000', new URL(import.meta.url).pathname];
    const child = spawnSync(
      process.execPath,
      [...args, '--one', `${size}`, '--lookups', `${LOOKUPS}`, '--seed', flags.seed],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    if (child.status !== 0) throw new Error(`${size} nodes: the run ended with ${child.status ?? child.signal}`);
    rows.push(JSON.parse(child.stdout));
    process.stderr.write(`${size} nodes done\n`);
    report(rows, loadBefore);
  }
}

function report(rows, loadBefore) {
  const machine = describeMachine();
  const date = new Date().toISOString().slice(0, 10);
  const name = `dht-sim-${date}-node${process.versions.node.split('.')[0]}`;
  const number = (value, digits = 1) => value.toFixed(digits);
  const lookupTable = (title, pick) => [
    `## ${title}`,
    '',
    '| nodes | exact, % | hops, mean | hops, most | log2(N) + 4 | messages | virtual time, ms |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => {
      const { exactPercent, meanHops, mostHops, messages, meanMs } = pick(row);
      const bound = number(Math.log2(row.size) + 4);
      return `| ${row.size.toLocaleString('en')} | ${number(exactPercent)} | ${number(meanHops, 2)} | ${mostHops} | ${bound} | ${number(messages)} | ${number(meanMs, 0)} |`;
    }),
    '',
  ];
  const text = [
    `# DHT lookups against the size of the network, ${date}, Node ${machine.node}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before: ${loadBefore}: the machine was busy with other work, at`,
    'a higher priority than this, so that CPU time is right and no time of day is told. Made nodes in virtual time, 10 to',
    `150 ms one way; seed ${flags.seed}; ${LOOKUPS.toLocaleString('en')} lookups of random keys each. *Exact*: the twenty found are the twenty closest of`,
    'all living nodes, by a look at each. Hops: to the farthest of those found. Chart: ' +
      `[${name}.svg](${name}.svg).`,
    '',
    ...lookupTable('No faults', ({ calm }) => calm),
    ...faultTable(rows, number),
    '## What it costs',
    '',
    '| nodes | messages to join, each | peers in a table | heap of a node, KiB | CPU of joining, s | CPU of a lookup, ms |',
    '|---|---|---|---|---|---|',
    ...rows.map(
      ({ size, join: joining, table, kibEach, lookupCpuMs }) =>
        `| ${size.toLocaleString('en')} | ${number(joining.messages, 0)} | ${number(table, 0)} | ${number(kibEach)} | ${number(joining.cpuSeconds)} | ${number(lookupCpuMs, 2)} |`,
    ),
    '',
    'The CPU of a lookup is that of all nodes that take part in it. The heap is the whole simulation by the number of nodes.',
  ].join('\n');
  writeFileSync(new URL(`results/${name}.md`, import.meta.url), `${text.trimEnd()}\n`);
  writeFileSync(new URL(`results/${name}.svg`, import.meta.url), chart(rows));
}

/** What faults do: at once, before any table has noticed, and after two rounds of upkeep. */
function faultTable(rows, number) {
  const both = ({ struck, healed }, pick, digits = 1) =>
    `${number(pick(struck), digits)} / ${number(pick(healed), digits)}`;
  return [
    '## 20 % dead, 1 % of links clogged: at once / after upkeep',
    '',
    '| nodes | exact, % | undecidable at once, % | exact of the others, % | hops, mean | hops, most | log2(N) + 4 | messages | virtual time, ms |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) =>
      [
        '',
        ` ${row.size.toLocaleString('en')} `,
        ` ${both(row, ({ exactPercent }) => exactPercent)} `,
        ` ${number(row.struck.undecidablePercent)} `,
        ` ${number(row.struck.decidablePercent)} `,
        ` ${both(row, ({ meanHops }) => meanHops, 2)} `,
        ` ${both(row, ({ mostHops }) => mostHops, 0)} `,
        ` ${number(Math.log2(row.size) + 4)} `,
        ` ${both(row, ({ messages }) => messages)} `,
        ` ${both(row, ({ meanMs }) => meanMs, 0)} `,
        '',
      ].join('|'),
    ),
    '',
    'At once: a fifth of the nodes has just died, and no table has noticed. Answers name the dead among their twenty, so that',
    'of the twenty closest living the last four or so are told by nobody who is asked for the key itself: the query asks for',
    'keys beside it. After upkeep: two rounds of what each table does every ten minutes, which is to look itself up.',
    '',
    '*Exact* asks for every living node, those too that never answer this asker, for its link to them is clogged: a lookup',
    'takes them for living where those near them name them. *Undecidable*, at once: a node as near as the twenty is dead, and',
    'the link from the asker to it is clogged as well. It is then as silent as the living behind such links, of whom there are',
    'four times as many, and as long as nobody has noticed its death nobody can say better. One link in a hundred to five dead',
    'among the twenty-five nearest makes it one lookup in twenty, so that about 95 % is the most that an asker can have at',
    'once. *Of the others*: at once, what was found where it could be known. After upkeep those near the dead name them no more.',
    '',
  ];
}

/** Four small charts, N on a logarithmic axis. */
function chart(rows) {
  const panels = [
    {
      title: 'hops, mean and most',
      lines: [rows.map(({ calm }) => calm.meanHops), rows.map(({ calm }) => calm.mostHops)],
    },
    { title: 'messages of a lookup', lines: [rows.map(({ calm }) => calm.messages)] },
    { title: 'virtual time of a lookup, ms', lines: [rows.map(({ calm }) => calm.meanMs)] },
    { title: 'heap of a node, KiB', lines: [rows.map(({ kibEach }) => kibEach)] },
  ];
  const width = 360;
  const height = 220;
  const pad = 44;
  const logs = rows.map(({ size }) => Math.log10(size));
  const [first = 0] = logs;
  const span = Math.max(1e-9, (logs.at(-1) ?? 1) - first);
  const parts = panels.map(({ title, lines }, index) => {
    const left = (index % 2) * width;
    const top = Math.floor(index / 2) * height;
    const most = Math.max(...lines.flat()) * 1.1;
    const x = (at) => left + pad + ((logs[at] - first) / span) * (width - 2 * pad);
    const y = (value) => top + height - pad - (value / most) * (height - 2 * pad);
    const base = top + height - pad;
    return [
      `<text x="${left + pad}" y="${top + pad - 16}" font-weight="bold">${title}</text>`,
      `<path d="M${left + pad} ${top + pad}V${base}H${left + width - pad}" fill="none" stroke="#888"/>`,
      ...rows.map(({ size }, at) => `<text x="${x(at)}" y="${base + 16}" text-anchor="middle">${size}</text>`),
      ...lines.map((line, which) => {
        const points = line.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
        const colour = which === 0 ? '#1667b7' : '#c2410c';
        const marks = line.map(
          (value, at) =>
            `<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${colour}"/>` +
            `<text x="${x(at).toFixed(1)}" y="${(y(value) - 7).toFixed(1)}" text-anchor="middle">${+value.toFixed(1)}</text>`,
        );
        return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>${marks.join('')}`;
      }),
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * width}" height="${2 * height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${2 * width}" height="${2 * height}" fill="#fff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

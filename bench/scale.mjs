// Whether connections and streams cost the same when there are many: idle connections of a node from 10 to 10,000, open
// streams of a connection from 10 to 10,000. Writes bench/results/scale-DATE-nodeMAJOR.md.
//
//   node bench/scale.mjs [--most N] [--json]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Child } from './child.mjs';
import { describeMachine, load } from './report.mjs';

const { values: flags } = parseArgs({
  options: { most: { type: 'string', default: '10000' }, json: { type: 'boolean', default: false } },
});
const COUNTS = [10, 100, 1_000, 10_000].filter((count) => count <= Number(flags.most));
const script = new URL('contender.mjs', import.meta.url).pathname;
const args = ['--contender', 'swarmchart', '--kind', 'bare', '--security', 'noise', '--lifetime-seconds', '1200'];

const cpuMillis = async (...children) => {
  const usages = await Promise.all(children.map((child) => child.request('cpu')));
  return usages.reduce((sum, { user, system }) => sum + (user + system) / 1e3, 0);
};

/** Adds up to each count, and tells what each one added cost. */
async function grow(server, client, command) {
  const rows = [];
  let held = 0;
  const before = await server.request('memory');
  for (const count of COUNTS) {
    const start = await cpuMillis(server, client);
    await client.request(command, { address: server.address, count: count - held });
    const spent = (await cpuMillis(server, client)) - start;
    const memory = await server.request('memory');
    const grown = memory.heapUsed + memory.external - before.heapUsed - before.external;
    rows.push({
      count,
      cpuMillisEach: spent / (count - held),
      kibEach: grown / 1024 / count,
      rssMib: memory.rss / 2 ** 20,
    });
    held = count;
  }
  return rows;
}

async function measured(command) {
  const server = await Child.start(script, args, ['--expose-gc']);
  const client = await Child.start(script, args, ['--expose-gc']);
  try {
    // Code is compiled and pools are filled by then.
    await client.request('dialMany', { address: server.address, count: 300, concurrency: 8 });
    await client.request('echoMany', { address: server.address, count: 1_000, concurrency: 8 });
    return await grow(server, client, command);
  } finally {
    await Promise.all([client.stop(), server.stop()]);
  }
}

const loadBefore = load();
const results = { connections: await measured('hold'), streams: await measured('holdStreams') };
const date = new Date().toISOString().slice(0, 10);
const machine = describeMachine();
if (flags.json) process.stdout.write(`${JSON.stringify({ date, machine, loadBefore, ...results }, null, 2)}\n`);
else {
  const table = (title, rows) => [
    `## ${title}`,
    '',
    '| there are then | CPU of both ends for each added, ms | server heap and buffers for each, KiB | server RSS, MiB |',
    '|---|---|---|---|',
    ...rows.map(
      ({ count, cpuMillisEach, kibEach, rssMib }) =>
        `| ${count.toLocaleString('en')} | ${cpuMillisEach.toFixed(2)} | ${kibEach.toFixed(1)} | ${rssMib.toFixed(0)} |`,
    ),
    '',
  ];
  const text = [
    `# Scale, ${date}, Node ${machine.node}`,
    '',
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before: ${loadBefore}. Two processes on`,
    'loopback, noise and yamux. Connections are of as many identities, without identify; streams are open and quiet.',
    '',
    ...table('Idle connections of one node', results.connections),
    ...table('Open streams of one connection', results.streams),
  ].join('\n');
  process.stdout.write(text);
  const file = `results/scale-${date}-node${process.versions.node.split('.')[0]}.md`;
  writeFileSync(new URL(file, import.meta.url), `${text.trimEnd()}\n`);
}

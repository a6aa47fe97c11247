/**
 * A node under a flood: `npm run bench:flood`. Four processes on loopback: the node, two that hold hostile connections of
 * ten kinds (garbage, silence, dripping bytes, half handshakes, streams at the limit, pings, reset storms, window games,
 * answers never read, crumbs), and a well-behaved peer that times its echoes, quiet and under the flood. Writes
 * bench/results/flood-<date>-node<major>.md.
 *
 *     node bench/flood.mjs [--seconds 15] [--connections 200] [--memory 256] [--json] [--no-write]
 */
import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const KINDS = 10;
const ATTACKERS = 2;
const MIB = 1024 * 1024;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    connections: { type: 'string', default: '200' },
    memory: { type: 'string', default: '256' },
    json: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const memoryMib = Number(values.memory);
const each = Math.max(1, Math.round(Number(values.connections) / KINDS / ATTACKERS));
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const children = [];

/** A child that answers questions one after another. */
function start(script, args, flags = []) {
  const child = fork(join(here, 'flood', script), args.map(String), { execArgv: flags });
  children.push(child);
  const broken = [];
  const waiting = [];
  child.on('message', (message) => {
    if (message.broken !== undefined) broken.push(message.broken);
    else if (message.failure !== undefined) broken.push(message.failure);
    else waiting.shift()?.(message);
  });
  const next = () => new Promise((resolve) => waiting.push(resolve));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    broken,
    first: next(),
    ended,
    ask: async (ask) => {
      child.send({ ask });
      return (await next()).figures;
    },
    tell: (ask) => child.send({ ask }),
    kill: () => child.kill('SIGKILL'),
  };
}

async function measure() {
  const node = start('node.mjs', [memoryMib * MIB], ['--expose-gc']);
  const { address } = await node.first;
  const good = start('good.mjs', [address]);
  await good.first;
  await wait(3000);
  await good.ask('figures');
  await wait(seconds * 1000);
  const quiet = { peer: await good.ask('figures'), node: await node.ask('collect') };

  const attackers = Array.from({ length: ATTACKERS }, () => start('hostile.mjs', [address, each]));
  for (const attacker of attackers) await attacker.first;
  await wait(3000);
  await good.ask('figures');
  const before = await node.ask('figures');
  let peakRss = 0;
  let peakCounted = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    await wait(500);
    const { rss, system } = await node.ask('look');
    peakRss = Math.max(peakRss, rss);
    peakCounted = Math.max(peakCounted, system.memoryBytes);
  }
  const flood = { peer: await good.ask('figures'), node: await node.ask('figures'), peakRss, peakCounted };
  const cpuShare = (flood.node.cpuUs - before.cpuUs) / (seconds * 1e6);
  const starvedShare = (flood.node.starvedMs - before.starvedMs) / (seconds * 1000);
  for (const attacker of attackers) attacker.kill();
  await wait(12_000); // the longest negotiation time-out
  await node.ask('collect');
  await wait(1000);
  const after = await node.ask('collect');
  good.tell('stop');
  await good.ended;
  node.tell('stop');
  await node.ended;
  return { quiet, flood, after, cpuShare, starvedShare, broken: [...node.broken, ...good.broken] };
}

let result;
try {
  result = await measure();
} finally {
  for (const child of children) child.kill('SIGKILL');
}
const { quiet, flood, after, cpuShare, starvedShare, broken } = result;
const ratio = flood.peer.echo.p99Ms / quiet.peer.echo.p99Ms;
const grownBytes = flood.peakRss - quiet.node.rss;
const summary = {
  connections: each * KINDS * ATTACKERS,
  seconds,
  memoryMib,
  echo: { quiet: quiet.peer.echo, flood: flood.peer.echo, p99Ratio: ratio },
  newStream: { quiet: quiet.peer.newStream, flood: flood.peer.newStream },
  failures: flood.peer.failures,
  rssMib: { quiet: quiet.node.rss / MIB, peak: flood.peakRss / MIB, after: after.rss / MIB, grown: grownBytes / MIB },
  countedMib: { peak: flood.peakCounted / MIB, after: after.system.memoryBytes / MIB },
  cpuShare,
  starvedShare,
  turnMs: { quiet: quiet.node.turnMs, flood: flood.node.turnMs },
  actors: { quiet: quiet.node.actors, flood: flood.node.actors, after: after.actors },
  sockets: { quiet: quiet.node.sockets, flood: flood.node.sockets, after: after.sockets },
  held: flood.node.system,
  told: flood.node.told,
  broken: broken.slice(0, 20),
};
const ms = (value) => (value ?? Number.NaN).toFixed(2);
const mib = (value) => value.toFixed(0);
const table = [
  '| | quiet | flood |',
  '|---|---|---|',
  `| echo p50, ms | ${ms(quiet.peer.echo.p50Ms)} | ${ms(flood.peer.echo.p50Ms)} |`,
  `| echo p99, ms | ${ms(quiet.peer.echo.p99Ms)} | ${ms(flood.peer.echo.p99Ms)} (${ratio.toFixed(1)} times) |`,
  `| echo on a new stream p99, ms | ${ms(quiet.peer.newStream.p99Ms)} | ${ms(flood.peer.newStream.p99Ms)} |`,
  `| echoes that failed | ${quiet.peer.failures} | ${flood.peer.failures} |`,
  `| the node's loop between two looks at sockets, p99 and most, ms | ${ms(quiet.node.turnMs.p99)}, ${ms(quiet.node.turnMs.max)} | ${ms(flood.node.turnMs.p99)}, ${ms(flood.node.turnMs.max)} |`,
  `| RSS, MiB | ${mib(summary.rssMib.quiet)} | ${mib(summary.rssMib.peak)} at the most (grown by ${mib(summary.rssMib.grown)}), ${mib(summary.rssMib.after)} after |`,
  `| memory counted by scopes, MiB | ${mib(quiet.node.system.memoryBytes / MIB)} | ${mib(summary.countedMib.peak)} at the most of ${memoryMib} |`,
  `| machine actors | ${summary.actors.quiet} | ${summary.actors.flood}, ${summary.actors.after} after |`,
  `| sockets | ${summary.sockets.quiet} | ${summary.sockets.flood}, ${summary.sockets.after} after |`,
  `| CPU of the node | | ${(100 * cpuShare).toFixed(0)} % of one core |`,
  `| time the node was ready and had no core | | ${(100 * starvedShare).toFixed(0)} % |`,
].join('\n');
if (values.json) console.log(JSON.stringify(summary));
else console.log(`${table}\n\ntold: ${JSON.stringify(summary.told, null, 1)}\n${broken.slice(0, 20).join('\n')}`);
if (!values['no-write']) {
  const major = process.versions.node.split('.')[0];
  const date = new Date().toISOString().slice(0, 10);
  const [load = 0] = loadavg();
  const text = `# Flood, ${date}, node ${process.versions.node}

${summary.connections} hostile connections, ${seconds} s quiet and ${seconds} s under the flood; ${cpus().length} cores for all
processes, load ${load.toFixed(1)} with other work on the machine. Written by \`npm run bench:flood\`.

${table}
`;
  mkdirSync(join(here, 'results'), { recursive: true });
  writeFileSync(join(here, 'results', `flood-${date}-node${major}.md`), text);
}

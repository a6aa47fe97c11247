/**
 * The simulator at scale, measured: `npm run bench:sim`. Two rows, each in a process of its own so that its peak of
 * memory is its own: a thousand nodes with eight thousand connections to quiescence, and two hundred nodes that exchange
 * files under faults for sixty virtual seconds. Writes bench/results/sim-<date>-node<major>.md.
 *
 *     node bench/sim.mjs [mesh|faults]     a row alone, printed and not written
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { World, Dice } = await import(process.env.SWARMCHART_SIM ?? '../dist/sim/index.js');

/** A world makes much that lives for some virtual milliseconds: a larger young generation lets it die there. */
const FLAGS = ['--max-semi-space-size=64'];

/** Every node dials the next eight of a ring, each dial at its own time within two seconds. */
async function mesh({ ciphers, nodes = 1000, each = 8 }) {
  const world = new World({ seed: 1, ciphers, links: { latencyMs: 5, jitterMs: 20 } });
  for (let index = 0; index < nodes; index++) world.addNode(`n${index}`);
  const dice = new Dice('mesh', 'dials');
  let opened = 0;
  for (const [index, node] of world.nodes.entries()) {
    for (let step = 1; step <= each; step++) {
      const { address } = world.nodes[(index + step) % nodes];
      world.at(dice.whole(0, 2_000), () => node.run((host) => host.dial(address)).then(() => void opened++));
    }
  }
  await world.until(() => opened === nodes * each, { withinMs: 60_000 });
  await world.quiesce();
  const connections = world.network.connections.length;
  if (connections !== nodes * each) throw new Error(`${connections} connections instead of ${nodes * each}`);
  return { virtualMs: world.nowMs, steps: world.steps, connections, broken: brokenIn(world) };
}

/** Nodes add files, dial, fetch, ping, and lose each other, on links that cut, join and delay. */
async function faults({ ciphers, nodes = 200, seconds = 60 }) {
  const seed = 'bench';
  const world = new World({ seed, ciphers, links: { latencyMs: 10, jitterMs: 40, chunking: 'mixed' } });
  const dice = new Dice(seed, 'faults');
  const pick = () => world.node(`n${dice.whole(0, nodes - 1)}`);
  const counts = { done: 0, failed: 0 };
  const count = (promise) =>
    promise.then(
      () => counts.done++,
      () => counts.failed++,
    );
  const files = [];
  for (let index = 0; index < nodes; index++) world.addNode(`n${index}`, { testProtocols: true });
  const add = async (node) => {
    const bytes = new Uint8Array(dice.whole(1, 200_000)).fill(dice.whole(0, 255));
    const { cid } = await node.run((host) => host.add(once(bytes)));
    files.push({ node, cid: cid.toString() });
  };
  const fetch = async (node) => {
    const file = files[dice.whole(0, files.length - 1)];
    await node.run((host) => host.dial(file.node.address));
    await node.run((host) => read(host.cat(file.cid)));
  };
  const ping = (node, target) => node.run((host) => read(host.ping(target.address, { count: 3 })));
  for (const node of world.nodes) world.at(dice.whole(0, 2_000), () => void count(add(node)));
  for (let second = 2; second < seconds; second++) {
    for (let each = 0; each < nodes / 10; each++) {
      const atMs = second * 1000 + dice.whole(0, 999);
      world.at(atMs, () => {
        const node = pick();
        if (node.isUp) void count(dice.chance(0.5) ? fetch(node) : ping(node, pick()));
      });
    }
    world.at(second * 1000, () => strike(world, dice, pick));
  }
  await world.run({ untilMs: seconds * 1000 });
  return { virtualMs: world.nowMs, steps: world.steps, ...counts, broken: brokenIn(world) };
}

function strike(world, dice, pick) {
  const [one, other] = [pick(), pick()];
  const { network } = world;
  const soonMs = world.nowMs + dice.whole(500, 8_000);
  switch (dice.whole(0, 7)) {
    case 0: {
      const cut = network.isolate(one.name, dice.chance(0.5) ? 'both' : 'in');
      world.at(soonMs, () => network.heal(cut));
      break;
    }
    case 1:
      network.clog(one.name, other.name, soonMs);
      break;
    case 2:
      one.crash({ sockets: dice.chance(0.5) ? 'silent' : 'reset' });
      world.at(soonMs, () => one.isUp || one.restart({ stores: dice.chance(0.5) ? 'kept' : 'lost' }));
      break;
    case 3:
      for (const { near, far } of network.connections.slice(0, 5)) network.reset(near.port.name, far.port.name);
      break;
    case 4:
      for (const { near, far } of network.connections.slice(-5)) network.corrupt(near.port.name, far.port.name);
      break;
    case 5:
      for (const { near, far } of network.connections.slice(-3)) network.halfOpen(near.port.name, far.port.name);
      break;
    case 6:
      one.stores.failWith(new Error('disk'), 'writes');
      world.at(soonMs, () => one.stores.failWith(undefined));
      break;
    default:
      for (const { near, far } of network.connections.slice(0, 5)) network.resetMidFrame(near.port.name, far.port.name);
  }
}

async function read(source) {
  for await (const piece of source) void piece;
}

async function* once(bytes) {
  yield bytes;
}

const brokenIn = (world) => world.nodes.reduce((sum, { broken }) => sum + broken.length, 0);

const ROWS = {
  mesh: { title: '1,000 nodes, 8,000 connections, to quiescence', run: mesh, aim: '< 30 s, < 1.5 GiB' },
  faults: { title: '200 nodes under faults, 60 virtual seconds', run: faults, aim: '< 20 s' },
};

async function measure(name, ciphers) {
  const began = process.hrtime.bigint();
  const result = await ROWS[name].run({ ciphers });
  const wallSeconds = Number(process.hrtime.bigint() - began) / 1e9;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  return { name, ciphers, wallSeconds, cpuSeconds, peakMiB: maxRSS / 1024, ...result };
}

function inOwnProcess(name, ciphers) {
  const [load = 0] = loadavg();
  const self = fileURLToPath(import.meta.url);
  const { stdout, stderr, status } = spawnSync(process.execPath, [...FLAGS, self, name, ciphers], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${name} ${ciphers}: ${stderr}`);
  return { ...JSON.parse(stdout), load };
}

const [, , only, ciphers = 'native'] = process.argv;
if (only !== undefined) {
  console.log(JSON.stringify(await measure(only, ciphers)));
} else {
  const rows = Object.keys(ROWS).flatMap((name) => ['native', 'toy'].map((kind) => inOwnProcess(name, kind)));
  const date = new Date().toISOString().slice(0, 10);
  const major = process.versions.node.split('.')[0];
  const text = report(rows, date);
  mkdirSync(join(here, 'results'), { recursive: true });
  writeFileSync(join(here, `results/sim-${date}-node${major}.md`), text);
  console.log(text);
}

function report(rows, date) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) =>
    line([
      ROWS[row.name].title,
      row.ciphers,
      row.wallSeconds.toFixed(1),
      row.cpuSeconds.toFixed(1),
      row.peakMiB.toFixed(0),
      row.steps.toLocaleString('en'),
      Math.round(row.steps / row.wallSeconds).toLocaleString('en'),
      (row.virtualMs / 1000).toFixed(2),
      row.load.toFixed(1),
      ROWS[row.name].aim,
    ]),
  );
  const { done, failed } = rows.find(({ name, ciphers: kind }) => name === 'faults' && kind === 'native');
  return `# The simulator at scale

${date}, Node ${process.version}, ${cpus().length} cores (${cpus()[0].model.trim()}), \`npm run bench:sim\`. Each row is a process of its
own (\`node ${FLAGS.join(' ')}\`); peak memory is its resident set; load is the machine's before the row, which wants one
core to itself: where it is above the number of cores, read CPU s. Bugs of the engine seen: ${rows.reduce((sum, { broken }) => sum + broken, 0)}.

${line(['run', 'ciphers', 'wall s', 'CPU s', 'peak MiB', 'events', 'events/s', 'virtual s', 'load', 'aim'])}
${line(Array(10).fill('---'))}
${body.join('\n')}

Under faults ${done} operations (adding a file, fetching one, pinging) ended well and ${failed} in a named error (the peer had
crashed, was cut off, or its store failed); the rest were still waiting when the time was over.
`;
}

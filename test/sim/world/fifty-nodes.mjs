/**
 * Fifty nodes under faults, traced: the same text in any process. In a process of its own:
 *
 *     node test/sim/world/fifty-nodes.mjs SEED     writes the trace to standard output
 */
import { fileURLToPath } from 'node:url';

const NODES = 50;
const END_MS = 10_000;

/** The trace of one run, as lines. `simulator` is the module of worlds, `trace` that of writers. */
export async function fiftyNodes({ World, Dice, worldTraceHeader }, { TraceWriter }, seed) {
  const lines = [];
  const output = { write: (line) => lines.push(line) };
  const writer = new TraceWriter(worldTraceHeader({ seed, class: 'replayable', detail: 'digests' }), output, 'world');
  const dice = new Dice(`${seed}`, 'fifty nodes');
  const world = new World({
    seed,
    ciphers: 'native',
    links: { latencyMs: 5, jitterMs: 30, chunking: 'mixed', lossChance: 0.01, bandwidthBytesPerSecond: 2_000_000 },
    traceFor: (name) => writer.sinkFor(name),
  });
  for (let index = 0; index < NODES; index++) {
    world.addNode(`n${index}`, {
      testProtocols: true,
      clock: { speed: 1 + (index % 5) / 100, skewMs: index * 1000 },
      storeLatencyMs: index % 3,
      slowMs: index % 7 === 0 ? 1 : 0,
    });
  }
  const pick = () => world.node(`n${dice.whole(0, NODES - 1)}`);
  const results = [];
  const note = (what, promise) =>
    promise.then(
      (value) => results.push(`${world.nowMs} ${what} ${value}`),
      (error) => results.push(`${world.nowMs} ${what} ${error.code}`),
    );
  const files = [];
  const add = async (node) => {
    const bytes = new Uint8Array(dice.whole(1, 100_000)).fill(dice.whole(0, 255));
    const { cid } = await node.run((host) => host.add(once(bytes)));
    files.push({ address: node.address, cid: `${cid}` });
    return cid;
  };
  const fetch = async (node) => {
    const { address, cid } = files[dice.whole(0, files.length - 1)];
    await node.run((host) => host.dial(address));
    return node.run((host) => length(host.cat(cid)));
  };
  for (const node of world.nodes) world.at(dice.whole(0, 1000), () => void note('add', add(node)));
  for (let atMs = 2000; atMs < END_MS; atMs += 100) {
    world.at(atMs, () => {
      const node = pick();
      if (node.isUp) void note('fetch', fetch(node));
    });
    if (atMs % 1000 === 0) world.at(atMs, () => strike(world, pick, dice.whole(0, 6)));
  }
  await world.run({ untilMs: END_MS });
  const leaks = await world.close();
  const broken = world.nodes.flatMap((node) => node.broken.map(({ message }) => message));
  return { lines, results, leaks, broken, steps: world.steps };
}

function strike(world, pick, which) {
  const { network } = world;
  const [one, other] = [pick(), pick()];
  const between = (blow) => {
    for (const { near, far } of network.connections.slice(0, 3)) blow(near.port.name, far.port.name);
  };
  const laterMs = world.nowMs + 3000;
  switch (which) {
    case 0: {
      const cut = network.isolate(one.name, 'out');
      world.at(laterMs, () => network.heal(cut));
      break;
    }
    case 1:
      one.crash({ sockets: 'silent' });
      world.at(laterMs, () => one.restart({ stores: 'lost' }));
      break;
    case 2:
      between((from, to) => network.corrupt(from, to));
      break;
    case 3:
      between((from, to) => network.reset(from, to));
      break;
    case 4:
      between((from, to) => network.halfOpen(from, to));
      break;
    case 5:
      between((from, to) => network.resetMidFrame(from, to));
      break;
    default:
      network.clog(one.name, other.name, laterMs);
  }
}

async function* once(bytes) {
  yield bytes;
}

async function length(pieces) {
  let sum = 0;
  for await (const piece of pieces) sum += piece.length;
  return sum;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { lines, results } = await fiftyNodes(
    await import('../../../dist/sim/index.js'),
    await import('../../../dist/trace/writer.js'),
    Number(process.argv[2]),
  );
  process.stdout.write([...lines, ...results].join(''));
}

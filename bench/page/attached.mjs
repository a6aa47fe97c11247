// What a node at full throughput pays for its inspector: the same bytes through one stream of two nodes over noise and
// yamux, in turns without an inspector, with one that nobody looks at, and with one whose page is open in Chromium. Time
// is shared with Chromium and whatever else the machine does; the processor time of this process is not.
import { createNode } from '../../dist/create-node.js';
import { launch } from './browser.mjs';

const PIECE = new Uint8Array(64 * 1024);
/** What one round should take: as long as the inspector's own second hand, several times over the garbage collector's. */
const ROUND_MS = 1_000;

/**
 * Costs as shares, one for each round: of throughput (`time`), and of processor time per byte (`cpu`), with that time itself
 * (`cpuMsPerGiB`). `unseen` is an inspector that nobody looks at, `page` one with a page, each against the mean of the
 * rounds without one before and after it; `noise` is the second of these against the first.
 */
export async function attached(rounds) {
  const browser = await launch();
  const pairs = { plain: await pair(), unseen: await pair(), page: await pair() };
  const inspections = [await pairs.unseen.client.inspect(), await pairs.page.client.inspect()];
  const costs = { noise: [], unseen: [], page: [] };
  try {
    const page = await browser.newPage();
    await page.goto(inspections[1].url);
    await page.getByText(/^[1-9][\d,]* of [\d,]+ records$/).waitFor();
    // Compiled first, and the rounds' size found.
    for (const each of Object.values(pairs)) await moved(each, 1_024);
    const pieces = Math.max(256, Math.round((1_024 * ROUND_MS) / (await moved(pairs.plain, 1_024)).ms));
    let before = await moved(pairs.plain, pieces);
    for (let round = 0; round < rounds; round += 1) {
      const dear = {};
      const order = round % 2 === 0 ? ['unseen', 'page'] : ['page', 'unseen'];
      for (const name of order) dear[name] = await moved(pairs[name], pieces);
      const after = await moved(pairs.plain, pieces);
      const plain = { ms: (before.ms + after.ms) / 2, cpuMs: (before.cpuMs + after.cpuMs) / 2 };
      for (const name of order) costs[name].push(costOf(dear[name], plain));
      costs.noise.push(costOf(after, before));
      before = after;
    }
  } finally {
    await Promise.all(inspections.map((inspection) => inspection.close()));
    await Promise.all(Object.values(pairs).flatMap(({ client, server }) => [client.stop(), server.stop()]));
    await browser.close();
  }
  return costs;
}

async function pair() {
  const server = await createNode({ testProtocols: true });
  const client = await createNode({ testProtocols: true, listen: [] });
  await client.identify(server.addresses[0]);
  return { client, server };
}

function costOf(dear, plain) {
  return { time: 1 - plain.ms / dear.ms, cpu: dear.cpuMs / plain.cpuMs - 1, cpuMsPerGiB: dear.cpuMs / dear.gib };
}

/** Sends so many pieces and reads them back; both ends are in this process. */
async function moved({ client, server }, pieces) {
  const bytes = pieces * PIECE.length;
  const stream = await client.openStream(server.peerId, '/perf/1.0.0');
  const begun = performance.now();
  const used = process.cpuUsage();
  const read = new Promise((resolve, reject) => {
    stream.data$.subscribe({ next: (piece) => stream.consume(piece.length), complete: resolve, error: reject });
  });
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(bytes));
  stream.write(head);
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (!stream.write(PIECE)) await stream.whenWritable();
  }
  stream.closeWrite();
  await read;
  await stream.closed;
  const { user, system } = process.cpuUsage(used);
  return { ms: performance.now() - begun, cpuMs: (user + system) / 1_000, gib: (2 * bytes) / 2 ** 30 };
}

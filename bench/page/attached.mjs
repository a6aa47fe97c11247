// What a node at full throughput pays while a page looks at it: the same bytes through one stream of two nodes, in turns
// without an inspector and with one whose page is open in Chromium.
import { createNode } from '../../dist/create-node.js';
import { launch } from './browser.mjs';

const BYTES = 256 * 1024 * 1024;
const PIECE = new Uint8Array(64 * 1024);

/** For each round, the share of throughput that is lost. */
export async function attached(rounds) {
  const browser = await launch();
  const server = await createNode({ testProtocols: true });
  const client = await createNode({ testProtocols: true, listen: [] });
  const costs = [];
  try {
    await client.identify(server.addresses[0]);
    await throughput(client, server);
    for (let round = 0; round < rounds; round += 1) {
      const without = await throughput(client, server);
      const inspection = await client.inspect();
      const page = await browser.newPage();
      await page.goto(inspection.url);
      await page.getByText(/^[1-9][\d,]* of [\d,]+ records$/).waitFor();
      const looked = await throughput(client, server);
      await page.close();
      await inspection.close();
      costs.push(1 - looked / without);
    }
  } finally {
    await Promise.all([client.stop(), server.stop(), browser.close()]);
  }
  return costs;
}

/** Bytes a second, both ways together. */
async function throughput(client, server) {
  const stream = await client.openStream(server.peerId, '/perf/1.0.0');
  const begun = performance.now();
  const read = new Promise((resolve, reject) => {
    stream.data$.subscribe({ next: (piece) => stream.consume(piece.length), complete: resolve, error: reject });
  });
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(BYTES));
  stream.write(head);
  for (let left = BYTES; left > 0; left -= PIECE.length) {
    if (!stream.write(PIECE)) await stream.whenWritable();
  }
  stream.closeWrite();
  await read;
  await stream.closed;
  return (2 * BYTES) / ((performance.now() - begun) / 1000);
}

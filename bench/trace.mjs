// What tracing costs: throughput of one stream over noise and yamux, and stays of one negotiated echo, with tracing off,
// with a flight recorder, and with a redacted recording to a file at frame detail. Both ends in this process are traced
// alike. Ways take turns, so that a slow minute hits them all; ratios are medians over neighbouring rounds.
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNode } from '../dist/create-node.js';

const ROUNDS = Number(process.argv[2] ?? 7);
const BYTES = 128 * 1024 * 1024;
const ECHOES = 1_500;
const PIECE = new Uint8Array(64 * 1024);
const folder = await mkdtemp(join(tmpdir(), 'swarmchart-bench-'));

/** Two nodes, and how each is traced. */
async function pair(name) {
  const options = name === 'flight recorder' ? { flightRecorder: { folder: join(folder, 'flights') } } : {};
  const nodes = [];
  for (const side of ['server', 'client']) {
    const node = await createNode({ ...options, testProtocols: true, listen: side === 'server' ? undefined : [] });
    if (name === 'recording') node.record(join(folder, `${side}.trace.jsonl`));
    nodes.push(node);
  }
  const [server, client] = nodes;
  await client.identify(server.addresses[0]);
  return { name, server, client };
}

async function throughput({ client, server }) {
  const stream = await client.openStream(server.peerId, '/perf/1.0.0');
  const begun = performance.now();
  const read = readToEnd(stream);
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(BYTES));
  stream.write(head);
  for (let left = BYTES; left > 0; left -= PIECE.length) {
    if (!stream.write(PIECE)) await stream.whenWritable();
  }
  stream.closeWrite();
  await read;
  await stream.closed;
  return (2 * BYTES) / (performance.now() - begun) / 1000;
}

async function streams({ client, server }) {
  const begun = performance.now();
  for (let index = 0; index < ECHOES; index++) {
    const stream = await client.openStream(server.peerId, '/echo/1.0.0');
    const read = readToEnd(stream);
    stream.write(PIECE.subarray(0, 32));
    stream.closeWrite();
    await Promise.all([read, stream.closed]);
  }
  return ECHOES / ((performance.now() - begun) / 1000);
}

function readToEnd(stream) {
  return new Promise((resolve, reject) => {
    stream.data$.subscribe({ next: (piece) => stream.consume(piece.length), complete: resolve, error: reject });
  });
}

const median = (values) => values.toSorted((left, right) => left - right)[values.length >> 1];

const names = ['off', 'off again', 'flight recorder', 'recording'];
const rows = { 'throughput MB/s': throughput, 'echo streams /s': streams };
const results = Object.fromEntries(Object.keys(rows).map((row) => [row, names.map(() => [])]));
const load = [loadavg()[0]];
const pairs = [];
for (const name of names) pairs.push(await pair(name));
for (let round = -2; round < ROUNDS; round++) {
  for (const [row, measure] of Object.entries(rows)) {
    for (const [index, each] of pairs.entries()) {
      const rate = await measure(each);
      if (round >= 0) results[row][index].push(rate);
    }
  }
}
load.push(loadavg()[0]);
for (const { server, client } of pairs) await Promise.all([client.stop(), server.stop()]);
await rm(folder, { recursive: true, force: true });

console.log(`node ${process.version}, ${ROUNDS} rounds, load ${load.map((value) => value.toFixed(1)).join(' to ')}`);
for (const [row, rates] of Object.entries(results)) {
  const base = rates[0];
  for (const [index, name] of names.entries()) {
    const ratio = median(rates[index].map((rate, round) => rate / base[round]));
    console.log(
      `${row.padEnd(16)} ${name.padEnd(16)} ${median(rates[index]).toFixed(0).padStart(7)}  ${ratio.toFixed(3)}`,
    );
  }
}

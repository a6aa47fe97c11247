// A well-behaved peer: an echo of 32 bytes on one stream every 5 ms, and now and then on a new stream, all timed.
import { createNode } from '../../dist/index.js';

const address = process.argv[2];
const ECHO = '/echo/1.0.0';
const node = await createNode({ listen: [] });
let stream = await node.openStream(address, ECHO);
let reader = stream[Symbol.asyncIterator]();
let round = [];
let opened = [];
let failures = 0;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function echo(over, from) {
  const begun = performance.now();
  over.write(new Uint8Array(32));
  for (let length = 0; length < 32;) length += (await from.next()).value.length;
  return performance.now() - begun;
}

async function echoOnNewStream() {
  const begun = performance.now();
  const fresh = await node.openStream(address, ECHO);
  await echo(fresh, fresh[Symbol.asyncIterator]());
  opened.push(performance.now() - begun);
  await fresh.close().catch(() => undefined);
}

async function run() {
  for (let count = 0; ; count++) {
    try {
      round.push(await echo(stream, reader));
    } catch (error) {
      failed('echo', error);
      await pause(100);
      await reopen().catch((again) => failed('reopening', again));
    }
    if (count % 20 === 0) await echoOnNewStream().catch((error) => failed('new stream', error));
    await pause(5);
  }
}

async function reopen() {
  stream = await node.openStream(address, ECHO);
  reader = stream[Symbol.asyncIterator]();
}

function failed(what, error) {
  failures++;
  process.send({ failure: `${what}: ${error.code ?? ''} ${error.message}` });
}

const quantiles = (times) => {
  const sorted = [...times].sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
};
process.on('message', async ({ ask }) => {
  if (ask === 'stop') {
    await node.stop();
    process.exit(0);
  }
  process.send({ figures: { echo: quantiles(round), newStream: quantiles(opened), failures } });
  [round, opened, failures] = [[], [], 0];
});
process.on('disconnect', () => process.exit(0));
process.send({ ready: true });
await run();

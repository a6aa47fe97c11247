// The control protocol of the peer programs: JSON objects, one a line, on standard input and output. See README.md.
// This file and the JavaScript peers use it with Node built-ins only.
import { createCipheriv, createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const DEFAULT_LIFETIME_SECONDS = 900;
const DEFAULT_CHUNK_BYTES = 64 * 1024;

/** Parses the flags every peer has, and those of its own. */
export function parseFlags(own = {}) {
  return parseArgs({
    options: {
      listen: { type: 'string', multiple: true, default: ['/ip4/127.0.0.1/tcp/0'] },
      key: { type: 'string', default: 'ed25519' },
      'lifetime-seconds': { type: 'string', default: String(DEFAULT_LIFETIME_SECONDS) },
      ...own,
    },
  }).values;
}

/** Prints one message as a line. */
export function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/**
 * Announces where the peer listens, then answers commands side by side until standard input ends, `close` is asked
 * for or the lifetime is over; `stop` is called once and the process exits.
 */
export function serveControl({ peerId, addresses, commands, stop, lifetimeSeconds }) {
  process.stdout.on('error', () => {}); // whoever listened is gone; standard input ends as well then
  let stopping = false;
  const end = async (reason) => {
    if (stopping) return;
    stopping = true;
    say({ event: 'closing', reason });
    setTimeout(() => process.exit(0), 5_000).unref();
    await Promise.resolve(stop()).catch(() => {});
    process.exit(0);
  };
  setTimeout(() => end('lifetime'), Number(lifetimeSeconds) * 1000).unref();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal));
  const lines = createInterface({ input: process.stdin });
  lines.on('close', () => end('stdin ended'));
  lines.on('line', async (line) => {
    if (line.trim() === '') return;
    let id = null;
    try {
      const { id: given, cmd, ...params } = JSON.parse(line);
      id = given;
      if (cmd === 'close') {
        say({ id, ok: true });
        await end('asked to close');
        return;
      }
      if (!Object.hasOwn(commands, cmd)) throw new Error(`unknown command ${cmd}`);
      const result = await commands[cmd](params);
      say({ ...result, id, ok: true });
    } catch (error) {
      say({ id, ok: false, error: describe(error) });
    }
  });
  say({ event: 'listening', peerId, addresses });
}

/** One line that tells what went wrong, causes and gathered errors included. */
export function describe(error) {
  if (error instanceof Event) return error.error ? describe(error.error) : `${error.type} event`;
  if (!(error instanceof Error)) return String(error);
  const inner = [...(error instanceof AggregateError ? error.errors : []), ...(error.cause ? [error.cause] : [])];
  const name = error.code ?? error.name;
  const lines = error.message.split('\n').map((line) => line.trim());
  const message = lines.filter((line) => line !== '' && !line.startsWith('at ')).join(' '); // some carry stacks
  return [`${name}: ${message || '(no message)'}`, ...inner.map(describe)].join(' <- ');
}

/**
 * Yields `size` bytes in pieces of `chunk`: the AES-256-CTR keystream under SHA-256(decimal seed) and a zero counter
 * block, the same in every peer.
 */
export function* seededChunks(seed = 0, size = 0, chunk = DEFAULT_CHUNK_BYTES) {
  const key = createHash('sha256').update(String(seed)).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(chunk, size));
  for (let left = size; left > 0; left -= chunk) yield cipher.update(zeros.subarray(0, Math.min(chunk, left)));
}

/** Yields `size` zero bytes in pieces of 64 KiB: the body of `/perf/1.0.0`. */
export function* zeroChunks(size) {
  const zeros = Buffer.alloc(DEFAULT_CHUNK_BYTES);
  for (let left = size; left > 0; left -= zeros.length) yield zeros.subarray(0, Math.min(zeros.length, left));
}

/** Counts and hashes what goes through it. */
export class Tally {
  bytes = 0;
  #hash = createHash('sha256');

  add(chunk) {
    for (const piece of chunk instanceof Uint8Array ? [chunk] : chunk) {
      this.bytes += piece.byteLength;
      this.#hash.update(piece);
    }
  }

  digest() {
    return { bytes: this.bytes, sha256: this.#hash.digest('hex') };
  }
}

/** Throws unless all that was sent came back. */
export function checkEcho(sent, got) {
  const [want, have] = [sent.digest(), got.digest()];
  if (want.bytes !== have.bytes) throw new Error(`the echo ended after ${have.bytes} of ${want.bytes} bytes`);
  if (want.sha256 !== have.sha256) throw new Error(`the echo differs: sent ${want.sha256}, got ${have.sha256}`);
  return have;
}

/** Does `work` `count` times from `concurrency` workers, each readied by `prepare` before the clock starts. */
export async function many({ count = 1, concurrency = 1 }, prepare, finish = () => {}) {
  const workers = await Promise.all(Array.from({ length: concurrency }, (_, index) => prepare(index)));
  const times = [];
  let next = 0;
  const started = performance.now();
  try {
    await Promise.all(
      workers.map(async (work) => {
        while (next < count) {
          const number = ++next;
          const begun = performance.now();
          await work().catch((cause) => {
            next = count;
            throw new Error(`number ${number} of ${count}`, { cause });
          });
          times.push(performance.now() - begun);
        }
      }),
    );
  } finally {
    await finish();
  }
  const millis = performance.now() - started;
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  return { count, millis, perSecond: (count / millis) * 1000, p50Millis: at(0.5), p99Millis: at(0.99) };
}

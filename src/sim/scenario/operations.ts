/** What nodes are asked to do, on a node that is up. Each answers what was wrong with the bytes it got, if anything. */
import { ECHO_PROTOCOL } from '../../actors/protocols/echo-handler.js';
import { EngineError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import { patternBytes } from './choices.js';
import type { Operation } from './scenario.js';

/** A file of the scenario, once it was added. */
export interface AddedFile {
  readonly cid: string;
  readonly bytes: Uint8Array;
  /** Nodes that have all of it. */
  readonly holders: Set<number>;
}

/** What is written to a stream at once. */
const WRITE_BYTES = 32 * 1024;

/** Adds the operation's file. */
export async function addFile(
  host: Host,
  seed: number,
  { file, sizeBytes }: Operation & { readonly kind: 'add' },
): Promise<Pick<AddedFile, 'cid' | 'bytes'>> {
  const bytes = patternBytes(`${seed}`, `file/${file}`, sizeBytes);
  const { cid } = await host.add(once(bytes));
  return { cid: cid.toString(), bytes };
}

/** Connects to one of some nodes, or in the calm to each; fails where none can be reached. */
export async function dialAny(host: Host, addresses: readonly string[], wantsAll: boolean): Promise<void> {
  const failures: unknown[] = [];
  let reached = 0;
  for (const address of addresses) {
    try {
      await host.dial(address);
      reached++;
      if (!wantsAll) return;
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  const last = failures.at(-1);
  if (reached === 0 && last instanceof Error) throw last;
}

/** Fetches a file and compares it with what was added, as it comes. */
export async function fetchFile(
  host: Host,
  { cid, bytes }: AddedFile,
  peers: readonly string[],
): Promise<string | undefined> {
  const reader = new Comparison(bytes);
  for await (const chunk of host.cat(cid, { peers })) {
    if (!reader.take(chunk)) return reader.problem;
  }
  return reader.end();
}

/** Pings a node some times. */
export async function pingNode(host: Host, address: string, count: number): Promise<void> {
  for await (const roundTripMs of host.ping(address, { count })) {
    if (!(roundTripMs >= 0))
      throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', `a round trip of ${roundTripMs} ms`);
  }
}

/**
 * Sends bytes on an echo stream and compares what comes back; an abandoned one is reset when the first bytes have come.
 * `onStream` hears of the stream, so that somebody may give it up.
 */
export async function exchangeEcho(
  host: Host,
  address: string,
  seed: number,
  { kind, sizeBytes, node, atMs }: Operation & { readonly kind: 'echo' | 'abandon' },
  onStream: (stream: { reset(): void }) => void = () => undefined,
): Promise<string | undefined> {
  const stream = await host.openStream(address, ECHO_PROTOCOL);
  onStream(stream);
  const bytes = patternBytes(`${seed}`, `echo/${node}/${atMs}`, sizeBytes);
  const reader = new Comparison(bytes);
  const sending = (async () => {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      if (!stream.write(bytes.subarray(at, at + WRITE_BYTES))) await stream.whenWritable();
    }
    stream.closeWrite();
  })();
  // Whichever half fails first tells why; the other one has failed for the same reason.
  sending.catch(() => undefined);
  for await (const chunk of stream) {
    if (!reader.take(chunk)) return reader.problem;
    if (kind === 'abandon') break;
  }
  if (kind === 'abandon') {
    stream.reset();
    return undefined;
  }
  await sending;
  return reader.end();
}

/** Compares what comes with what was sent. */
class Comparison {
  problem: string | undefined;
  readonly #expected: Uint8Array;
  #at = 0;

  constructor(expected: Uint8Array) {
    this.#expected = expected;
  }

  /** Takes the next bytes; `false` where they are wrong. */
  take(chunk: Uint8Array): boolean {
    const expected = this.#expected;
    const start = this.#at;
    for (let index = 0; index < chunk.length; index++) {
      if (chunk[index] === expected[start + index]) continue;
      this.problem = `byte ${start + index} of ${expected.length} is wrong`;
      return false;
    }
    this.#at = start + chunk.length;
    return true;
  }

  /** There are no more. */
  end(): string | undefined {
    if (this.#at === this.#expected.length) return undefined;
    return `it ended well after ${this.#at} of ${this.#expected.length} bytes`;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- an iterable that gives its one value when asked, as a file does
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

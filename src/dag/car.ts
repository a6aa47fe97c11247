/** CAR files (ipld.io/specs/transport/car): a DAG as one stream of bytes, out and in. */
import { CarBlockIterator } from '@ipld/car/iterator';
import { CarWriter } from '@ipld/car/writer';
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { BlockStore } from '../ports.js';
import { verifyBlock } from './block.js';
import type { BlockHasher } from './block.js';
import { BlockWriter } from './block-writer.js';
import { inlineBytes, multihashKey } from './cid.js';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { linksOf } from './node.js';

/** What {@link importCar} found. */
export interface CarSummary {
  /** The roots that the file names; nothing says that they are in it. */
  readonly roots: readonly CID[];
  /** Blocks given to the store, one that comes twice counted twice. */
  readonly blocks: number;
}

/**
 * A CARv1 of everything below `root`: each block once, parents before their children, in the order of links. Links are
 * followed in dag-pb blocks; blocks of other codecs are leaves. Rejects with what `get` rejects with.
 */
export async function* exportCar(
  get: GetBlock,
  root: CID,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { writer, out } = CarWriter.create([root]);
  let failure: { readonly error: unknown } | undefined;
  const write = async (): Promise<void> => {
    try {
      for await (const { cid, bytes } of blocksBelow(get, root, signal)) await writer.put({ cid, bytes });
    } catch (error) {
      failure = { error };
    }
    await writer.close();
  };
  // Ends with `out`: whoever stops reading leaves it waiting for room, which nothing refers to any more.
  void write();
  yield* out;
  if (failure !== undefined) throw failure.error;
}

/**
 * Stores every block of a CAR (version 1 or 2), each checked against its CID. Resolves when the store has them all; what
 * was stored before a failure stays.
 *
 * Rejects with `ERR_DAG_INVALID` for bytes that are not a CAR, with `ERR_BLOCK_MISMATCH`, `ERR_BLOCK_TOO_LARGE` and
 * `ERR_BLOCK_UNKNOWN_HASH` for its blocks, with `ERR_ABORTED`, and with what the store rejects with.
 */
export async function importCar(
  store: Pick<BlockStore, 'putMany'>,
  source: AsyncIterable<Uint8Array>,
  options: { readonly hasher?: BlockHasher | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<CarSummary> {
  const { hasher, signal } = options;
  const writer = new BlockWriter(store);
  const bounded = new BoundedSource(source);
  const car = await decoding(() => CarBlockIterator.fromIterable(bounded));
  const blocks = car[Symbol.asyncIterator]();
  for (;;) {
    throwIfAborted(signal);
    const next = await decoding(() => blocks.next());
    if (next.done === true) break;
    bounded.startSection();
    const { cid, bytes } = next.value;
    verifyBlock(cid, bytes, { hasher, blame: 'local' });
    await writer.put(cid, bytes);
  }
  await writer.finish();
  return { roots: await car.getRoots(), blocks: writer.blocks };
}

async function* blocksBelow(
  get: GetBlock,
  root: CID,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly cid: CID; readonly bytes: Uint8Array }> {
  const seen = new Set<string>();
  const waiting: CID[] = [root];
  for (let cid = waiting.pop(); cid !== undefined; cid = waiting.pop()) {
    const key = multihashKey(cid);
    if (seen.has(key) || inlineBytes(cid) !== undefined) continue;
    seen.add(key);
    throwIfAborted(signal);
    const bytes = await get(cid, { signal });
    yield { cid, bytes };
    for (const link of linksOf(cid, bytes).toReversed()) waiting.push(link.Hash);
  }
}

/** The library gathers a section before it looks at it, so a false length would have it gather the whole file. */
class BoundedSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterable<Uint8Array>;
  #sectionBytes = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source;
  }

  startSection(): void {
    this.#sectionBytes = 0;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for await (const bytes of this.#source) {
      this.#sectionBytes += bytes.length;
      yield bytes;
      if (this.#sectionBytes > LIMITS.carSectionBytes) {
        throw new EngineError(
          'ERR_DAG_INVALID',
          'local',
          `a section of the CAR is over ${LIMITS.carSectionBytes} bytes`,
        );
      }
    }
  }
}

async function decoding<Result>(decode: () => Promise<Result>): Promise<Result> {
  try {
    return await decode();
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('ERR_DAG_INVALID', 'local', 'the CAR does not decode', { cause });
  }
}

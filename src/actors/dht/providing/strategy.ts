/** Which of the content that is added is provided. */
import type { CID } from 'multiformats/cid';

/** `all`: every block; `roots`: what was added by name, and not the blocks under it; `none`: nothing. */
export type ProvideStrategy = 'all' | 'roots' | 'none';

export const PROVIDE_STRATEGIES: readonly ProvideStrategy[] = ['all', 'roots', 'none'];

/** Multihash code of content that is in its CID whole: nobody needs to find it. */
const IDENTITY = 0x00;

/**
 * The key under which a block is provided: the multihash of its CID, so that all CIDs of one block are one. `undefined`
 * where the strategy does not ask for it.
 */
export function providedKey(strategy: ProvideStrategy, cid: CID, isRoot: boolean): Uint8Array | undefined {
  if (strategy === 'none' || (strategy === 'roots' && !isRoot) || cid.multihash.code === IDENTITY) return undefined;
  return cid.multihash.bytes;
}

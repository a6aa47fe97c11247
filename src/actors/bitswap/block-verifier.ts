/**
 * From a block that came to the key of the want it satisfies: its bytes are hashed as its prefix says, so a block whose
 * bytes are wrong has the key of nothing that was asked for.
 */
import type { CID } from 'multiformats/cid';
import { isDigestSize, portableHasher, type BlockHasher } from '../../dag/block.js';
import { cidFromPrefix } from '../../dag/cid.js';
import { CID_V0_BLOCK, decodeBlockPrefix, type BlockPrefix } from '../../wire/bitswap-cid.js';
import type { WireBlock } from '../../wire/bitswap.js';
import { multihashKey, type BlockKey } from './keys.js';

const IDENTITY = 0;

/** The CID of a block that came, for people; `undefined` where its prefix is of none. Hashes it. */
export function cidOfBlock({ prefix = CID_V0_PREFIX, data }: WireBlock): CID | undefined {
  try {
    return cidFromPrefix(prefix, data);
  } catch {
    return undefined;
  }
}

/** Version, codec (dag-pb), hash code and digest length of what comes without a prefix. */
const CID_V0_PREFIX = Uint8Array.of(0, 0x70, 0x12, 32);

/** Verifies blocks; remembers the last prefix, which neighbours nearly always share. */
export class BlockVerifier {
  readonly #hash: BlockHasher;
  #lastPrefix: Uint8Array = new Uint8Array(0);
  #last: BlockPrefix = CID_V0_BLOCK;

  constructor(hash: BlockHasher) {
    this.#hash = hash;
  }

  /**
   * The key that these bytes really have, or `undefined` when the prefix names a hash that is not supported, cut
   * too short, or none at all. Throws `ERR_BITSWAP_BAD_MESSAGE` for a prefix that does not decode.
   */
  keyOf(block: WireBlock): BlockKey | undefined {
    const { hashCode, digestBytes, multihashHead } = this.#prefixOf(block.prefix);
    if (hashCode === IDENTITY) return undefined;
    const digest = this.#hash(hashCode, block.data) ?? portableHasher(hashCode, block.data);
    if (digest === undefined || !isDigestSize(digestBytes, digest.length, hashCode)) return undefined;
    return multihashKey(multihashHead, digest.length === digestBytes ? digest : digest.subarray(0, digestBytes));
  }

  #prefixOf(prefix: Uint8Array | undefined): BlockPrefix {
    if (prefix === undefined) return CID_V0_BLOCK;
    if (!equal(prefix, this.#lastPrefix)) {
      this.#last = decodeBlockPrefix(prefix);
      // Copied: the prefix is a view of a whole message.
      this.#lastPrefix = prefix.slice();
    }
    return this.#last;
  }
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/**
 * How deep a walk is, and what it holds on the way down: every node between the root and the reader keeps its links until
 * it is left. Whoever made the tree chose both, so both are bounded.
 */
import type { CID } from 'multiformats/cid';
import { LIMITS } from '../limits.js';
import { invalid } from './node.js';

/** The nodes between the root and the reader, counted. */
export class WalkDepth {
  readonly #maxDepth: number;
  #depth = 0;
  #links = 0;

  /** `maxDepth` is by default `dagDepth`. */
  constructor(maxDepth: number = LIMITS.dagDepth) {
    this.#maxDepth = maxDepth;
  }

  /** A walk of its own that begins where this one is. */
  fork(): WalkDepth {
    const fork = new WalkDepth(this.#maxDepth);
    fork.#depth = this.#depth;
    fork.#links = this.#links;
    return fork;
  }

  /** Goes down into a node. Throws `ERR_DAG_INVALID` when that is too deep, or the nodes hold too many links together. */
  enter(cid: CID, links: number): void {
    if (this.#depth >= this.#maxDepth) throw invalid(cid, `the tree is more than ${this.#maxDepth} nodes deep`);
    if (this.#links + links > LIMITS.dagPathLinks) {
      throw invalid(cid, `the nodes above it hold more than ${LIMITS.dagPathLinks} links`);
    }
    this.#depth++;
    this.#links += links;
  }

  /** Comes up again out of a node with so many links. */
  leave(links: number): void {
    this.#depth--;
    this.#links -= links;
  }
}

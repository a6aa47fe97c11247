/** What a session received, by peer. */
import type { PeerTally, SessionStats } from './session.js';

interface Tally {
  blocks: number;
  bytes: number;
  duplicates: number;
  duplicateBytes: number;
}

/** Counts blocks and duplicates. */
export class SessionTally {
  readonly #peers = new Map<string, Tally>();

  block(peer: string, bytes: number): void {
    const tally = this.#of(peer);
    tally.blocks++;
    tally.bytes += bytes;
  }

  duplicate(peer: string, bytes: number): void {
    const tally = this.#of(peer);
    tally.duplicates++;
    tally.duplicateBytes += bytes;
  }

  /** A copy of the counts. */
  get stats(): SessionStats {
    const total = emptyTally();
    const peers = new Map<string, PeerTally>();
    for (const [peer, tally] of this.#peers) {
      peers.set(peer, { ...tally });
      total.blocks += tally.blocks;
      total.bytes += tally.bytes;
      total.duplicates += tally.duplicates;
      total.duplicateBytes += tally.duplicateBytes;
    }
    return { ...total, peers };
  }

  #of(peer: string): Tally {
    let tally = this.#peers.get(peer);
    if (tally === undefined) {
      tally = emptyTally();
      this.#peers.set(peer, tally);
    }
    return tally;
  }
}

function emptyTally(): Tally {
  return { blocks: 0, bytes: 0, duplicates: 0, duplicateBytes: 0 };
}

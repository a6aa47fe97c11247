/** One bucket of a routing table: k peers, and those that wait for a place. */
import type { PlacedPeer } from './key-space.js';

/** A peer in a table. */
export interface TableEntry {
  readonly peer: PlacedPeer;
  /** Bits that it shares with us. */
  readonly bucket: number;
  /** Groups of addresses that it is counted under. */
  readonly groups: readonly string[];
  /** Milliseconds of the node's clock; absent: it is connected, and was never asked. */
  answeredAtMs: number | undefined;
  /** Questions in a row that it left unanswered. */
  failures: number;
  /** It is being asked whether it is there. */
  isDoubtful: boolean;
}

/** A list of entries, the oldest first, and candidates, the latest last. */
export class Bucket {
  readonly entries: TableEntry[] = [];
  readonly candidates: PlacedPeer[] = [];
  lookedUpAtMs: number | undefined;

  /** The latest of `most` that want in wait: those before are the likelier to be gone. */
  wait(peer: PlacedPeer, most: number): void {
    this.forget(peer.id);
    this.candidates.push(peer);
    if (this.candidates.length > most) this.candidates.shift();
  }

  forget(id: string): void {
    const at = this.candidates.findIndex((candidate) => candidate.id === id);
    if (at !== -1) this.candidates.splice(at, 1);
  }

  leastHeard(): TableEntry | undefined {
    let least: TableEntry | undefined;
    for (const entry of this.entries) {
      if (least === undefined || (entry.answeredAtMs ?? 0) < (least.answeredAtMs ?? 0)) least = entry;
    }
    return least;
  }
}

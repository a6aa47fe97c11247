/** Ledgers: what each peer and we have given each other, kept a while after it left. */

/** The account of one peer. Counts since it was first seen. */
export interface Ledger {
  bytesSent: number;
  blocksSent: number;
  /** Blocks that we wanted, verified. */
  bytesReceived: number;
  blocksReceived: number;
  /** Blocks that had already come, from this peer or another. */
  duplicates: number;
  /** Blocks that nobody asked this peer for, or whose bytes are not what was asked for. */
  unrequested: number;
  /** Faults of any kind. */
  faults: number;
  /** Wants of the peer that were dropped because its list was full. */
  wantsDropped: number;
  /** Wants of the peer that were ignored: a CID that is too long, or one that carries its own bytes. */
  wantsIgnored: number;
}

/** Every peer's ledger; those of peers that left are bounded in number, the oldest go first. */
export class LedgerBook {
  readonly #present = new Map<string, Ledger>();
  readonly #departed = new Map<string, Ledger>();
  readonly #departedMax: number;

  constructor(departedMax: number) {
    this.#departedMax = departedMax;
  }

  /** The ledger of a peer that is here; a peer that comes back finds its old one. */
  open(peer: string): Ledger {
    const ledger = this.#present.get(peer) ?? this.#departed.get(peer) ?? emptyLedger();
    this.#departed.delete(peer);
    this.#present.set(peer, ledger);
    return ledger;
  }

  /** The peer left. */
  close(peer: string): void {
    const ledger = this.#present.get(peer);
    if (ledger === undefined) return;
    this.#present.delete(peer);
    this.#departed.set(peer, ledger);
    for (const oldest of this.#departed.keys()) {
      if (this.#departed.size <= this.#departedMax) break;
      this.#departed.delete(oldest);
    }
  }

  /** A copy of a peer's ledger, or `undefined` for a peer never seen or long gone. */
  get(peer: string): Readonly<Ledger> | undefined {
    const ledger = this.#present.get(peer) ?? this.#departed.get(peer);
    return ledger && { ...ledger };
  }

  /** Copies of all ledgers by peer. */
  all(): ReadonlyMap<string, Readonly<Ledger>> {
    const copies = new Map<string, Readonly<Ledger>>();
    for (const book of [this.#departed, this.#present]) {
      for (const [peer, ledger] of book) copies.set(peer, { ...ledger });
    }
    return copies;
  }
}

function emptyLedger(): Ledger {
  return {
    bytesSent: 0,
    blocksSent: 0,
    bytesReceived: 0,
    blocksReceived: 0,
    duplicates: 0,
    unrequested: 0,
    faults: 0,
    wantsDropped: 0,
    wantsIgnored: 0,
  };
}

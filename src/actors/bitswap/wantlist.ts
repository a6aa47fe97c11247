/** Our wantlist: every block that some session of this node waits for, each once however many sessions want it. */
import type { CID } from 'multiformats/cid';
import type { BlockKey } from './keys.js';
import type { RenewedMap } from '../renewed.js';
import type { BitswapPeer } from './peer.js';

/** What a peer was asked about one want, and what it said. */
export type Answer = 'want-have, no answer' | 'want-block, no answer' | 'have' | 'dont-have' | 'have, but no block';

/** Somebody who waits for a block. */
export interface Waiter<Session> {
  readonly session: Session;
  /** What it waits for; changes when the session that asks for it gives up. */
  want: Want<Session> | undefined;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  readonly signal: AbortSignal | undefined;
}

/** A peer that a session takes for a provider. */
export interface Provider {
  readonly peer: BitswapPeer;
  /** Blocks that it owes the session. */
  owed: number;
  /** `dont-have` in a row. */
  misses: number;
  /** Whether it let a want wait too long and delivered nothing since. */
  stalled: boolean;
}

/** One block that we want. The session that wanted it first asks for it. */
export interface Want<Session> {
  readonly key: BlockKey;
  readonly cid: CID;
  session: Session;
  readonly waiters: Waiter<Session>[];
  readonly createdMs: number;
  /** When somebody was last asked. */
  askedMs: number;
  /** The provider that was asked for the block and has not answered. */
  owedBy: Provider | undefined;
  /** Peers asked and their last word; made when there is something to note beyond `owedBy`. */
  answers: Map<string, Answer> | undefined;
  /** Peers that let it wait too long; made when there is one. */
  stalledBy: Set<string> | undefined;
  /** Delivered, given up, or cancelled. */
  settled: boolean;
}

/** Wants by key. */
export type Wantlist<Session> = RenewedMap<BlockKey, Want<Session>>;

/** Notes a peer's last word on a want. */
export function noteAnswer(want: Want<unknown>, peer: string, answer: Answer): void {
  want.answers ??= new Map();
  want.answers.set(peer, answer);
}

/** Who was asked and what each said, one line a peer, for the failure report. */
export function answersOf(want: Want<unknown>): string[] {
  const answers = new Map(want.answers ?? []);
  if (want.owedBy !== undefined) {
    const { id } = want.owedBy.peer;
    answers.set(id, answers.get(id) === 'have' ? 'have, but no block' : 'want-block, no answer');
  }
  return [...answers].map(([peer, answer]) => `${peer}: ${answer}`);
}

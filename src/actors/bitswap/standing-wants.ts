/** The wants that are open, ours and those that peers have with us, for who begins to look at the node. */
import type { Limits } from '../../limits.js';
import type { BitswapObservation, TellObservation } from '../observations.js';
import { StandingRecords } from '../standing-records.js';
import { addressOf, SAID, type BitswapEventType } from './events.js';
import type { BitswapPeer } from './peer.js';
import type { PeerWant } from './peer-wantlist.js';
import type { Answer, Want } from './wantlist.js';

type Peers = ReadonlyMap<string, BitswapPeer>;
/** A want, as far as it is told. */
type OpenWant = Want<{ readonly number: number }>;

/**
 * Tells each want by peer: what it was asked or answered last. Of what nobody was asked for yet, nothing is told: who
 * looked from the beginning heard nothing either.
 */
export function tellWants(
  wants: { values(): Iterable<OpenWant> },
  peers: Peers,
  tell: TellObservation,
  limits: Pick<Limits, 'observeStandingRecords'>,
): void {
  const records = new StandingRecords(tell, limits);
  for (const want of wants.values()) {
    const { number: session } = want.session;
    for (const peer of peersOf(want)) {
      const told = wordsOf(want, peer, peers.get(peer)).map((word) => said(word, peer, want, session));
      records.add('seen:bitswap', addressOf(session), told);
    }
  }
  for (const peer of peers.values()) {
    for (const want of peer.hasWantlist ? peer.wantlist.wants() : []) {
      const told = servedWordsOf(want).map((word) => said(word, peer.id, want));
      records.add('seen:bitswap', addressOf(undefined), told);
    }
  }
  records.end(addressOf(undefined));
}

/** Everybody who was asked for it. */
function peersOf({ answers, owedBy, stalledBy }: OpenWant): ReadonlySet<string> {
  return new Set([...(answers?.keys() ?? []), ...(stalledBy ?? []), ...(owedBy === undefined ? [] : [owedBy.peer.id])]);
}

const ANSWERS: Readonly<Record<Answer, BitswapEventType>> = {
  'want-have, no answer': 'want-have.sent',
  'want-block, no answer': 'want-block.sent',
  have: 'have.received',
  'have, but no block': 'have.received',
  'dont-have': 'dont-have.received',
};

/** What passed about one of our wants, as far as it is known yet: what counts comes last. */
function wordsOf(
  { key, answers, owedBy, stalledBy }: OpenWant,
  id: string,
  peer: BitswapPeer | undefined,
): readonly BitswapEventType[] {
  const words: BitswapEventType[] = stalledBy?.has(id) === true ? ['peer.stalled'] : [];
  const answer = answers?.get(id);
  if (owedBy?.peer.id === id) {
    if (answer === 'have') words.push('have.received');
    return [...words, 'want-block.sent'];
  }
  if (answer === undefined) return words;
  const isTakenBack = isUnanswered(answer) && peer?.usable === true && !peer.asked.owes(key);
  return [...words, ANSWERS[answer], ...(isTakenBack ? (['cancel.sent'] as const) : [])];
}

/** The same of a want that a peer has with us. */
function servedWordsOf({ wantType, state, sendDontHave }: PeerWant): readonly BitswapEventType[] {
  const asked = wantType === 'have' ? 'want-have.received' : 'want-block.received';
  return state === 'waiting' && sendDontHave ? [asked, 'dont-have.served'] : [asked];
}

function isUnanswered(answer: Answer): boolean {
  return answer === 'want-have, no answer' || answer === 'want-block, no answer';
}

function said(
  word: BitswapEventType,
  peer: string,
  { cid }: Pick<OpenWant, 'cid'>,
  session?: number,
): BitswapObservation {
  return { session, ...SAID[word], peer, cid: cid.toString() };
}

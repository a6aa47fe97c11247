/** What a query believes of an answer: peers that are peers, not us, with addresses it may dial, and not too many. */
import type { Limits } from '../../limits.js';
import type { KadMessage, KadPeer } from '../../wire/kad.js';
import { addressesBy, addressGroups, type AddressRule } from './address-rules.js';
import type { KeySpace } from './key-space.js';
import type { ToldPeer } from './query-path.js';
import type { QueryRefusals } from './query-record.js';

/** How answers are judged. */
export interface AnswerRules {
  readonly self: string;
  readonly keySpace: KeySpace;
  readonly rule: AddressRule;
  /** Whether the peers of one group of addresses in one answer are bounded. */
  readonly isDiverse: boolean;
  readonly limits: Pick<Limits, 'kadPeersPerMessage' | 'kadGroupPeers'>;
  /** Addresses that we know ourselves. */
  addressesOf(peer: string): readonly string[];
}

/** The peers that an answer tells of and that may be asked; counts the others in `refused`. `sought` may be anywhere. */
export function believed(
  { closerPeers }: KadMessage,
  rules: AnswerRules,
  refused: QueryRefusals,
  sought?: string,
): readonly ToldPeer[] {
  const { kadPeersPerMessage } = rules.limits;
  const told: ToldPeer[] = [];
  refused.surplus += Math.max(0, closerPeers.length - kadPeersPerMessage);
  for (const { id, addresses } of closerPeers.slice(0, kadPeersPerMessage)) {
    const peer = rules.keySpace.peerOf(id);
    if (peer === undefined) refused.malformed++;
    else if (peer.id === rules.self) refused.self++;
    else {
      const dialable = addressesBy(rules.rule, addresses);
      const isReachable = rules.rule === 'any' || dialable.length > 0 || rules.addressesOf(peer.id).length > 0;
      if (isReachable || peer.id === sought) told.push({ peer, addresses: dialable });
      else refused.addresses++;
    }
  }
  return rules.isDiverse ? diverse(told, rules.limits.kadGroupPeers, refused) : told;
}

/** The providers that an answer names: peer ids, and of their addresses those that the rule lets through, if any. */
export function believedProviders(
  providers: readonly KadPeer[],
  { self, keySpace, rule, limits }: AnswerRules,
): readonly ToldPeer[] {
  const told: ToldPeer[] = [];
  for (const { id, addresses } of providers.slice(0, limits.kadPeersPerMessage)) {
    const peer = keySpace.peerOf(id);
    if (peer !== undefined && peer.id !== self) told.push({ peer, addresses: addressesBy(rule, addresses) });
  }
  return told;
}

/** Without the peers of groups that the answer names more of than a table would hold: as go does. */
function diverse(told: readonly ToldPeer[], most: number, refused: QueryRefusals): readonly ToldPeer[] {
  const counts = new Map<string, number>();
  const grouped = told.map((each) => ({ each, groups: addressGroups(each.addresses) }));
  for (const { groups } of grouped) for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  const kept = grouped.filter(({ groups }) => groups.every((group) => (counts.get(group) ?? 0) <= most));
  refused.groups += grouped.length - kept.length;
  return kept.map(({ each }) => each);
}

/**
 * Which addresses that others tell of a peer are dialed. Whoever tells an address makes us connect to it: a stranger on
 * the Internet must not reach the services of this machine or of our own network through us.
 */
import { addressFacts, type Reach } from '../../wire/address-class.js';

/** On what a told address is judged. */
export interface DialableContext {
  /** Our listen addresses. */
  readonly weListenOn: readonly string[];
  /** The address of who told it, as our connection with it has it. */
  readonly toldBy: string;
}

/** What who tells can reach, we may be told of. */
const TOLD_FROM: Readonly<Record<Reach, readonly Reach[]>> = {
  inside: ['inside', 'loopback', 'private', 'linkLocal', 'public', 'name'],
  loopback: ['loopback', 'private', 'linkLocal', 'public', 'name'],
  linkLocal: ['private', 'linkLocal', 'public', 'name'],
  private: ['private', 'public', 'name'],
  public: ['public', 'name'],
  name: ['public', 'name'],
  nowhere: [],
};

/**
 * Whether a told address is dialed: a public one always; one of a private network where it was told from there, or where
 * we listen on an address of the same network ourselves; one of this machine where it was told from this machine.
 */
export function isDialable(address: string, { weListenOn, toldBy }: DialableContext): boolean {
  const facts = addressFacts(address);
  if (facts === undefined) return false;
  const from = addressFacts(toldBy)?.reach ?? 'nowhere';
  if (TOLD_FROM[from].includes(facts.reach)) return true;
  // `/unix` paths are of this machine; in-memory names only mean something to who shares the memory.
  if (facts.reach !== 'private') return false;
  const network = networkOf(address);
  return weListenOn.some((ours) => networkOf(ours) === network);
}

/** The block of a private address: its first number says which, for 172.16/12 and 100.64/10 the whole block is one. */
function networkOf(address: string): string | undefined {
  if (addressFacts(address)?.reach !== 'private') return undefined;
  const [, family = '', host = ''] = address.split('/');
  return `${family} ${family === 'ip4' ? (host.split('.')[0] ?? '') : host.slice(0, 2).toLowerCase()}`;
}

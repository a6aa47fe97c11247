/** Which addresses of others a DHT believes, and which of them are of one hand. */
import { addressFacts } from '../../wire/address-class.js';
import { toHex } from '../../wire/hex.js';
import { ipOf } from '../../wire/ip.js';

/**
 * Where the peers of a DHT have to be: `public` for the one of the whole Internet (a peer needs a public address, and only
 * those are believed), `private` for one of a local network, `any` for tests and networks of one's own.
 */
export type AddressRule = 'any' | 'public' | 'private';

const IPV4_GROUP_BYTES = 2;
const IPV6_GROUP_BYTES = 4;

/** The addresses that the rule lets through, relayed ones never: nobody serves a DHT through a relay. */
export function addressesBy(rule: AddressRule, addresses: readonly string[]): readonly string[] {
  if (rule === 'any') return addresses;
  return addresses.filter((address) => {
    const facts = addressFacts(address);
    if (facts === undefined || facts.isRelayed) return false;
    if (rule === 'public') return facts.reach === 'public' || facts.reach === 'name';
    return facts.reach === 'private' || facts.reach === 'linkLocal' || facts.reach === 'loopback';
  });
}

/** The groups that addresses are in: one holder has many addresses of a group for little (IPv4 /16, IPv6 /32). */
export function addressGroups(addresses: readonly string[]): readonly string[] {
  const groups = new Set<string>();
  for (const address of addresses) {
    const ip = ipOf(address);
    if (ip !== undefined) groups.add(toHex(ip.subarray(0, ip.length === 4 ? IPV4_GROUP_BYTES : IPV6_GROUP_BYTES)));
  }
  return [...groups];
}

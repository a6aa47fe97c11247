/** What two multiaddrs have in common: their protocols, their network, their port. */
import { multiaddr } from '@multiformats/multiaddr';

/** The names of an address's protocols, e.g. `ip4/tcp`; `undefined` for what is none. */
export function addressShape(address: string): string | undefined {
  const components = componentsOf(address);
  return components === undefined ? undefined : components.map(({ name }) => name).join('/');
}

/** The port of an address, where it has one. */
export function portOf(address: string): string | undefined {
  return componentsOf(address)?.find(({ name }) => name === 'tcp' || name === 'udp')?.value;
}

/**
 * The network that an address is in, as far as one holder may be behind it: a whole IPv4 address, the first 56 bits of an
 * IPv6 one. `undefined` where it has no IP address.
 */
export function ipGroupOf(address: string): string | undefined {
  const [first] = componentsOf(address) ?? [];
  if (first?.name === 'ip4') return `ip4/${first.value ?? ''}`;
  if (first?.name !== 'ip6') return undefined;
  const groups = expanded(first.value ?? '');
  const [high = '0', low = '0'] = groups.slice(6);
  // An IPv4 address in IPv6 clothes, as sockets that listen on both tell it.
  if (groups.slice(0, 6).join('') === `${'0000'.repeat(5)}ffff`) {
    return `ip4/${[high, low].flatMap((group) => [group.slice(0, 2), group.slice(2)].map((byte) => parseInt(byte, 16))).join('.')}`;
  }
  // 56 bits: three groups of 16, and half of the fourth.
  return `ip6/${groups.slice(0, 3).join(':')}:${(groups[3] ?? '0000').slice(0, 2)}`;
}

/** The eight groups of an IPv6 address, four digits each. */
function expanded(text: string): readonly string[] {
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...new Array<string>(gap).fill('0'), ...right].map((group) => group.padStart(4, '0').toLowerCase());
}

function componentsOf(address: string) {
  try {
    return multiaddr(address).getComponents();
  } catch {
    return undefined;
  }
}

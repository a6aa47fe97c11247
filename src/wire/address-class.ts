/** What kind of network an address belongs to (the IANA registries of special-purpose addresses, RFC 6890). */
import { componentsOf, type AddressPart } from './multiaddr.js';

/** Where an address can be reached from. */
export type Reach =
  /** This machine: 127/8, ::1. */
  | 'loopback'
  /** One network of somebody: 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7. */
  | 'private'
  /** One cable: 169.254/16, fe80::/10. */
  | 'linkLocal'
  | 'public'
  /** Nowhere: 0.0.0.0, ::, multicast, and what is kept for documents. */
  | 'nowhere'
  /** A name, which says nothing before it is resolved. */
  | 'name'
  /** Inside this process or machine by other means: `/memory`, `/unix`. */
  | 'inside';

/** What is known of an address without asking anybody. */
export interface AddressFacts {
  readonly reach: Reach;
  readonly family: 4 | 6 | undefined;
  /** Whether it passes through a relay. */
  readonly isRelayed: boolean;
  readonly layer: 'tcp' | 'udp' | undefined;
  readonly port: number;
  /** Whether HTTP comes in between: `/ws`, `/wss`. */
  readonly isWebSocket: boolean;
}

/** Facts of a multiaddr, or `undefined` for text that is none. */
export function addressFacts(text: string): AddressFacts | undefined {
  const parts = componentsOf(text);
  // A zone says on which of our cables an address is meant; the address follows.
  const [host, transport] = parts?.[0]?.name === 'ip6zone' ? parts.slice(1) : (parts ?? []);
  if (parts === undefined || host === undefined) return undefined;
  const layer = transport?.name === 'tcp' || transport?.name === 'udp' ? transport.name : undefined;
  return {
    reach: reachOf(host),
    family: host.name === 'ip4' ? 4 : host.name === 'ip6' ? 6 : undefined,
    isRelayed: parts.some(({ name }) => name === 'p2p-circuit'),
    layer,
    port: layer === undefined ? 0 : Number(transport?.value ?? 0),
    isWebSocket: parts.some(({ name }) => name === 'ws' || name === 'wss'),
  };
}

function reachOf({ name, value = '' }: AddressPart): Reach {
  if (name === 'ip4') return reachOfIp4(value.split('.').map(Number));
  if (name === 'ip6') return reachOfIp6(groupsOf(value));
  return name.startsWith('dns') ? 'name' : 'inside';
}

function reachOfIp4([a = 0, b = 0, c = 0]: readonly number[]): Reach {
  if (a === 127) return 'loopback';
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && b >= 64 && b < 128) return 'private'; // behind a carrier's translation, RFC 6598
  if (a === 169 && b === 254) return 'linkLocal';
  const isForDocuments =
    (a === 192 && b === 0 && c === 2) || (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113);
  return a === 0 || a >= 224 || isForDocuments ? 'nowhere' : 'public';
}

function reachOfIp6(groups: readonly number[]): Reach {
  const [first = 0, second = 0] = groups;
  const leadingZeros = groups.findIndex((group) => group !== 0);
  if (leadingZeros === -1) return 'nowhere';
  if (leadingZeros === 7 && groups[7] === 1) return 'loopback';
  const [high = 0, low = 0] = groups.slice(6);
  const inner = [high >> 8, high & 0xff, low >> 8, low & 0xff];
  // IPv4 in other clothes: mapped (RFC 4291), and translated (RFC 6052).
  if (leadingZeros === 5 && groups[5] === 0xffff) return reachOfIp4(inner);
  if (first === 0x64 && second === 0xff9b) return reachOfIp4(inner);
  if ((first & 0xfe00) === 0xfc00) return 'private';
  if ((first & 0xffc0) === 0xfe80) return 'linkLocal';
  return (first & 0xff00) === 0xff00 || (first === 0x2001 && second === 0xdb8) ? 'nowhere' : 'public';
}

/** The eight groups of an IPv6 address in any of its texts. */
function groupsOf(text: string): readonly number[] {
  const [head = '', tail] = text.split('::');
  const before = words(head);
  const after = tail === undefined ? [] : words(tail);
  const zeros = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...(tail === undefined ? [] : zeros), ...after];
}

function words(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

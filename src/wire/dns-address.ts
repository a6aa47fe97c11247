/**
 * Names in addresses: `/dns`, `/dns4` and `/dns6` in the place of an IP address, and `/dnsaddr`, whose TXT records hold
 * whole addresses (multiformats/multiaddr protocols/DNSADDR.md).
 */
import { multiaddr, type Component } from '@multiformats/multiaddr';
import { componentsOf } from './multiaddr.js';

/** The name that an address begins with. */
export interface NamePart {
  readonly kind: 'dns' | 'dns4' | 'dns6' | 'dnsaddr';
  readonly name: string;
}

const KINDS = new Set(['dns', 'dns4', 'dns6', 'dnsaddr']);
const RECORD = /^dnsaddr=(\/.*)$/;

/** The name to be resolved, or `undefined` where there is none in front. */
export function namePartOf(address: string): NamePart | undefined {
  const [first] = componentsOf(address) ?? [];
  if (first?.value === undefined || !KINDS.has(first.name)) return undefined;
  return { kind: first.name as NamePart['kind'], name: first.value };
}

/**
 * The address with an IP address in the place of its name. What is secured by TLS goes on asking for the name's
 * certificate, as `/tls/sni/<name>`.
 */
export function withHost(address: string, ip: string): string {
  const [first, ...rest] = multiaddr(address).getComponents();
  const host = { name: ip.includes(':') ? 'ip6' : 'ip4', value: ip };
  return text([host, ...rest.flatMap((part) => named(part, first?.value ?? '', rest))]);
}

function named(part: Component, name: string, all: readonly Component[]): readonly Part[] {
  if (all.some((other) => other.name === 'sni')) return [part];
  if (part.name === 'wss') return [{ name: 'tls' }, { name: 'sni', value: name }, { name: 'ws' }];
  return part.name === 'tls' ? [part, { name: 'sni', value: name }] : [part];
}

type Part = Pick<Component, 'name' | 'value'>;

function text(parts: readonly Part[]): string {
  const written = parts.map(({ name, value }) =>
    value === undefined ? `/${name}` : `/${name}/${encodeURIComponent(value)}`,
  );
  // Colons of IPv6 need no escape, and the library does not expect one.
  return written.join('').replaceAll('%3A', ':');
}

/** Where the TXT records of a `/dnsaddr` name are. */
export function dnsaddrName(name: string): string {
  return `_dnsaddr.${name}`;
}

/** The addresses that TXT records hold; records of others are left out. */
export function dnsaddrRecords(records: readonly string[]): readonly string[] {
  return records.flatMap((record) => RECORD.exec(record)?.[1] ?? []);
}

/** What follows the name, e.g. `/tcp/4001`; empty where nothing does. An address in a record has to end in it. */
export function afterName(address: string): string {
  const [, ...rest] = multiaddr(address).getComponents();
  return rest.length === 0 ? '' : multiaddr(rest).toString();
}

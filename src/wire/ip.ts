/** IP addresses inside multiaddrs, and ranges of them: what allow and deny lists and rates per host are about. */
import { multiaddr } from '@multiformats/multiaddr';
import { EngineError } from '../errors.js';
import { toHex } from './hex.js';

/** Every address whose first `prefixBits` are those of `bytes`. */
export interface IpRange {
  /** 4 bytes or 16. */
  readonly bytes: Uint8Array;
  readonly prefixBits: number;
}

/** The bits of an IPv6 address that one host has to itself: it may use every address below them. */
const IPV6_HOST_BITS = 64;
/** `::ffff:a.b.c.d` is the IPv4 address in it. */
const IPV4_MAPPED = '00000000000000000000ffff';

/** The IP address that a multiaddr begins with; `undefined` for names and for transports without one. */
export function ipOf(address: string): Uint8Array | undefined {
  const text = /^(?:\/ip6zone\/[^/]+)?\/(ip[46])\/([^/]+)/.exec(address);
  return text === null ? undefined : ipBytes(text[1] ?? '', text[2] ?? '');
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address. Throws `ERR_INVALID_ARGUMENT`. */
export function parseIpRange(text: string): IpRange {
  const [host = '', prefix, ...rest] = text.split('/');
  const bytes = ipBytes(host.includes(':') ? 'ip6' : 'ip4', host);
  const bits = bytes === undefined ? 0 : bytes.length * 8;
  const prefixBits = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (bytes === undefined || rest.length > 0 || !(prefixBits <= bits)) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${text}" is no IP address or range, e.g. 10.0.0.0/8`);
  }
  return { bytes, prefixBits };
}

/** Whether `ip` is in the range; addresses of the other family are not. */
export function isInRange({ bytes, prefixBits }: IpRange, ip: Uint8Array): boolean {
  if (bytes.length !== ip.length) return false;
  const whole = prefixBits >> 3;
  for (let at = 0; at < whole; at++) if (bytes[at] !== ip[at]) return false;
  const mask = (0xff << (8 - (prefixBits & 7))) & 0xff;
  return ((bytes[whole] ?? 0) & mask) === ((ip[whole] ?? 0) & mask);
}

/** One text for all addresses of one host: an IPv4 address, or the /64 of an IPv6 one. */
export function hostKeyOf(ip: Uint8Array): string {
  return ip.length === 4 ? ip.join('.') : `${toHex(ip.subarray(0, IPV6_HOST_BITS / 8))}/${IPV6_HOST_BITS}`;
}

/** Whether it is this machine: 127.0.0.0/8 or ::1. */
export function isLoopback(ip: Uint8Array): boolean {
  return ip.length === 4 ? ip[0] === 127 : ip.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

function ipBytes(family: string, host: string): Uint8Array | undefined {
  try {
    const bytes = multiaddr(`/${family}/${host}`).bytes.slice(1);
    if (bytes.length !== (family === 'ip4' ? 4 : 16)) return undefined;
    return toHex(bytes.subarray(0, 12)) === IPV4_MAPPED && bytes.length === 16 ? bytes.slice(12) : bytes;
  } catch {
    return undefined;
  }
}

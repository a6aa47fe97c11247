/**
 * Announces to a tracker over HTTP (BEP 3; the compact form of BEP 23, IPv6 of BEP 7): the URL that is asked for, and what
 * is answered.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import { decodeBencode, latin1, type Bencoded } from './bencode.js';
import { multiaddrFromBytes, splitPeerAddress, tcpMultiaddr } from './multiaddr.js';

/** What is announced, over HTTP and UDP alike. */
export interface TrackerRequest {
  /** 20 bytes. */
  readonly infohash: Uint8Array;
  /** 20 bytes: who announces, the same in all announces of one run. */
  readonly peerId: Uint8Array;
  /** TCP port at which we are reached. */
  readonly port: number;
  /** `started` at first, `stopped` at the end, nothing in between. */
  readonly event?: 'started' | 'stopped' | undefined;
  /** Whether we have it: nothing is left to be fetched. */
  readonly isComplete: boolean;
  /** How many peers are asked for. */
  readonly wanted: number;
}

/** What a tracker tells. */
export interface TrackerAnswer {
  /** When it wants to hear again, in seconds, as it was written: 0, or years, is possible. */
  readonly intervalSeconds: number;
  /** Multiaddr texts, e.g. `/ip4/10.0.0.1/tcp/4001`: nobody has checked them. */
  readonly peers: readonly string[];
}

/** Bounds of reading an answer. */
export type TrackerLimits = Pick<Limits, 'bencodeDepth' | 'trackerPeersPerAnswer'>;

/** Left to fetch, where something is: nobody knows how much. */
const UNKNOWN_LEFT = 1;
const MULTIADDR_IP4 = 0x04;
const MULTIADDR_IP6 = 0x29;
const MULTIADDR_TCP = 0x06;

/** The URL of an announce: the tracker's own, whatever query it has, and the request's parameters. */
export function trackerUrl(url: string, request: TrackerRequest): string {
  const { infohash, peerId, port, event, isComplete, wanted } = request;
  const parameters = [
    `info_hash=${escaped(infohash)}`,
    `peer_id=${escaped(peerId)}`,
    `port=${port}`,
    'uploaded=0',
    'downloaded=0',
    `left=${isComplete ? 0 : UNKNOWN_LEFT}`,
    'compact=1',
    `numwant=${wanted}`,
    ...(event === undefined ? [] : [`event=${event}`]),
  ];
  return `${url}${url.includes('?') ? '&' : '?'}${parameters.join('&')}`;
}

/**
 * Reads the body of an answer. Peers beyond the bound are left out, and what is no address. Throws `ERR_TRACKER_REFUSED` with
 * the tracker's reason, `ERR_TRACKER_BAD_ANSWER` for what is no answer, `ERR_WIRE_BENCODE`.
 */
export function decodeTrackerAnswer(bytes: Uint8Array, limits: TrackerLimits = LIMITS): TrackerAnswer {
  const answer = decodeBencode(bytes, limits);
  if (!(answer instanceof Map)) throw badAnswer('no dictionary');
  const fields: ReadonlyMap<string, Bencoded> = answer;
  const reason = fields.get('failure reason');
  if (reason instanceof Uint8Array) throw refused(reason);
  const interval = fields.get('interval');
  if (typeof interval !== 'number') throw badAnswer('no interval');
  const least = fields.get('min interval');
  const peers = [
    ...peersOf(fields.get('peers'), 4, limits.trackerPeersPerAnswer),
    ...peersOf(fields.get('peers6'), 6, limits.trackerPeersPerAnswer),
  ];
  return {
    intervalSeconds: Math.max(0, interval, typeof least === 'number' ? least : 0),
    peers: [...new Set(peers)].slice(0, limits.trackerPeersPerAnswer),
  };
}

/** Peers of the compact form: an IP address and a port each, at most `most`; an odd end is left out. */
export function compactPeers(bytes: Uint8Array, family: 4 | 6, most: number): readonly string[] {
  const ipBytes = family === 4 ? 4 : 16;
  const size = ipBytes + 2;
  const peers: string[] = [];
  for (let at = 0; at + size <= bytes.length && at < most * size; at += size) {
    const peer = bytes.subarray(at, at + size);
    const code = family === 4 ? MULTIADDR_IP4 : MULTIADDR_IP6;
    const text = multiaddrFromBytes(
      Uint8Array.of(code, ...peer.subarray(0, ipBytes), MULTIADDR_TCP, ...peer.subarray(ipBytes)),
    );
    // Nobody listens on port 0.
    if (text !== undefined && !text.endsWith('/tcp/0')) peers.push(text);
  }
  return peers;
}

/** A tracker refused, in its own words. */
export function refused(reason: Uint8Array): EngineError {
  const words = new TextDecoder().decode(reason.subarray(0, REASON_BYTES)).replaceAll(/[^\x20-\x7e]/g, '?');
  return new EngineError('ERR_TRACKER_REFUSED', 'remote', `tracker: it refused: ${words}`);
}

/** As much of a reason as somebody reads. */
const REASON_BYTES = 200;

function peersOf(value: Bencoded | undefined, family: 4 | 6, most: number): readonly string[] {
  if (value instanceof Uint8Array) return compactPeers(value, family, most);
  if (!Array.isArray(value)) return [];
  return (value as readonly Bencoded[]).slice(0, most).flatMap((one) => {
    const ip = one instanceof Map ? (one as ReadonlyMap<string, Bencoded>).get('ip') : undefined;
    const port = one instanceof Map ? (one as ReadonlyMap<string, Bencoded>).get('port') : undefined;
    if (!(ip instanceof Uint8Array) || typeof port !== 'number' || port < 1) return [];
    const host = latin1(ip.subarray(0, IP_CHARS + 1));
    // A name would have to be looked up: on whose word?
    return host.length > IP_CHARS || !/^[\d.]+$|^[\da-f:.]*:[\da-f:.]*$/i.test(host) ? [] : canonical(host, port);
  });
}

/** The longest text of an IP address. */
const IP_CHARS = 45;

function canonical(host: string, port: number): readonly string[] {
  try {
    const { transport } = splitPeerAddress(tcpMultiaddr(host, port));
    return [transport];
  } catch {
    return [];
  }
}

function escaped(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function badAnswer(what: string): EngineError {
  return new EngineError('ERR_TRACKER_BAD_ANSWER', 'remote', `tracker: no answer to an announce: ${what}`);
}

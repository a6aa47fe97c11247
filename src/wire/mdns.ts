/**
 * What libp2p says over multicast DNS (libp2p/specs discovery/mdns.md): who is there, asked and answered. Times and sockets
 * are the owner's affair.
 */
import { LIMITS, type Limits } from '../limits.js';
import { decodeDns, DNS_ANY, DNS_PTR, DNS_TXT, encodeDns, type DnsLimits, type DnsMessage } from './dns.js';
import { splitPeerAddress } from './multiaddr.js';

/** The service of all peers. */
export const MDNS_SERVICE = '_p2p._udp.local';
/** What asks for the services of a network (RFC 6763, section 9). */
export const MDNS_SERVICES = '_services._dns-sd._udp.local';

/** What is asked: `peers`, the details of one `peer`, or which `services` there are. */
export type MdnsQuestion = { readonly kind: 'peers' | 'services' } | { readonly kind: 'peer'; readonly name: string };

/** A query that concerns us. */
export interface MdnsQuery {
  readonly type: 'query';
  readonly questions: readonly MdnsQuestion[];
  /** Names of peers whose answers the asker has, each good for so long still. */
  readonly known: ReadonlyMap<string, number>;
}

/** A peer that somebody told of. */
export interface MdnsPeer {
  /** Its name on this network, in lower case: it means nothing, and is another one after a restart. */
  readonly name: string;
  /** 0: it leaves. */
  readonly ttlSeconds: number;
  /** Peer id, as written. */
  readonly id: string;
  /** Multiaddr texts, without `/p2p/`; at least one. */
  readonly addresses: readonly string[];
}

/** A response that concerns us. */
export interface MdnsAnswer {
  readonly type: 'answer';
  readonly peers: readonly MdnsPeer[];
}

/** Bounds of {@link decodeMdns}. */
export type MdnsLimits = DnsLimits & Pick<Limits, 'mdnsAddresses'>;

/** What is said of ourselves. */
export interface MdnsSelf {
  readonly name: string;
  readonly id: string;
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

const ATTRIBUTE = 'dnsaddr=';
/** A text holds no more (RFC 6763, 6.1). */
const TEXT_BYTES = 255;
/** Texts of a message that are read, by the addresses that a peer may have. */
const TRIES_PER_ADDRESS = 4;

/**
 * Reads a datagram; `undefined`: a good message that has nothing to do with us. Throws `ERR_WIRE_DNS` for bytes that are none.
 * Of an answer, addresses that are none, or are another peer's than the first, are left out, as are those beyond the bound,
 * and peers without any.
 */
export function decodeMdns(
  bytes: Uint8Array,
  limits: MdnsLimits = LIMITS,
  service = MDNS_SERVICE,
): MdnsQuery | MdnsAnswer | undefined {
  const message = decodeDns(bytes, limits);
  return message.isResponse ? readAnswer(message, limits, service) : readQuery(message, service);
}

/** Asks who is there; `known` are names of peers, good for so many seconds more, that need not answer (RFC 6762, 7.1). */
export function encodeMdnsQuery(known: ReadonlyMap<string, number> = new Map(), service = MDNS_SERVICE): Uint8Array {
  const answers = [...known].map(
    ([name, ttlSeconds]) => ({ type: 'PTR', name: service, ttlSeconds, target: `${name}.${service}` }) as const,
  );
  return encodeDns({ ...EMPTY, questions: [{ name: service, type: DNS_PTR }], answers });
}

/**
 * Says who we are. The addresses are one record, for a widespread reader keeps the last record of a name alone. What does
 * not fit into a text, or into the message, is left out.
 */
export function encodeMdnsAnswer(
  self: MdnsSelf,
  limits: MdnsLimits & Pick<Limits, 'mdnsAnswerBytes'> = LIMITS,
  service = MDNS_SERVICE,
): Uint8Array {
  const { ttlSeconds } = self;
  const target = `${self.name}.${service}`;
  const encode = (texts: readonly string[]): Uint8Array =>
    encodeDns({
      ...EMPTY,
      isResponse: true,
      answers: [{ type: 'PTR', name: service, ttlSeconds, target }],
      additionals: [{ type: 'TXT', name: target, ttlSeconds, texts }],
    });
  const texts: string[] = [];
  // Without texts there is an empty one.
  let size = encode([]).length - 1;
  for (const address of self.addresses) {
    const text = `${ATTRIBUTE}${address}/p2p/${self.id}`;
    const textBytes = new TextEncoder().encode(text).length;
    if (textBytes > TEXT_BYTES || size + textBytes + 1 > limits.mdnsAnswerBytes) continue;
    if (texts.length === limits.mdnsAddresses) break;
    texts.push(text);
    size += textBytes + 1;
  }
  return encode(texts);
}

/** Says that there are peers of libp2p here. */
export function encodeMdnsServices(ttlSeconds: number, service = MDNS_SERVICE): Uint8Array {
  const answers = [{ type: 'PTR', name: MDNS_SERVICES, ttlSeconds, target: service }] as const;
  return encodeDns({ ...EMPTY, isResponse: true, answers });
}

const EMPTY: DnsMessage = { id: 0, isResponse: false, questions: [], answers: [], additionals: [] };

function readQuery({ questions, answers }: DnsMessage, service: string): MdnsQuery | undefined {
  const asked: MdnsQuestion[] = [];
  for (const { name, type } of questions) {
    const lower = name.toLowerCase();
    const peer = peerNameOf(lower, service);
    const wants = (wanted: number): boolean => type === wanted || type === DNS_ANY;
    if (wants(DNS_PTR) && lower === service) asked.push({ kind: 'peers' });
    else if (wants(DNS_PTR) && lower === MDNS_SERVICES) asked.push({ kind: 'services' });
    else if (wants(DNS_TXT) && peer !== undefined) asked.push({ kind: 'peer', name: peer });
  }
  if (asked.length === 0) return undefined;
  const known = new Map<string, number>();
  for (const record of answers) {
    if (record.type !== 'PTR' || record.name.toLowerCase() !== service) continue;
    const peer = peerNameOf(record.target.toLowerCase(), service);
    if (peer !== undefined) known.set(peer, record.ttlSeconds);
  }
  return { type: 'query', questions: asked, known };
}

/** Details count wherever they stand: js-libp2p puts them among the answers, the specification among the additional records. */
function readAnswer({ answers, additionals }: DnsMessage, limits: MdnsLimits, service: string): MdnsAnswer | undefined {
  const texts = new Map<string, { ttlSeconds: number; readonly texts: string[] }>();
  for (const record of [...answers, ...additionals]) {
    const name = record.type === 'TXT' ? peerNameOf(record.name.toLowerCase(), service) : undefined;
    if (record.type !== 'TXT' || name === undefined) continue;
    const one = texts.get(name) ?? { ttlSeconds: record.ttlSeconds, texts: [] };
    one.ttlSeconds = Math.min(one.ttlSeconds, record.ttlSeconds);
    one.texts.push(...record.texts);
    texts.set(name, one);
  }
  const peers: MdnsPeer[] = [];
  // A message tells of one peer, or of a few: thousands of texts that are no addresses are not worth the reading.
  const tries = { left: TRIES_PER_ADDRESS * limits.mdnsAddresses };
  for (const [name, one] of texts) {
    const peer = peerOf(one.texts, tries, limits);
    if (peer !== undefined) peers.push({ name, ttlSeconds: one.ttlSeconds, ...peer });
  }
  return peers.length === 0 ? undefined : { type: 'answer', peers };
}

function peerOf(
  texts: readonly string[],
  tries: { left: number },
  limits: MdnsLimits,
): Pick<MdnsPeer, 'id' | 'addresses'> | undefined {
  let id: string | undefined;
  const addresses = new Set<string>();
  for (const text of texts) {
    if (!text.startsWith(ATTRIBUTE) || addresses.size === limits.mdnsAddresses) continue;
    if (tries.left-- <= 0) break;
    const address = addressOf(text.slice(ATTRIBUTE.length));
    if (address?.peer === undefined || address.transport.length <= 1) continue;
    id ??= address.peer;
    if (address.peer === id) addresses.add(address.transport);
  }
  return id === undefined ? undefined : { id, addresses: [...addresses] };
}

function addressOf(text: string) {
  try {
    return splitPeerAddress(text);
  } catch {
    return undefined;
  }
}

/** `name` of `name._p2p._udp.local`, which has no dots in it. */
function peerNameOf(lower: string, service: string): string | undefined {
  const name = lower.endsWith(`.${service}`) ? lower.slice(0, -service.length - 1) : '';
  return name === '' || name.includes('.') ? undefined : name;
}

/**
 * A TCP conversation made from what its two ends wrote (RFC 9293, RFC 791, RFC 8200): opening, data and close, with the
 * sequence numbers, acknowledgements and checksums that a capture of it would show.
 */
import { joined } from './pcapng.js';

/** One end. */
export interface TcpEnd {
  /** 4 bytes of IPv4 or 16 of IPv6; both ends alike. */
  readonly ip: Uint8Array;
  readonly port: number;
}

/** Which end speaks. */
export type TcpSide = 'local' | 'remote';

const FLAG = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 } as const;
const TCP_HEADER_BYTES = 20;
const TCP = 6;
const HOP_LIMIT = 64;
const WINDOW = 65_535;
/** Data of one packet: what 16 bits of length leave, rounded down. */
const SEGMENT_BYTES = 65_000;

/** A packet, and how much of it would have been there were it not left out. */
export interface TcpPacket {
  readonly side: TcpSide;
  readonly bytes: Uint8Array;
  readonly lengthBytes: number;
}

/** One conversation; each call answers the packets that say it. */
export class TcpConversation {
  readonly #ends: Readonly<Record<TcpSide, TcpEnd>>;
  /** Next sequence number of each side; both begin at 0. */
  readonly #next: Record<TcpSide, number> = { local: 0, remote: 0 };
  readonly #ended = new Set<TcpSide>();
  #packets = 0;

  constructor(local: TcpEnd, remote: TcpEnd) {
    this.#ends = { local, remote };
  }

  /** Whether neither side has anything more to say. */
  get isOver(): boolean {
    return this.#ended.size === 2;
  }

  /** The three packets of the opening. */
  open(dialer: TcpSide): readonly TcpPacket[] {
    const listener = dialer === 'local' ? 'remote' : 'local';
    return [
      this.#packet(dialer, FLAG.SYN),
      this.#packet(listener, FLAG.SYN | FLAG.ACK),
      this.#packet(dialer, FLAG.ACK),
    ];
  }

  /** `length` bytes, of which `data` are known: all of them, or none. */
  send(side: TcpSide, length: number, data: Uint8Array | undefined): readonly TcpPacket[] {
    const packets: TcpPacket[] = [];
    for (let at = 0; at < length; at += SEGMENT_BYTES) {
      const size = Math.min(SEGMENT_BYTES, length - at);
      packets.push(this.#packet(side, FLAG.PSH | FLAG.ACK, size, data?.subarray(at, at + size)));
    }
    return packets;
  }

  /** This side says nothing more; nothing when it had said so. */
  end(side: TcpSide): readonly TcpPacket[] {
    if (this.#ended.has(side)) return [];
    this.#ended.add(side);
    return [this.#packet(side, FLAG.FIN | FLAG.ACK)];
  }

  /** This side drops the connection; nothing when it is over. */
  reset(side: TcpSide): readonly TcpPacket[] {
    if (this.isOver) return [];
    this.#ended.add('local').add('remote');
    return [this.#packet(side, FLAG.RST | FLAG.ACK)];
  }

  #packet(side: TcpSide, flags: number, length = 0, data?: Uint8Array): TcpPacket {
    const other = side === 'local' ? 'remote' : 'local';
    const [from, to] = [this.#ends[side], this.#ends[other]];
    const header = new Uint8Array(TCP_HEADER_BYTES);
    const view = new DataView(header.buffer);
    view.setUint16(0, from.port);
    view.setUint16(2, to.port);
    view.setUint32(4, this.#next[side]);
    view.setUint32(8, (flags & FLAG.ACK) === 0 ? 0 : this.#next[other]);
    view.setUint8(12, (TCP_HEADER_BYTES / 4) << 4);
    view.setUint8(13, flags);
    view.setUint16(14, WINDOW);
    const isWhole = data !== undefined || length === 0;
    const segment = joined([header, data ?? new Uint8Array(0)]);
    // Of data that is not known, neither is the checksum.
    if (isWhole) new DataView(segment.buffer).setUint16(16, tcpChecksum(from.ip, to.ip, segment));
    const counted = length + ((flags & (FLAG.SYN | FLAG.FIN)) === 0 ? 0 : 1);
    this.#next[side] = (this.#next[side] + counted) >>> 0;
    const ip = ipHeader(from.ip, to.ip, TCP_HEADER_BYTES + length, this.#packets++);
    const bytes = joined([ip, segment]);
    return { side, bytes, lengthBytes: ip.length + TCP_HEADER_BYTES + length };
  }
}

function ipHeader(from: Uint8Array, to: Uint8Array, payloadBytes: number, identification: number): Uint8Array {
  if (from.length === 16) {
    const head = new Uint8Array(8);
    head[0] = 0x60;
    new DataView(head.buffer).setUint16(4, payloadBytes);
    head[6] = TCP;
    head[7] = HOP_LIMIT;
    return joined([head, from, to]);
  }
  const header = joined([new Uint8Array(12), from, to]);
  const view = new DataView(header.buffer);
  header[0] = 0x45;
  view.setUint16(2, header.length + payloadBytes);
  view.setUint16(4, identification & 0xffff);
  // Do not fragment.
  header[6] = 0x40;
  header[8] = HOP_LIMIT;
  header[9] = TCP;
  view.setUint16(10, checksum([header]));
  return header;
}

function tcpChecksum(from: Uint8Array, to: Uint8Array, segment: Uint8Array): number {
  const rest = new Uint8Array(from.length === 16 ? 8 : 4);
  const view = new DataView(rest.buffer);
  view.setUint8(rest.length === 8 ? 7 : 1, TCP);
  if (rest.length === 8) view.setUint32(0, segment.length);
  else view.setUint16(2, segment.length);
  return checksum([from, to, rest, segment]);
}

/** RFC 1071. Every piece but the last has an even length. */
function checksum(pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) sum += ((piece[at] ?? 0) << 8) | (piece[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

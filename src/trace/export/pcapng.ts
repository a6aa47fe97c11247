/**
 * pcapng (draft-ietf-opsawg-pcapng): blocks of 32-bit words, little endian, each with its type before and its length on
 * both ends. Written are one section, its interfaces, and packets of raw IP with times in nanoseconds.
 */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** LINKTYPE_RAW: the packet begins with its IP header. */
const LINK_TYPE_RAW = 101;
/** Of times: 10 to the power of minus this. */
const NANOSECONDS = 9;
const OPTION = { end: 0, comment: 1, name: 2, flags: 2, description: 3, application: 4, timeResolution: 9 } as const;
/** Readers take no longer option; a comment is cut at a whole character before it. */
const OPTION_BYTES = 65_535;

/** A packet of a capture. */
export interface CapturedPacket {
  /** Index of its interface. */
  readonly interface: number;
  /** Since the epoch of the capture's clock. */
  readonly timeNs: bigint;
  readonly direction: 'inbound' | 'outbound';
  /** What was captured, from the IP header on. */
  readonly bytes: Uint8Array;
  /** What it was on its way, where less was captured. */
  readonly lengthBytes?: number;
  readonly comment?: string;
}

/** The section header and one description for each interface. */
export function pcapngHead(application: string, comment: string, interfaces: readonly InterfaceFacts[]): Uint8Array {
  const section = [
    words32(BYTE_ORDER_MAGIC),
    // Version 1.0; the length of the section is not told.
    words16(1, 0),
    words32(0xffff_ffff, 0xffff_ffff),
    option(OPTION.comment, utf8(comment)),
    option(OPTION.application, utf8(application)),
    option(OPTION.end, NOTHING),
  ];
  const descriptions = interfaces.map(({ name, description }) =>
    block(INTERFACE_DESCRIPTION, [
      words16(LINK_TYPE_RAW, 0),
      // No bound on the length of packets.
      words32(0),
      option(OPTION.name, utf8(name)),
      option(OPTION.description, utf8(description)),
      option(OPTION.timeResolution, Uint8Array.of(NANOSECONDS)),
      option(OPTION.end, NOTHING),
    ]),
  );
  return joined([block(SECTION_HEADER, section), ...descriptions]);
}

/** What an interface is called. */
export interface InterfaceFacts {
  readonly name: string;
  readonly description: string;
}

/** One packet as a block. */
export function pcapngPacket(packet: CapturedPacket): Uint8Array {
  const { timeNs, bytes, lengthBytes = bytes.length, comment, direction } = packet;
  return block(ENHANCED_PACKET, [
    words32(packet.interface, Number(timeNs >> 32n), Number(timeNs & 0xffff_ffffn), bytes.length, lengthBytes),
    padded(bytes),
    ...(comment === undefined ? [] : [option(OPTION.comment, utf8(comment))]),
    option(OPTION.flags, words32(direction === 'inbound' ? 1 : 2)),
    option(OPTION.end, NOTHING),
  ]);
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  const length = words32(body.length + 12);
  return joined([words32(type), length, body, length]);
}

function option(code: number, value: Uint8Array): Uint8Array {
  return joined([words16(code, value.length), padded(value)]);
}

function utf8(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  if (bytes.length <= OPTION_BYTES) return bytes;
  let end = OPTION_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function padded(bytes: Uint8Array): Uint8Array {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : joined([bytes, new Uint8Array(4 - rest)]);
}

function words32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}

function words16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint16(2 * index, value, true);
  return bytes;
}

/** The pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

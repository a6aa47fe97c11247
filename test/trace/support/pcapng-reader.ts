/**
 * Reads pcapng and the packets in it by the words of the specifications (draft-ietf-opsawg-pcapng, RFC 791, RFC 8200,
 * RFC 9293), and throws at whatever is not as they say. It shares nothing with what writes.
 */

export interface ReadPacket {
  readonly interfaceName: string;
  readonly timeNs: bigint;
  readonly comment: string | undefined;
  readonly direction: 'inbound' | 'outbound';
  readonly from: string;
  readonly to: string;
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  /** Length of the data by the IP header, and the data that was captured. */
  readonly dataLength: number;
  readonly data: Buffer;
}

export interface ReadCapture {
  readonly application: string | undefined;
  readonly interfaces: readonly { readonly name: string; readonly linkType: number; readonly resolution: number }[];
  readonly packets: readonly ReadPacket[];
}

const check = (isSo: boolean, what: string): void => {
  if (!isSo) throw new Error(`pcapng: ${what}`);
};

export function readPcapng(bytes: Buffer): ReadCapture {
  let application: string | undefined;
  const interfaces: { name: string; linkType: number; resolution: number }[] = [];
  const packets: ReadPacket[] = [];
  for (let at = 0; at < bytes.length;) {
    const type = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 4);
    check(length % 4 === 0 && length >= 12 && at + length <= bytes.length, `block at ${at} has length ${length}`);
    check(bytes.readUInt32LE(at + length - 4) === length, `block at ${at} does not end in its length`);
    const body = bytes.subarray(at + 8, at + length - 4);
    if (at === 0) check(type === 0x0a0d0d0a, 'no section header at the beginning');
    if (type === 0x0a0d0d0a) {
      check(body.readUInt32LE(0) === 0x1a2b3c4d, 'byte order');
      check(body.readUInt16LE(4) === 1 && body.readUInt16LE(6) === 0, 'version');
      check(body.readBigInt64LE(8) === -1n, 'section length');
      application = optionsOf(body.subarray(16)).get(4)?.toString();
    } else if (type === 1) {
      const options = optionsOf(body.subarray(8));
      check(body.readUInt16LE(2) === 0, 'reserved field of an interface');
      const resolution = options.get(9);
      check(resolution?.length === 1, 'if_tsresol is one byte');
      interfaces.push({
        name: options.get(2)?.toString() ?? '',
        linkType: body.readUInt16LE(0),
        resolution: resolution?.[0] ?? 0,
      });
    } else if (type === 6) {
      const named = interfaces[body.readUInt32LE(0)];
      if (named === undefined) throw new Error('pcapng: a packet of no interface');
      const timeNs = (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8));
      const [captured, original] = [body.readUInt32LE(12), body.readUInt32LE(16)];
      check(captured <= original, 'more was captured than there was');
      const padded = Math.ceil(captured / 4) * 4;
      check(
        body.subarray(20 + captured, 20 + padded).every((byte) => byte === 0),
        'padding',
      );
      const options = optionsOf(body.subarray(20 + padded));
      const flags = options.get(2)?.readUInt32LE(0) ?? 0;
      check((flags & 3) === 1 || (flags & 3) === 2, 'direction');
      packets.push({
        interfaceName: named.name,
        timeNs,
        comment: options.get(1)?.toString(),
        direction: (flags & 3) === 1 ? 'inbound' : 'outbound',
        ...readIp(body.subarray(20, 20 + captured), original),
      });
    } else throw new Error(`pcapng: unknown block type ${type}`);
    at += length;
  }
  return { application, interfaces, packets };
}

function optionsOf(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (code === 0) {
      check(length === 0 && at + 4 === bytes.length, 'something behind the end of options');
      return options;
    }
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  check(bytes.length === 0, 'options without an end');
  return options;
}

function readIp(
  packet: Buffer,
  originalLength: number,
): Omit<ReadPacket, 'interfaceName' | 'timeNs' | 'comment' | 'direction'> {
  const version = packet.readUInt8(0) >> 4;
  const headerLength = version === 4 ? (packet.readUInt8(0) & 15) * 4 : 40;
  const total = version === 4 ? packet.readUInt16BE(2) : 40 + packet.readUInt16BE(4);
  check(version === 4 || version === 6, `IP version ${version}`);
  check(total === originalLength, 'the IP length is the length of the packet');
  check(packet.readUInt8(version === 4 ? 9 : 6) === 6, 'protocol TCP');
  const [source, target] =
    version === 4
      ? [packet.subarray(12, 16), packet.subarray(16, 20)]
      : [packet.subarray(8, 24), packet.subarray(24, 40)];
  if (version === 4) check(onesSum([packet.subarray(0, headerLength)]) === 0xffff, 'checksum of the IP header');
  const tcp = packet.subarray(headerLength);
  check(tcp.readUInt8(12) >> 4 === 5, 'TCP header of 20 bytes');
  const dataLength = total - headerLength - 20;
  const data = tcp.subarray(20);
  if (data.length === dataLength) {
    const pseudo = Buffer.alloc(8);
    pseudo.writeUInt32BE(tcp.length, 0);
    pseudo.writeUInt8(6, 7);
    check(onesSum([source ?? tcp, target ?? tcp, pseudo, tcp]) === 0xffff, 'checksum of the TCP segment');
  }
  const bits = tcp.readUInt8(13);
  const names = ['FIN', 'SYN', 'RST', 'PSH', 'ACK'].filter((_, bit) => (bits & (1 << bit)) !== 0);
  return {
    from: `${hostOf(source ?? tcp)} ${tcp.readUInt16BE(0)}`,
    to: `${hostOf(target ?? tcp)} ${tcp.readUInt16BE(2)}`,
    flags: names.join(' '),
    seq: tcp.readUInt32BE(4),
    ack: tcp.readUInt32BE(8),
    dataLength,
    data,
  };
}

const hostOf = (ip: Buffer): string => (ip.length === 4 ? ip.join('.') : ip.toString('hex'));

function onesSum(pieces: readonly Buffer[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) {
      sum += (piece.readUInt8(at) << 8) + (at + 1 < piece.length ? piece.readUInt8(at + 1) : 0);
      if (sum > 0xffff) sum -= 0xffff;
    }
  }
  return sum;
}

/** What each direction of a TCP conversation carried, put together by sequence numbers; throws at gaps and overlaps. */
export function streamsOf(packets: readonly ReadPacket[]): Map<string, Buffer> {
  const next = new Map<string, number>();
  const data = new Map<string, Buffer[]>();
  for (const { from, to, flags, seq, ack, dataLength, data: bytes } of packets) {
    const [way, back] = [`${from} > ${to}`, `${to} > ${from}`];
    const expected = next.get(way);
    check(
      expected === undefined ? flags.includes('SYN') : seq === expected,
      `${way}: seq ${seq}, expected ${expected}`,
    );
    if (flags.includes('ACK')) check(ack === (next.get(back) ?? 0), `${way}: ack ${ack}, ${next.get(back)} was sent`);
    next.set(way, (seq + dataLength + (/SYN|FIN/.test(flags) ? 1 : 0)) >>> 0);
    data.set(way, [...(data.get(way) ?? []), bytes]);
  }
  return new Map([...data].map(([way, pieces]) => [way, Buffer.concat(pieces)]));
}

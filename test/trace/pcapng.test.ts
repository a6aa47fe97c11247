/** Captures: read back by the words of the specifications, they carry what crossed the sockets, and the states. */
import { describe, expect, test } from '@jest/globals';
import type { TraceDraft } from '../../src/ports.js';
import { captureOf } from '../../src/trace/export/capture.js';
import { pcapngHead, pcapngPacket } from '../../src/trace/export/pcapng.js';
import { TcpConversation, type TcpPacket } from '../../src/trace/export/tcp.js';
import type { Trace, TraceEngine } from '../../src/trace/format.js';
import { readPcapng, streamsOf, type ReadCapture } from './support/pcapng-reader.js';
import { bytesOf, once, peerOf, recordedTrace, useAll } from './support/recorded.js';
import { draft, hexOf, traceOf } from './support/traces.js';

const captured = (trace: Trace, node?: string): ReadCapture =>
  readPcapng(Buffer.concat([...captureOf(trace, node === undefined ? {} : { node })]));
const raw = (bytes: Uint8Array): Record<string, unknown> => ({ raw: { length: bytes.length, data: hexOf(bytes) } });
const opened = (
  local = '/ip4/10.0.0.1/tcp/50000',
  remote = '/ip4/10.0.0.2/tcp/4001',
  role = 'dialer',
  number = 1,
): TraceDraft => draft('io:opened', `conn:${number}`, { socket: number, role, local, remote }, undefined, 1.5);
const capture = (drafts: readonly TraceDraft[], engine: Partial<TraceEngine> = {}): ReadCapture =>
  captured(traceOf(drafts, engine));
const flow = ({ packets }: ReadCapture): string[] =>
  packets.map(({ interfaceName, from, flags, dataLength }) => `${interfaceName} ${from} ${flags} ${dataLength}`);

describe('blocks', () => {
  test('the head as the specification writes it out', () => {
    const head = pcapngHead('app', '', [{ name: 'ab', description: '' }]);
    expect(hexOf(head)).toBe(
      [
        // Section header: type, length, byte order, version 1.0, unknown section length.
        '0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff',
        // Comment (empty), application of three bytes and one of padding, end; length again.
        '0100 0000 0400 0300 61707000 0000 0000 2c000000',
        // Interface: link type 101, no bound, its name, no description, nanoseconds, end.
        '01000000 2c000000 6500 0000 00000000 0200 0200 61620000 0300 0000 0900 0100 09000000 0000 0000 2c000000',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('a packet: time in two halves, padding, comment, direction', () => {
    const block = pcapngPacket({
      interface: 1,
      timeNs: 0x0000_0001_0000_0002n,
      direction: 'outbound',
      bytes: Uint8Array.of(1, 2, 3),
      lengthBytes: 9,
      comment: 'é',
    });
    expect(hexOf(block)).toBe(
      [
        '06000000 38000000 01000000 01000000 02000000 03000000 09000000 01020300',
        '0100 0200 c3a90000 0200 0400 02000000 0000 0000 38000000',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test.each([
    [65_534, 'x'.repeat(65_534), 65_534],
    [65_535, 'x'.repeat(65_535), 65_535],
    [65_536, 'x'.repeat(65_536), 65_535],
    ['a character across the bound', `${'x'.repeat(65_534)}é`, 65_534],
  ])('a comment of %s bytes is cut to what an option holds', (_, comment, kept) => {
    const block = Buffer.from(
      pcapngPacket({ interface: 0, timeNs: 0n, direction: 'inbound', bytes: new Uint8Array(0), comment }),
    );
    expect(block.readUInt16LE(30)).toBe(kept);
    expect(block.subarray(32, 32 + kept).toString()).toBe(comment.slice(0, kept));
  });
});

describe('conversations', () => {
  test('a dial, words both ways, and the peer’s end before ours', () => {
    const result = capture([
      opened(),
      draft('io:bytes_sent', 'conn:1', raw(Uint8Array.of(1, 2, 3)), 0, 2),
      draft('io:bytes_received', 'conn:1', raw(Uint8Array.of(4, 5)), undefined, 3.000001),
      draft('io:ended', 'conn:1', {}, undefined, 4),
      draft('actor:transition', 'conn:1', { machine: 'connection', from: 'draining', to: 'closed' }, undefined, 5),
      draft('io:closed', 'conn:1', {}, undefined, 6),
    ]);
    expect(result.application).toBe('swarmchart 0.1.0');
    expect(result.interfaces).toEqual([
      { name: 'wire', linkType: 101, resolution: 9 },
      { name: 'decrypted', linkType: 101, resolution: 9 },
    ]);
    expect(flow(result)).toEqual([
      'wire 10.0.0.1 50000 SYN 0',
      'wire 10.0.0.2 4001 SYN ACK 0',
      'wire 10.0.0.1 50000 ACK 0',
      'wire 10.0.0.1 50000 PSH ACK 3',
      'wire 10.0.0.2 4001 PSH ACK 2',
      'wire 10.0.0.2 4001 FIN ACK 0',
      'wire 10.0.0.1 50000 FIN ACK 0',
    ]);
    expect(result.packets.map(({ timeNs }) => timeNs)).toEqual([
      1_500_000n,
      1_500_000n,
      1_500_000n,
      2_000_000n,
      3_000_001n,
      4_000_000n,
      5_000_000n,
    ]);
    expect(result.packets.map(({ direction }) => direction)).toEqual([
      'outbound',
      'inbound',
      'outbound',
      'outbound',
      'inbound',
      'inbound',
      'outbound',
    ]);
    expect(Object.fromEntries(streamsOf(result.packets))).toEqual({
      '10.0.0.1 50000 > 10.0.0.2 4001': Buffer.of(1, 2, 3),
      '10.0.0.2 4001 > 10.0.0.1 50000': Buffer.of(4, 5),
    });
  });

  test('a listener is dialed, and a failure is a reset', () => {
    const failed = draft('actor:transition', 'conn:1', { machine: 'connection', from: 'upgrading', to: 'failed' });
    expect(flow(capture([opened(undefined, undefined, 'listener'), failed, failed]))).toEqual([
      'wire 10.0.0.2 4001 SYN 0',
      'wire 10.0.0.1 50000 SYN ACK 0',
      'wire 10.0.0.2 4001 ACK 0',
      'wire 10.0.0.1 50000 RST ACK 0',
    ]);
    expect(flow(capture([opened(), draft('io:closed', 'conn:1', { error: 'ERR_TRANSPORT_ENDED' })])).at(-1)).toBe(
      'wire 10.0.0.2 4001 RST ACK 0',
    );
  });

  test('IPv6 stands as IPv6, and what is no IP gets addresses for documentation, no two alike', () => {
    const six = capture([
      opened('/ip6/2001:db8::1/tcp/1', '/ip6/2001:db8::2/tcp/2'),
      draft('io:bytes_sent', 'conn:1', raw(Uint8Array.of(1, 2, 3))),
    ]);
    expect(six.packets[3]?.from).toBe('20010db8000000000000000000000001 1');
    const memory = capture([
      opened('/memory/a', '/memory/b', 'dialer', 1),
      opened('/memory/a', '/memory/c', 'dialer', 2),
      opened('/memory/a', '/memory/c', 'dialer', 256),
    ]);
    expect(memory.packets.filter(({ flags }) => flags === 'SYN').map(({ from, to }) => `${from} > ${to}`)).toEqual([
      '192.0.2.1 49153 > 198.51.100.2 4001',
      '192.0.2.1 49154 > 198.51.100.3 4001',
      '192.0.2.1 49408 > 198.51.100.3 4001',
    ]);
  });

  test('the inside of a channel is a conversation of its own', () => {
    const result = capture([
      opened(),
      draft('secure:plaintext', 'conn:1/noise', { direction: 'outbound', ...raw(Uint8Array.of(7)) }),
      draft('secure:plaintext', 'conn:1/noise', { direction: 'inbound', ...raw(Uint8Array.of(8, 9)) }),
      draft('actor:transition', 'conn:1', { machine: 'connection', from: 'draining', to: 'closed' }),
    ]);
    expect(flow(result).slice(3)).toEqual([
      'decrypted 10.0.0.1 49153 SYN 0',
      'decrypted 10.0.0.2 4001 SYN ACK 0',
      'decrypted 10.0.0.1 49153 ACK 0',
      'decrypted 10.0.0.1 49153 PSH ACK 1',
      'decrypted 10.0.0.2 4001 PSH ACK 2',
      'wire 10.0.0.1 50000 FIN ACK 0',
      'decrypted 10.0.0.1 49153 FIN ACK 0',
    ]);
  });

  test('a write that is larger than a packet is several, at the bound and past it', () => {
    for (const [size, sizes] of [
      [65_000, [65_000]],
      [65_001, [65_000, 1]],
      [130_001, [65_000, 65_000, 1]],
    ] as const) {
      const result = capture([opened(), draft('io:bytes_sent', 'conn:1', raw(bytesOf(size)))]);
      expect(result.packets.slice(3).map(({ dataLength }) => dataLength)).toEqual(sizes);
      expect(streamsOf(result.packets).get('10.0.0.1 50000 > 10.0.0.2 4001')?.equals(bytesOf(size))).toBe(true);
    }
  });

  test('sequence numbers go round', () => {
    const end = { ip: Uint8Array.of(10, 0, 0, 1), port: 1 };
    const tcp = new TcpConversation(end, { ip: Uint8Array.of(10, 0, 0, 2), port: 2 });
    tcp.open('local');
    for (let sent = 1; sent < 0x1_0000_0000; sent += 1_000_000_000) tcp.send('local', 1_000_000_000, undefined);
    const [packet] = tcp.send('local', 1, Uint8Array.of(1));
    const seq = Buffer.from((packet as TcpPacket).bytes).readUInt32BE(24);
    expect(seq).toBe((1 + 5 * 1_000_000_000) % 0x1_0000_0000);
  });

  test('what a trace leaves out is a packet of its length without data', () => {
    const result = capture([opened(), draft('io:bytes_received', 'conn:1', raw(bytesOf(70_000)))], {
      class: 'redacted',
    });
    expect(result.packets.slice(3).map(({ dataLength, data }) => [dataLength, data.length])).toEqual([
      [65_000, 0],
      [5_000, 0],
    ]);
  });

  test('one node of several has to be chosen', () => {
    const one = traceOf([opened()]);
    const records = ['n1', 'n2'].flatMap((node) =>
      one.records.map((record) => ({ ...record, actor: record.actor.replace('node', node) })),
    );
    const two: Trace = { header: one.header, records: records.map((record, seq) => ({ ...record, seq })) };
    expect(() => captured(two)).toThrow('the trace tells of several nodes: choose one of n1, n2');
    expect(() => captured(two, 'n3')).toThrow('no node "n3" among n1, n2');
    expect(captured(two, 'n2').packets).toHaveLength(3);
    expect(captured(two, 'n2').packets[0]?.comment).toContain('/n2/swarm/conn:1');
  });
});

describe('a recorded node', () => {
  test.each(['noise', 'secio', 'plaintext'] as const)('over %s: every byte and every state', async (security) => {
    const remote = await peerOf(security);
    const { cid } = await remote.add(once(bytesOf(150_000)));
    const trace = await recordedTrace({ security: [security], plaintext: true }, (node) =>
      useAll(node, remote, cid.toString()),
    );
    const { packets } = captured(trace);
    const [wire, decrypted] = ['wire', 'decrypted'].map((name) =>
      streamsOf(packets.filter(({ interfaceName }) => interfaceName === name)),
    );
    for (const [name, streams] of [
      ['io:bytes_sent', wire],
      ['io:bytes_received', wire],
    ] as const) {
      const told = trace.records.filter((record) => record.name === name);
      const bytes = told.map(({ data }) => (data['raw'] as { data: string }).data).join('');
      expect([...(streams?.values() ?? [])].map((stream) => stream.toString('hex'))).toContain(bytes);
    }
    const inside = [...(decrypted?.values() ?? [])].map((stream) => stream.toString('latin1')).join('');
    expect(inside).toContain('/ipfs/bitswap/1.2.0\n');
    expect(inside).toContain(Buffer.from(bytesOf(200)).toString('latin1'));
    const comments = packets.map(({ comment }) => comment ?? '');
    expect(comments.every((comment) => /^#\d+ \/node\/swarm\/conn:2\S* \| states: /.test(comment))).toBe(true);
    const machine = { noise: 'noiseHandshake', secio: 'secioHandshake', plaintext: 'plaintextExchange' }[security];
    expect(comments.some((comment) => new RegExp(`then: .*${machine} \\S+ -> `).test(comment))).toBe(true);
    expect(comments.some((comment) => comment.includes('connection upgrading.connecting'))).toBe(true);
  });
});

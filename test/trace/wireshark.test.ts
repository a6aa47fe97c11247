/**
 * Exports as Wireshark sees them, through tshark with our dissector: every frame is decoded, nothing is left over, and
 * the states can be filtered for. Where tshark is missing, this says so and passes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { captureOf } from '../../src/trace/export/capture.js';
import { luaDissector } from '../../src/trace/export/lua/dissector.js';
import type { MuxerName, SecurityName } from '../../src/chain-protocols.js';
import type { Host } from '../../src/host/host.js';
import type { Trace } from '../../src/trace/format.js';
import { mplexFlagName } from '../../src/wire/mplex.js';
import { spdyTypeName } from '../../src/wire/spdy.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { addressOf, bytesOf, once, peerOf, recordedTrace, useAll } from './support/recorded.js';
import { draft, traceOf } from './support/traces.js';

/** Wireshark runs no Lua for root; any other user will do. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
const hasTshark = version.status === 0 && /\bwith Lua\b/.test(version.stdout);
if (!hasTshark) console.warn('tshark with Lua is missing: captures are checked against the specification alone');

class Wireshark {
  readonly #folder = temporaryFolder();
  readonly #capture: string;

  constructor(trace: Trace) {
    this.#capture = join(this.#folder, 'run.pcapng');
    writeFileSync(this.#capture, Buffer.concat([...captureOf(trace)]), { mode: 0o644 });
    writeFileSync(join(this.#folder, 'swarmchart.lua'), luaDissector(), { mode: 0o644 });
    chmodSync(this.#folder, 0o755);
    mkdirSync(join(this.#folder, 'home'), { mode: 0o777 });
  }

  /** Lines of `fields` for the packets that `filter` lets through; throws what tshark complains of. */
  rows(filter: string, ...fields: string[]): string[][] {
    const lua = ['-X', `lua_script:${join(this.#folder, 'swarmchart.lua')}`, '-o', 'tcp.try_heuristic_first:TRUE'];
    return this.#rows(lua, filter, fields);
  }

  /** All values of these fields, as a dissector of Wireshark's own finds them. */
  ownValues(protocol: string, ...fields: string[]): string[] {
    const dissector = ['-d', `tcp.port==${PORT},${protocol}`];
    return this.#rows(dissector, fields.join(' or '), fields)
      .flatMap((row) => row.flatMap((value) => value.split(';')))
      .filter((value) => value !== '');
  }

  #rows(dissector: readonly string[], filter: string, fields: readonly string[]): string[][] {
    const asked = fields.flatMap((field) => ['-e', field]);
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    const args = [
      ...dissector,
      ...checks,
      '-r',
      this.#capture,
      '-Y',
      filter,
      '-T',
      'fields',
      '-E',
      'aggregator=;',
      ...asked,
    ];
    const { status, stdout, stderr } = spawnSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, HOME: join(this.#folder, 'home') },
      ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    if (status !== 0 || /lua|error/i.test(stderr)) throw new Error(`tshark: ${stderr}`);
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
  }

  /** All values of a field, frame by frame. */
  values(field: string, filter = field): string[] {
    return this.rows(filter, field).flatMap(([value = '']) => value.split(';'));
  }
}

/** Lines of multistream that the trace tells, in both directions, wherever they went. */
const linesOf = ({ records }: Trace): string[] =>
  records
    .filter(({ name }) => name.startsWith('frame:'))
    .flatMap(({ data }) => {
      const { type, text, lines } = (data['event'] ?? {}) as { type?: string; text?: string; lines?: string[] };
      if (type === 'multistream.message') return [text ?? ''];
      return type === 'multistream.messages' ? (lines ?? []) : [];
    })
    .sort();

const countOf = (values: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};

const record = async (security: SecurityName, muxer: MuxerName = 'yamux', listen?: string): Promise<Trace> => {
  const chain = { security: [security], muxers: [muxer] };
  const remote = await liveNode({ ...chain, ...(listen === undefined ? {} : { listen: [listen] }) });
  const { cid } = await remote.add(once(bytesOf(200_000)));
  return recordedTrace({ ...chain, plaintext: true }, (node) =>
    muxer === 'none' ? useOneByOne(node, remote) : useAll(node, remote, cid.toString()),
  );
};

/** Without a muxer each of these has a connection of its own; a fetch takes two nodes that both can be dialed. */
const useOneByOne = async (node: Host, remote: Host): Promise<void> => {
  await node.identify(addressOf(remote));
  for await (const roundTrip of node.ping(addressOf(remote))) if (roundTrip < 0) throw new Error('time ran back');
};

/** Every security with one muxer, every muxer with one security; what has no bytes of its own, with both kinds. */
const CHAINS: readonly (readonly [SecurityName, MuxerName])[] = [
  ['noise', 'yamux'],
  ['tls', 'yamux'],
  ['secio', 'yamux'],
  ['plaintext', 'yamux'],
  ['unsafe-plaintext-1', 'yamux'],
  ['noise', 'mplex'],
  ['tls', 'mplex'],
  ['plaintext', 'mplex'],
  ['noise', 'spdy'],
  ['tls', 'spdy'],
  ['secio', 'spdy'],
  ['plaintext', 'spdy'],
  ['unsafe-plaintext-1', 'spdy'],
  ['noise', 'none'],
  ['secio', 'none'],
  ['plaintext', 'none'],
];

/** Frames that the trace tells of one layer, in and out, by what they say. */
const framesOf = ({ records }: Trace, layer: string): string[] =>
  records
    .filter(({ name, data }) => name.startsWith('frame:') && data['layer'] === layer)
    .map(({ data }) => (data['event'] as { type?: string } | undefined)?.type ?? '')
    .filter((type) => type !== '');

const PORT = 4001;
/** First bytes of what follows a negotiation: a TLS record of a handshake, and a control frame of SPDY. */
const TLS_HANDSHAKE = 22;
const SPDY_CONTROL = 0x80;

/** What records of a kind carried both ways, as a capture of its own, from the first byte that is no multistream line on. */
const carried = ({ records }: Trace, kind: string, first: number): Trace => {
  const negotiating = new Set(['in', 'out']);
  const drafts = [
    draft('io:opened', 'conn:1', {
      socket: 1,
      role: 'dialer',
      local: '/ip4/10.0.0.1/tcp/50000',
      remote: `/ip4/10.0.0.2/tcp/${PORT}`,
    }),
  ];
  for (const { name, data } of records) {
    const { raw, direction } = data as { raw?: { data: string }; direction?: string };
    if (!name.startsWith(kind) || raw === undefined) continue;
    const way = name === 'io:bytes_received' || direction === 'inbound' ? 'in' : 'out';
    let bytes = Buffer.from(raw.data, 'hex');
    while (negotiating.has(way) && bytes.length > 0 && bytes[0] !== first) bytes = bytes.subarray(1 + (bytes[0] ?? 0));
    if (bytes.length === 0) continue;
    negotiating.delete(way);
    const told = { raw: { length: bytes.length, data: bytes.toString('hex') } };
    drafts.push(draft(way === 'in' ? 'io:bytes_received' : 'io:bytes_sent', 'conn:1', told));
  }
  return traceOf(drafts);
};

const isPlain = (security: SecurityName): boolean => security.includes('plaintext');

const checkWhole = (trace: Trace, security: SecurityName, muxer: MuxerName): Wireshark => {
  const wireshark = new Wireshark(trace);
  expect(wireshark.rows('swarmchart.undecoded or _ws.malformed or _ws.lua.error', 'frame.number')).toEqual([]);
  expect(wireshark.rows('tcp.len > 0 and not swarmchart', 'frame.number')).toEqual([]);
  expect(wireshark.rows('tcp.checksum.status != 1 or ip.checksum.status != 1', 'frame.number')).toEqual([]);
  const oddities = 'tcp.analysis.retransmission or tcp.analysis.out_of_order or tcp.analysis.lost_segment';
  expect(wireshark.rows(oddities, 'frame.number')).toEqual([]);
  // What the engine decoded and what the dissector did, from the same bytes by two programs, is the same.
  const wireAndInside = isPlain(security) ? 'frame.interface_name == "wire" and ' : '';
  const text = 'swarmchart.multistream.text';
  expect(wireshark.values(text, `${wireAndInside}${text}`).sort()).toEqual(linesOf(trace));
  const names = new Set(wireshark.rows('frame', 'frame.interface_name').map(([name]) => name));
  expect([...names].sort()).toEqual(['decrypted', 'wire']);
  const layers = new Set(wireshark.values('swarmchart.layer'));
  const expected = ['multistream', 'protocol'];
  if (security !== 'unsafe-plaintext-1') expected.push(security);
  if (muxer !== 'none') expected.push(muxer);
  expect([...layers].sort()).toEqual(expected.sort());
  return wireshark;
};

(hasTshark ? describe : describe.skip)(hasTshark ? 'tshark' : 'tshark (skipped: tshark with Lua is missing)', () => {
  test.each(CHAINS)('decodes every frame over %s and %s', async (security, muxer) => {
    const trace = await record(security, muxer);
    const wireshark = checkWhole(trace, security, muxer);
    // The messages inside the streams, whatever carries the streams.
    const inside = (field: string): string[] =>
      wireshark.values(field, `frame.interface_name == "decrypted" and ${field}`);
    const protocols = countOf(inside('swarmchart.message.protocol'));
    expect(protocols).not.toHaveProperty('');
    // Both sides identify each other, where a stream can be opened from both.
    expect(protocols['/ipfs/id/1.0.0']).toBe(muxer === 'none' ? 1 : 2);
    expect(protocols['/ipfs/ping/1.0.0']).toBe(2);
    if (muxer === 'none') return;
    expect(protocols['/ipfs/bitswap/1.2.0']).toBeGreaterThanOrEqual(2);
    expect(Math.max(...inside('swarmchart.message.length').map(Number))).toBeGreaterThan(200_000);
  });

  test('decodes what a WebSocket carried', async () => {
    checkWhole(await record('noise', 'yamux', '/ip4/127.0.0.1/tcp/0/ws'), 'noise', 'yamux');
  });

  test('tells noise’s messages by their tokens, and as many as there are', async () => {
    const trace = await record('noise');
    const wireshark = new Wireshark(trace);
    const messages = wireshark.values('swarmchart.noise.message');
    expect(messages.slice(0, 3)).toEqual(['handshake 1 (e)', 'handshake 2 (e, ee, s, es)', 'handshake 3 (s, se)']);
    expect(new Set(messages.slice(3))).toEqual(new Set(['transport']));
    const lengths = wireshark.values('swarmchart.noise.length').map((length) => Number(length) + 2);
    const onWire = trace.records
      .filter(({ name }) => name === 'io:bytes_sent' || name === 'io:bytes_received')
      .reduce((sum, { data }) => sum + (data['raw'] as { length: number }).length, 0);
    const negotiation = wireshark
      .values('swarmchart.multistream.text', 'frame.interface_name == "wire"')
      .filter((line) => line !== '')
      .reduce((sum, line) => sum + line.length + 2, 0);
    expect(lengths.reduce((sum, length) => sum + length, 0) + negotiation).toBe(onWire);
  });

  test('tells secio’s handshake', async () => {
    const messages = new Wireshark(await record('secio')).values('swarmchart.secio.message');
    const { Propose, Exchange, sealed = 0 } = countOf(messages);
    expect({ Propose, Exchange }).toEqual({ Propose: 2, Exchange: 2 });
    expect(sealed).toBeGreaterThan(10);
  });

  test('shows yamux frames by type, flags and stream, and the messages inside the streams', async () => {
    const trace = await record('noise');
    const wireshark = new Wireshark(trace);
    const told = trace.records.filter(({ actor, data }) => actor.endsWith('/yamux') && data['layer'] === 'yamux');
    const opens = told.filter(({ data }) =>
      String((data['event'] as { flags?: string } | undefined)?.flags).includes('SYN'),
    );
    const flags = wireshark.values('swarmchart.yamux.flag_names');
    expect(flags.filter((names) => names.includes('SYN'))).toHaveLength(opens.length);
    expect(new Set(wireshark.values('swarmchart.yamux.type'))).toEqual(new Set(['0', '1', '2', '3']));
    const protocols = countOf(wireshark.values('swarmchart.message.protocol'));
    expect(protocols['/ipfs/id/1.0.0']).toBe(2);
    expect(protocols['/ipfs/ping/1.0.0']).toBe(2);
    expect(protocols['/ipfs/bitswap/1.2.0']).toBeGreaterThanOrEqual(2);
    const lengths = wireshark
      .rows('swarmchart.message.protocol == "/ipfs/bitswap/1.2.0"', 'swarmchart.message.length')
      .flatMap(([value = '']) => value.split(';').map(Number));
    expect(Math.max(...lengths)).toBeGreaterThan(200_000);
  });

  test('tells TLS records as Wireshark’s own dissector does', async () => {
    const trace = await record('tls');
    const [ours, theirs] = [new Wireshark(trace), new Wireshark(carried(trace, 'io:', TLS_HANDSHAKE))];
    const own = (...fields: string[]): string[] => theirs.ownValues('tls', ...fields);
    // What is sealed has its type outside as "opaque".
    expect(ours.values('swarmchart.tls.type')).toEqual(own('tls.record.content_type', 'tls.record.opaque_type'));
    expect(ours.values('swarmchart.tls.length')).toEqual(own('tls.record.length'));
    expect(own('tls.handshake.type')).toEqual(['1', '2']);
    expect(ours.values('swarmchart.tls.message')).toEqual(['ClientHello', 'ServerHello']);
  });

  test('tells SPDY frames as Wireshark’s own dissector does', async () => {
    const trace = await record('noise', 'spdy');
    const [ours, theirs] = [new Wireshark(trace), new Wireshark(carried(trace, 'secure:', SPDY_CONTROL))];
    // Wireshark gives a type to control frames alone.
    const types = ours.values('swarmchart.spdy.type');
    expect(types.filter((type) => type !== '0')).toEqual(theirs.ownValues('spdy', 'spdy.type'));
    expect(ours.values('swarmchart.spdy.length')).toEqual(theirs.ownValues('spdy', 'spdy.length'));
    expect([...new Set(types.map((type) => spdyTypeName(Number(type))))].sort()).toEqual([
      'data',
      'goAway',
      'rstStream',
      'settings',
      'synReply',
      'synStream',
      'windowUpdate',
    ]);
  });

  // What other programs sent: js-libp2p of two ages, go, and kubo.
  test.each([
    ['multistream-no-overlap', []],
    ['noise-dialed-js-libp2p-mplex', ['noise']],
    ['secio-accepted-go-secio-rsa-p256', ['secio']],
    ['spdy-dialed-js-libp2p-0.26-plaintext-1', ['protocol', 'spdy']],
    ['spdy-accepted-js-libp2p-0.26-plaintext-1', ['protocol', 'spdy']],
    ['tls-accepted-js-libp2p', ['tls']],
    ['tls-dialed-kubo', ['tls']],
    ['tls-alert', ['tls']],
    ['tls-no-common-suite', ['tls']],
  ] as const)('decodes every frame of the recording %s', async (name, layers) => {
    const wireshark = new Wireshark(await readTraceFile(`test/replay/fixtures/${name}.trace.jsonl`));
    expect(wireshark.rows('swarmchart.undecoded or _ws.malformed or _ws.lua.error', 'frame.number')).toEqual([]);
    expect(wireshark.rows('tcp.len > 0 and not swarmchart', 'frame.number')).toEqual([]);
    expect([...new Set(wireshark.values('swarmchart.layer'))].sort()).toEqual(['multistream', ...layers].sort());
  });

  test.each(['mplex', 'spdy'] as const)('shows as many frames of %s as the engine told', async (muxer) => {
    const trace = await record('noise', muxer);
    const wireshark = new Wireshark(trace);
    const field = { mplex: 'swarmchart.mplex.flag', spdy: 'swarmchart.spdy.type' }[muxer];
    const name = { mplex: mplexFlagName, spdy: spdyTypeName }[muxer];
    const seen = countOf(wireshark.values(field).map((code) => `${muxer}.${name(Number(code))}`));
    // Frames of data alone are told by their streams, as bytes.
    for (const [type, count] of Object.entries(countOf(framesOf(trace, muxer)))) {
      if (/\.(?:data|message\w+)$/.test(type) || !type.startsWith(muxer)) continue;
      expect({ type, count: seen[type] }).toEqual({ type, count });
    }
  });

  test('filters for states in the comments', async () => {
    const wireshark = new Wireshark(await record('noise'));
    const rows = wireshark.rows(
      'frame.comment contains "noiseHandshake dialing.verifyingPayload -> secured"',
      '_ws.col.Info',
    );
    expect(rows[0]?.[0]).toContain('noise handshake 2 (e, ee, s, es)');
    const all = wireshark.rows('frame', 'frame.comment').map(([comment = '']) => comment);
    expect(all.every((comment) => comment.includes('states: '))).toBe(true);
  });

  test('opens a redacted trace too: lengths and states, no data', async () => {
    const remote = await peerOf('noise');
    const { cid } = await remote.add(once(bytesOf(1_000)));
    const trace = await recordedTrace({ class: 'redacted' }, (node) => useAll(node, remote, cid.toString()));
    const wireshark = new Wireshark(trace);
    const sizes = wireshark.rows('tcp.len > 0', 'frame.cap_len', 'frame.comment');
    expect(sizes.length).toBeGreaterThan(5);
    expect(sizes.every(([captured, comment = '']) => captured === '40' && comment.includes('states: '))).toBe(true);
    expect(wireshark.rows('_ws.lua.error', 'frame.number')).toEqual([]);
  });
});

test('the dissector holds the numbers that the engine reads frames by', () => {
  const lua = luaDissector();
  expect(lua).toContain('local YAMUX_TYPE = { ["data"] = 0, ["windowUpdate"] = 1, ["ping"] = 2, ["goAway"] = 3 }');
  expect(lua).toContain('local YAMUX_FLAG_NAMES = { [1] = "SYN", [2] = "ACK", [4] = "FIN", [8] = "RST" }');
  expect(lua).toContain('local NOISE_LENGTH_BYTES = 2');
  expect(lua).toContain('local SECIO_LENGTH_BYTES = 4');
  expect(lua).toContain('local TLS_RECORD_HEADER_BYTES = 5');
  expect(lua).toContain(
    'local TLS_CONTENT_NAMES = { [20] = "changeCipherSpec", [21] = "alert", [22] = "handshake", [23] = "applicationData" }',
  );
  expect(lua).toContain('local SPDY_HEADER_BYTES = 8');
  expect(lua).toContain('["/tls/1.0.0"] = "tls"');
  expect(lua).toContain('["/spdy/3.1.0"] = "spdy"');
  expect(lua).toContain('["/plaintext/1.0.0"] = "multistream"');
  expect(lua).toContain('local NOISE_MESSAGES = { [1] = "e", [2] = "e, ee, s, es", [3] = "s, se" }');
});

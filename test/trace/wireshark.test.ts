/**
 * Exports as Wireshark sees them, through tshark with our dissector: every frame is decoded, nothing is left over, and
 * the states can be filtered for. Where tshark is missing, this says so and passes.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { captureOf } from '../../src/trace/export/capture.js';
import { luaDissector } from '../../src/trace/export/lua/dissector.js';
import type { Trace } from '../../src/trace/format.js';
import { temporaryFolder } from '../support/live-node.js';
import { bytesOf, once, peerOf, recordedTrace, useAll } from './support/recorded.js';

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
    const asked = fields.flatMap((field) => ['-e', field]);
    const lua = ['-X', `lua_script:${join(this.#folder, 'swarmchart.lua')}`, '-o', 'tcp.try_heuristic_first:TRUE'];
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
    const args = [...lua, ...checks, '-r', this.#capture, '-Y', filter, '-T', 'fields', '-E', 'aggregator=;', ...asked];
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

const record = async (security: 'noise' | 'secio' | 'plaintext'): Promise<Trace> => {
  const remote = await peerOf(security);
  const { cid } = await remote.add(once(bytesOf(200_000)));
  return recordedTrace({ security: [security], plaintext: true }, (node) => useAll(node, remote, cid.toString()));
};

(hasTshark ? describe : describe.skip)('tshark', () => {
  test.each(['noise', 'secio', 'plaintext'] as const)('decodes every frame over %s', async (security) => {
    const trace = await record(security);
    const wireshark = new Wireshark(trace);
    expect(wireshark.rows('swarmchart.undecoded or _ws.malformed or _ws.lua.error', 'frame.number')).toEqual([]);
    expect(wireshark.rows('tcp.len > 0 and not swarmchart', 'frame.number')).toEqual([]);
    expect(wireshark.rows('tcp.checksum.status != 1 or ip.checksum.status != 1', 'frame.number')).toEqual([]);
    const oddities = 'tcp.analysis.retransmission or tcp.analysis.out_of_order or tcp.analysis.lost_segment';
    expect(wireshark.rows(oddities, 'frame.number')).toEqual([]);
    // What the engine decoded and what the dissector did, from the same bytes by two programs, is the same.
    const wireAndInside = security === 'plaintext' ? 'frame.interface_name == "wire" and ' : '';
    const text = 'swarmchart.multistream.text';
    expect(wireshark.values(text, `${wireAndInside}${text}`).sort()).toEqual(linesOf(trace));
    const names = new Set(wireshark.rows('frame', 'frame.interface_name').map(([name]) => name));
    expect([...names].sort()).toEqual(['decrypted', 'wire']);
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
  expect(lua).toContain('local NOISE_MESSAGES = { [1] = "e", [2] = "e, ee, s, es", [3] = "s, se" }');
});

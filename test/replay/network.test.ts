/**
 * Recorded nodes that hear more than streams go the same way again: delegated servers over HTTP, trackers over HTTP and UDP
 * (multicast DNS has a file of its own). In a redacted trace nothing stands of what they said.
 */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { take } from 'rxjs';
import { LIMITS } from '../../src/limits.js';
import { systemClock } from '../../src/platform/system-clock.js';
import { udpDatagrams } from '../../src/platform/udp-datagrams.js';
import type { Datagrams } from '../../src/ports.js';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import { randomRechunk } from '../../src/replay/rechunk.js';
import { MemoryLan } from '../../src/sim/memory-lan.js';
import { SimulatedHttp } from '../../src/sim/simulated-http.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { parseTrace } from '../../src/trace/reader.js';
import { cutConnection } from '../../src/trace/tools/cut/index.js';
import { answerOf, goodUdp, udpTracker as udpTrackerOn } from '../routing/tracker/fake-trackers.js';
import { toHex, utf8 } from '../support/decoding.js';
import { during, newWorld } from '../support/sim-nodes.js';
import { GROUP, later, of, open, running, serve, STRANGER, udpTracker } from './network-servers.js';
import { all, bytes, countsOf, expectSame, recordedLines, recordedTrace } from './recorded-use.js';

const LOOPBACK = '/ip4/127.0.0.1/tcp/0';
const NOWHERE = CID.parse('bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi');

describe('a delegated router', () => {
  test('content by its CID, peers, an endpoint that is away, and a body that its reader leaves', async () => {
    const owner = await running();
    const { cid } = await owner.add(bytes(100_000));
    const [address = ''] = owner.addresses;
    const record = JSON.stringify({
      Schema: 'peer',
      ID: owner.peerId,
      Addrs: [address.replace(/\/p2p\/.*/, '')],
      Protocols: ['transport-bitswap'],
    });
    const slow = new Set<() => void>();
    open.push(async () => {
      for (const end of slow) end();
    });
    const url = await serve(({ target }) => ({
      status: target.includes(NOWHERE.toString()) ? 404 : 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body: (async function* () {
        yield new TextEncoder().encode(record.slice(0, 20));
        yield new TextEncoder().encode(`${record.slice(20)}\n`);
        if (target.includes('closest')) await new Promise<void>((resolve) => slow.add(resolve));
      })(),
    }));
    const away = await serve(() => ({ status: 200, headers: {}, body: new Uint8Array(0) }));
    await open.pop()?.();
    const trace = await recordedTrace({ routing: { delegated: [url, away] } }, async (node) => {
      let length = 0;
      for await (const chunk of node.cat(cid.toString())) length += chunk.length;
      expect(length).toBe(100_000);
      expect(await all(node.routing.findPeer(owner.peerId))).toMatchObject([{ source: 'delegated' }]);
      expect(await all(node.routing.findProviders(NOWHERE))).toEqual([]);
      expect(await all(node.routing.closestPeers(cid.multihash.bytes).pipe(take(1)))).toMatchObject([
        { peer: { id: owner.peerId } },
      ]);
    });
    expect(countsOf(trace, 'http')).toMatchObject({ 'http:connected': 4, 'http:answered': 4, 'http:failed': 4 });
    expect(countsOf(trace, 'http')['http:called']).toBe(8);
    // The body behind 404, which nobody reads, and the one that its reader leaves.
    expect(countsOf(trace, 'http')['http:aborted']).toBe(2);
    expect(of(trace, 'http:called')[0]?.data).toMatchObject({
      request: 1,
      method: 'GET',
      origin: url,
      path: `/routing/v1/providers/${cid.toString()}`,
    });
    await expectSame(trace);
    // The connection to who was found stands alone, and takes the answer that told of it along.
    const cut = cutConnection(trace, 'conn:2', { randomOf: (seed) => new SeededRandom(seed) });
    expect(countsOf(cut.trace, 'http')['http:answered']).toBeGreaterThan(0);
    await expectSame(cut.trace);
  }, 60_000);

  test('an answer without an end takes of a trace what its bound lets it take', async () => {
    const line = new TextEncoder().encode(`${JSON.stringify({ Schema: 'other', X: 'y'.repeat(16_000) })}\n`);
    let served = 0;
    const url = await serve(() => ({
      status: 200,
      headers: { 'content-type': 'application/x-ndjson' },
      body: (async function* () {
        for (;;) {
          served += line.length;
          yield await Promise.resolve(line);
        }
      })(),
    }));
    const limits = { httpRoutingAnswerBytes: 256 * 1024 };
    const trace = await recordedTrace({ routing: { delegated: [url] }, limits }, async (node) => {
      await expect(all(node.routing.findProviders(NOWHERE))).rejects.toMatchObject({
        code: 'ERR_HTTP_ROUTING_TOO_LARGE',
      });
    });
    const told = of(trace, 'http:received').reduce(
      (sum, { data }) => sum + (data['raw'] as { length: number }).length,
      0,
    );
    expect(told).toBeGreaterThan(limits.httpRoutingAnswerBytes);
    // The piece that passes the bound is the last one, and none is longer than a read of a socket.
    expect(told).toBeLessThanOrEqual(limits.httpRoutingAnswerBytes + 64 * 1024);
    expect(served).toBeGreaterThan(0);
    expect(LIMITS.httpRoutingAnswerBytes).toBeGreaterThan(limits.httpRoutingAnswerBytes);
    await expectSame(trace);
  }, 60_000);
});

describe('trackers', () => {
  test('one over HTTP and one over UDP: announced, found, and told farewell', async () => {
    const owner = await running();
    const port = /tcp\/(\d+)/.exec(owner.addresses[0] ?? '')?.[1] ?? '';
    const there = `127.0.0.1:${port}`;
    const http = `${await serve(() => ({ status: 200, headers: {}, body: answerOf([there]) }))}/announce`;
    const udp = await udpTracker(goodUdp([there]));
    const routing = { trackers: [http, udp], privateAddresses: true } as const;
    const trace = await recordedTrace({ routing, listen: [LOOPBACK] }, async (node) => {
      const answers = await all(node.routing.provide(NOWHERE));
      expect(answers.map((answer) => answer.at).sort()).toEqual([http, udp].sort());
      expect(await all(node.routing.findProviders(NOWHERE))).toMatchObject([
        { source: 'tracker', provider: { id: owner.peerId } },
      ]);
    });
    expect(countsOf(trace, 'udp')).toMatchObject({ 'udp:sent': 6, 'udp:received': 6 });
    expect(countsOf(trace, 'http')).toMatchObject({ 'http:called': 3, 'http:answered': 3 });
    await expectSame(trace);
    // Compared by less, and with what came over TCP cut anew, it is the same as well.
    for (const level of ['frames', 'states', 'final'] as const) {
      expect((await replayTrace(trace, { level })).difference?.report).toBeUndefined();
    }
    expect((await replayTrace(trace, { rechunk: randomRechunk(1) })).difference?.report).toBeUndefined();
  }, 60_000);

  test('one that refuses, one that is away, one that answers nonsense', async () => {
    const refuses = await udpTracker((request, heard) =>
      heard === undefined
        ? goodUdp([])(request, heard)
        : [Uint8Array.of(0, 0, 0, 3, ...request.subarray(12, 16), 0x6e, 0x6f)],
    );
    const nonsense = `${await serve(() => ({ status: 200, headers: {}, body: Uint8Array.of(0x78) }))}/announce`;
    const away = `${await serve(() => ({ status: 200, headers: {}, body: new Uint8Array(0) }))}/announce`;
    await open.pop()?.();
    const trace = await recordedTrace({ routing: { trackers: [refuses, nonsense, away] } }, async (node) => {
      await expect(all(node.routing.findProviders(NOWHERE))).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_TRACKER_/),
      });
    });
    expect(countsOf(trace, 'http')).toMatchObject({ 'http:called': 2, 'http:answered': 1, 'http:failed': 1 });
    expect(countsOf(trace, 'udp')).toMatchObject({ 'udp:sent': 2, 'udp:received': 2, 'udp:close': 1 });
    await expectSame(trace);
  }, 60_000);
});

test.each([
  ['udp:received', { udp: 1, address: '192.0.2.1', port: 1, raw: { length: 1, data: '00' } }, 'never opened'],
  ['udp:closed', { udp: 7 }, 'never opened'],
  ['http:connected', { request: 1 }, 'never made'],
  ['http:received', { request: 3, done: true }, 'never made'],
] as const)('a trace that tells %s out of nowhere is left there', async (name, data, why) => {
  const trace = await recordedTrace({ routing: {} }, () => Promise.resolve());
  const records = [{ seq: 0, time: 0, name, actor: '/node/x', cause: undefined, data }, ...trace.records];
  const { ok, difference } = await replayTrace({
    ...trace,
    records: records.map((record, seq) => ({ ...record, seq })),
  });
  expect([ok, difference?.report]).toEqual([false, expect.stringContaining(why)]);
});

test('in virtual time the same seed records the same lines, and they replay', async () => {
  const recordOnce = async (): Promise<readonly string[]> => {
    const world = newWorld();
    const { clock } = world;
    const network = new MemoryLan({ clock, latencyMs: 3 });
    const http = new SimulatedHttp({ clock, latencyMs: 5 });
    const { url } = await http.listen({ host: 'router', port: 80 }, () =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/x-ndjson' },
        body: utf8('{"Schema":"x"}\n'),
      }),
    );
    const { url: tracker } = await http.listen({ host: 'tracker', port: 80 }, () =>
      Promise.resolve({ status: 200, headers: {}, body: answerOf(['192.0.2.7:4001']) }),
    );
    udpTrackerOn(network.host('10.0.0.2'), 'there', goodUdp(['192.0.2.8:4001']));
    const routing = { mdns: true, delegated: [url, 'http://nowhere'], trackers: [tracker, 'udp://10.0.0.2:6969'] };
    const ports = { clock, transports: [world.network.transport], http, datagrams: network.host('10.0.0.1') };
    const lines: string[] = [];
    const { node, close } = await during(
      world,
      recordedNode({ to: { write: (line) => void lines.push(line) }, listen: [], seed: 'again', ...ports, routing }),
    );
    await during(world, all(node.routing.findProviders(NOWHERE)));
    await world.advance(100_000);
    await during(world, close());
    expect(network.open).toBe(1);
    return lines;
  };
  const first = await recordOnce();
  expect(await recordOnce()).toEqual(first);
  const trace = parseTrace(first.join(''));
  expect(countsOf(trace, 'http')).toMatchObject({ 'http:called': 4, 'http:answered': 3, 'http:failed': 1 });
  // mDNS asks again and again, and hears itself; the tracker is asked who has it, and told farewell.
  expect(of(trace, 'udp:sent').length).toBeGreaterThan(5);
  await expectSame(trace);
});

test('class redacted tells lengths, origins and codes of all of it, and nothing that was said or asked', async () => {
  const said = 'what a server says, in plain words';
  const secret = 'announce-pass-key';
  const body = new TextEncoder().encode(said);
  const url = await serve(() => ({ status: 200, headers: { 'x-said': secret }, body }));
  const udp = await udpTracker((request) => [request, body]);
  const network = new MemoryLan({ clock: systemClock });
  const ours: Datagrams = {
    open: (options, ...rest) =>
      (options.group === undefined ? udpDatagrams : network.host('192.168.0.1')).open(options, ...rest),
  };
  const routing = {
    mdns: true,
    delegated: [url],
    trackers: [`${url}/${secret}/announce`, udp],
    privateAddresses: true,
  };
  const limits = { trackerUdpRetryMs: 100, trackerUdpTries: 1 };
  const lines = await recordedLines({ class: 'redacted', routing, datagrams: ours, limits }, async (node) => {
    await later();
    network.inject(body, STRANGER, GROUP);
    await all(node.routing.findProviders(NOWHERE)).catch(() => undefined);
  });
  const text = lines.join('');
  for (const name of ['udp:received', 'udp:sent', 'http:called', 'http:answered', 'http:received']) {
    expect(text).toContain(`"name":"${name}"`);
  }
  expect(text).toContain(`"raw":{"length":${body.length}}`);
  expect(text).toContain(`"origin":"${url}"`);
  const records = lines.filter((line) => /"name":"(?:udp|http):/.test(line)).join('');
  for (const hidden of [said, toHex(body), secret, NOWHERE.toString(), 'routing/v1', 'x-said']) {
    expect(records).not.toContain(hidden);
  }
});

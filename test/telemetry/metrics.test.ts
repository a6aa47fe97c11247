/** Metrics: what is counted, how few labels there are whatever peers do, and that prom-client and our page say the same. */
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createNode } from '../../src/create-node.js';
import { EngineError, type ErrorCode } from '../../src/errors.js';
import { MACHINES } from '../../src/machines/index.js';
import { CounterTable } from '../../src/telemetry/counter-table.js';
import { failureStates, finalStates } from '../../src/telemetry/ends.js';
import { registerMetrics } from '../../src/telemetry/metrics.js';
import { prometheusText } from '../../src/telemetry/prometheus-text.js';
import { NodeTally } from '../../src/telemetry/tally.js';
import { connectionOf, drained, FakeNode, stepOf, streamOf } from './watched.js';

const errorOf = (code: string): EngineError => new EngineError(code as ErrorCode, 'remote', 'failed');

/** A node that has gone through everything that is counted. */
function busy(): { readonly node: FakeNode; readonly tally: NodeTally } {
  const node = new FakeNode();
  const tally = new NodeTally(node, { machines: true });
  tell(node);
  return { node, tally };
}

function tell(node: FakeNode): void {
  node.handledProtocols = ['/mine/1.0.0', '/chat/*'];
  const info = connectionOf({ bytesIn: 10, bytesOut: 20 });
  const outbound = connectionOf({ direction: 'outbound', security: undefined, muxer: undefined, bytesIn: 1 });
  node.events$.next({ type: 'connection.opened', info });
  node.events$.next({ type: 'connection.closed', info });
  node.events$.next({ type: 'connection.closed', info, error: errorOf('ERR_YAMUX_KEEPALIVE') });
  node.events$.next({ type: 'connection.failed', info: outbound, error: errorOf('ERR_DIAL_TIMEOUT') });
  node.events$.next({ type: 'connection.failed', info: outbound, error: errorOf('ERR_OF_A_HOOK') });
  node.events$.next({ type: 'connection.refused', remoteAddress: 'x', error: errorOf('ERR_CONNECTION_RATE') });
  node.events$.next({ type: 'connection.trimmed', info });
  node.events$.next({ type: 'stream.failed', info, error: errorOf('ERR_STREAM_RESET') });
  for (const protocol of ['/mine/1.0.0', '/chat/7', '/chat/8', '/ipfs/ping/1.0.0', '/odd/1', '/odd/2']) {
    node.events$.next({ type: 'stream.opened', stream: streamOf(protocol) });
  }
  node.broken$.next(errorOf('ERR_ENGINE_MACHINE'));
  node.transitions$.next(stepOf('dial', '', 'dialing'));
  node.transitions$.next(stepOf('dial', 'dialing', 'connected'));
  node.transitions$.next(stepOf('dial', 'racing', 'timedOut'));
  node.transitions$.next(stepOf('noiseHandshake', 'dialing.awaitingMessage2', 'badMessage'));
  node.transitions$.next(stepOf('noiseHandshake', 'dialing.verifyingPayload', 'secured'));
  node.transitions$.next(stepOf('bitswapSession', 'idle', 'finished'));
  node.open = [info, connectionOf({ id: 'conn:2', remotePeer: 'others', direction: 'outbound' })];
  node.live = [streamOf('/chat/1'), streamOf('/odd/3')];
  node.liveActors = 9;
}

/** Everything, row by row; the rows of the resource scopes are as the fake has them. */
const PAGE = [
  'swarmchart_connections{direction="inbound",security="/noise",muxer="/yamux/1.0.0"} 1',
  'swarmchart_connections{direction="outbound",security="/noise",muxer="/yamux/1.0.0"} 1',
  'swarmchart_streams{direction="inbound",protocol="/chat/*"} 1',
  'swarmchart_streams{direction="inbound",protocol="other"} 1',
  'swarmchart_peers 2',
  'swarmchart_live_actors 9',
  'swarmchart_resource_usage{scope="system",resource="memoryBytes"} 7',
  'swarmchart_resource_usage{scope="transient",resource="memoryBytes"} 7',
  'swarmchart_resource_limit{scope="system",resource="memoryBytes"} +Inf',
  'swarmchart_resource_limit{scope="transient",resource="memoryBytes"} +Inf',
  'swarmchart_bytes_total{direction="inbound"} 32',
  'swarmchart_bytes_total{direction="outbound"} 60',
  'swarmchart_connections_opened_total{direction="inbound",security="/noise",muxer="/yamux/1.0.0"} 1',
  'swarmchart_connections_closed_total{direction="inbound",code="none"} 1',
  'swarmchart_connections_closed_total{direction="inbound",code="ERR_YAMUX_KEEPALIVE"} 1',
  'swarmchart_upgrades_total{direction="inbound",outcome="opened"} 1',
  'swarmchart_upgrades_total{direction="outbound",outcome="ERR_DIAL_TIMEOUT"} 1',
  'swarmchart_upgrades_total{direction="outbound",outcome="other"} 1',
  'swarmchart_connections_refused_total{code="ERR_CONNECTION_RATE"} 1',
  'swarmchart_connections_trimmed_total 1',
  'swarmchart_streams_opened_total{direction="inbound",protocol="/mine/1.0.0"} 1',
  'swarmchart_streams_opened_total{direction="inbound",protocol="/chat/*"} 2',
  'swarmchart_streams_opened_total{direction="inbound",protocol="/ipfs/ping/1.0.0"} 1',
  'swarmchart_streams_opened_total{direction="inbound",protocol="other"} 2',
  'swarmchart_stream_failures_total{code="ERR_STREAM_RESET"} 1',
  'swarmchart_bugs_total{code="ERR_ENGINE_MACHINE"} 1',
  'swarmchart_dials_total{outcome="connected"} 1',
  'swarmchart_dials_total{outcome="timedOut"} 1',
  'swarmchart_machine_failures_total{machine="dial",state="timedOut"} 1',
  'swarmchart_machine_failures_total{machine="noiseHandshake",state="badMessage"} 1',
  'swarmchart_bitswap_sessions_total{outcome="finished"} 1',
];

const rowsOf = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && !/resource="(?:conn|stream)/.test(line));

describe('the numbers', () => {
  test('of everything that a node tells', () => {
    const { tally, node } = busy();
    expect(rowsOf(prometheusText(tally.families()))).toEqual(PAGE);
    tally.stop();
    expect([node.events$.observed, node.broken$.observed, node.transitions$.observed]).toEqual([false, false, false]);
  });

  test('without machines no step is looked at', () => {
    const node = new FakeNode();
    const tally = new NodeTally(node);
    expect(node.transitions$.observed).toBe(false);
    expect(tally.families().map(({ name }) => name)).not.toContain('swarmchart_dials_total');
    tally.stop();
  });

  test('bytes never go back while a connection is neither open nor gone', () => {
    const { node, tally } = busy();
    node.open = [];
    expect(tally.traffic).toEqual({ bytesIn: 22, bytesOut: 40 });
    node.open = [connectionOf({ bytesIn: 100, bytesOut: 100 })];
    expect(tally.traffic).toEqual({ bytesIn: 122, bytesOut: 140 });
    node.open = [];
    expect(tally.traffic).toEqual({ bytesIn: 122, bytesOut: 140 });
  });

  test('series: as many as may be, then all the rest in one', () => {
    const table = new CounterTable(2);
    for (const code of ['a', 'b', 'c', 'd', 'b']) table.add({ code });
    expect(table.samples).toEqual([
      { labels: { code: 'a' }, value: 1 },
      { labels: { code: 'b' }, value: 2 },
      { labels: { code: 'other' }, value: 2 },
    ]);
  });

  test('what a label may hold is escaped', () => {
    const samples = [{ labels: { protocol: 'a"b\\c\nd' }, value: 1 }];
    const text = prometheusText([{ name: 'x', help: 'line\nbreak', kind: 'gauge', labels: ['protocol'], samples }]);
    expect(text).toBe('# HELP x line\\nbreak\n# TYPE x gauge\nx{protocol="a\\"b\\\\c\\nd"} 1\n');
  });

  test('every machine that can go wrong has a failure state; what is orderly is none', () => {
    const failures = failureStates();
    const failing = new Set([...failures].map((end) => end.split(' ')[0]));
    const ending = new Set([...finalStates()].map((end) => end.split(' ')[0]));
    expect([...ending].filter((machine) => !failing.has(machine))).toEqual([]);
    expect(MACHINES.length).toBeGreaterThan(ending.size - 1);
    for (const end of ['connection closed', 'dial connected', 'noiseHandshake secured', 'yamuxStream closed']) {
      expect([finalStates().has(end), failures.has(end)]).toEqual([true, false]);
    }
  });
});

describe('prom-client', () => {
  test('shows the same rows, each scrape anew, and nothing once taken away', async () => {
    const node = new FakeNode();
    const registry = new Registry();
    const stop = registerMetrics(node, { registry });
    tell(node);
    // It writes Infinity in another word.
    const ours = PAGE.map((row) => row.replace('+Inf', '+Inf')).sort();
    expect([...rowsOf(await registry.metrics())].sort()).toEqual(ours);
    expect([...rowsOf(await registry.metrics())].sort()).toEqual(ours);
    node.liveActors = 10;
    expect(await registry.metrics()).toContain('swarmchart_live_actors 10\n');
    stop();
    expect((await registry.metrics()).trim()).toBe('');
    expect(node.events$.observed).toBe(false);
  });

  test('a registry that has them already is told so, and keeps what it has', async () => {
    const registry = new Registry();
    const stop = registerMetrics(new FakeNode(), { registry });
    const second = new FakeNode();
    expect(() => registerMetrics(second, { registry })).toThrow('already been registered');
    expect(second.events$.observed).toBe(false);
    expect(await registry.metrics()).toContain('swarmchart_peers 0\n');
    stop();
  });

  test('two live nodes: what one dials, the other one counts', async () => {
    const registry = new Registry();
    const server = await createNode();
    const client = await createNode({ listen: [] });
    const stop = registerMetrics(client, { registry });
    try {
      await drained(client.ping(server.addresses[0] ?? ''));
      await client.dial('/ip4/127.0.0.1/tcp/1').catch(() => undefined);
      const text = await registry.metrics();
      for (const row of [
        'swarmchart_connections{direction="outbound",security="/noise",muxer="/yamux/1.0.0"} 1',
        'swarmchart_dials_total{outcome="connected"} 1',
        'swarmchart_dials_total{outcome="exhausted"} 1',
        'swarmchart_upgrades_total{direction="outbound",outcome="ERR_TRANSPORT_REFUSED"} 1',
        'swarmchart_streams_opened_total{direction="outbound",protocol="/ipfs/ping/1.0.0"} 1',
        'swarmchart_machine_failures_total{machine="connection",state="failed"} 1',
        'swarmchart_peers 1',
      ]) {
        expect(text).toContain(`${row}\n`);
      }
    } finally {
      stop();
      await client.stop();
      await server.stop();
    }
  });
});

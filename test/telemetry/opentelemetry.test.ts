/** Spans of live nodes, as OpenTelemetry's own SDK collects them. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { traceNode } from '../../src/telemetry/opentelemetry.js';
import { EngineError, type StateStay } from '../../src/errors.js';
import type { ConnectionInfo } from '../../src/host/connection-info.js';
import { connectionOf, drained, FakeNode, stepOf } from './watched.js';

let exporter: InMemorySpanExporter;
let provider: BasicTracerProvider;
let server: Host;
let client: Host;
beforeEach(async () => {
  exporter = new InMemorySpanExporter();
  provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  server = await createNode();
  client = await createNode({ listen: [] });
});
afterEach(async () => {
  await client.stop();
  await server.stop();
  await provider.shutdown();
});

const spans = (): readonly ReadableSpan[] => exporter.getFinishedSpans();
const named = (name: string): ReadableSpan => {
  const found = spans().find((span) => span.name === name);
  if (found === undefined)
    throw new Error(
      `no ${name} among ${spans()
        .map((span) => span.name)
        .join(', ')}`,
    );
  return found;
};
const eventsOf = (span: ReadableSpan): readonly string[] => span.events.map(({ name }) => name);

test('a dial has its upgrade and its phases; a stream is linked to it; a fetch is a span of its own', async () => {
  const source = (async function* () {
    yield await Promise.resolve(new Uint8Array(10));
  })();
  const { cid } = await server.add(source);
  const stop = traceNode(client, { tracer: provider.getTracer('test') });
  await drained(client.ping(server.addresses[0] ?? ''));
  await drained(client.cat(cid.toString()));
  await client.stop();
  stop();
  const dial = named('dial');
  const upgrade = named('upgrade');
  expect(upgrade.parentSpanContext?.spanId).toBe(dial.spanContext().spanId);
  expect(dial.parentSpanContext).toBeUndefined();
  expect(upgrade.attributes).toEqual({
    'swarmchart.actor': 'conn:2',
    'swarmchart.direction': 'outbound',
    'swarmchart.address': server.addresses[0]?.split('/p2p/')[0],
    'swarmchart.peer': server.peerId,
    'swarmchart.security': '/noise',
    'swarmchart.muxer': '/yamux/1.0.0',
  });
  expect(eventsOf(dial)).toEqual(['dial.dialing', 'dial.connected']);
  for (const name of ['connect', 'negotiate security', 'handshake']) {
    expect(named(name).parentSpanContext?.spanId).toBe(upgrade.spanContext().spanId);
  }
  expect(eventsOf(named('handshake'))).toContain('noiseHandshake.secured');
  const ping = named('stream /ipfs/ping/1.0.0');
  expect(ping.links.map(({ context }) => context.spanId)).toEqual([upgrade.spanContext().spanId]);
  expect(ping.attributes).toMatchObject({ 'swarmchart.peer': server.peerId, 'swarmchart.direction': 'outbound' });
  expect(eventsOf(ping)).toEqual(
    expect.arrayContaining(['yamuxStream.open.windowOpen', 'ping.finished', 'yamuxStream.closed']),
  );
  expect(eventsOf(named('fetch'))).toEqual([
    'bitswapSession.idle',
    'bitswapSession.discovering',
    'bitswapSession.fetching',
    'bitswapSession.idle',
    'bitswapSession.finished',
  ]);
  expect(spans().filter(({ status }) => status.code === SpanStatusCode.ERROR)).toEqual([]);
  // Times are the real ones: each span lies within its parent.
  const nanoseconds = ([seconds, rest]: readonly [number, number]): bigint =>
    BigInt(seconds) * 1_000_000_000n + BigInt(rest);
  expect(nanoseconds(upgrade.startTime) >= nanoseconds(dial.startTime)).toBe(true);
  expect(nanoseconds(upgrade.endTime) <= nanoseconds(dial.endTime)).toBe(true);
});

test('a dial that fails says its code, and so does the address; an inbound upgrade has no parent', async () => {
  const stop = traceNode(client, { tracer: provider.getTracer('test') });
  const stopServer = traceNode(server, { tracer: provider.getTracer('server') });
  await client.dial('/ip4/127.0.0.1/tcp/1').catch(() => undefined);
  for (const name of ['dial', 'upgrade']) {
    expect({ name, status: named(name).status.code, code: named(name).attributes['error.type'] }).toEqual({
      name,
      status: SpanStatusCode.ERROR,
      code: 'ERR_TRANSPORT_REFUSED',
    });
  }
  expect(named('connect').status.code).toBe(SpanStatusCode.ERROR);
  exporter.reset();
  await client.dial(server.addresses[0] ?? '');
  const inbound = spans().find(({ attributes }) => attributes['swarmchart.direction'] === 'inbound');
  expect(inbound?.parentSpanContext).toBeUndefined();
  stop();
  stopServer();
});

test('upgrades of dials that interleave belong to their own dials, however their steps follow each other', () => {
  const node = new FakeNode();
  const stop = traceNode(node, { tracer: provider.getTracer('test') });
  const stay = (state: string, enteredAtMs: number): StateStay => ({
    machine: 'connection',
    state,
    event: 'x',
    enteredAtMs,
  });
  const info = (id: string, remoteAddress: string): ConnectionInfo =>
    connectionOf({
      id,
      direction: 'outbound',
      remoteAddress,
      timeline: [stay('upgrading.connecting', 0), stay('open', 0)],
    });
  for (const dial of ['dial:1', 'dial:2']) node.transitions$.next(stepOf('dial', '', 'dialing', dial));
  // Each connection begins right behind a step of the other dial.
  node.transitions$.next(stepOf('connection', '', 'upgrading.connecting', 'conn:3'));
  node.transitions$.next(stepOf('dial', 'dialing', 'dialing', 'dial:1'));
  node.transitions$.next(stepOf('connection', '', 'upgrading.connecting', 'conn:4'));
  node.transitions$.next(stepOf('dial', 'dialing', 'dialing', 'dial:2'));
  node.transitions$.next(stepOf('connection', '', 'upgrading.connecting', 'conn:5'));
  const error = new EngineError('ERR_TRANSPORT_REFUSED', 'remote', 'no');
  node.events$.next({ type: 'connection.failed', info: info('conn:5', 'third'), error, dial: 'dial:1' });
  node.events$.next({ type: 'connection.opened', info: info('conn:4', 'second'), dial: 'dial:2' });
  node.events$.next({ type: 'connection.opened', info: info('conn:3', 'first'), dial: 'dial:1' });
  node.events$.next({ type: 'connection.opened', info: { ...info('conn:6', 'inbound'), direction: 'inbound' } });
  for (const dial of ['dial:2', 'dial:1']) node.transitions$.next(stepOf('dial', 'dialing', 'connected', dial));
  stop();
  const dialOf = (span: ReadableSpan): unknown =>
    spans().find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)?.attributes[
      'swarmchart.actor'
    ];
  const upgrades = spans().filter(({ name }) => name === 'upgrade');
  expect(upgrades.map((span) => [span.attributes['swarmchart.address'], dialOf(span)])).toEqual([
    ['third', 'dial:1'],
    ['second', 'dial:2'],
    ['first', 'dial:1'],
    ['inbound', undefined],
  ]);
});

test('concurrent dials of a live node: each has the upgrade of its own peer', async () => {
  const other = await createNode();
  const stop = traceNode(client, { tracer: provider.getTracer('test') });
  const dials = new Map<string, string | undefined>();
  client.events$.subscribe((event) => {
    if (event.type === 'connection.opened') dials.set(event.info.remotePeer, event.dial);
  });
  try {
    await Promise.all([server, other].map((node) => client.dial(node.addresses[0] ?? '')));
    stop();
    expect(new Set(dials.keys())).toEqual(new Set([server.peerId, other.peerId]));
    for (const [peer, dial] of dials) {
      const upgrade = spans().find(
        ({ name, attributes }) => name === 'upgrade' && attributes['swarmchart.peer'] === peer,
      );
      const parent = spans().find((span) => span.spanContext().spanId === upgrade?.parentSpanContext?.spanId);
      expect(parent?.attributes['swarmchart.actor']).toBe(dial);
      expect(dial).toMatch(/^dial:\d+$/);
    }
    expect(new Set(dials.values()).size).toBe(2);
  } finally {
    await other.stop();
  }
});

test('live spans: as many as may be, and one more is not traced; stopping ends them', () => {
  const node = new FakeNode();
  const stop = traceNode(node, { tracer: provider.getTracer('test'), maxSpans: 2 });
  for (const actor of ['dial:1', 'dial:2', 'dial:3']) node.transitions$.next(stepOf('dial', '', 'dialing', actor));
  node.transitions$.next(stepOf('dial', 'dialing', 'connected', 'dial:3'));
  expect(spans()).toEqual([]);
  stop();
  expect(spans().map(({ attributes }) => attributes['swarmchart.actor'])).toEqual(['dial:1', 'dial:2']);
  expect([node.events$.observed, node.transitions$.observed]).toEqual([false, false]);
});

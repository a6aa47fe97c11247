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
import { drained, FakeNode, stepOf } from './watched.js';

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

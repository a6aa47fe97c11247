/** What each class of trace leaves out, as docs/trace.md says, and what stands in a line. */
import { describe, expect, test } from '@jest/globals';
import type { TraceDraft } from '../../src/ports.js';
import { TRACE_SCHEMA, type TraceClass, type TraceEngine } from '../../src/trace/format.js';
import { fullAddress, headerLine, redactionOf, TraceWriter } from '../../src/trace/writer.js';
import { draft, headerOf, traceOf } from './support/traces.js';

const raw = { length: 3, data: 'c0ffee' };
/** One record of every name that holds something a class may forbid; `SECRET` marks what must not be found. */
const drafts: readonly TraceDraft[] = [
  draft('io:bytes_received', 'conn:1', { socket: 1, raw }),
  draft('io:bytes_sent', 'conn:1', { socket: 1, raw }),
  draft('secure:plaintext', 'conn:1/noise', { direction: 'inbound', raw }),
  draft('random:drawn', 'random', { label: 'noise.ephemeral', length: 3, data: 'c0ffee' }),
  draft('async:called', 'store/blocks', { operation: 1, port: 'blocks', method: 'get', arguments: ['c0ffee'] }),
  draft('async:settled', 'store/blocks', { operation: 1, value: { $bytes: 'c0ffee' } }),
  draft('udp:received', 'udp', { udp: 1, address: '192.0.2.1', port: 5353, raw }),
  draft('udp:sent', 'udp', { udp: 1, raw }),
  draft('http:called', 'http', {
    request: 1,
    method: 'PUT',
    origin: 'http://192.0.2.1:80',
    path: '/c0ffee/announce?info_hash=c0ffee',
    headers: { x: 'c0ffee' },
    raw,
  }),
  draft('http:answered', 'http', { request: 1, status: 200, headers: { x: 'c0ffee' } }),
  draft('http:received', 'http', { request: 1, raw }),
  draft('http:failed', 'http', { request: 1, error: 'ERR_HTTP_FAILED', blame: 'remote', message: 'c0ffee: gone' }),
  draft('api:called', 'api', { call: 1, target: 'stream:2', method: 'write', arguments: [{ $bytes: 'c0ffee' }] }),
  draft('api:supplied', 'api', { call: 1, value: { $bytes: 'c0ffee' } }),
  draft('api:returned', 'api', { call: 1, value: { $bytes: 'c0ffee' } }),
  draft('frame:decoded', 'conn:1/noise', { layer: 'noise', length: 3, digest: 'c0ffee00' }),
  draft('frame:encoded', 'conn:1/noise', { layer: 'noise', length: 3, digest: 'c0ffee00' }),
];

const dataIn = (traceClass: TraceClass, engine: Partial<TraceEngine> = {}): Record<string, unknown> =>
  Object.fromEntries(traceOf(drafts, { class: traceClass, ...engine }).records.map(({ name, data }) => [name, data]));

describe('classes', () => {
  test('redacted keeps lengths, labels and headers, and nothing else', () => {
    expect(dataIn('redacted')).toEqual({
      'io:bytes_received': { socket: 1, raw: { length: 3 } },
      'io:bytes_sent': { socket: 1, raw: { length: 3 } },
      'secure:plaintext': { direction: 'inbound', raw: { length: 3 } },
      'random:drawn': { label: 'noise.ephemeral', length: 3 },
      'async:called': { operation: 1, port: 'blocks', method: 'get' },
      'async:settled': { operation: 1 },
      'udp:received': { udp: 1, address: '192.0.2.1', port: 5353, raw: { length: 3 } },
      'udp:sent': { udp: 1, raw: { length: 3 } },
      'http:called': { request: 1, method: 'PUT', origin: 'http://192.0.2.1:80', raw: { length: 3 } },
      'http:answered': { request: 1, status: 200 },
      'http:received': { request: 1, raw: { length: 3 } },
      'http:failed': { request: 1, error: 'ERR_HTTP_FAILED', blame: 'remote' },
      'api:called': { call: 1, target: 'stream:2', method: 'write' },
      'api:supplied': { call: 1 },
      'api:returned': { call: 1 },
      'frame:decoded': { layer: 'noise', length: 3 },
      'frame:encoded': { layer: 'noise', length: 3 },
    });
    expect(JSON.stringify(dataIn('redacted'))).not.toContain('c0ffee');
  });

  test('replayable leaves out what its seed gives', () => {
    const given = Object.fromEntries(drafts.map(({ name, data }) => [name, data]));
    expect(dataIn('replayable')).toEqual({ ...given, 'random:drawn': { label: 'noise.ephemeral', length: 3 } });
  });

  test('full leaves out nothing', () => {
    expect(dataIn('full')).toEqual(Object.fromEntries(drafts.map(({ name, data }) => [name, data])));
  });

  test('the header tells the rules by which it was done', () => {
    expect(redactionOf('full')).toEqual([]);
    expect(redactionOf('replayable')).toEqual(['random:drawn data']);
    expect(redactionOf('redacted')).toEqual([
      'io:bytes_received raw',
      'io:bytes_sent raw',
      'secure:plaintext raw',
      'random:drawn data',
      'async:called arguments',
      'async:settled value',
      'udp:received raw',
      'udp:sent raw',
      'http:called path',
      'http:called headers',
      'http:called raw',
      'http:answered headers',
      'http:received raw',
      'http:failed message',
      'api:called arguments',
      'api:supplied value',
      'api:returned value',
      'frame:decoded digest',
      'frame:encoded digest',
    ]);
  });

  test.each([
    ['redacted', true, { plaintext: false, lengthsOnly: true }],
    ['replayable', true, { plaintext: true, lengthsOnly: false }],
    ['replayable', false, { plaintext: false, lengthsOnly: false }],
    ['full', true, { plaintext: true, lengthsOnly: false }],
  ] as const)('what a %s sink asks for where plaintext is %s', (traceClass, plaintext, wanted) => {
    const { plaintext: asked, lengthsOnly } = new TraceWriter(headerOf({ class: traceClass, plaintext }), {
      write: () => undefined,
    });
    expect({ plaintext: asked, lengthsOnly }).toEqual(wanted);
  });

  test.each([true, false, undefined])('observations are asked for where the header says so: %s', (observations) => {
    const header = headerOf({ class: 'redacted', ...(observations === undefined ? {} : { observations }) });
    const writer = new TraceWriter(header, { write: () => undefined });
    expect([writer.observations, writer.sinkFor('n1').observations]).toEqual([
      observations === true,
      observations === true,
    ]);
  });
});

describe('lines', () => {
  test('the header is a qlog sequential one', () => {
    const line = headerLine(headerOf());
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toMatchObject({
      file_schema: 'urn:ietf:params:qlog:file:sequential',
      serialization_format: 'application/qlog+json',
      title: 'by hand',
      trace: {
        common_fields: {
          time_format: 'relative_to_epoch',
          reference_time: { clock_type: 'virtual', epoch: 'unknown' },
        },
        vantage_point: { name: '12D3KooWTest', type: 'unknown' },
        event_schemas: [TRACE_SCHEMA],
      },
    });
    const real = JSON.parse(headerLine(headerOf({ clock: 'real' }))) as { trace: { common_fields: object } };
    expect(real.trace.common_fields).toMatchObject({ reference_time: { clock_type: 'monotonic' } });
  });

  test('records are dense, in one line each, whatever they hold', () => {
    const lines: string[] = [];
    const writer = new TraceWriter(headerOf(), { write: (line) => lines.push(line) }, 'n17');
    expect(writer.record(draft('api:called', 'api', { text: 'two\nlines "quoted"' }))).toBe(0);
    expect(writer.record(draft('api:returned', 'api', {}, 0, 3.25))).toBe(1);
    expect(writer.count).toBe(2);
    expect(lines.slice(1)).toEqual([
      '{"seq":0,"time":0,"name":"api:called","group_id":"/n17/api","data":{"text":"two\\nlines \\"quoted\\""}}\n',
      '{"seq":1,"time":3.25,"name":"api:returned","group_id":"/n17/api","cause":0,"data":{}}\n',
    ]);
  });

  test.each([
    ['node', '/node'],
    ['conn:1/yamux/5/multistream', '/node/swarm/conn:1/yamux/5/multistream'],
    ['dial:3', '/node/swarm/dial:3'],
    ['bitswap/session:1', '/node/bitswap/session:1'],
    ['clock', '/node/clock'],
  ])('%s is %s', (actor, address) => {
    expect(fullAddress('/node', actor)).toBe(address);
  });
});

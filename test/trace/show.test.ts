/** Traces for people: the ladder, chains of causes, filters; and qlog, there and back. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { qlogTextOf, traceTextOf } from '../../src/trace/export/qlog.js';
import { globMatcher, shortAddress } from '../../src/trace/tools/addresses.js';
import { causesOf, inputsOf, rootsOf } from '../../src/trace/tools/causes.js';
import { describeRecord, wayOf } from '../../src/trace/tools/describe.js';
import { causeLines, ladderOf, selectRecords } from '../../src/trace/tools/show.js';
import { draft, textOf, traceOf } from './support/traces.js';

const drafts = [
  draft('transport:dial', 'transport', { dial: 1, address: '/ip4/127.0.0.1/tcp/4001' }, undefined, 10),
  draft('io:opened', 'conn:1', { socket: 1, role: 'dialer' }, undefined, 11),
  draft('actor:transition', 'conn:1', { machine: 'connection', from: '', to: 'connecting', event: 'start' }, 1, 11),
  draft('io:bytes_received', 'conn:1', { socket: 1, raw: { length: 3, data: '0a0b0c' } }, undefined, 12.3456),
  draft(
    'frame:decoded',
    'conn:1/yamux',
    { layer: 'yamux', stream: 5, length: 12, event: { type: 'yamux.windowUpdate', flags: 'SYN', length: 0 } },
    3,
    12.3456,
  ),
  draft(
    'actor:transition',
    'conn:1/yamux/5',
    { machine: 'yamuxStream', from: 'opening', to: 'open', event: 'wire.ack', edges: [] },
    4,
    12.3456,
  ),
  draft('frame:encoded', 'conn:1/noise', { layer: 'noise', length: 18, error: 'ERR_NOISE_BAD_FRAME' }, 5, 13),
  draft('secure:plaintext', 'conn:1/noise', { direction: 'outbound', raw: { length: 2 } }, 5, 13),
  draft('io:bytes_sent', 'conn:1', { socket: 1, raw: { length: 20, data: '00'.repeat(20) }, full: true }, 6, 13),
  draft(
    'api:called',
    'api',
    { call: 1, target: 'node', arguments: ['\u001b[31mred\n', 'x'.repeat(500)] },
    undefined,
    14,
  ),
];
const trace = traceOf(drafts);

describe('the ladder', () => {
  test('tells each record in a line: time, number, actor, way, and what it says', () => {
    expect([...ladderOf(trace, trace.records)].map((line) => line.trimEnd())).toEqual([
      'by hand (seen from 12D3KooWTest)',
      'class replayable, detail digests, 10 records; swarmchart 0.1.0, xstate 5.33.3, node v20.20.2',
      '',
      '          ms     seq  actor           in | out',
      '       0.000      #0  transport          |-->  transport:dial dial=1 address=/ip4/127.0.0.1/tcp/4001',
      '       1.000      #1  conn:1             |     io:opened socket=1 role=dialer',
      '       1.000      #2  conn:1             |     connection starts in connecting',
      '       2.346      #3  conn:1          -->|     received 3 bytes  0a 0b 0c',
      '       2.346      #4  conn:1/yamux    -->|     yamux.windowUpdate #5 flags=SYN length=0  12 bytes',
      '       2.346      #5  conn:1/yamux/5     |     yamuxStream opening -> open  on wire.ack',
      '       3.000      #6  conn:1/noise       |-->  noise data  18 bytes  ERR_NOISE_BAD_FRAME',
      '       3.000      #7  conn:1/noise       |-->  inside the channel: 2 bytes',
      `       3.000      #8  conn:1             |-->  sent 20 bytes  ${'00 '.repeat(16)}..., and the transport is full`,
      `       4.000      #9  api                |     api:called call=1 target=node arguments=["\\u001b[31mred\\n","${'x'.repeat(100)}...`,
    ]);
  });

  test('nothing that a terminal would obey gets through', () => {
    const [last] = [...ladderOf(trace, trace.records)].slice(-1);
    const nasty = traceOf([draft('loglevel:\u001b', 'api/\u001b[1m', { text: '\u001b[2Jgone\u009b' })]);
    const lines = [last ?? '', ...ladderOf(nasty, nasty.records), ...causeLines(nasty, nasty.records)];
    for (const character of lines.join('')) {
      const code = character.charCodeAt(0);
      expect(code >= 0x20 && !(code >= 0x7f && code < 0xa0)).toBe(true);
    }
  });

  test('a trace without records is its head', () => {
    const empty = traceOf([], { dropped: 7 });
    expect([...ladderOf(empty, [])]).toHaveLength(4);
    expect([...ladderOf(empty, [])][1]).toContain('0 records, 7 before them are gone');
  });
});

describe('an observation', () => {
  test.each([
    [
      'seen:bitswap',
      { session: 2, type: 'want-have', direction: 'sent', peer: 'P', cid: 'C' },
      'seen: want-have C to P for session 2',
    ],
    [
      'seen:bitswap',
      { type: 'block', direction: 'received', peer: 'P', cid: 'C', bytes: 9 },
      'seen: block C from P, 9 bytes',
    ],
    ['seen:bitswap', { session: 1, type: 'stall', peer: 'P', cid: 'C' }, 'seen: P stalls on C for session 1'],
    ['seen:bitswap', { type: 'fault', peer: 'P', error: 'ERR_X' }, 'seen: P is at fault: ERR_X'],
    [
      'seen:query',
      { query: 3, change: 'started', asks: 'FIND_NODE', key: 'ab', target: 'cd' },
      'seen: query 3 starts: FIND_NODE ab',
    ],
    [
      'seen:query',
      { query: 3, change: 'heard', peer: 'P', from: 'Q', distance_bits: 250 },
      'seen: query 3 hears of P from Q, distance 250 bits',
    ],
    [
      'seen:query',
      { query: 3, change: 'heard', peer: 'P', distance_bits: 0 },
      'seen: query 3 hears of P, distance 0 bits',
    ],
    ['seen:query', { query: 3, change: 'dialing', peer: 'P' }, 'seen: query 3: P is dialing'],
    [
      'seen:query',
      { query: 3, change: 'answered', peer: 'P', took_ms: 31, standing: true },
      'stands: query 3: P answered after 31 ms',
    ],
    [
      'seen:bitswap',
      { session: 1, type: 'want-have', direction: 'sent', peer: 'P', cid: 'C', standing: true },
      'stands: want-have C to P for session 1',
    ],
    ['seen:untold', { standing: true, records: 7 }, 'stands: 7 more records, which there was no room to tell'],
    [
      'seen:query',
      { query: 3, change: 'answered', peer: 'P', closer: 20, new_peers: 4, took_ms: 31 },
      'seen: query 3: P answered after 31 ms, told of 20, 4 of them new',
    ],
    [
      'seen:query',
      { query: 3, change: 'answered', peer: 'P', closer: 20, new_peers: 4, took_ms: 27.831670000000003 },
      'seen: query 3: P answered after 27.8 ms, told of 20, 4 of them new',
    ],
    [
      'seen:query',
      { query: 3, change: 'timed-out', peer: 'P', error: 'ERR_X', took_ms: 5 },
      'seen: query 3: P timed out after 5 ms: ERR_X',
    ],
    [
      'seen:query',
      { query: 3, change: 'failed', peer: 'P', error: 'ERR_X', took_ms: 5 },
      'seen: query 3: P failed after 5 ms: ERR_X',
    ],
    [
      'seen:query',
      { query: 3, change: 'finished', outcome: 'finished', messages: 9, closest: ['P', 'Q'], took_ms: 90 },
      'seen: query 3 ends: finished after 90 ms, 9 asked, 2 closest',
    ],
    [
      'seen:table',
      { dht: 'dht', change: 'added', peer: 'P', bucket: 3, reason: 'answered' },
      'seen: bucket 3 of dht: P added (answered)',
    ],
    [
      'seen:table',
      { dht: 'dht', change: 'replaced', peer: 'P', by: 'Q', bucket: 3, reason: 'announced' },
      'seen: bucket 3 of dht: P replaced by Q (announced)',
    ],
    [
      'seen:connection',
      {
        connection: 'conn:1',
        peer: 'P',
        remote: '/memory/1',
        direction: 'inbound',
        security: '/noise',
        muxer: '/yamux/1.0.0',
        streams: 2,
      },
      'stands: conn:1 inbound with P at /memory/1, /noise, /yamux/1.0.0, 2 streams',
    ],
    [
      'seen:connection',
      { connection: 'conn:1', remote: '/memory/1', direction: 'outbound', streams: 0 },
      'stands: conn:1 outbound at /memory/1, 0 streams',
    ],
    [
      'seen:stream',
      { connection: 'conn:1', stream: 5, direction: 'inbound', protocol: '/echo', send_credit: 7, receive_credit: 8 },
      'stands: stream #5 inbound /echo, may send 7 bytes, may receive 8 bytes',
    ],
    [
      'seen:credit',
      { stream: 5, direction: 'received', bytes: 7 },
      'seen: window of stream #5: 7 bytes more may be sent',
    ],
    ['seen:credit', { direction: 'received', bytes: 7 }, 'seen: window of the session: 7 bytes more may be sent'],
    [
      'seen:credit',
      { stream: 5, direction: 'dropped', bytes: 7 },
      'seen: window of stream #5: 7 bytes came and nobody reads them',
    ],
    ['seen:state', { machine: 'connection', state: 'open' }, 'stands: connection in open'],
    ['seen:later', { what: 'unknown' }, 'seen:later what=unknown'],
  ])('%s %j', (name, data, text) => {
    const [record] = traceOf([draft(name, 'x', data)]).records;
    expect([wayOf(record!), describeRecord(record!)]).toEqual(['none', text]);
  });

  test.each(['bitswap', 'query', 'table', 'connection', 'stream', 'credit', 'state'])(
    'seen:%s of another make says what it can',
    (kind) => {
      const odd = { peer: { toString: 1 }, query: null, closest: 7, bytes: [], type: 3 };
      for (const data of [{}, odd]) {
        const [record] = traceOf([draft(`seen:${kind}`, 'x', data)]).records;
        expect(describeRecord(record!)).toMatch(/^(?:seen|stands): /);
      }
    },
  );
});

describe('filters', () => {
  test.each([
    [{ actor: 'conn:1*' }, [1, 2, 3, 4, 5, 6, 7, 8]],
    [{ actor: '/node/swarm/conn:1' }, [1, 2, 3, 8]],
    [{ actor: '*/noise' }, [6, 7]],
    [{ name: 'io:*' }, [1, 3, 8]],
    [{ name: 'io:bytes_????' }, [8]],
    [{ actor: 'conn:1/yamux*', name: 'actor:*' }, [5]],
    [{ actor: 'conn.1' }, []],
  ])('%j', (filter, seqs) => {
    expect(selectRecords(trace, filter).map(({ seq }) => seq)).toEqual(seqs);
  });

  test('a glob is no pattern of another kind', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('*') || text.includes('?') || globMatcher(text)(text)));
    expect(globMatcher('a+b|c(')('aab')).toBe(false);
  });

  test.each([
    ['/node/swarm/conn:1/noise', 'conn:1/noise'],
    ['/n17/clock', 'clock'],
    ['/node', 'node'],
  ])('%s is %s for short', (actor, short) => {
    expect(shortAddress(actor)).toBe(short);
  });
});

describe('causes', () => {
  test('from the byte to what was sent on account of it', () => {
    expect(causesOf(trace, 8).map(({ seq }) => seq)).toEqual([3, 4, 5, 6, 8]);
    expect([...causeLines(trace, causesOf(trace, 8))]).toEqual([
      '       2.346 #3  conn:1: received 3 bytes  0a 0b 0c',
      '       2.346 #4 \\_ conn:1/yamux: yamux.windowUpdate #5 flags=SYN length=0  12 bytes',
      '       2.346 #5   \\_ conn:1/yamux/5: yamuxStream opening -> open  on wire.ack',
      '       3.000 #6     \\_ conn:1/noise: noise data  18 bytes  ERR_NOISE_BAD_FRAME',
      `       3.000 #8       \\_ conn:1: sent 20 bytes  ${'00 '.repeat(16)}..., and the transport is full`,
    ]);
  });

  test.each([-1, 10, 1.5])('there is no record %d', (seq) => {
    expect(() => causesOf(trace, seq)).toThrow('the trace has records 0 to 9');
  });

  test('the first cause of each record, and the input before it', () => {
    expect(rootsOf(trace)).toEqual([0, 1, 1, 3, 3, 3, 3, 3, 3, 9]);
    expect(inputsOf(trace)).toEqual([-1, -1, -1, 3, 3, 3, 3, 3, 3, 9]);
  });
});

describe('qlog', () => {
  const text = textOf(drafts);
  const qlog = qlogTextOf(text);

  test('is a sequence of JSON texts as RFC 7464 has it, with the keys that viewers look for', () => {
    const texts = qlog.split('\u001e');
    expect(texts[0]).toBe('');
    expect(texts).toHaveLength(1 + 1 + drafts.length);
    expect(texts.slice(1).every((each) => each.endsWith('\n') && each.indexOf('\n') === each.length - 1)).toBe(true);
    expect(JSON.parse(texts[1] ?? '')).toMatchObject({
      qlog_version: '0.3',
      qlog_format: 'JSON-SEQ',
      file_schema: 'urn:ietf:params:qlog:file:sequential',
      serialization_format: 'application/qlog+json-seq',
      trace: { vantage_point: { name: '12D3KooWTest' } },
    });
    expect(JSON.parse(texts[3] ?? '')).toMatchObject({ time: 11, name: 'io:opened', group_id: '/node/swarm/conn:1' });
  });

  test('loses nothing: back it is the same text', () => {
    expect(traceTextOf(qlog)).toBe(text);
  });

  test('keeps what it does not know', () => {
    const later = text.replace('"seq":0', '"colour":"blue","seq":0').replace('"title"', '"description":"d","title"');
    expect(traceTextOf(qlogTextOf(later))).toBe(later);
  });

  test('leaves out a line that breaks off', () => {
    expect(qlogTextOf(text.slice(0, -5)).split('\u001e')).toHaveLength(1 + drafts.length);
  });

  test.each([
    ['a trace', text, 'does not begin with a record separator'],
    ['text', '\u001eDear diary\n', 'its first text is not JSON'],
    ["another program's", '\u001e{"qlog_version":"0.3"}\n', 'the first line is not the header of a swarmchart trace'],
    ['nothing', '', 'does not begin with a record separator'],
  ])('%s is refused on the way back', (_, given, why) => {
    expect(() => traceTextOf(given)).toThrow(why);
  });
});

import { describe, expect, test } from '@jest/globals';
import { FILTER_FIELDS } from '../../../src/inspect/filter/fields.js';
import { FILTER_CHARACTERS, readFilter } from '../../../src/inspect/filter/filter.js';
import type { TraceRecord } from '../../../src/trace/format.js';

const record = (
  seq: number,
  name: string,
  actor: string,
  data: Record<string, unknown>,
  cause?: number,
): TraceRecord => ({
  seq,
  time: seq * 10,
  name,
  actor,
  cause,
  data,
});

const RECORDS: readonly TraceRecord[] = [
  record(0, 'io:opened', '/node/swarm/conn:1', { role: 'dialer', remote: '/memory/peer' }),
  record(1, 'io:bytes_received', '/node/swarm/conn:1', { socket: 1, raw: { length: 1500 } }),
  record(
    2,
    'frame:decoded',
    '/node/swarm/conn:1/multistream',
    { layer: 'multistream', length: 0, event: { type: 'multistream.message', text: '/noise' } },
    1,
  ),
  record(3, 'actor:transition', '/node/swarm/conn:1/noise', {
    machine: 'noiseHandshake',
    from: 'idle',
    to: 'dialing.awaitingMessage2',
    event: 'local.dial',
    edges: ['idle local.dial'],
  }),
  record(4, 'frame:encoded', '/node/swarm/conn:2/yamux', {
    layer: 'yamux',
    stream: 3,
    length: 12,
    event: { type: 'yamux.goAway' },
  }),
  record(5, 'frame:decoded', '/n17/swarm/conn:2/yamux', {
    layer: 'yamux',
    stream: 3,
    length: 0,
    event: { type: 'stream.reset' },
    error: 'ERR_STREAM_RESET',
  }),
  record(6, 'api:returned', '/node/api', { call: 1, error: { $error: { code: 'ERR_PEER_ID_MISMATCH' } } }),
  record(7, 'seen:bitswap', '/node/bitswap', { type: 'have', peer: '12D3KooWA', cid: 'bafkA' }),
];

const passed = (text: string): readonly number[] => {
  const filter = readFilter(text);
  if (!filter.ok) throw new Error(`${filter.text} at ${filter.at}`);
  return RECORDS.filter(filter.test).map(({ seq }) => seq);
};

describe('what a filter lets through', () => {
  test.each<[string, readonly number[]]>([
    ['', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['   ', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['actor:conn:1/noise', [3]],
    ['actor:/node/swarm/conn:1*', [0, 1, 2, 3]],
    ['node:n17', [5]],
    ['conn:2', [4, 5]],
    ['name:io:*', [0, 1]],
    ['layer:yamux', [4, 5]],
    ['layer:yamux way:in', [5]],
    ['layer:yamux and way:in', [5]],
    ['layer:yamux -way:in', [4]],
    ['layer:yamux not way:in', [4]],
    ['layer:multistream or layer:yamux', [2, 4, 5]],
    ['(layer:multistream or layer:yamux) -conn:1', [4, 5]],
    ['-(layer:yamux or name:io:*)', [2, 3, 6, 7]],
    ['stream:3', [4, 5]],
    ['stream>3', []],
    ['stream>=3', [4, 5]],
    ['machine:noise*', [3]],
    ['state:dialing.*', [3]],
    ['from:idle', [3]],
    ['edge:"idle local.dial"', [3]],
    ['edge:"idle local.?ial"', [3]],
    ['event:local.dial', [3]],
    ['event:yamux.*', [4]],
    ['peer:12D3*', [7]],
    ['protocol:/noise', [2]],
    ['cid:bafk*', [7]],
    ['error:*', [5, 6]],
    ['error:ERR_PEER_ID_MISMATCH', [6]],
    ['bytes>1000', [1]],
    ['bytes=12', [4]],
    ['bytes!=12', [0, 1, 2, 3, 5, 6, 7]],
    ['seq<2', [0, 1]],
    ['seq<=2', [0, 1, 2]],
    ['time>=60', [6, 7]],
    ['cause:1', [2]],
    ['goaway', [4]],
    ['"io:opened"', [0]],
    ['"or"', [0, 3, 6]],
    ['/conn:[12]/ name:frame:*', [2, 4, 5]],
    ['"(conn:1"', []],
    ['"conn:1/n.ise"', []],
    ['ACTOR:conn:1/noise', [3]],
  ])('%s', (text, seqs) => {
    expect(passed(text)).toEqual(seqs);
  });
});

describe('a filter that cannot be read says where and why', () => {
  test.each<[string, number, string]>([
    ['colour:red', 0, 'there is no field "colour"; there are ' + FILTER_FIELDS.map(({ name }) => name).join(', ')],
    ['conn:1 actor:', 7, 'actor: needs a value, e.g. actor:conn:1/noise'],
    ['(conn:1', 0, 'this parenthesis is never closed'],
    ['conn:1)', 6, 'nothing is open that this could close'],
    ['conn:1 or', 9, 'something has to follow here'],
    ['or conn:1', 0, 'something has to stand before this'],
    ['-', 1, 'something has to follow here'],
    ['"conn', 0, 'this quote is never closed'],
    ['x /conn', 2, 'this pattern is never closed: it ends with a second /'],
    ['bytes>many', 0, '> compares numbers; "many" is none'],
    ['x'.repeat(FILTER_CHARACTERS + 1), 0, 'a filter is at most 2,000 characters long'],
  ])('%s', (text, at, why) => {
    expect(readFilter(text)).toEqual({ ok: false, at, text: why });
  });

  test('the longest one is read', () => {
    expect(readFilter('x'.repeat(FILTER_CHARACTERS)).ok).toBe(true);
  });

  test('a pattern that is none', () => {
    expect(readFilter('/(/')).toMatchObject({ ok: false, at: 0 });
  });
});

test('the example of every field is a filter', () => {
  expect(FILTER_FIELDS.filter(({ example }) => !readFilter(example).ok)).toEqual([]);
});

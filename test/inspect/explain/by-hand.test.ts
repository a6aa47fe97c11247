/** Kinds of failures that take long or much to bring about, written by hand; traces of several nodes; and partial ones. */
import { describe, expect, test } from '@jest/globals';
import { explainFailures } from '../../../src/inspect/explain/index.js';
import { World, worldTraceHeader } from '../../../src/sim/index.js';
import type { TraceDraft } from '../../../src/ports.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { TraceWriter } from '../../../src/trace/writer.js';
import { draft, headerOf, traceOf } from '../../trace/support/traces.js';
import { rowOf, type Row } from './rows.js';

const step = (
  actor: string,
  machine: string,
  [from, to]: readonly [string, string],
  event: string,
  { cause, atMs }: { readonly cause?: number; readonly atMs?: number } = {},
): TraceDraft => draft('actor:transition', actor, { machine, from, to, event, edges: [] }, cause, atMs ?? 0);

const frame = (name: 'encoded' | 'decoded', event: object, more: object = {}, atMs = 0): TraceDraft =>
  draft(`frame:${name}`, 'swarm/conn:1/protocol', { layer: 'protocol', length: 0, event, ...more }, undefined, atMs);

const SESSION = 'bitswap/session:1';
const OUTBOUND = 'bitswap/12D3KooWPeer/outbound';
const wants = { wantHaves: 1, wantBlocks: 0, blocks: 0, presences: 0 };

const refused = (call: number, code: string, blame: string, message: string): readonly TraceDraft[] => [
  draft('api:called', 'api', { call, target: 'node', method: 'dial', arguments: ['/memory/b'] }),
  draft('api:returned', 'api', { call, error: { $error: { code, blame, message, name: 'EngineError' } } }),
];

const unmet = (more: readonly TraceDraft[], state = 'discovering', untilMs = 30_000): readonly TraceDraft[] => [
  ...more,
  step(SESSION, 'bitswapSession', ['', 'idle'], 'start'),
  step(SESSION, 'bitswapSession', ['idle', state], 'wants.opened'),
  draft('simulation:marker', 'node', {}, undefined, untilMs),
];

const wanting: Omit<Row, 'title' | 'cause'> = {
  code: 'ERR_BLOCK_NOT_FOUND',
  blame: 'local',
  actor: 'bitswap/session:1',
  machine: 'bitswapSession',
  state: 'discovering',
};

const TABLE: readonly {
  readonly name: string;
  readonly drafts: readonly TraceDraft[];
  readonly rows: readonly Row[];
}[] = [
  {
    name: 'bitswap: nobody was connected, and the block is wanted still',
    drafts: unmet([]),
    rows: [
      {
        ...wanting,
        title: 'No peer to ask',
        cause: 'Blocks were wanted for 30 s, so far, and no peer was connected that could be asked.',
      },
    ],
  },
  {
    name: 'bitswap: a trace that ends before a block would have had to come claims nothing',
    drafts: unmet([], 'discovering', 4_999),
    rows: [],
  },
  {
    name: 'bitswap: one that ends later does',
    drafts: unmet([], 'discovering', 5_000),
    rows: [
      {
        ...wanting,
        title: 'No peer to ask',
        cause: 'Blocks were wanted for 5 s, so far, and no peer was connected that could be asked.',
      },
    ],
  },
  {
    name: 'bitswap: the one peer does not speak it',
    drafts: unmet([step(OUTBOUND, 'bitswapOutbound', ['opening', 'unsupported'], 'stream.unsupported')]),
    rows: [
      {
        ...wanting,
        title: 'No peer to ask',
        cause: 'Blocks were wanted for 30 s, so far, and the one peer that was connected does not speak bitswap.',
      },
    ],
  },
  {
    name: 'bitswap: no stream came about to ask on',
    drafts: unmet([step(OUTBOUND, 'bitswapOutbound', ['closed', 'opening'], 'queue.filled')]),
    rows: [
      {
        ...wanting,
        title: 'No connection to ask on',
        cause:
          'Blocks were wanted for 30 s, so far, and no want reached any of one peer: no bitswap stream came about.',
      },
    ],
  },
  {
    name: 'bitswap: a peer promised the block and does not send it',
    drafts: [
      step(OUTBOUND, 'bitswapOutbound', ['opening', 'open.writable'], 'stream.opened'),
      step(SESSION, 'bitswapSession', ['', 'idle'], 'start'),
      step(SESSION, 'bitswapSession', ['idle', 'discovering'], 'wants.opened'),
      frame('encoded', { type: 'bitswap.message', ...wants }),
      frame('decoded', { type: 'bitswap.message', ...wants, wantHaves: 0, presences: 1 }),
      step(SESSION, 'bitswapSession', ['discovering', 'fetching'], 'provider.found'),
      step(SESSION, 'bitswapSession', ['fetching', 'cancelled'], 'local.close', { atMs: 20_000 }),
    ],
    rows: [
      {
        ...wanting,
        code: 'ERR_BITSWAP_TIMEOUT',
        blame: 'remote',
        state: 'fetching',
        ended: 'cancelled',
        title: 'Promised and not delivered',
        cause: 'A peer said that it has the block, was asked for it, and sent none for 20 s, until the caller gave up.',
      },
    ],
  },
  {
    name: 'bitswap: the block came',
    drafts: [
      step(SESSION, 'bitswapSession', ['', 'idle'], 'start'),
      step(SESSION, 'bitswapSession', ['idle', 'discovering'], 'wants.opened'),
      frame('decoded', { type: 'bitswap.message', ...wants, wantHaves: 0, blocks: 1 }),
      step(SESSION, 'bitswapSession', ['discovering', 'idle'], 'wants.closed', { atMs: 20_000 }),
    ],
    rows: [],
  },
  {
    name: 'addresses of a kind that leads nowhere from here (black hole)',
    drafts: refused(
      1,
      'ERR_DIAL_BACKOFF',
      'local',
      'every known address of X is of a kind that leads nowhere from this network',
    ),
    rows: [
      {
        code: 'ERR_DIAL_BACKOFF',
        title: 'Not dialed: such addresses lead nowhere here',
        blame: 'local',
        actor: 'api',
        cause: 'Every known address of X is of a kind that leads nowhere from this network.',
      },
    ],
  },
  {
    name: 'a scope of resources is full',
    drafts: refused(1, 'ERR_RESOURCE_LIMIT', 'local', 'scope system is full: connections may be 8'),
    rows: [
      {
        code: 'ERR_RESOURCE_LIMIT',
        title: 'A limit was reached',
        blame: 'local',
        actor: 'api',
        cause: 'Scope system is full: connections may be 8.',
      },
    ],
  },
  {
    name: 'streams that are opened only to be reset',
    drafts: [
      step('swarm/conn:1', 'connection', ['', 'open'], 'start'),
      step('swarm/conn:1/yamux', 'yamuxSession', ['', 'live.streams.open|live.keepAlive.resting'], 'start'),
      step(
        'swarm/conn:1/yamux',
        'yamuxSession',
        ['live.streams.open|live.keepAlive.resting', 'violated'],
        'wire.violation',
      ),
      draft(
        'frame:decoded',
        'swarm/conn:1/yamux',
        { layer: 'yamux', stream: 1, length: 0, event: { type: 'stream.reset' }, error: 'ERR_STREAM_RESET_FLOOD' },
        2,
      ),
    ],
    rows: [
      {
        code: 'ERR_STREAM_RESET_FLOOD',
        title: 'A limit was reached',
        blame: 'remote',
        actor: 'swarm/conn:1/yamux',
        machine: 'yamuxSession',
        state: 'live.streams.open|live.keepAlive.resting',
        ended: 'violated',
        cause: 'The peer opens streams only to reset them, faster than the bound.',
      },
    ],
  },
  {
    name: 'an assertion of the engine',
    drafts: [draft('assert:failed', 'node', { code: 'ERR_ENGINE_ASSERTION', message: 'a stream ended twice' })],
    rows: [
      {
        code: 'ERR_ENGINE_ASSERTION',
        title: 'A bug of this engine',
        blame: 'engine',
        actor: '/node',
        cause: 'A stream ended twice.',
      },
    ],
  },
];

test.each(TABLE)('$name', ({ drafts, rows }) => {
  const { records, header } = traceOf(drafts);
  expect(explainFailures(records, header).map(rowOf)).toEqual(rows);
});

test('nothing of nothing', () => {
  expect(explainFailures([], headerOf())).toEqual([]);
});

describe('worlds', () => {
  test('a trace of several nodes tells whose failure each is; one that begins in the middle says so', async () => {
    const lines: string[] = [];
    const writer = new TraceWriter(worldTraceHeader({ seed: 1 }), { write: (line) => void lines.push(line) });
    const world = new World({ seed: 1, ciphers: 'toy' });
    const [a, b] = [world.addNode('a'), world.addNode('b')];
    await world.during(a.run((host) => host.dial(b.address)));
    await world.during(a.run((host) => host.identify(b.peerId)));
    const detach = [a.host.traceTo(writer.sinkFor('a')), b.host.traceTo(writer.sinkFor('b'))];
    await world.during(a.run((host) => host.openStream(b.peerId, '/nothing/1.0.0').catch(() => undefined)));
    b.crash();
    await world.until(() => a.host.connections().length === 0, { withinMs: 60_000 });
    for (const end of detach) end();
    await world.close();
    const { records, header } = parseTrace(lines.join(''));
    const explanations = explainFailures(records, header);
    expect(explanations.map(({ code, actor, state }) => [code, actor, state])).toEqual([
      ['ERR_MULTISTREAM_NO_OVERLAP', '/a/swarm/conn:2/yamux/3/multistream', 'awaitingReply'],
      ['ERR_TRANSPORT_ENDED', '/a/swarm/conn:2', 'open'],
    ]);
    const [, lost] = explanations;
    expect(lost?.story[0]?.text).toContain('the connection begins');
    expect(lost?.change.at(-1)).toMatch(/^The trace begins in the middle/);
  });
});

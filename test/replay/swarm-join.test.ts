/**
 * The golden replay: how go-ipfs 0.4 lets a node into its swarm, as a log of 2018 tells it (see recording/swarm-join.ts).
 * Six streams on one connection, each opened with a window update, each length prefix of the peer in a frame of its own.
 */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { replayTrace } from '../../src/replay/index.js';
import { livesOf, pathOf } from '../../src/testing/actor-lives.js';
import { TraceView } from '../../src/testing/trace-view.js';
import type { Trace } from '../../src/trace/format.js';

const FILE = fileURLToPath(new URL('fixtures/swarm-join-2018.trace.jsonl.gz', import.meta.url));
let replayed: Trace;

beforeAll(async () => {
  const result = await replayTrace(await readTraceFile(FILE));
  expect(result.difference?.report).toBeUndefined();
  replayed = result.trace;
});

test('the upgrade goes step by step', () => {
  const path = (machine: string): readonly string[] => {
    const life = livesOf(replayed.records).find((one) => one.machine === machine);
    return life === undefined ? [] : pathOf(life).map(({ state }) => state);
  };
  expect(path('connection')).toEqual([
    'upgrading.connecting',
    'upgrading.negotiatingSecurity',
    'upgrading.handshaking',
    'upgrading.negotiatingMuxer',
    'open',
    'draining',
    'closed',
  ]);
  expect(path('secioHandshake').at(-1)).toBe('secured');
  expect(path('yamuxSession')).toEqual(['live.streams.open|live.keepAlive.resting', 'closed']);
});

test('identify, kad and relay are agreed on both ways, the node on odd streams and the peer on even ones', () => {
  const { agreements } = TraceView.of(replayed);
  expect(agreements.map(({ protocol, stream }) => (stream === undefined ? protocol : `${stream} ${protocol}`))).toEqual(
    [
      '/secio/1.0.0',
      '/yamux/1.0.0',
      '1 /ipfs/id/1.0.0',
      '2 /ipfs/id/1.0.0',
      '3 /ipfs/kad/1.0.0',
      '4 /ipfs/kad/1.0.0',
      '5 /libp2p/circuit/relay/0.1.0',
      '6 /libp2p/circuit/relay/0.1.0',
    ],
  );
});

/** The frames of one stream: `>` sent and `<` received; flags of window updates, lengths of data. */
function framesOn(stream: number): string {
  return replayed.records
    .flatMap(({ name, actor, data }) => {
      if (!actor.endsWith('/yamux') || data['stream'] !== stream || !name.startsWith('frame:')) return [];
      const event = data['event'] as { readonly type: string; readonly flags?: string } | undefined;
      if (event !== undefined && !event.type.startsWith('yamux.')) return [];
      const sent = name === 'frame:encoded';
      // A frame that was sent is told with its header.
      const length = Number(data['length']) - (sent && event === undefined ? 12 : 0);
      return [`${sent ? '>' : '<'}${event?.flags ?? length}`];
    })
    .join(' ');
}

describe('frames', () => {
  test.each([
    // The header and the protocol of multistream: 19 and 15, 15 or 28 with the newline, each after its length.
    // 551 is what go-ipfs says of itself, after a length of two bytes; what we say goes out whole, with its lengths.
    // A question to kad has 40 bytes, CAN_HOP 2, and STATUS 5.
    { stream: 1, frames: '>SYN >36 <ACK <1 <19 <1 <15 <2 <551 <FIN >FIN' },
    { stream: 2, frames: '<SYN >ACK <1 <19 >20 <1 <15 >256 >FIN <FIN' },
    { stream: 3, frames: '>SYN >37 <ACK <1 <19 <1 <16 >41 <1 <40 <FIN >FIN' },
    { stream: 4, frames: '<SYN >ACK <1 <19 >20 <1 <16 >17 <1 <40 >41 >FIN <FIN' },
    { stream: 5, frames: '>SYN >49 <ACK <1 <19 <1 <28 >3 <1 <5 <FIN >FIN' },
    { stream: 6, frames: '<SYN >ACK <1 <19 >20 <1 <28 >29 <1 <2 >6 >FIN <FIN' },
  ])('of stream $stream', ({ stream, frames }) => {
    expect(framesOn(stream)).toBe(frames);
  });
});

test('CAN_HOP is answered with STATUS 270 on both streams', () => {
  const question = '020804';
  const status = '05080320' + '8e02';
  const calls = replayed.records.filter(({ name }) => name === 'api:called').map(({ data }) => JSON.stringify(data));
  expect(calls.filter((call) => call.includes(`"write","arguments":[{"$bytes":"${question}"`)).length).toBe(1);
  expect(calls.filter((call) => call.includes(`"write","arguments":[{"$bytes":"${status}"`)).length).toBe(1);
});

/** mplex and spdy by script: whole sessions with a node in both roles, and what a node makes of each wrong. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import {
  dial,
  listen,
  scriptedPeer,
  type Chunking,
  type Outcome,
  type Steps,
  type StreamSteps,
} from '../../../src/testing/scripted-peer/index.js';
import { hex, utf8 } from '../../support/decoding.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { pattern } from '../../support/streams.js';
import { scene, type Role } from './world.js';

const IDENTIFY = '/ipfs/id/1.0.0';
const PING = '/ipfs/ping/1.0.0';
const ECHO = '/echo/1.0.0';
const PAYLOAD = pattern(32, 9);
type Muxer = 'mplex' | 'spdy';
const IDS = { mplex: '/mplex/6.7.0', spdy: '/spdy/3.1.0' } as const;

/** From the bare connection to the muxer. */
function upgrade(script: Steps, role: Role, muxer: Muxer): Steps {
  const agree = (steps: Steps, protocol: string): Steps =>
    role === 'dialer' ? steps.multistream.negotiate(protocol) : steps.multistream.accept(protocol);
  return agree(agree(script, '/noise').noise.handshake(), IDS[muxer]);
}

/** What both muxers have: streams that either side opens, half-closed by both. */
function exchange(script: Steps, muxer: Muxer): StreamSteps {
  return script[muxer]
    .accept(IDENTIFY, { name: 'asked' })
    .sendIdentify({ agentVersion: 'script/1', protocols: [PING] })
    .fin()
    .use((steps) => steps[muxer].open('ping'))
    .negotiate(PING)
    .sendBytes(PAYLOAD)
    .expectBytes(PAYLOAD)
    .fin()
    .expectFin()
    .use((steps) => steps[muxer].open('echo'))
    .negotiate(ECHO)
    .sendBytes(pattern(600, 1))
    .expectBytes(600)
    .sendBytes(pattern(5, 2), { flags: 'FIN' })
    .expectBytes(pattern(5, 2))
    .expectFin();
}

const CHUNKINGS: readonly Chunking[] = [{}, { wire: 'bytes' }, { stream: 'bytes', sealed: 5 }, { stream: 'joined' }];

describe.each(['mplex', 'spdy'] as const)('%s', (muxer) => {
  test.each(CHUNKINGS)('we dial, written as %j', async (chunking) => {
    const { play, dialer, node, events } = await scene({ muxers: [muxer] });
    const outcome = await play(exchange(upgrade(dialer().chunking(chunking), 'dialer', muxer), muxer));
    expect(outcome.remotePeer).toBe(node.peerId);
    expect(events.filter(({ type }) => type === 'connection.failed' || type === 'stream.failed')).toEqual([]);
  });

  test('they dial', async () => {
    const { playDialed, listener } = await scene({ muxers: [muxer] });
    const { outcome, dialed } = await playDialed(exchange(upgrade(listener(), 'listener', muxer), muxer));
    expect(dialed).toMatchObject({ remotePeer: outcome.localPeer, muxer: IDS[muxer], direction: 'outbound' });
  });

  test('we reset a stream, and the session goes on', async () => {
    const { play, dialer, events } = await scene({ muxers: [muxer] });
    await play(
      upgrade(dialer(), 'dialer', muxer)
        .use((steps) => steps[muxer].open('reset'))
        .negotiate(ECHO)
        .reset()
        .use((steps) => steps[muxer].open('echo'))
        .negotiate(ECHO)
        .sendBytes(PAYLOAD)
        .expectBytes(PAYLOAD),
    );
    // The echo is open when the script ends.
    const failed = events.flatMap((event) => (event.type === 'stream.failed' ? [event.error.code] : []));
    expect(failed).toEqual(['ERR_STREAM_RESET', 'ERR_TRANSPORT_ENDED']);
  });
});

interface Act {
  readonly name: string;
  readonly muxer: Muxer;
  readonly act: (script: Steps) => Steps;
  readonly code: ErrorCode;
}

const ACTS: readonly Act[] = [
  {
    name: 'a flag that there is not',
    muxer: 'mplex',
    act: (script) => script.mplex.sendFrame({ flag: 7, stream: 0 }),
    code: 'ERR_MPLEX_BAD_HEADER',
  },
  {
    name: 'a message over the limit, by its length',
    muxer: 'mplex',
    act: (script) =>
      script.mplex.open('one').mplex.sendFrame({ flag: 'messageInitiator', stream: 'one', length: 2 ** 20 + 1 }),
    code: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
  },
  {
    name: 'a name over the limit',
    muxer: 'mplex',
    act: (script) => script.mplex.open('one', { label: 'x'.repeat(257) }),
    code: 'ERR_MPLEX_NAME_TOO_LONG',
  },
  {
    name: 'an id twice',
    muxer: 'mplex',
    act: (script) =>
      script.mplex
        .open('one', { id: 5 })
        .mplex.open('two', { id: 6 })
        .mplex.sendFrame({ flag: 'newStream', stream: 5 }),
    code: 'ERR_MPLEX_BAD_STREAM_ID',
  },
  {
    name: 'another version',
    muxer: 'spdy',
    act: (script) => script.spdy.sendFrame({ type: 'ping', value: 1, version: 2 }),
    code: 'ERR_SPDY_BAD_VERSION',
  },
  {
    name: 'a ping of five bytes',
    muxer: 'spdy',
    act: (script) => script.spdy.sendFrame({ type: 'ping', body: new Uint8Array(5) }),
    code: 'ERR_SPDY_BAD_FRAME',
  },
  {
    name: 'headers that are no headers',
    muxer: 'spdy',
    act: (script) => script.spdy.open('one', { headers: [['UPPER', 'case']] }),
    code: 'ERR_SPDY_BAD_HEADERS',
  },
  {
    name: 'a block that is not compressed',
    muxer: 'spdy',
    act: (script) =>
      script.spdy.sendFrame({ type: 'synStream', stream: 1, body: hex('00000001 00000000 6000 ffffffff') }),
    code: 'ERR_SPDY_BAD_COMPRESSION',
  },
  {
    name: 'an id of the wrong parity',
    muxer: 'spdy',
    act: (script) => script.spdy.open('one', { id: 2 }),
    code: 'ERR_SPDY_BAD_STREAM_ID',
  },
  {
    name: 'more credit than a window holds',
    muxer: 'spdy',
    act: (script) => script.spdy.grant(0x7fff_ffff),
    code: 'ERR_SPDY_WINDOW_OVERFLOW',
  },
];

describe('a node and a script that does wrong', () => {
  test.each(ACTS)('$muxer: $name: $code', async ({ muxer, act, code }) => {
    const { play, dialer, failed } = await scene({ muxers: [muxer] });
    await play(act(upgrade(dialer(), 'dialer', muxer)).expectClose());
    expect(await failed('connection.closed')).toMatchObject({ code, blame: 'remote' });
  });
});

describe('spdy with a node', () => {
  test('settings, pings, windows, a reset with its status, and how a session ends', async () => {
    const { play, dialer, node } = await scene({ muxers: ['spdy'] });
    const outcome = await play(
      upgrade(dialer(), 'dialer', 'spdy')
        .spdy.expectSettings()
        .sendSettings({ 4: 100, 7: 2 ** 20 })
        .expectGrant(0xff_0000)
        .grant(2 ** 20)
        .sendPing()
        .expectPong()
        .open('echo')
        .expectAck()
        .negotiate(ECHO)
        .sendBytes(pattern(700_000, 4))
        .expectBytes(700_000)
        .expectGrant((credit) => credit > 0)
        .spdy.sendFrame({ type: 'rstStream', stream: 'echo', value: 5 })
        .sendFrame({ type: 99, body: utf8('nobody knows') })
        .sendGoAway(),
    );
    expect(outcome.remotePeer).toBe(node.peerId);
  });
});

describe('two scripts', () => {
  async function duet(listening: (script: Steps) => Steps, dialing: (script: Steps) => Steps): Promise<Outcome[]> {
    const world = newWorld({ latencyMs: 3 });
    const { clock, network } = world;
    const random = new SeededRandom('listening');
    const left = scriptedPeer({ clock, random, over: listen(network.transport, '/memory/left') });
    const right = scriptedPeer({ clock, over: dial(network.transport, '/memory/left') });
    return during(world, Promise.all([listening(left).run(), dialing(right).run()]));
  }

  test('mplex: each has a stream 0, and flags say whose', async () => {
    await duet(
      (script) =>
        script.mplex
          .expectOpen('theirs', { stream: 0, body: utf8('0') })
          .expectBytes(hex('01'))
          .expectFin()
          .sendBytes(hex('02'), { flags: 'FIN' })
          .mplex.open('ours', { label: 'a name' })
          .expectReset()
          .mplex.expectFrame({ flag: 'messageInitiator', stream: 9, body: hex('03') }),
      (script) =>
        script.mplex
          .open('ours')
          .sendBytes(hex('01'))
          .fin()
          .expectBytes(hex('02'))
          .expectFin()
          .mplex.expectFrame({ flag: 'newStream', stream: 0, body: utf8('a name') })
          .sendFrame({ flag: 'resetReceiver', stream: 0 })
          .sendFrame({ flag: 'messageInitiator', stream: 9, body: hex('03') }),
    );
  });

  test('mplex has no credit: a step that is about it fails', async () => {
    for (const act of [
      (script: StreamSteps) => script.ack(),
      (script: StreamSteps) => script.grant(1),
      (script: StreamSteps) => script.expectAck(),
      (script: StreamSteps) => script.expectGrant(),
      (script: StreamSteps) => script.sendBytes(hex('01'), { flags: 'SYN' }),
    ]) {
      await expect(
        duet(
          (script) => script.expectClose(),
          (script) => act(script.mplex.open('one')),
        ),
      ).rejects.toThrow(/mplex (has neither|can only)/);
    }
  });

  test('spdy: headers, and the numbers of every frame', async () => {
    const headers = [[':path', '/x']] as const;
    const pairs = headers as unknown as readonly (readonly [string, string])[];
    await duet(
      (script) =>
        script.spdy
          .expectSettings({ 7: 1000 })
          .expectOpen('theirs', { stream: 1, headers: pairs, fin: false })
          .ack(50)
          .spdy.expectPing(7)
          .sendPong()
          .sendPing()
          .expectPong(2)
          .expectFrame({ type: 'headers', stream: 1, headers: pairs })
          .expectFrame({ type: 'data', stream: 1, fin: true, body: hex('0102') })
          .expectFrame({ type: 'type 99', body: hex('03') })
          .sendFrame({ type: 'rstStream', stream: 'theirs', value: 3 })
          .grant(9)
          .expectGoAway(2),
      (script) =>
        script.spdy
          .sendSettings({ 7: 1000 })
          // A block of the script's own leaves those that are compressed alone.
          .sendFrame({ type: 'synStream', body: hex('00'), truncateTo: 0 })
          .open('ours', { headers: pairs })
          .expectAck()
          .expectGrant(50)
          .spdy.sendPing(7)
          .expectPong()
          .expectPing()
          .sendPong()
          .sendFrame({ type: 'headers', stream: 'ours', headers: pairs })
          .sendFrame({ type: 'data', stream: 'ours', flags: 1, body: hex('0102') })
          .sendFrame({ type: 99, body: hex('03') })
          .stream('ours')
          .expectReset(3)
          .spdy.expectGrant(9)
          .sendGoAway(2),
    );
  });
});

/** Peers by the hundred and streams by the thousand: what is bounded stays bounded, is told by name, and leaves nothing. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { encodeYamuxHeader, YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { lines, propose, upgradeToSecured } from '../support/hostile-peer.js';
import { connectRaw, eventually, type RawPeer } from '../support/hostile-pipe.js';
import {
  expectFailure,
  expectNothingHeld,
  expectStillServing,
  startTarget,
  type Target,
} from '../support/hostile-target.js';
import { upgradeToYamux } from '../support/hostile-yamux.js';

const { SYN, FIN, RST } = YAMUX_FLAG;
const { data, windowUpdate } = YAMUX_TYPE;
const MULTISTREAM = '/multistream/1.0.0';

/** Errors that were told, by `type code`, with how often. */
function tally({ events }: Target): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const event of events) {
    if (!('error' in event) || event.error === undefined) continue;
    const key = `${event.type} ${event.error.code}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

describe('slow loris, forty at each step of the negotiation', () => {
  const STEPS: Record<string, { readonly reach: (raw: RawPeer) => void; readonly code: string }> = {
    'says nothing': { reach: () => undefined, code: 'ERR_MULTISTREAM_TIMEOUT' },
    'half a multistream header': {
      reach: (raw) => raw.send(lines(MULTISTREAM).subarray(0, 7)),
      code: 'ERR_MULTISTREAM_TIMEOUT',
    },
    'the header and nothing more': { reach: (raw) => raw.send(lines(MULTISTREAM)), code: 'ERR_MULTISTREAM_TIMEOUT' },
    'the length of a proposal': {
      reach: (raw) => raw.send(lines(MULTISTREAM), Uint8Array.of(200)),
      code: 'ERR_MULTISTREAM_TIMEOUT',
    },
    'noise agreed and nothing more': {
      reach: (raw) => raw.send(lines(MULTISTREAM, '/noise')),
      code: 'ERR_NOISE_TIMEOUT',
    },
    'half a noise message': {
      reach: (raw) => raw.send(lines(MULTISTREAM, '/noise'), Uint8Array.of(0, 32, 1, 2, 3)),
      code: 'ERR_NOISE_TIMEOUT',
    },
  };

  test('the honest are served meanwhile, each ends by name, and nothing is left', async () => {
    const target = await startTarget({
      limits: {
        multistreamTimeoutMs: 3000,
        noiseHandshakeTimeoutMs: 3000,
        upgradesPerHost: 300,
        upgradesInProgress: 300,
      },
    });
    const slow: RawPeer[] = [];
    for (const { reach } of Object.values(STEPS)) {
      for (let count = 0; count < 40; count++) {
        const raw = await connectRaw(target.address);
        reach(raw);
        slow.push(raw);
      }
    }
    await expectStillServing(target);
    for (const raw of slow) await raw.expectClosed();
    const expected: Record<string, number> = {};
    for (const { code } of Object.values(STEPS)) {
      expected[`connection.failed ${code}`] = (expected[`connection.failed ${code}`] ?? 0) + 40;
    }
    expect(tally(target)).toEqual(expected);
    await expectNothingHeld(target);
  });

  test('in a secure channel and on streams', async () => {
    const target = await startTarget({ limits: { multistreamTimeoutMs: 1500, upgradeTimeoutMs: 3000 } });
    const secured = await upgradeToSecured(target.address);
    secured.send(lines(MULTISTREAM));
    const yamux = await upgradeToYamux(target.address, { seed: 'slow streams' });
    const streams = Array.from({ length: 40 }, () => yamux.open());
    for (const [at, stream] of streams.entries()) if (at % 2 === 0) stream.send(lines(MULTISTREAM).subarray(0, at + 1));
    await expectStillServing(target);
    for (const stream of streams) await stream.expectReset();
    await eventually('all are told', () => tally(target)['stream.failed ERR_MULTISTREAM_TIMEOUT'] === 40);
    await yamux.expectEcho('the connection goes on');
  });
});

describe('connections by the thousand', () => {
  test('half-open ones: some upgrade, some wait, the rest is dropped by name; then all is as before', async () => {
    const target = await startTarget({ limits: { upgradesPerHost: 20, acceptQueue: 500 } });
    const open: RawPeer[] = [];
    for (let count = 0; count < 1500; count++) open.push(await connectRaw(target.address));
    await eventually('the rest is dropped', () => tally(target)['connection.refused ERR_CONNECTION_LIMIT'] === 980);
    expect(target.node.resources().transient.usage).toMatchObject({ connectionsInbound: 20 });
    for (const raw of open) raw.socket.destroy();
    await expectNothingHeld(target);
    await expectStillServing(target);
  });

  test('a burst of a thousand that mean it: all are served in their turn', async () => {
    const target = await startTarget();
    const burst = await Promise.all(Array.from({ length: 1000 }, () => connectRaw(target.address)));
    for (const raw of burst) raw.send(lines(MULTISTREAM, '/nothing/1.0.0'));
    // Each is answered with the header and `na`, and leaves: the next one’s turn.
    const answers = burst.map(async (raw) => {
      const answer = `${await raw.readLine()} ${await raw.readLine()}`;
      raw.end();
      return answer;
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set([`${MULTISTREAM} na`]));
    expect(tally(target)['connection.refused ERR_CONNECTION_LIMIT']).toBeUndefined();
    await expectStillServing(target);
  });
});

describe('streams by the thousand', () => {
  test('opened and reset: as many as the burst, and one past it', async () => {
    const target = await startTarget({ limits: { streamResetsBurst: 500, streamResetsPerSecond: 0.001 } });
    const yamux = await upgradeToYamux(target.address);
    for (let count = 0; count < 250; count++) {
      const stream = yamux.open();
      stream.reset();
      yamux.streams.delete(stream.id);
    }
    for (let count = 0; count < 250; count++) {
      const stream = yamux.open();
      stream.send(lines(MULTISTREAM));
      stream.reset();
    }
    await yamux.expectEcho('as many as may');
    yamux.open().reset();
    await yamux.expectGoAway(1);
    const error = await expectFailure(target, {
      event: 'connection.closed',
      code: 'ERR_STREAM_RESET_FLOOD',
      machine: 'yamuxSession',
      state: 'live.streams.open|live.keepAlive.resting',
    });
    expect(error.message).toContain('streams a second');
    await expectNothingHeld(target);
    await expectStillServing(target);
  });

  test('a frame that opens and resets at once counts alike', async () => {
    const target = await startTarget({ limits: { streamResetsBurst: 10, streamResetsPerSecond: 0.001 } });
    const yamux = await upgradeToYamux(target.address);
    for (let id = 101; id < 101 + 22; id += 2) yamux.send(windowUpdate, SYN | RST, id, 0);
    await yamux.expectGoAway(1);
    expect(tally(target)).toEqual({ 'connection.closed ERR_STREAM_RESET_FLOOD': 1 });
  });

  test('streams past the limit, again and again: refused, and then the session ends', async () => {
    const target = await startTarget({
      limits: { yamuxInboundStreams: 5, streamResetsBurst: 20, streamResetsPerSecond: 0.001 },
    });
    const yamux = await upgradeToYamux(target.address);
    const kept = Array.from({ length: 5 }, () => yamux.open());
    const refused = Array.from({ length: 20 }, () => yamux.open());
    for (const stream of refused) await stream.expectReset();
    expect(kept.map(({ wasReset }) => wasReset)).toEqual([false, false, false, false, false]);
    yamux.open();
    await yamux.expectGoAway(1);
    await expectNothingHeld(target);
  });

  test('a hundred thousand, where they are let: nothing is left of them', async () => {
    const target = await startTarget({ limits: { streamResetsBurst: 200_000 } });
    const yamux = await upgradeToYamux(target.address);
    for (let round = 0; round < 100; round++) {
      const ids = Array.from({ length: 1000 }, (_, at) => 1_000_001 + 2 * (1000 * round + at));
      // One round in five opens each stream, which costs most; the others say it in one frame, which is fastest.
      const flags = round % 5 === 0 ? [SYN, RST] : [SYN | RST];
      const frames = ids.flatMap((id) => flags.map((flag) => encodeYamuxHeader(windowUpdate, flag, id, 0)));
      yamux.pipe.send(...frames);
      await yamux.expectEcho(`round ${round}`);
    }
    await eventually('no stream is left', () => target.node.connections()[0]?.streams === 0);
    const { usage } = target.node.resources().system;
    expect(usage).toMatchObject({ streamsInbound: 0, memoryBytes: LIMITS.resourceBytesPerConnection });
    expect(target.node.streams()).toEqual([]);
  });

  test('of all peers together: at the node’s limit, and one past it; who leaves makes room', async () => {
    const target = await startTarget({ resources: { system: { streamsInbound: 20 } } });
    const greedy = await upgradeToYamux(target.address, { seed: 'greedy' });
    const modest = await upgradeToYamux(target.address, { seed: 'modest' });
    const taken = Array.from({ length: 20 }, () => greedy.open());
    await eventually('all are there', () => target.node.resources().system.usage.streamsInbound === 20);
    await modest.open().expectReset();
    taken[0]?.reset();
    await eventually('one is gone', () => target.node.resources().system.usage.streamsInbound === 19);
    await modest.expectEcho('room came back');
  });

  test('that send and never read: memory ends at the peer’s limit, others go on', async () => {
    const memoryBytes = 2 * 1024 * 1024;
    const target = await startTarget({ resources: { peer: { memoryBytes } } });
    const yamux = await upgradeToYamux(target.address, { seed: 'greedy' });
    const other = await upgradeToYamux(target.address, { seed: 'modest' });
    const streams = Array.from({ length: 32 }, () => yamux.open());
    for (const stream of streams) {
      stream.grants = false;
      await propose(stream, '/echo/1.0.0');
      stream.send(new Uint8Array(200_000));
      stream.send(new Uint8Array(62_144));
    }
    // What comes back is not read either: the echoes wait in the node until their window is spent.
    await eventually('some are reset', () => streams.some(({ wasReset }) => wasReset));
    for (const { usage } of Object.values(target.node.resources().peers)) {
      expect(usage.memoryBytes).toBeLessThanOrEqual(memoryBytes);
    }
    await other.expectEcho('the other peer goes on');
    await expectStillServing(target);
  });
});

describe('window games', () => {
  test('a hundred thousand window updates of nothing and of one byte cost the others nothing', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream('/echo/1.0.0');
    for (let count = 0; count < 100_000; count++) {
      yamux.send(windowUpdate, 0, stream.id, count % 2);
      if (count % 10_000 === 0) await yamux.expectEcho(`after ${count}`);
    }
    await expectStillServing(target);
    expect(tally(target)).toEqual({});
  });

  test('data of one byte a frame, fifty thousand frames, comes back whole', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream('/echo/1.0.0');
    for (let count = 0; count < 50_000; count++) yamux.send(data, 0, stream.id, 1, Uint8Array.of(count & 255));
    const back = await stream.read(50_000);
    expect(Array.from(back.subarray(0, 300))).toEqual(Array.from({ length: 300 }, (_, at) => at & 255));
    yamux.send(windowUpdate, FIN, stream.id, 0);
    await yamux.expectEcho('and the connection goes on');
  });
});

/** Peers that never say anything, and peers that come without end, over TCP: each is dropped by its name or its bound. */
import { describe, expect, test } from '@jest/globals';
import { YAMUX_FLAG, YAMUX_TYPE } from '../../src/wire/yamux.js';
import { connectRaw, eventually, type RawPeer } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing, startTarget } from '../support/hostile-target.js';
import { upgradeToYamux } from '../support/hostile-yamux.js';

describe('a peer that never answers', () => {
  test('a connection on which nothing happens ends at the upgrade deadline', async () => {
    const target = await startTarget({ limits: { upgradeTimeoutMs: 200 } });
    const raw = await connectRaw(target.address);
    await expectFailure(target, {
      event: 'connection.failed',
      code: 'ERR_UPGRADE_TIMEOUT',
      machine: 'connection',
      state: 'upgrading.negotiatingSecurity',
    });
    await raw.expectClosed();
    await expectStillServing(target);
  });

  test('a stream that never agrees is reset, and its caller hears why', async () => {
    const target = await startTarget({ limits: { multistreamTimeoutMs: 300 } });
    const yamux = await upgradeToYamux(target.address);
    yamux.acknowledges = false;
    const peer = target.node.connections()[0]?.remotePeer ?? '';
    const error = await target.node.openStream(peer, '/never/1.0.0').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'ERR_MULTISTREAM_TIMEOUT',
      blame: 'remote',
      details: { machine: 'multistreamDialer', state: 'awaitingHeader' },
    });
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('a ping that is not answered fails by its name', async () => {
    const target = await startTarget({ limits: { pingTimeoutMs: 200 } });
    const yamux = await upgradeToYamux(target.address, { speaks: ['/ipfs/ping/1.0.0'] });
    const peer = target.node.connections()[0]?.remotePeer ?? '';
    const pinging = (async () => {
      for await (const roundTripMs of target.node.ping(peer)) return roundTripMs;
      return undefined;
    })();
    await expect(pinging).rejects.toMatchObject({ code: 'ERR_PING_TIMEOUT', blame: 'remote' });
    await yamux.expectEcho('the connection goes on');
  });

  test('a ping that is answered with other bytes fails by its name', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address, { speaks: ['/ipfs/ping/1.0.0'] });
    const peer = target.node.connections()[0]?.remotePeer ?? '';
    const pinging = (async () => {
      for await (const roundTripMs of target.node.ping(peer)) return roundTripMs;
      return undefined;
    })();
    pinging.catch(() => undefined);
    const stream = await yamux.accept('/ipfs/ping/1.0.0');
    await stream.read(32);
    stream.send(new Uint8Array(32));
    await expect(pinging).rejects.toMatchObject({ code: 'ERR_PING_MISMATCH', blame: 'remote' });
    await yamux.expectEcho('the connection goes on');
  });

  test('a ping cut short ends its stream alone', async () => {
    const target = await startTarget();
    const yamux = await upgradeToYamux(target.address);
    const stream = await yamux.openStream('/ipfs/ping/1.0.0');
    stream.send(new Uint8Array(31));
    yamux.send(YAMUX_TYPE.data, YAMUX_FLAG.FIN, stream.id, 0);
    await eventually('told', () => target.events.find(({ type }) => type === 'stream.failed'));
    expect(target.events.find(({ type }) => type === 'stream.failed')).toMatchObject({
      error: { code: 'ERR_STREAM_ENDED', blame: 'remote' },
    });
    await yamux.expectEcho('the connection goes on');
  });
});

describe('connections without end', () => {
  test('of the upgrades at once, the one past the limit waits its turn, and the one past the queue is dropped', async () => {
    const target = await startTarget({ limits: { upgradesInProgress: 3, acceptQueue: 1 } });
    const idle = [await connectRaw(target.address), await connectRaw(target.address), await connectRaw(target.address)];
    const waiting = await connectRaw(target.address);
    const refused = await connectRaw(target.address);
    await refused.expectClosed();
    expect([...idle, waiting].map(({ isOver }) => isOver)).toEqual([false, false, false, false]);
    expect(target.events.map((event) => (event.type === 'connection.refused' ? event.error.code : event.type))).toEqual(
      ['ERR_CONNECTION_LIMIT'],
    );
    for (const peer of [...idle, waiting]) peer.end();
    await eventually('one is over', () => target.events.some(({ type }) => type === 'connection.failed'));
    await expectStillServing(target);
  });

  test('two thousand that open and say nothing leave no more than the limit', async () => {
    const target = await startTarget({ limits: { upgradesInProgress: 256, upgradesPerHost: 256, acceptQueue: 0 } });
    const crowd: RawPeer[] = [];
    // In waves that the system's own queue holds.
    for (let wave = 0; wave < 20; wave++) {
      crowd.push(...(await Promise.all(Array.from({ length: 100 }, () => connectRaw(target.address)))));
    }
    await eventually('the others are dropped', () => crowd.filter(({ isOver }) => isOver).length === 2000 - 256);
    for (const peer of crowd) peer.end();
    const failed = (): number => target.events.filter(({ type }) => type === 'connection.failed').length;
    await eventually('room comes back', () => failed() === 256);
    await expectStillServing(target);
  });

  test('of the connections of one peer, the one past the limit is closed, and the others go on', async () => {
    const target = await startTarget({ limits: { connectionsPerPeer: 2 } });
    const first = await upgradeToYamux(target.address);
    const second = await upgradeToYamux(target.address);
    const third = await upgradeToYamux(target.address);
    await third.pipe.raw.expectClosed();
    await first.expectEcho('the first');
    await second.expectEcho('the second');
    expect(target.node.connections().length).toBe(2);
    await expectStillServing(target);
  });

  test('of all connections, the one past the limit is dropped', async () => {
    const target = await startTarget({ limits: { connections: 2 } });
    const first = await upgradeToYamux(target.address, { seed: 'one' });
    await upgradeToYamux(target.address, { seed: 'two' });
    const refused = await connectRaw(target.address);
    await refused.expectClosed();
    await first.expectEcho('the first goes on');
    first.pipe.raw.end();
    // A connection that is closing is listed no more, and takes its room until it is gone.
    await eventually('room comes back', () => Object.keys(target.node.resources().connections).length === 1);
    await expectStillServing(target);
  });
});

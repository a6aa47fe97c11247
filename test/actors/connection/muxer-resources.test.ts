/** What each muxer counts of its streams in the node's scopes: in, out, at edges, and nothing in the end. */
import { describe, expect, test } from '@jest/globals';
import { mplexProtocol } from '../../../src/actors/connection/mplex/muxer.js';
import { noMuxer } from '../../../src/actors/connection/none/muxer.js';
import { spdyProtocol } from '../../../src/actors/connection/spdy/muxer.js';
import { yamuxProtocol } from '../../../src/actors/connection/yamux/muxer.js';
import type { Role } from '../../../src/actors/connection/security.js';
import { ResourceManager, type ResourceOptions } from '../../../src/actors/policy/resource-manager.js';
import { LIMITS } from '../../../src/limits.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, thrownCode } from '../../support/decoding.js';
import { message, newStream } from '../../support/mplex-peer.js';
import { MuxerEnd, MuxerPair, NOTHING_LEFT, type MuxerPairOptions } from '../../support/muxer-pair.js';

const KIB = 1024;
const FREE = LIMITS.resourceFreeBytesPerStream;
const limits = { ...LIMITS, resourceBytesPerConnection: 0, resourceBytesPerStream: 0 };

/** Scopes of one side, and the options that count in them. */
function counted(role: Role, options: ResourceOptions = {}) {
  const manager = new ResourceManager(limits, options);
  const resources = manager.openConnection('conn:1', role === 'dialer' ? 'outbound' : 'inbound');
  const usage = () => manager.system.usage;
  const pair: MuxerPairOptions = { resources: (of) => (of === role ? resources : undefined) };
  return { pair, usage, memory: () => usage().memoryBytes };
}

const MUXERS = [
  { protocol: yamuxProtocol, steps: [256 * KIB] },
  { protocol: spdyProtocol, steps: [64 * KIB, 256 * KIB, 1024 * KIB] },
  { protocol: mplexProtocol, steps: [64 * KIB, 256 * KIB, 1024 * KIB, 4096 * KIB] },
];

describe.each(MUXERS)('$protocol.id', ({ protocol, steps }) => {
  test('our streams: as many as the scope takes, and one past it; none is left counted', () => {
    const { pair, usage } = counted('dialer', { system: { streamsOutbound: 3 } });
    const { dialer, close, settle } = bound(new MuxerPair(protocol, pair));
    const streams = [1, 2, 3].map(() => dialer.openMuxed());
    expect(usage().streamsOutbound).toBe(3);
    expect(thrownCode(() => dialer.openMuxed())).toBe('ERR_RESOURCE_LIMIT');
    expect(dialer.muxer.takesStreams).toBe(true);
    dialer.environment.turns.post(() => streams[0]?.reset());
    settle();
    expect(usage().streamsOutbound).toBe(2);
    dialer.openMuxed();
    expect(usage().streamsOutbound).toBe(3);
    expect(close()).toEqual(NOTHING_LEFT);
    expect(usage().streamsOutbound).toBe(0);
    expect(dialer.muxer.takesStreams).toBe(false);
  });

  test('the peer’s: one past what the scope takes is reset', () => {
    const { pair, usage } = counted('listener', { system: { streamsInbound: 3 } });
    const { dialer, listener, close, settle } = bound(new MuxerPair(protocol, pair));
    const streams = [1, 2, 3, 4].map(() => dialer.openMuxed());
    settle();
    expect(streams.map(({ error }) => error?.code)).toEqual([undefined, undefined, undefined, 'ERR_STREAM_RESET']);
    expect(usage().streamsInbound).toBe(3);
    expect(listener.accepted).toHaveLength(3);
    expect(close()).toEqual(NOTHING_LEFT);
    expect(usage().streamsInbound).toBe(0);
  });

  test('what waits for a reader is counted in steps, and given back when all was read', () => {
    const { pair, memory } = counted('listener');
    const { dialer, listener, settle } = bound(new MuxerPair(protocol, { ...pair, accept: false }));
    const stream = dialer.open();
    settle();
    const [taken] = listener.offered;
    const sendUpTo = (size: number) => {
      while ((taken?.unconsumedBytes ?? size) < size) {
        stream.write(new Uint8Array(Math.min(64 * KIB, size - (taken?.unconsumedBytes ?? 0))));
        settle();
      }
      return memory();
    };
    expect(sendUpTo(FREE)).toBe(0);
    let last = FREE;
    for (const step of steps) {
      expect(sendUpTo(last + 1)).toBe(step);
      expect(sendUpTo(step)).toBe(step);
      last = step;
    }
    taken?.inbound$.subscribe();
    listener.environment.turns.post(() => taken?.consume(last - 1));
    expect(memory()).toBe(last);
    listener.environment.turns.post(() => taken?.consume(1));
    expect(memory()).toBe(0);
  });

  test('what waits to be sent is counted, and given back when all has left', () => {
    const { pair, memory } = counted('dialer');
    const outbox = { outboxHighWaterBytes: 1000, outboxLowWaterBytes: 500 };
    const { dialer, listener, settle } = bound(new MuxerPair(protocol, { ...pair, limits: outbox, pipeBytes: 1 }));
    const stream = dialer.open();
    settle();
    listener.environment.turns.post(() => listener.offered[0]?.closeRead());
    for (let count = 0; count < 10; count++) stream.write(new Uint8Array(60 * KIB));
    expect(memory()).toBe(LIMITS.streamSendQueueBytes);
    settle();
    expect(dialer.muxedOf(stream).queuedBytes).toBe(0);
    expect(memory()).toBe(0);
  });

  test('a stream for which there is no memory is reset by name', () => {
    const { pair, memory } = counted('listener', { stream: { memoryBytes: (steps[0] ?? 0) - 1 } });
    const { dialer, listener, settle } = bound(new MuxerPair(protocol, { ...pair, accept: false }));
    const stream = dialer.open();
    stream.write(new Uint8Array(FREE));
    settle();
    expect(listener.offered[0]?.error).toBeUndefined();
    stream.write(new Uint8Array(1));
    settle();
    expect(listener.offered[0]?.error?.code).toBe('ERR_RESOURCE_LIMIT');
    expect(stream.error?.code).toBe('ERR_STREAM_RESET');
    expect(memory()).toBe(0);
  });
});

describe('mplex', () => {
  test('what was left of a stream is not taken from the next one with its id', () => {
    const { pair, memory } = counted('listener');
    const end = new MuxerEnd(mplexProtocol, new VirtualClock(), 'listener', { ...pair, accept: false });
    end.environment.turns.post(() => end.muxer.start());
    const body = new Uint8Array(FREE + 1);
    end.receive([concat(newStream(1), message('messageInitiator', 1, body), message('closeInitiator', 1))]);
    const [first] = end.offered;
    expect(memory()).toBe(64 * KIB);
    end.environment.turns.post(() => first?.closeWrite());
    expect([first?.state, memory()]).toEqual(['closed', 0]);
    end.receive([concat(newStream(1), message('messageInitiator', 1, body))]);
    expect(memory()).toBe(64 * KIB);
    first?.inbound$.subscribe();
    end.environment.turns.post(() => first?.consume(body.length));
    expect([first?.unconsumedBytes, memory()]).toEqual([0, 64 * KIB]);
    end.environment.turns.post(() => end.muxer.dispose());
    expect(memory()).toBe(0);
  });
});

describe('none', () => {
  test('ours: counted while it is used; where the scope is full it is not opened, and may be later', () => {
    const { pair, usage } = counted('dialer', { system: { streamsOutbound: 0 } });
    const full = new MuxerPair(noMuxer, pair);
    expect(thrownCode(() => full.dialer.openMuxed())).toBe('ERR_RESOURCE_LIMIT');
    expect(full.dialer.muxer.sole?.isTaken).toBe(false);
    expect(usage().streamsOutbound).toBe(0);

    const roomy = counted('dialer', { system: { streamsOutbound: 1 } });
    const open = new MuxerPair(noMuxer, roomy.pair);
    open.dialer.openMuxed();
    expect(roomy.usage().streamsOutbound).toBe(1);
    expect(open.close()).toEqual(NOTHING_LEFT);
    expect(roomy.usage().streamsOutbound).toBe(0);
  });

  test('the peer’s: where the scope is full the connection is dropped by name', () => {
    const { pair, usage } = counted('listener', { system: { streamsInbound: 0 } });
    const { listener } = new MuxerPair(noMuxer, pair);
    expect(listener.dropped.map(({ code }) => code)).toEqual(['ERR_RESOURCE_LIMIT']);
    expect(listener.offered).toEqual([]);
    expect(usage().streamsInbound).toBe(0);
  });

  test('what waits for a reader is counted as the mark that holds the transport back', () => {
    const { pair, memory } = counted('listener');
    const { dialer, listener, settle } = bound(new MuxerPair(noMuxer, { ...pair, accept: false }));
    const stream = dialer.open();
    stream.write(new Uint8Array(FREE));
    settle();
    expect(memory()).toBe(0);
    stream.write(new Uint8Array(1));
    settle();
    expect(memory()).toBe(LIMITS.soleStreamHighWaterBytes);
    listener.offered[0]?.inbound$.subscribe();
    listener.environment.turns.post(() => listener.offered[0]?.consume(FREE + 1));
    expect(memory()).toBe(0);
  });
});

/** A pair whose methods may be taken out of it. */
function bound(pair: MuxerPair) {
  const { dialer, listener } = pair;
  return { dialer, listener, settle: () => pair.settle(), close: () => pair.close() };
}

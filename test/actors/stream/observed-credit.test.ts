/** The windows of a stream put together from what a trace tells of its frames and its credit alone, beside the true ones. */
import { describe, expect, test } from '@jest/globals';
import type { MuxerProtocol } from '../../../src/actors/connection/muxer.js';
import { spdyProtocol } from '../../../src/actors/connection/spdy/muxer.js';
import { yamuxProtocol } from '../../../src/actors/connection/yamux/muxer.js';
import type { CreditObservation } from '../../../src/actors/observations.js';
import type { MuxedStream } from '../../../src/actors/stream/muxed-stream.js';
import { LIMITS } from '../../../src/limits.js';
import { MuxerPair, type MuxerEnd } from '../../support/muxer-pair.js';
import { Watcher } from '../../support/observed.js';
import { pattern, Sink, writeAll } from '../../support/streams.js';

/** What a page knows of a muxer: bytes of its data frames' header, and windows at the start. */
interface Facts {
  readonly layer: string;
  readonly headerBytes: number;
  readonly send: number;
  readonly receive: number;
}

const YAMUX: Facts = {
  layer: 'yamux',
  headerBytes: 12,
  send: LIMITS.yamuxInitialWindowBytes,
  receive: LIMITS.yamuxInitialWindowBytes,
};
const SPDY_START = 64 * 1024;
const SPDY: Facts = { layer: 'spdy', headerBytes: 8, send: SPDY_START, receive: LIMITS.spdyInitialWindowBytes };

/** Credit of one stream, from the records of one node. */
function derived(watcher: Watcher, id: number, { layer, headerBytes, ...start }: Facts) {
  const credit = { ...start };
  for (const { name, data } of watcher.taken) {
    if (data['stream'] !== id) continue;
    // What its writers and readers say inside it is told of the same stream, on layers of their own.
    if (name.startsWith('frame:') && data['layer'] !== layer) continue;
    if (name === 'seen:credit') {
      const { direction, bytes } = data as unknown as CreditObservation;
      if (direction === 'received') credit.send += bytes;
      else credit.receive -= bytes;
      continue;
    }
    const { length, event } = data as { readonly length: number; readonly event?: Readonly<Record<string, unknown>> };
    const isSent = name === 'frame:encoded';
    if (event === undefined) {
      if (isSent) credit.send -= length - headerBytes;
      else credit.receive -= length;
    } else if (event['type'] === 'yamux.windowUpdate' && !String(event['flags']).includes('RST')) {
      credit[isSent ? 'receive' : 'send'] += Number(event['length']);
    } else if (event['type'] === 'spdy.windowUpdate' && isSent) {
      credit.receive += Number(event['value']);
    }
  }
  return { send: credit.send, receive: credit.receive };
}

function watched(protocol: MuxerProtocol) {
  const pair = new MuxerPair(protocol, { latencyMs: 5 });
  const watch = (end: MuxerEnd): Watcher => {
    const watcher = new Watcher(true, 'frames');
    end.environment.traceTo(watcher);
    return watcher;
  };
  return { pair, dialer: watch(pair.dialer), listener: watch(pair.listener) };
}

describe.each([
  ['yamux', yamuxProtocol, YAMUX],
  ['spdy', spdyProtocol, SPDY],
] as const)('%s', (_, protocol, facts) => {
  test('credit of both sides, both ways', async () => {
    const { pair, dialer, listener } = watched(protocol);
    const stream = pair.dialer.open();
    pair.settle();
    const [mine, theirs] = [pair.dialer.muxedOf(stream), pair.listener.offered[0]] as [MuxedStream, MuxedStream];
    const expectSame = (): void => {
      expect(derived(dialer, mine.id, facts)).toEqual(mine.credit);
      expect(derived(listener, theirs.id, facts)).toEqual(theirs.credit);
    };
    expectSame();
    const [there, back] = [new Sink(pair.listener.accepted[0]!), new Sink(stream)];
    const written = [
      writeAll(stream, pattern(2_000_000, 1)),
      writeAll(pair.listener.accepted[0]!, pattern(700_000, 2)),
    ];
    await pair.until(() => there.length >= 500_000);
    await pair.until(() => there.length === 2_000_000 && back.length === 700_000);
    await Promise.all(written);
    expectSame();
    // More than the window went over it, so that credit was given on the way.
    expect(
      listener.taken.filter(({ data }) => /windowUpdate/.test(JSON.stringify(data['event'] ?? ''))).length,
    ).toBeGreaterThan(2);
    pair.close();
  });

  test('what comes for nobody counts as well, before and after they stopped reading', async () => {
    const { pair, dialer, listener } = watched(protocol);
    const stream = pair.dialer.open();
    pair.settle();
    const mine = pair.dialer.muxedOf(stream);
    const theirs = pair.listener.offered[0]!;
    stream.write(pattern(10_000, 1));
    pair.settle();
    theirs.closeRead();
    pair.settle();
    stream.write(pattern(20_000, 1));
    await pair.until(() => theirs.credit?.receive !== undefined && mine.queuedBytes === 0);
    expect(listener.of('seen:credit').filter(({ direction }) => direction === 'dropped').length).toBeGreaterThan(0);
    expect(derived(listener, theirs.id, facts)).toEqual(theirs.credit);
    expect(derived(dialer, mine.id, facts)).toEqual(mine.credit);
    pair.close();
  });
});

test('spdy: settings that came before a stream, and after it', () => {
  const pair = new MuxerPair(spdyProtocol, { limits: { spdyInitialWindowBytes: 100_000 } });
  const watcher = new Watcher(true, 'frames');
  pair.dialer.environment.traceTo(watcher);
  const stream = pair.dialer.open();
  pair.settle();
  const mine = pair.dialer.muxedOf(stream);
  expect(watcher.of('seen:credit')).toEqual([{ stream: mine.id, direction: 'received', bytes: 100_000 - SPDY_START }]);
  expect(derived(watcher, mine.id, { ...SPDY, receive: 100_000 })).toEqual(mine.credit);
  pair.close();
});

test('nothing is told to who does not want observations', async () => {
  const pair = new MuxerPair(spdyProtocol);
  const watcher = new Watcher(false, 'frames');
  pair.listener.environment.traceTo(watcher);
  const stream = pair.dialer.open();
  pair.settle();
  pair.listener.offered[0]!.closeRead();
  stream.write(pattern(20_000, 1));
  await pair.until(() => pair.dialer.muxedOf(stream).queuedBytes === 0);
  expect(watcher.taken.length).toBeGreaterThan(0);
  expect(watcher.seen).toEqual([]);
  pair.close();
});

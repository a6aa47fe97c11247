/** The tracker router in virtual time, with trackers that are good, absent, and hostile. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import { infohashOf } from '../../../src/routing/tracker/infohash.js';
import type { ProviderAnswer, StoreAnswer } from '../../../src/routing/router.js';
import { TrackerRouter, type TrackerRouterOptions } from '../../../src/routing/tracker/tracker.js';
import { MemoryLan } from '../../../src/sim/memory-lan.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat, thrownCode, toHex, utf8 } from '../../support/decoding.js';
import { invented } from '../../support/invented-peers.js';
import {
  answerOf,
  FakeHttp,
  goodUdp,
  udpTracker,
  type Heard,
  type HttpAnswer,
  type UdpAnswer,
} from './fake-trackers.js';

const cid = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
const infohash = toHex(infohashOf(cid));
const other = (index: number): CID => CID.createV1(0x55, { ...cid.multihash, bytes: Uint8Array.of(0, 1, index) });
const HTTP = 'http://tracker.example/announce';
const UDP = 'udp://192.168.0.9:6969';

/** Who is where: the peer that is numbered as the last part of its address. */
const at = (address: string): string => invented(Number(/\/ip4\/\d+\.\d+\.\d+\.(\d+)\//.exec(address)?.[1]));

function rig(
  answer: (heard: Heard) => HttpAnswer = () => ({ body: answerOf([]) }),
  more: Partial<TrackerRouterOptions> = {},
  limits: Partial<Limits> = {},
) {
  const clock = new VirtualClock();
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: {} as never,
    limits,
    onBroken: (error) => broken.push(error),
  });
  const lan = new MemoryLan({ clock, latencyMs: 1 });
  const http = new FakeHttp(answer);
  const dialed: string[] = [];
  const router = new TrackerRouter(environment, {
    trackers: [HTTP],
    http,
    datagrams: lan.host('192.168.0.1'),
    peer: invented(1),
    port: () => 4001,
    resolvePeer: (address) => {
      dialed.push(address);
      return Promise.resolve(at(address));
    },
    ...more,
  });
  /** Lets promises come and time go. */
  const run = async (durationMs = 0): Promise<void> => {
    for (let hop = 0; hop < 20; hop++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(durationMs);
    for (let hop = 0; hop < 20; hop++) await new Promise((resolve) => setImmediate(resolve));
  };
  const stop = async () => {
    let isStopped = false;
    void router.stop().then(() => (isStopped = true));
    await run(10);
    await run(LIMITS.trackerFarewellMs);
    return {
      isStopped,
      actors: environment.liveActors,
      timers: clock.pendingTimers,
      open: http.open,
      broken: broken.map(({ code }) => code),
    };
  };
  return { clock, lan, http, router, dialed, run, stop };
}

const ended = { isStopped: true, actors: 0, timers: 0, open: 0, broken: [] };

function hear(observable: Observable<ProviderAnswer | StoreAnswer>) {
  const heard: string[] = [];
  const subscription = observable.subscribe({
    next: (answer) =>
      heard.push(
        'at' in answer ? answer.at : `${answer.source} ${answer.provider.id} ${answer.provider.addresses.join()}`,
      ),
    complete: () => heard.push('complete'),
    error: ({ code }: EngineError) => heard.push(code),
  });
  return { heard, subscription };
}

const told = (index: number, port = 1): string => `tracker ${invented(index)} /ip4/8.8.8.${index}/tcp/${port}`;

describe('findProviders', () => {
  test('over HTTP: who is told of is dialed, once, and the tracker hears that we leave', async () => {
    const { http, router, dialed, run, stop } = rig(() => ({
      body: answerOf(['8.8.8.2:1', '8.8.8.3:1', '8.8.8.2:1', '8.8.8.2:2']),
    }));
    const { heard } = hear(router.findProviders(cid));
    await run();
    expect(heard).toEqual([told(2), told(3), 'complete']);
    expect(dialed).toEqual(['/ip4/8.8.8.2/tcp/1', '/ip4/8.8.8.3/tcp/1', '/ip4/8.8.8.2/tcp/2']);
    const common = { tracker: HTTP, infohash, port: 4001, left: 1 };
    expect(http.heard).toEqual([
      { ...common, event: 'started', wanted: 50 },
      { ...common, event: 'stopped', wanted: 0 },
    ]);
    expect(await stop()).toEqual(ended);
  });

  test('over UDP', async () => {
    const { lan, router, run, stop } = rig(undefined, { trackers: [UDP] });
    const tracker = udpTracker(lan.host('192.168.0.9'), UDP, goodUdp(['8.8.8.2:1']));
    const { heard } = hear(router.findProviders(cid));
    await run(100);
    expect(heard).toEqual([told(2), 'complete']);
    expect(tracker.heard.map(({ event, port, left }) => `${event} ${port} ${left}`)).toEqual([
      'started 4001 1',
      'stopped 4001 1',
    ]);
    tracker.close();
    expect(await stop()).toEqual(ended);
    expect(lan.open).toBe(0);
  });

  test('over both; each peer once; one that fails does not matter', async () => {
    const { lan, router, run, stop } = rig(
      ({ tracker }) => (tracker === HTTP ? { body: answerOf(['8.8.8.2:1']) } : 'unreachable'),
      {
        trackers: [HTTP, UDP, 'http://absent.example/'],
      },
    );
    const tracker = udpTracker(lan.host('192.168.0.9'), UDP, goodUdp(['8.8.8.2:1', '8.8.8.3:1']));
    const { heard } = hear(router.findProviders(cid));
    await run(100);
    expect(heard).toEqual([told(2), told(3), 'complete']);
    tracker.close();
    expect(await stop()).toEqual(ended);
  });

  test('ourselves are no answer, and nobody who is not there', async () => {
    const { router, run, stop } = rig(() => ({ body: answerOf(['8.8.8.1:1', '8.8.8.2:1', '8.8.8.9:1']) }), {
      resolvePeer: (address) =>
        address.includes('8.8.8.9') ? Promise.reject(new Error('nobody')) : Promise.resolve(at(address)),
    });
    const { heard } = hear(router.findProviders(cid));
    await run();
    expect(heard).toEqual([told(2), 'complete']);
    expect(await stop()).toEqual(ended);
  });

  test('a node without a port asks too', async () => {
    const { http, router, run, stop } = rig(undefined, { port: () => undefined });
    const { heard } = hear(router.findProviders(cid));
    await run();
    expect([heard, http.heard[0]?.port]).toEqual([['complete'], 9]);
    expect(await stop()).toEqual(ended);
  });

  test('of what we provide ourselves, as one who has it, and without leaving', async () => {
    const { http, router, run, stop } = rig();
    hear(router.provide(cid));
    await run();
    hear(router.findProviders(cid));
    await run();
    expect(http.heard.map(({ event, left }) => `${event} ${left}`)).toEqual(['started 0', ' 0']);
    expect(await stop()).toEqual(ended);
  });

  test('unsubscribed, it ends; aborted, it says so', async () => {
    const { http, router, run, stop } = rig(() => 'silence');
    const { heard, subscription } = hear(router.findProviders(cid));
    await run();
    expect(http.open).toBe(1);
    subscription.unsubscribe();
    const abort = new AbortController();
    const aborted = hear(router.findProviders(cid, { signal: abort.signal }));
    await run();
    abort.abort();
    await run(LIMITS.trackerFarewellMs);
    expect([heard, aborted.heard, http.open]).toEqual([[], ['ERR_ABORTED'], 0]);
    expect(await stop()).toEqual(ended);
  });

  test('trackerLookups, and one more', async () => {
    const { router, run, stop } = rig(() => 'silence', {}, { trackerLookups: 2 });
    const looks = [
      hear(router.findProviders(cid)),
      hear(router.findProviders(other(1))),
      hear(router.findProviders(other(2))),
    ];
    await run();
    expect(looks.map(({ heard }) => heard)).toEqual([[], [], ['ERR_TRACKER_BUSY']]);
    looks[0]?.subscription.unsubscribe();
    const again = hear(router.findProviders(other(2)));
    await run();
    expect(again.heard).toEqual([]);
    expect(await stop()).toEqual(ended);
  });
});

describe('provide', () => {
  test('again at the interval that the tracker asks for, until it is stopped', async () => {
    const { http, router, run, stop } = rig(() => ({ body: answerOf([], 900) }));
    const { heard } = hear(router.provide(cid));
    await run();
    expect(heard).toEqual([HTTP, 'complete']);
    for (let count = 0; count < 3; count++) await run(900_000);
    const common = { tracker: HTTP, infohash, port: 4001, left: 0 };
    expect(http.heard).toEqual([
      { ...common, event: 'started', wanted: 50 },
      ...[1, 2, 3].map(() => ({ ...common, event: '', wanted: 50 })),
    ]);
    router.unprovide(cid);
    await run();
    expect(http.heard.at(-1)).toEqual({ ...common, event: 'stopped', wanted: 0 });
    await run(10_000_000);
    expect(http.heard.length).toBe(5);
    expect(await stop()).toEqual(ended);
  });

  test.each([
    { name: '0', seconds: 0, everyMs: LIMITS.trackerIntervalMinMs },
    { name: '1', seconds: 1, everyMs: LIMITS.trackerIntervalMinMs },
    { name: 'years', seconds: 0xffffffff, everyMs: LIMITS.trackerIntervalMaxMs },
    { name: 'the greatest number', seconds: Number.MAX_SAFE_INTEGER, everyMs: LIMITS.trackerIntervalMaxMs },
  ])('an interval of $name is bounded', async ({ seconds, everyMs }) => {
    const { http, router, run, stop } = rig(() => ({ body: answerOf([], seconds) }));
    hear(router.provide(cid));
    await run();
    await run(everyMs - 1);
    expect(http.heard.length).toBe(1);
    await run(1);
    expect(http.heard.length).toBe(2);
    expect(await stop()).toEqual(ended);
  });

  test('a tracker that fails is tried again, rarer each time, and told anew', async () => {
    const { http, router, run, stop } = rig(() => 'unreachable');
    const { heard } = hear(router.provide(cid));
    await run();
    expect(heard).toEqual(['ERR_TRACKER_FAILED']);
    for (const seconds of [30, 60, 120]) {
      const before = http.heard.length;
      await run(1000 * seconds - 1);
      expect(http.heard.length).toBe(before);
      await run(1);
      expect(http.heard.length).toBe(before + 1);
    }
    expect(http.heard.map(({ event }) => event)).toEqual(['started', 'started', 'started', 'started']);
    expect(await stop()).toEqual(ended);
  });

  test('some fail, some do not', async () => {
    const { router, run, stop } = rig(({ tracker }) => (tracker === HTTP ? { body: answerOf([]) } : 'unreachable'), {
      trackers: [HTTP, 'http://absent.example/'],
    });
    const { heard } = hear(router.provide(cid));
    await run();
    expect(heard).toEqual([HTTP, 'complete']);
    // Who asks later hears the same.
    expect(hear(router.provide(cid)).heard).toEqual([HTTP, 'complete']);
    expect(await stop()).toEqual(ended);
  });

  test('unsubscribed before the end it ends, unless somebody else waits', async () => {
    const { http, router, run, stop } = rig(() => 'silence');
    const [one, two] = [hear(router.provide(cid)), hear(router.provide(cid))];
    await run();
    one.subscription.unsubscribe();
    expect(http.open).toBe(1);
    two.subscription.unsubscribe();
    await run(LIMITS.trackerFarewellMs);
    // It may have heard of us.
    expect([http.open, http.heard.map(({ event }) => event)]).toEqual([0, ['started', 'stopped']]);
    expect(await stop()).toEqual(ended);
  });

  test('stopped while somebody waits', async () => {
    const { router, stop } = rig(() => 'silence');
    const { heard } = hear(router.provide(cid));
    expect(await stop()).toEqual(ended);
    expect(heard).toEqual(['ERR_ABORTED']);
  });

  test('provided again while it leaves, it is told as new', async () => {
    const { http, router, run, stop } = rig(({ event }) => (event === 'stopped' ? 'silence' : { body: answerOf([]) }));
    hear(router.provide(cid));
    await run();
    router.unprovide(cid);
    const again = hear(router.provide(cid));
    await run(LIMITS.trackerFarewellMs);
    expect(again.heard).toEqual([HTTP, 'complete']);
    expect(http.heard.map(({ event }) => event)).toEqual(['started', 'stopped', 'started']);
    router.unprovide(cid);
    await run(LIMITS.trackerFarewellMs);
    expect(http.heard.length).toBe(4);
    expect(await stop()).toEqual(ended);
  });

  test('trackerProvided, and one more; a port', async () => {
    const { router, run, stop } = rig(undefined, {}, { trackerProvided: 2 });
    const all = [cid, other(1), other(2), cid].map((one) => hear(router.provide(one)));
    await run();
    expect(all.map(({ heard }) => heard)).toEqual([
      [HTTP, 'complete'],
      [HTTP, 'complete'],
      ['ERR_TRACKER_BUSY'],
      [HTTP, 'complete'],
    ]);
    expect(await stop()).toEqual(ended);
    const portless = rig(undefined, { port: () => undefined });
    expect(hear(portless.router.provide(cid)).heard).toEqual(['ERR_TRACKER_NO_PORT']);
    expect(await portless.stop()).toEqual(ended);
  });

  test('trackerRequestsAtOnce: the others wait', async () => {
    const { http, router, run, stop } = rig(undefined, {}, { trackerRequestsAtOnce: 3 });
    const all = Array.from({ length: 40 }, (_, index) => hear(router.provide(other(index))));
    await run();
    expect([http.most, all.filter(({ heard }) => heard.includes('complete')).length]).toEqual([3, 40]);
    expect(await stop()).toEqual(ended);
  });
});

describe('trackers', () => {
  test.each([
    { trackers: [], code: 'ERR_INVALID_ARGUMENT' },
    {
      trackers: Array.from({ length: LIMITS.trackerUrls }, (_, index) => `${HTTP}?${index}`),
      code: 'nothing was thrown',
    },
    {
      trackers: Array.from({ length: LIMITS.trackerUrls + 1 }, (_, index) => `${HTTP}?${index}`),
      code: 'ERR_INVALID_ARGUMENT',
    },
    ...['ws://a/', 'udp://a', 'udp://a:0', 'udp://:1', 'http://a/#b', 'a', ''].map((url) => ({
      trackers: [url],
      code: 'ERR_INVALID_ARGUMENT',
    })),
    ...['https://a/', 'udp://a:1', 'udp://[::1]:1/announce'].map((url) => ({
      trackers: [url],
      code: 'nothing was thrown',
    })),
  ])('$trackers.length of them, $trackers.0: $code', ({ trackers, code }) => {
    expect(thrownCode(() => rig(undefined, { trackers }))).toBe(code);
  });

  test('a node that has nothing to ask them over', async () => {
    const { router, run, stop } = rig(undefined, {
      trackers: [HTTP, UDP],
      http: undefined as never,
      datagrams: undefined as never,
    });
    const { heard } = hear(router.findProviders(cid));
    await run();
    expect(heard).toEqual(['ERR_TRACKER_FAILED']);
    expect(await stop()).toEqual(ended);
  });
});

describe('trackers that lie over HTTP', () => {
  test.each<{ name: string; answer: HttpAnswer; code: string; afterMs?: number }>([
    { name: 'a page', answer: { body: utf8('<html>') }, code: 'ERR_WIRE_BENCODE' },
    { name: 'nothing', answer: { body: new Uint8Array(0) }, code: 'ERR_WIRE_BENCODE' },
    { name: 'another status', answer: { status: 302, body: answerOf([]) }, code: 'ERR_TRACKER_BAD_ANSWER' },
    { name: 'no answer to an announce', answer: { body: utf8('d5:filesdee') }, code: 'ERR_TRACKER_BAD_ANSWER' },
    { name: 'a refusal', answer: { body: utf8('d14:failure reason2:noe') }, code: 'ERR_TRACKER_REFUSED' },
    { name: 'lists in lists', answer: { body: utf8('l'.repeat(100_000)) }, code: 'ERR_WIRE_BENCODE' },
    { name: 'a body without an end', answer: { body: 'endless' }, code: 'ERR_TRACKER_BAD_ANSWER' },
    {
      name: 'a body that stalls',
      answer: { body: 'stalls' },
      code: 'ERR_TRACKER_TIMEOUT',
      afterMs: LIMITS.trackerRequestTimeoutMs,
    },
    { name: 'silence', answer: 'silence', code: 'ERR_TRACKER_TIMEOUT', afterMs: LIMITS.trackerRequestTimeoutMs },
    { name: 'nobody', answer: 'unreachable', code: 'ERR_TRACKER_FAILED' },
  ])('$name: $code', async ({ answer, code, afterMs = 0 }) => {
    const { http, router, run, stop } = rig(() => answer);
    const { heard } = hear(router.findProviders(cid));
    await run(Math.max(0, afterMs - 1));
    if (afterMs > 0) expect(heard).toEqual([]);
    await run(1);
    expect([heard, http.open]).toEqual([[code], 0]);
    expect(http.pulled).toBeLessThanOrEqual(LIMITS.trackerAnswerBytes + 16_384);
    expect(await stop()).toEqual(ended);
  });

  test('trackerAnswerBytes, in pieces', async () => {
    const filled = (size: number): readonly Uint8Array[] => {
      const head = utf8('d8:intervali60e1:z');
      const digits = String(size).length;
      const filler = size - head.length - digits - 2;
      const whole = concat(head, utf8(`${String(filler).padStart(digits, '0')}:`), new Uint8Array(filler), utf8('e'));
      return [whole.subarray(0, 1), whole.subarray(1, 1000), whole.subarray(1000)];
    };
    for (const [size, end] of [
      [LIMITS.trackerAnswerBytes, 'complete'],
      [LIMITS.trackerAnswerBytes + 1, 'ERR_TRACKER_BAD_ANSWER'],
    ] as const) {
      const body = filled(size);
      expect(concat(...body).length).toBe(size);
      const { router, run, stop } = rig(() => ({ body }));
      const { heard } = hear(router.findProviders(cid));
      await run();
      expect(heard).toEqual([end]);
      expect(await stop()).toEqual(ended);
    }
  });

  test('thousands of peers: trackerHints are dialed, trackerHintsAtOnce at once, each for trackerHintTimeoutMs', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `8.8.${index}.2:1`);
    let signals: AbortSignal[] = [];
    const { http, router, run, stop } = rig(
      () => ({ body: answerOf(many) }),
      {
        trackers: [HTTP, 'http://liar.example/'],
        resolvePeer: (_, signal) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
      { trackerHints: 30, trackerHintsAtOnce: 4, trackerLookupTimeoutMs: 10_000_000 },
    );
    const { heard } = hear(router.findProviders(cid));
    await run();
    let dialed = 0;
    while (heard.length === 0) {
      expect(signals.filter(({ aborted }) => !aborted).length).toBeLessThanOrEqual(4);
      dialed += signals.length;
      signals = [];
      await run(LIMITS.trackerHintTimeoutMs);
    }
    expect([dialed, heard, http.open]).toEqual([30, ['complete'], 0]);
    expect(await stop()).toEqual(ended);
  });

  test('trackerLookupTimeoutMs ends a lookup whose peers never answer', async () => {
    const many = Array.from({ length: 100 }, (_, index) => `8.8.${index}.2:1`);
    let last: AbortSignal | undefined;
    const { router, run, stop } = rig(() => ({ body: answerOf(many) }), {
      resolvePeer: (_, signal) => {
        last = signal;
        return new Promise(() => undefined);
      },
    });
    const { heard } = hear(router.findProviders(cid));
    await run();
    for (let seconds = 0; seconds < LIMITS.trackerLookupTimeoutMs / 1000; seconds++) {
      expect(heard).toEqual([]);
      await run(1000);
    }
    expect([heard, last?.aborted]).toEqual([['complete'], true]);
    expect(await stop()).toEqual(ended);
  });

  const inside = ['127.0.0.1:22', '10.0.0.2:80', '192.168.0.3:1', '169.254.169.254:80', '100.64.0.4:1'];
  test.each([
    { privateAddresses: false, dialed: ['/ip4/8.8.8.2/tcp/1'] },
    {
      privateAddresses: true,
      dialed: [...inside.map((one) => `/ip4/${one.replace(':', '/tcp/')}`), '/ip4/8.8.8.2/tcp/1'],
    },
  ])('addresses inside: privateAddresses $privateAddresses', async ({ privateAddresses, dialed }) => {
    const nowhere = ['0.0.0.0:1', '224.0.0.1:1', '255.255.255.255:1', '203.0.113.1:1'];
    const rigged = rig(() => ({ body: answerOf([...inside, ...nowhere, '8.8.8.2:1', '8.8.8.2:0']) }), {
      privateAddresses,
    });
    hear(rigged.router.findProviders(cid));
    await rigged.run();
    expect(rigged.dialed).toEqual(dialed);
    expect(await rigged.stop()).toEqual(ended);
  });
});

describe('trackers that lie over UDP', () => {
  const refuse: UdpAnswer = (request) => [concat(Uint8Array.of(0, 0, 0, 3), request.subarray(12, 16), utf8('no'))];
  const foreign: UdpAnswer = (request, heard) =>
    goodUdp(['8.8.8.9:1'])(request, heard).map((reply) =>
      concat(reply.subarray(0, 4), utf8('????'), reply.subarray(8)),
    );
  test.each<{ name: string; answer: UdpAnswer; heard: readonly string[]; afterMs?: number }>([
    { name: 'a refusal', answer: refuse, heard: ['ERR_TRACKER_REFUSED'] },
    {
      name: 'an answer without a head',
      answer: (request) => [concat(Uint8Array.of(0, 0, 0, 1), request.subarray(12, 16))],
      heard: ['ERR_TRACKER_BAD_ANSWER'],
    },
    {
      name: 'an answer to what was not asked',
      answer: (request) => [concat(Uint8Array.of(0, 0, 0, 1), request.subarray(12, 16), new Uint8Array(12))],
      heard: ['ERR_TRACKER_BAD_ANSWER'],
    },
    { name: 'silence', answer: () => [], heard: ['ERR_TRACKER_TIMEOUT'], afterMs: 35_000 },
    { name: 'another transaction', answer: foreign, heard: ['ERR_TRACKER_TIMEOUT'], afterMs: 35_000 },
    {
      name: 'too little to have one',
      answer: () => [new Uint8Array(7)],
      heard: ['ERR_TRACKER_TIMEOUT'],
      afterMs: 35_000,
    },
    {
      name: 'foreign ones before the good one',
      answer: (request, heard) => [...foreign(request, heard), ...goodUdp(['8.8.8.2:1'])(request, heard)],
      heard: [told(2), 'complete'],
    },
    {
      name: 'a thousand good ones',
      answer: (request, heard) =>
        Array.from({ length: 1_000 }, () => goodUdp(['8.8.8.2:1'])(request, heard)[0] ?? request),
      heard: [told(2), 'complete'],
    },
  ])('$name', async ({ answer, heard, afterMs = 100 }) => {
    const { lan, router, run, stop } = rig(undefined, { trackers: [UDP] });
    const tracker = udpTracker(lan.host('192.168.0.9'), UDP, answer);
    const looked = hear(router.findProviders(cid));
    await run(afterMs - 50);
    if (afterMs > 1_000) expect(looked.heard).toEqual([]);
    await run(50);
    expect(looked.heard).toEqual(heard);
    tracker.close();
    expect(await stop()).toEqual(ended);
    expect(lan.open).toBe(0);
  });

  test('two of three requests lost', async () => {
    const { lan, router, run, stop } = rig(undefined, { trackers: [UDP] });
    let count = 0;
    const good = goodUdp(['8.8.8.2:1']);
    const tracker = udpTracker(lan.host('192.168.0.9'), UDP, (request, heard) =>
      count++ < 2 ? [] : good(request, heard),
    );
    const { heard } = hear(router.findProviders(cid));
    await run(16_000);
    expect(heard).toEqual([told(2), 'complete']);
    await run(100);
    tracker.close();
    expect(await stop()).toEqual(ended);
  });
});

/** mDNS of several nodes on a network in memory and in virtual time, and of one among hostile neighbours. */
import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import type { EngineError } from '../../../src/errors.js';
import { LIMITS, type Limits } from '../../../src/limits.js';
import { Mdns, MDNS_GROUP, MDNS_PORT, type MdnsOptions } from '../../../src/routing/mdns/mdns.js';
import { MemoryLan, type MemoryLanOptions } from '../../../src/sim/memory-lan.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { decodeDns, encodeDns } from '../../../src/wire/dns.js';
import { decodeMdns, encodeMdnsAnswer, encodeMdnsQuery } from '../../../src/wire/mdns.js';
import { invented } from '../../support/invented-peers.js';

const GROUP = { address: MDNS_GROUP, port: MDNS_PORT };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function network(options: Partial<MemoryLanOptions> = {}) {
  const clock = new VirtualClock();
  const lan = new MemoryLan({ clock, latencyMs: 1, ...options });
  const broken: EngineError[] = [];
  const environments: Environment[] = [];
  const node = (index: number, more: Partial<MdnsOptions> = {}, limits: Partial<Limits> = {}) => {
    const environment = new Environment({
      clock,
      random: new SeededRandom(index),
      ciphers: {} as never,
      limits,
      onBroken: (error) => broken.push(error),
    });
    environments.push(environment);
    const mdns = new Mdns(environment, {
      datagrams: lan.host(`192.168.0.${index}`),
      peer: invented(index),
      addresses: () => [`/ip4/192.168.0.${index}/tcp/4001`],
      ...more,
    });
    const found: string[] = [];
    mdns.peers$.subscribe(({ source, peer }) => found.push(`${source} ${peer.id} ${peer.addresses.join()}`));
    return { mdns, found, environment };
  };
  /** Everything is as it was before: no actor, no timer, no socket, no bug. */
  const left = () => ({
    actors: environments.map(({ liveActors }) => liveActors).reduce((sum, count) => sum + count, 0),
    timers: clock.pendingTimers,
    sockets: lan.open,
    broken: broken.map(({ code }) => code),
  });
  const stopAll = async (...nodes: readonly { mdns: Mdns }[]) => {
    const stopped = Promise.all(nodes.map(({ mdns }) => mdns.stop()));
    clock.advance(1);
    await stopped;
    return left();
  };
  return { clock, lan, node, left, stopAll };
}

const nothingLeft = { actors: 0, timers: 0, sockets: 0, broken: [] };
const told = (index: number): string => `mdns ${invented(index)} /ip4/192.168.0.${index}/tcp/4001`;
/** When questions, and answers, of a host left. */
function timesOf(lan: MemoryLan, clock: VirtualClock, host: string, kind: 'query' | 'answer') {
  const times: number[] = [];
  let seen = lan.sent.length;
  return {
    times,
    run: (untilMs: number) => {
      while ((clock.nextDueMs ?? Infinity) <= untilMs) {
        clock.fireNext();
        for (const { bytes, from } of lan.sent.slice(seen)) {
          if (from.address === host && decodeDns(bytes).isResponse === (kind === 'answer')) times.push(clock.now());
        }
        seen = lan.sent.length;
      }
    },
  };
}

describe('nodes', () => {
  test('find each other, and know nothing more when they stop', async () => {
    const { clock, node, stopAll } = network();
    const [one, two, three] = [node(1), node(2), node(3)];
    for (const { mdns } of [one, two, three]) mdns.start();
    clock.advance(5_000);
    expect([...new Set(one.found)].sort()).toEqual([told(2), told(3)].sort());
    expect([...new Set(two.found)].sort()).toEqual([told(1), told(3)].sort());
    expect([...new Set(three.found)].sort()).toEqual([told(1), told(2)].sort());
    expect(one.mdns.peers.map(({ id }) => id).sort()).toEqual([invented(2), invented(3)].sort());
    expect(await stopAll(one, two, three)).toEqual(nothingLeft);
    expect(one.mdns.peers).toEqual([]);
  });

  test('one that comes later is heard of at once, and has another name after a restart', async () => {
    const { clock, lan, node, stopAll } = network();
    const [one, two] = [node(1), node(2)];
    one.mdns.start();
    clock.advance(600_000);
    expect(one.found).toEqual([]);
    two.mdns.start();
    clock.advance(300);
    expect([one.found[0], two.found[0]]).toEqual([told(2), told(1)]);
    const names = (): Set<string> =>
      new Set(
        lan.sent
          .filter(({ from }) => from.address === '192.168.0.2')
          .flatMap(({ bytes }) => decodeMdns(bytes) ?? [])
          .flatMap((message) => (message.type === 'answer' ? message.peers.map(({ name }) => name) : [])),
      );
    expect([...names()]).toEqual([expect.stringMatching(/^[a-z2-7]{32}$/)]);
    const stopped = two.mdns.stop();
    clock.advance(1);
    await stopped;
    two.mdns.start();
    clock.advance(300);
    expect(names().size).toBe(2);
    expect(await stopAll(one, two)).toEqual(nothingLeft);
  });

  test('start and stop may be said twice', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    one.mdns.start();
    clock.advance(100);
    expect(lan.open).toBe(1);
    const twice = one.mdns.stop();
    expect(await stopAll(one)).toEqual(nothingLeft);
    await twice;
    one.mdns.start();
    // At once, while its socket is still being opened.
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('with half of all datagrams lost they find each other in some questions', async () => {
    const random = new SeededRandom(7);
    const { clock, node, stopAll } = network({
      deliver: ({ bytes }) => ((random.bytes('loss', 1)[0] ?? 0) < 128 ? [bytes] : []),
    });
    const nodes = Array.from({ length: 6 }, (_, index) => node(index + 1));
    for (const { mdns } of nodes) mdns.start();
    clock.advance(600_000);
    expect(nodes.map(({ found }) => new Set(found).size)).toEqual([5, 5, 5, 5, 5, 5]);
    expect(await stopAll(...nodes)).toEqual(nothingLeft);
  });

  test('a silent one hears, and is not heard', async () => {
    const { clock, node, stopAll } = network();
    const [silent, other] = [node(1, { silent: true }), node(2)];
    silent.mdns.start();
    other.mdns.start();
    clock.advance(10_000);
    expect([silent.found.length > 0, other.found]).toEqual([true, []]);
    expect(await stopAll(silent, other)).toEqual(nothingLeft);
  });
});

describe('questions', () => {
  test('come at 1, 2, 4 ... seconds, then each minute', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    const { times, run } = timesOf(lan, clock, '192.168.0.1', 'query');
    one.mdns.start();
    run(240_000);
    const [first = 0] = times;
    expect(first).toBeGreaterThanOrEqual(LIMITS.mdnsDelayMinMs);
    expect(first).toBeLessThanOrEqual(LIMITS.mdnsDelayMaxMs);
    expect(times.map((time) => time - first)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183].map((s) => 1000 * s));
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('each ten seconds, as js-libp2p does, if asked to', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1, { queryIntervalMs: 10_000 });
    const { times, run } = timesOf(lan, clock, '192.168.0.1', 'query');
    one.mdns.start();
    run(50_000);
    const [first = 0] = times;
    expect(times.map((time) => time - first)).toEqual([0, 1, 3, 7, 15, 25, 35, 45].map((s) => 1000 * s));
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('those of others stand for ours', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    const { times, run } = timesOf(lan, clock, '192.168.0.1', 'query');
    one.mdns.start();
    for (let atMs = 5_000; atMs < 200_000; atMs += 10_000) {
      run(atMs);
      clock.advance(Math.max(0, atMs - clock.now()));
      lan.inject(encodeMdnsQuery(), { address: '192.168.0.9', port: 5353 }, GROUP);
    }
    // 0, 1, 3; then somebody asks each ten seconds.
    expect(times.filter((time) => time > 20_000)).toEqual([]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('those that know a peer already do not', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1, { queryIntervalMs: 20_000 });
    const { times, run } = timesOf(lan, clock, '192.168.0.1', 'query');
    one.mdns.start();
    for (let atMs = 5_000; atMs < 100_000; atMs += 10_000) {
      run(atMs);
      clock.advance(Math.max(0, atMs - clock.now()));
      lan.inject(encodeMdnsQuery(new Map([['somebody', 100]])), { address: '192.168.0.9', port: 5353 }, GROUP);
    }
    const [first = 0] = times;
    expect(times.map((time) => time - first)).toEqual([0, 1, 3, 7, 15, 31, 51, 71, 91].map((s) => 1000 * s));
    expect(await stopAll(one)).toEqual(nothingLeft);
  });
});

describe('answers', () => {
  const quietNode = (net: ReturnType<typeof network>, more: Partial<MdnsOptions> = {}) => {
    const one = net.node(1, more);
    one.mdns.start();
    net.clock.advance(70_000);
    net.lan.sent.length = 0;
    const answers = () =>
      net.lan.sent.filter(({ from, bytes }) => from.address === '192.168.0.1' && decodeDns(bytes).isResponse);
    const ask = (bytes: Uint8Array) => net.lan.inject(bytes, { address: '192.168.0.9', port: 5353 }, GROUP);
    return { one, answers, ask };
  };

  test('a hundred questions at once get one, and those that come in the next second one more', async () => {
    const net = network();
    const { one, answers, ask } = quietNode(net);
    for (let count = 0; count < 100; count++) ask(encodeMdnsQuery());
    net.clock.advance(LIMITS.mdnsDelayMaxMs + 1);
    expect(answers().length).toBe(1);
    for (let count = 0; count < 20; count++) ask(encodeMdnsQuery());
    net.clock.advance(800);
    expect(answers().length).toBe(1);
    net.clock.advance(1_000);
    expect(answers().length).toBe(2);
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });

  test('none to who knows us for half a life more, one to who does not', async () => {
    const net = network();
    const { one, answers, ask } = quietNode(net);
    ask(encodeMdnsQuery());
    net.clock.advance(2_000);
    const [first] = answers();
    const message = decodeMdns(first?.bytes ?? new Uint8Array(0));
    const name = message?.type === 'answer' ? (message.peers[0]?.name ?? '') : '';
    ask(encodeMdnsQuery(new Map([[name, 60]])));
    net.clock.advance(2_000);
    expect(answers().length).toBe(1);
    ask(encodeMdnsQuery(new Map([[name, 59]])));
    net.clock.advance(2_000);
    expect(answers().length).toBe(2);
    // Details of one peer are given to whoever asks for them; those of another are not ours to give.
    for (const [peer, count] of [
      ['another', 2],
      [name, 3],
    ] as const) {
      const questions = [{ name: `${peer}._p2p._udp.local`, type: 16 }];
      ask(encodeDns({ id: 0, isResponse: false, questions, answers: [], additionals: [] }));
      net.clock.advance(2_000);
      expect(answers().length).toBe(count);
    }
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });

  test('which services there are', async () => {
    const net = network();
    const { one, answers, ask } = quietNode(net);
    const questions = [{ name: '_services._dns-sd._udp.local', type: 12 }];
    ask(encodeDns({ id: 0, isResponse: false, questions, answers: [], additionals: [] }));
    net.clock.advance(2_000);
    expect(answers().map(({ bytes }) => decodeDns(bytes).answers)).toEqual([
      [{ type: 'PTR', name: '_services._dns-sd._udp.local', ttlSeconds: 120, target: '_p2p._udp.local' }],
    ]);
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });

  test('when our addresses change, without a question', async () => {
    const net = network();
    const { one, answers } = quietNode(net);
    one.mdns.announce();
    net.clock.advance(2_000);
    expect(answers().length).toBe(1);
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });

  const addresses = [
    `/ip4/127.0.0.1/tcp/4001/p2p/${invented(1)}`,
    '/ip6/::1/tcp/4001',
    `/ip4/192.168.0.1/tcp/4001/p2p/${invented(1)}`,
    '/ip4/0.0.0.0/tcp/4001',
    '/memory/one',
    `/ip4/192.168.0.8/tcp/1/p2p/${invented(8)}/p2p-circuit`,
    'no address',
  ];
  test.each([
    { loopback: false, expected: ['/ip4/192.168.0.1/tcp/4001'] },
    { loopback: true, expected: ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/tcp/4001', '/ip4/192.168.0.1/tcp/4001'] },
  ])('addresses of use to others, loopback $loopback', async ({ loopback, expected }) => {
    const net = network();
    const { one, answers, ask } = quietNode(net, { loopback, addresses: () => addresses });
    ask(encodeMdnsQuery());
    net.clock.advance(2_000);
    expect(answers().map(({ bytes }) => decodeMdns(bytes))).toMatchObject([{ peers: [{ addresses: expected }] }]);
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });

  test('none while we have no address', async () => {
    const net = network();
    const { one, answers, ask } = quietNode(net, { addresses: () => ['/ip4/127.0.0.1/tcp/1'] });
    ask(encodeMdnsQuery());
    net.clock.advance(2_000);
    expect(answers()).toEqual([]);
    expect(await net.stopAll(one)).toEqual(nothingLeft);
  });
});

/** A neighbour that says what it likes. */
function neighbour(lan: MemoryLan, host = '192.168.0.66') {
  const say = (bytes: Uint8Array): void => lan.inject(bytes, { address: host, port: 5353 }, GROUP);
  const tell = (index: number, ttlSeconds = 120, address = '/ip4/192.168.0.66/tcp/1', name = `peer-${index}`): void =>
    say(encodeMdnsAnswer({ name, id: invented(index), addresses: [address], ttlSeconds }));
  return { say, tell };
}

describe('records', () => {
  test.each([
    { ttlSeconds: 120, livesMs: 120_000 },
    { ttlSeconds: 1, livesMs: 1_000 },
    { ttlSeconds: LIMITS.mdnsRecordMaxSeconds, livesMs: 360_000 },
    { ttlSeconds: LIMITS.mdnsRecordMaxSeconds + 1, livesMs: 360_000 },
    { ttlSeconds: 0xffffffff, livesMs: 360_000 },
  ])('of $ttlSeconds s are forgotten after $livesMs ms', async ({ ttlSeconds, livesMs }) => {
    const { clock, lan, node, stopAll } = network({ latencyMs: 0 });
    const one = node(1);
    one.mdns.start();
    clock.advance(1_000);
    neighbour(lan).tell(50, ttlSeconds);
    clock.advance(livesMs - 1);
    expect(one.mdns.peers).toEqual([{ id: invented(50), addresses: ['/ip4/192.168.0.66/tcp/1'] }]);
    clock.advance(1);
    expect(one.mdns.peers).toEqual([]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('a peer that leaves is forgotten, under its own name alone', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    clock.advance(1_000);
    const { tell } = neighbour(lan);
    tell(50);
    tell(50, 0, undefined, 'somebody-else');
    clock.advance(10);
    expect(one.mdns.peers.length).toBe(1);
    tell(50, 0);
    clock.advance(10);
    expect([one.mdns.peers, one.found.length]).toEqual([[], 1]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });
});

describe('findPeer', () => {
  function look(mdns: Mdns, peer: string, signal?: AbortSignal) {
    const heard: string[] = [];
    const subscription = mdns.findPeer(peer, { signal }).subscribe({
      next: (answer) => heard.push(`${answer.source} ${answer.peer.addresses.join()}`),
      complete: () => heard.push('complete'),
      error: ({ code }: EngineError) => heard.push(code),
    });
    return { heard, subscription };
  }

  test('from what was heard', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    clock.advance(1_000);
    neighbour(lan).tell(50);
    clock.advance(10);
    expect(look(one.mdns, invented(50)).heard).toEqual(['mdns /ip4/192.168.0.66/tcp/1', 'complete']);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('by asking', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    clock.advance(100_000);
    const { heard } = look(one.mdns, invented(50));
    lan.sent.length = 0;
    clock.advance(1_000);
    expect([heard, lan.sent.filter(({ bytes }) => !decodeDns(bytes).isResponse).length]).toEqual([[], 1]);
    neighbour(lan).tell(50);
    clock.advance(1);
    expect(heard).toEqual(['mdns /ip4/192.168.0.66/tcp/1', 'complete']);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('in vain, for mdnsLookupTimeoutMs', async () => {
    const { clock, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    clock.advance(1_000);
    const { heard } = look(one.mdns, invented(50));
    clock.advance(LIMITS.mdnsLookupTimeoutMs - 1);
    expect(heard).toEqual([]);
    clock.advance(1);
    expect(heard).toEqual(['complete']);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('mdnsLookups at once, and one more', async () => {
    const { clock, node, stopAll } = network();
    const one = node(1, {}, { mdnsLookups: 3 });
    one.mdns.start();
    clock.advance(1_000);
    const looks = [50, 51, 52, 53].map((index) => look(one.mdns, invented(index)));
    expect(looks.map(({ heard }) => heard)).toEqual([[], [], [], ['ERR_MDNS_BUSY']]);
    // Who gives up makes room.
    looks[0]?.subscription.unsubscribe();
    expect(look(one.mdns, invented(54)).heard).toEqual([]);
    expect(await stopAll(one)).toEqual(nothingLeft);
    expect(looks.map(({ heard }) => heard)).toEqual([[], ['ERR_MDNS_CLOSED'], ['ERR_MDNS_CLOSED'], ['ERR_MDNS_BUSY']]);
  });

  test('what cannot be asked', async () => {
    const { clock, lan, node, stopAll } = network();
    const one = node(1);
    expect(look(one.mdns, invented(50)).heard).toEqual(['ERR_MDNS_CLOSED']);
    expect(look(one.mdns, 'nobody').heard).toEqual(['ERR_INVALID_ARGUMENT']);
    one.mdns.start();
    const { heard } = look(one.mdns, invented(50));
    expect(heard).toEqual([]);
    lan.setDown(true);
    clock.advance(1);
    expect(look(one.mdns, invented(51)).heard).toEqual(['ERR_MDNS_CLOSED']);
    expect(await stopAll(one)).toEqual(nothingLeft);
    expect(heard).toEqual(['ERR_MDNS_CLOSED']);
  });

  test('aborted', async () => {
    const { clock, node, stopAll } = network();
    const one = node(1);
    one.mdns.start();
    clock.advance(1_000);
    const abort = new AbortController();
    const { heard } = look(one.mdns, invented(50), abort.signal);
    abort.abort();
    expect(heard).toEqual(['ERR_ABORTED']);
    expect(look(one.mdns, invented(50), abort.signal).heard).toEqual(['ERR_ABORTED']);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });
});

describe('a network', () => {
  test('that is not there, and comes back', async () => {
    const { clock, lan, node, stopAll } = network();
    const failures: string[] = [];
    const one = node(1, { onFailed: ({ code }) => failures.push(code) });
    lan.setDown(true);
    one.mdns.start();
    clock.advance(LIMITS.mdnsReopenMs + 10);
    expect(failures).toEqual(['ERR_DATAGRAM_FAILED', 'ERR_DATAGRAM_FAILED']);
    lan.setDown(false);
    clock.advance(LIMITS.mdnsReopenMs);
    neighbour(lan).tell(50);
    clock.advance(10);
    expect(one.mdns.peers.length).toBe(1);
    lan.setDown(true);
    expect(failures.length).toBe(3);
    lan.setDown(false);
    clock.advance(LIMITS.mdnsReopenMs + 10);
    expect(lan.open).toBe(1);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });
});

describe('bad neighbours', () => {
  const begin = (limits: Partial<Limits> = {}) => {
    const net = network();
    const one = net.node(1, {}, limits);
    one.mdns.start();
    net.clock.advance(1_000);
    const before = one.mdns.counts;
    const since = () => {
      net.clock.advance(10);
      const now = one.mdns.counts;
      return {
        foreign: now.foreign - before.foreign,
        malformed: now.malformed - before.malformed,
        flooded: now.flooded - before.flooded,
        refused: now.refused - before.refused,
      };
    };
    return { ...net, one, since };
  };

  test('what is no message, what is another service, what is no peer', async () => {
    const { lan, one, since, stopAll } = begin();
    const { say, tell } = neighbour(lan);
    say(new Uint8Array(0));
    say(new Uint8Array(12).fill(0xff));
    say(new Uint8Array(LIMITS.dnsMessageBytes + 1));
    say(
      encodeDns({
        id: 0,
        isResponse: false,
        questions: [{ name: '_ipp._tcp.local', type: 12 }],
        answers: [],
        additionals: [],
      }),
    );
    say(encodeMdnsAnswer({ name: 'x', id: invented(50), addresses: ['/ip4/127.0.0.1/tcp/1'], ttlSeconds: 9 }));
    say(encodeMdnsAnswer({ name: 'x', id: invented(50), addresses: ['/memory/x'], ttlSeconds: 9 }));
    tell(1); // Ourselves, at an address that is not ours.
    expect(since()).toEqual({ foreign: 1, malformed: 3, flooded: 0, refused: 2 });
    expect([one.found, one.mdns.peers]).toEqual([[], []]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('random bytes, 20,000 of them', async () => {
    const { clock, lan, one, since, stopAll } = begin();
    const random = new SeededRandom(5);
    const { say } = neighbour(lan);
    const good = encodeMdnsAnswer({ name: 'x', id: invented(50), addresses: ['/ip4/10.0.0.1/tcp/1'], ttlSeconds: 9 });
    for (let count = 0; count < 20_000; count++) {
      const bytes = count % 2 === 0 ? random.bytes('junk', 64) : good.slice();
      const [at = 0, value = 0] = random.bytes('change', 2);
      bytes[at % bytes.length] = value;
      say(bytes);
      if (count % 10 === 0) clock.advance(1_000);
    }
    expect(since()).toMatchObject({ flooded: 0 });
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('a flood of one host is left unread, and another one is still heard', async () => {
    const { lan, one, since, stopAll } = begin();
    const { tell } = neighbour(lan);
    for (let count = 0; count < LIMITS.mdnsHostMessagesBurst; count++) tell(50);
    expect(since()).toMatchObject({ flooded: 0 });
    for (let count = 0; count < 10_000; count++) tell(50);
    neighbour(lan, '192.168.0.67').tell(51);
    expect(since().flooded).toBeGreaterThanOrEqual(10_000 - 1);
    expect(one.mdns.peers.map(({ id }) => id)).toEqual([invented(50), invented(51)]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('a flood under many names is bounded for all together', async () => {
    const { lan, one, since, stopAll } = begin({ mdnsMessagesBurst: 100, mdnsMessagesPerSecond: 1 });
    for (let count = 0; count < 300; count++) neighbour(lan, `10.0.${count >> 8}.${count & 255}`).tell(50);
    expect(since().flooded).toBeGreaterThanOrEqual(200);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });

  test('mdnsPeersPerHost and mdnsPeers, and one more; those that are known stay', async () => {
    const { lan, clock, one, since, stopAll } = begin({ mdnsPeersPerHost: 3, mdnsPeers: 5 });
    for (let index = 50; index < 54; index++) neighbour(lan, '192.168.0.66').tell(index);
    expect([since().refused, one.mdns.peers.length]).toEqual([1, 3]);
    for (let index = 54; index < 57; index++) neighbour(lan, '192.168.0.67').tell(index);
    expect([since().refused, one.mdns.peers.length]).toEqual([2, 5]);
    // One that is known is heard again.
    neighbour(lan, '192.168.0.67').tell(50, 300);
    expect(since().refused).toBe(2);
    clock.advance(121_000);
    expect(one.mdns.peers.map(({ id }) => id)).toEqual([invented(50)]);
    for (let index = 57; index < 60; index++) neighbour(lan, '192.168.0.68').tell(index);
    expect([since().refused, one.mdns.peers.length]).toEqual([2, 4]);
    expect(await stopAll(one)).toEqual(nothingLeft);
  });
});

test('promises that are due do nothing more', async () => {
  const { clock, node, stopAll } = network();
  const one = node(1);
  one.mdns.start();
  clock.advance(500);
  expect(await stopAll(one)).toEqual(nothingLeft);
  await settled();
  clock.advance(600_000);
  expect(one.found).toEqual([]);
});

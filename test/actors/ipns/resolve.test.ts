/** Resolving, in virtual time: chains, circles, better answers, caches, hostile records, DNSLinks. */
import { describe, expect, test } from '@jest/globals';
import { Observable, of, throwError } from 'rxjs';
import { ipnsNameText } from '../../../src/crypto/ipns-name.js';
import type { Identity } from '../../../src/crypto/identity.js';
import { LIMITS } from '../../../src/limits.js';
import type { Router, ValueAnswer } from '../../../src/routing/router.js';
import { TableResolver, type NameTables } from '../../../src/sim/table-resolver.js';
import { utf8 } from '../../support/decoding.js';
import {
  A,
  alice,
  B,
  bob,
  carol,
  codeOf,
  during,
  HOUR,
  identityOf,
  MadeNetwork,
  MINUTE,
  openNames,
  outcomeOf,
  pass,
  recordBy,
  settle,
  START,
  WallClock,
} from './fixtures.js';

const pathOf = (identity: Identity, rest = '') => `/ipns/${ipnsNameText(identity.peerId)}${rest}`;
const rsa = identityOf('RSA');

async function world({
  tables,
  ...more
}: Omit<Parameters<typeof openNames>[0], 'clock'> & { tables?: NameTables } = {}) {
  const clock = new WallClock(START);
  const network = new MadeNetwork(clock);
  const resolver = tables === undefined ? undefined : new TableResolver(tables, { clock });
  const node = openNames({ clock, network, ...more, ...(resolver === undefined ? {} : { resolver }) });
  await settle();
  const close = async () => {
    await during(clock, node.names.stop());
    await settle();
    const left = { actors: node.environment.liveActors, open: network.open, timers: clock.pendingTimers };
    expect({ ...left, broken: node.broken }).toEqual({ actors: 0, open: 0, timers: 0, broken: [] });
  };
  const best = (path: string, options = {}) => during(clock, node.names.resolveBest(path, options));
  const code = (path: string, options = {}) => codeOf(clock, node.names.resolveBest(path, options));
  return { clock, ...node, network, resolver, close, best, code };
}

/** A router that answers at once, as a composed one may from its cache. */
const answering = (...records: readonly Uint8Array[]): Router => ({
  name: 'prompt',
  getValue: () => of(...records.map((value) => ({ source: 'prompt', value }))),
});

test.each([
  { key: 'Ed25519', identity: alice },
  { key: 'secp256k1', identity: bob },
  { key: 'ECDSA', identity: carol },
  { key: 'RSA', identity: rsa },
])('a name by a key of type $key leads to what its record says', async ({ identity }) => {
  const { network, best, close } = await world({ identity: identity === alice ? bob : alice });
  network.hold(identity, recordBy(identity, B, { sequence: 3n }));
  expect(await best(pathOf(identity, '/a/b'))).toEqual({
    path: `${B}/a/b`,
    steps: [{ name: pathOf(identity), value: B, source: 'made', sequence: 3n, validUntilMs: START + 48 * HOUR }],
    ttlMs: 5 * MINUTE,
  });
  await close();
});

test('content leads to itself, and asks nobody', async () => {
  const { network, best, close } = await world();
  expect(await best('bafkqaaa')).toEqual({ path: A, steps: [], ttlMs: Infinity });
  expect(network.gets).toBe(0);
  await close();
});

describe('chains', () => {
  test('are followed, with the paths of every name behind each other, and the shortest TTL', async () => {
    const { network, best, close } = await world({ identity: rsa });
    network.hold(alice, recordBy(alice, pathOf(bob, '/x')));
    network.hold(bob, recordBy(bob, pathOf(carol, '/y'), { ttlMs: 1000 }));
    network.hold(carol, recordBy(carol, `${B}/z`));
    const answer = await best(pathOf(alice, '/a'));
    expect({ path: answer.path, ttlMs: answer.ttlMs }).toEqual({ path: `${B}/z/y/x/a`, ttlMs: 1000 });
    expect(answer.steps.map(({ name }) => name)).toEqual([pathOf(alice), pathOf(bob), pathOf(carol)]);
    await close();
  });

  test('that lead back are circles', async () => {
    const { network, code, close } = await world({ identity: rsa });
    network.hold(alice, recordBy(alice, pathOf(bob)));
    network.hold(bob, recordBy(bob, pathOf(alice, '/on')));
    network.hold(carol, recordBy(carol, pathOf(carol)));
    expect([await code(pathOf(alice)), await code(pathOf(carol))]).toEqual(['ERR_IPNS_LOOP', 'ERR_IPNS_LOOP']);
    await close();
  });

  test('have as many names as the limit, and no more', async () => {
    const { network, code, best, close } = await world({ identity: rsa, limits: { ipnsDepth: 3 } });
    network.hold(alice, recordBy(alice, pathOf(bob)));
    network.hold(bob, recordBy(bob, pathOf(carol)));
    network.hold(carol, recordBy(carol, A));
    expect((await best(pathOf(alice))).path).toBe(A);
    expect(await code(pathOf(alice), { depth: 2 })).toBe('ERR_IPNS_DEPTH');
    network.hold(carol, recordBy(carol, '/ipns/example.org', { sequence: 1n }));
    expect(await code(pathOf(alice), { fresh: true, depth: 100 })).toBe('ERR_IPNS_DEPTH');
    await close();
  });

  test('that end nowhere say why', async () => {
    const { network, code, close } = await world({ identity: rsa });
    network.hold(alice, recordBy(alice, pathOf(bob)));
    network.hold(carol, recordBy(carol, 'just text'));
    expect(await code(pathOf(alice))).toBe('ERR_IPNS_NOT_FOUND');
    expect(await code(pathOf(carol))).toBe('ERR_IPNS_VALUE_INVALID');
    await close();
  });
});

describe('better answers', () => {
  test('are told as they come, worse ones and those that are not valid are not', async () => {
    const records = [
      recordBy(alice, A, { sequence: 1n }),
      recordBy(alice, B, { sequence: 0n }),
      utf8('garbage'),
      recordBy(bob, B, { sequence: 9n }),
      recordBy(rsa, B, { sequence: 9n }),
      recordBy(alice, `${B}/late`, { sequence: 8n, validUntilMs: START - 1 }),
      new Uint8Array(10_241),
      recordBy(alice, 'no path', { sequence: 7n }),
      recordBy(alice, B, { sequence: 2n }),
      recordBy(alice, `${B}/longer`, { sequence: 2n, validUntilMs: START + 50 * HOUR }),
      recordBy(alice, A, { sequence: 1n }),
    ];
    const { clock, names, close } = await world({ identity: rsa, router: answering(...records) });
    const told: string[] = [];
    const subscription = names.resolve(pathOf(alice)).subscribe(({ path }) => told.push(path));
    await pass(clock, 1);
    expect([told, subscription.closed]).toEqual([[A, B, `${B}/longer`], true]);
    await close();
  });

  test('begin the way behind them anew, and what counts is where the best one leads', async () => {
    const { network, names, clock, close } = await world({ identity: rsa });
    network.hold(alice, recordBy(alice, A), recordBy(alice, pathOf(bob), { sequence: 1n }));
    const told: string[] = [];
    const outcome = outcomeOf(
      new Promise((resolve, reject) => {
        names
          .resolve(pathOf(alice))
          .subscribe({ next: ({ path }) => told.push(path), complete: () => resolve(1), error: reject });
      }),
    );
    expect([await during(clock, outcome), told]).toEqual(['ERR_IPNS_NOT_FOUND', [A]]);
    network.hold(bob, recordBy(bob, B));
    expect((await during(clock, names.resolveBest(pathOf(alice)))).path).toBe(B);
    await close();
  });

  test('of our own record and the network, the newer one counts', async () => {
    const { clock, names, network, best, close } = await world();
    await during(clock, names.publish(A));
    network.values.clear();
    expect((await best(pathOf(alice))).steps).toMatchObject([{ source: 'own', value: A }]);
    network.hold(alice, recordBy(alice, B, { sequence: 5n }));
    expect((await best(pathOf(alice), { fresh: true })).steps).toMatchObject([{ source: 'made', value: B }]);
    await close();
  });
});

describe('nothing', () => {
  test.each([
    { name: 'no path', path: 'hello', code: 'ERR_IPNS_VALUE_INVALID' },
    { name: 'a name that nobody published', path: pathOf(bob), code: 'ERR_IPNS_NOT_FOUND' },
    { name: 'a domain on a node without DNS', path: '/ipns/example.org', code: 'ERR_INVALID_ARGUMENT' },
  ])('is found for $name', async ({ path, code: expected }) => {
    const { code, close } = await world();
    expect(await code(path)).toBe(expected);
    await close();
  });

  test.each([
    { name: 'forged', record: recordBy(bob, B), code: 'ERR_IPNS_BAD_SIGNATURE' },
    { name: 'expired', record: recordBy(alice, B, { validUntilMs: START }), code: 'ERR_IPNS_EXPIRED' },
    { name: 'oversized', record: new Uint8Array(10_241), code: 'ERR_IPNS_TOO_LARGE' },
    { name: "another's, with its key", record: recordBy(rsa, B), code: 'ERR_IPNS_BAD_KEY' },
    { name: 'no record', record: utf8('x'), code: 'ERR_IPNS_BAD_RECORD' },
  ])('is found where all there is is $name, and it says why', async ({ record, code: expected }) => {
    const { network, code, close } = await world({ identity: rsa });
    network.hold(alice, record);
    expect(await code(pathOf(alice))).toBe(expected);
    await close();
  });

  test('is found by routers that find no values, that fail, or that throw as they are asked', async () => {
    const routers: readonly [Router, string][] = [
      [{ name: 'mdns' }, 'ERR_IPNS_NO_ROUTER'],
      [{ name: 'fails', getValue: () => throwError(() => new Error('x')) }, 'ERR_IPNS_NOT_FOUND'],
      [
        {
          name: 'late',
          getValue: () =>
            new Observable<ValueAnswer>(() => {
              throw new Error('x');
            }),
        },
        'ERR_IPNS_NOT_FOUND',
      ],
    ];
    for (const [router, expected] of routers) {
      const { code, close } = await world({ router });
      expect(await code(pathOf(bob))).toBe(expected);
      await close();
    }
  });

  test('is waited for longer than the limit', async () => {
    const { clock, network, code, close } = await world();
    network.getting = 'silent';
    expect(await code(pathOf(bob))).toBe('ERR_IPNS_TIMEOUT');
    expect(clock.now() - START).toBe(LIMITS.ipnsResolveTimeoutMs);
    await close();
  });
});

test('at the deadline, what has come is the answer', async () => {
  const router: Router = {
    name: 'hangs',
    getValue: () => new Observable((subscriber) => subscriber.next({ source: 'hangs', value: recordBy(bob, B) })),
  };
  const { clock, best, close } = await world({ router });
  expect((await best(pathOf(bob))).path).toBe(B);
  expect(clock.now() - START).toBe(LIMITS.ipnsResolveTimeoutMs);
  await close();
});

describe('cancelled', () => {
  test('by its signal, before and while it asks', async () => {
    const { clock, network, names, close } = await world();
    network.hold(bob, recordBy(bob, B));
    const controller = new AbortController();
    const while_ = outcomeOf(names.resolveBest(pathOf(bob), { signal: controller.signal }));
    await pass(clock, 5);
    controller.abort();
    expect(await while_).toBe('ERR_ABORTED');
    expect(await outcomeOf(names.resolveBest(pathOf(bob), { signal: controller.signal }))).toBe('ERR_ABORTED');
    await close();
  });

  test('by its subscriber: the router is left alone, and no machine stays', async () => {
    const { clock, environment, network, names, close } = await world();
    network.hold(bob, recordBy(bob, pathOf(carol)));
    const subscription = names.resolve(pathOf(bob)).subscribe();
    await pass(clock, 15);
    // The node's own name is one more.
    expect([network.open, environment.liveActors]).toEqual([1, 1]);
    subscription.unsubscribe();
    expect([network.open, environment.liveActors]).toEqual([0, 0]);
    await close();
  });
});

describe('the cache', () => {
  test('answers until the TTL is over, and no longer', async () => {
    const { clock, network, best, close } = await world();
    network.hold(bob, recordBy(bob, A, { ttlMs: MINUTE }));
    await best(pathOf(bob));
    network.hold(bob, recordBy(bob, B, { sequence: 1n }));
    await pass(clock, MINUTE - 1);
    const cached = await best(pathOf(bob));
    expect([cached.path, cached.ttlMs, cached.steps[0]?.source, network.gets]).toEqual([A, 1, 'cache', 1]);
    expect((await best(pathOf(bob), { fresh: true })).path).toBe(B);
    await pass(clock, 5 * MINUTE);
    expect([(await best(pathOf(bob))).steps[0]?.source, network.gets]).toEqual(['made', 3]);
    await close();
  });

  test.each([
    { name: 'a TTL of 0', ttlMs: 0, validUntilMs: START + HOUR, waitMs: 0 },
    { name: 'a record that ends before its TTL', ttlMs: HOUR, validUntilMs: START + MINUTE, waitMs: MINUTE },
    {
      name: 'a TTL of eleven years',
      ttlMs: 1e5 * HOUR,
      validUntilMs: START + 1e5 * HOUR,
      waitMs: LIMITS.ipnsLongestCacheMs,
    },
  ])('does not answer for $name', async ({ ttlMs, validUntilMs, waitMs }) => {
    const { clock, network, code, best, close } = await world();
    network.hold(bob, recordBy(bob, A, { ttlMs, validUntilMs }));
    await best(pathOf(bob));
    network.values.clear();
    if (waitMs > 0) expect((await best(pathOf(bob))).path).toBe(A);
    await pass(clock, waitMs);
    expect(await code(pathOf(bob))).toBe('ERR_IPNS_NOT_FOUND');
    await close();
  });

  test('does not answer where the wall clock has jumped over the life', async () => {
    const { clock, best, network, code, close } = await world();
    network.hold(bob, recordBy(bob, A));
    await best(pathOf(bob));
    clock.wallShiftMs = 72 * HOUR;
    expect(await code(pathOf(bob))).toBe('ERR_IPNS_EXPIRED');
    await close();
  });

  test('holds as many names as the limit, and forgets the one that was asked for least lately', async () => {
    const { network, best, close } = await world({ identity: rsa, limits: { ipnsCacheNames: 2 } });
    for (const identity of [alice, bob, carol]) network.hold(identity, recordBy(identity, A));
    const sources: (string | undefined)[] = [];
    for (const identity of [alice, bob, alice, carol, alice, bob]) {
      sources.push((await best(pathOf(identity))).steps[0]?.source);
    }
    expect(sources).toEqual(['made', 'made', 'cache', 'made', 'cache', 'made']);
    await close();
  });

  test('forgets a name that is published', async () => {
    const { clock, names, best, close } = await world();
    await during(clock, names.publish(A));
    expect((await best(pathOf(alice))).path).toBe(A);
    await during(clock, names.publish(B));
    expect((await best(pathOf(alice))).path).toBe(B);
    await close();
  });
});

describe('DNSLinks', () => {
  test('lead on, by themselves and in chains, and are kept for a minute', async () => {
    const tables = {
      txt: {
        '_dnslink.example.org': ['dnslink=/ipns/other.example/x'],
        '_dnslink.other.example': [`dnslink=${pathOf(bob)}`],
      },
    };
    const { clock, network, resolver, best, close } = await world({ tables });
    network.hold(bob, recordBy(bob, B));
    const answer = await best('/ipns/Example.ORG/a');
    expect([answer.path, answer.ttlMs]).toEqual([`${B}/x/a`, LIMITS.ipnsDnslinkCacheMs]);
    expect(answer.steps.map(({ name, source }) => [name, source])).toEqual([
      ['/ipns/example.org', 'dnslink'],
      ['/ipns/other.example', 'dnslink'],
      [pathOf(bob), 'made'],
    ]);
    await best('/ipns/example.org');
    expect(resolver?.asked).toEqual(['txt _dnslink.example.org', 'txt _dnslink.other.example']);
    await pass(clock, LIMITS.ipnsDnslinkCacheMs);
    await best('/ipns/example.org');
    expect(resolver?.asked.length).toBe(4);
    await close();
  });

  test.each([
    { name: 'no link', txt: [], code: 'ERR_DNSLINK_NOT_FOUND' },
    { name: 'two links', txt: [`dnslink=${A}`, `dnslink=${B}`], code: 'ERR_DNSLINK_AMBIGUOUS' },
    { name: 'a server that fails', txt: 'broken' as const, code: 'ERR_RESOLVE_FAILED' },
    { name: 'a server that never answers', txt: 'silent' as const, code: 'ERR_IPNS_TIMEOUT' },
    { name: 'a link to itself', txt: ['dnslink=/ipns/example.org'], code: 'ERR_IPNS_LOOP' },
  ])('lead nowhere: $name', async ({ txt, code: expected }) => {
    const { code, close } = await world({ tables: { txt: { '_dnslink.example.org': txt } } });
    expect(await code('/ipns/example.org')).toBe(expected);
    await close();
  });
});

/** Several routers as one: tiers, times, failures, values, and what is left over afterwards. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { EMPTY, Observable, of, throwError } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { ComposedRouter, type RouterEntry } from '../../../src/actors/routing/composed-router.js';
import { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import type { ProviderAnswer, Router, StoreAnswer, ValueAnswer } from '../../../src/routing/router.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';

const cid = CID.parse('bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
const other = (source: string, id: string): ProviderAnswer => ({ source, provider: { id, addresses: [] } });
const boom = (code: EngineError['code'] = 'ERR_DIAL_FAILED') => new EngineError(code, 'remote', `no ${code}`);

/** A router whose providers come at given times; `undefined` ends nothing. */
function timed(clock: VirtualClock, name: string, answers: readonly [number, string][], endMs?: number) {
  const state = { subscribed: 0, unsubscribed: 0 };
  const router: Router = {
    name,
    findProviders: () =>
      new Observable<ProviderAnswer>((subscriber) => {
        state.subscribed++;
        const timers = answers.map(([atMs, id]) => clock.setTimeout(() => subscriber.next(other(name, id)), atMs));
        if (endMs !== undefined) timers.push(clock.setTimeout(() => subscriber.complete(), endMs));
        return () => {
          state.unsubscribed++;
          for (const timer of timers) clock.clearTimeout(timer);
        };
      }),
  };
  return { router, state };
}

function rig(tiers: (clock: VirtualClock) => readonly (readonly RouterEntry[])[], more: object = {}) {
  const clock = new VirtualClock();
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: {} as never });
  const router = new ComposedRouter({ environment, tiers: tiers(clock), ...more });
  const problems: string[] = [];
  router.problems$.subscribe(({ source, error }) => problems.push(`${source} ${error.code}`));
  return { clock, environment, router, problems };
}

/** Everything that a call says, with the time at which it says it. */
function hear<Answer>(clock: VirtualClock, answers: Observable<Answer>, text: (answer: Answer) => string) {
  const heard: string[] = [];
  const errors: EngineError[] = [];
  const subscription = answers.subscribe({
    next: (answer) => heard.push(`${clock.now()} ${text(answer)}`),
    complete: () => heard.push(`${clock.now()} end`),
    error: (error: EngineError) => {
      errors.push(error);
      heard.push(`${clock.now()} ${error.code}`);
    },
  });
  return { heard, errors, subscription };
}

const providers = ({ source, provider }: ProviderAnswer): string => `${source} ${provider.id}`;
const stores = ({ source, at }: StoreAnswer): string => `${source} ${at}`;

describe('tiers', () => {
  test('the routers of a tier are asked at once, and enough is enough', () => {
    const { clock, environment, router } = rig(
      (c) => [
        [
          timed(
            c,
            'a',
            [
              [5, 'p1'],
              [20, 'p2'],
            ],
            30,
          ),
          timed(c, 'b', [[10, 'p3']], 15),
        ],
        [timed(c, 'c', [[1, 'p4']], 2)],
      ],
      { enoughProviders: 3 },
    );
    const { heard } = hear(clock, router.findProviders(cid), providers);
    clock.advance(1_000);
    expect(heard).toEqual(['5 a p1', '10 b p3', '20 a p2', '30 end']);
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('a tier that has too little to say is followed by the next', () => {
    const { clock, router } = rig((c) => [[timed(c, 'a', [[5, 'p1']], 10)], [timed(c, 'b', [[1, 'p2']], 2)]], {
      enoughProviders: 2,
    });
    const { heard } = hear(clock, router.findProviders(cid), providers);
    clock.advance(1_000);
    expect(heard).toEqual(['5 a p1', '11 b p2', '12 end']);
  });

  test('by default ten providers are enough', () => {
    const many = (c: VirtualClock, count: number) =>
      timed(
        c,
        'a',
        Array.from({ length: count }, (_, index) => [1, `p${index}`] as [number, string]),
        2,
      );
    for (const [count, ends] of [
      [LIMITS.routingEnoughProviders - 1, '5 end'],
      [LIMITS.routingEnoughProviders, '2 end'],
    ] as const) {
      const { clock, router } = rig((c) => [[many(c, count)], [timed(c, 'b', [], 3)]]);
      const { heard } = hear(clock, router.findProviders(cid), providers);
      clock.advance(1_000);
      expect([heard.length, heard.at(-1)]).toEqual([count + 1, ends]);
    }
  });

  test('who stores tells the routers of all tiers', () => {
    const store = (name: string): RouterEntry => ({
      router: { name, provide: () => of({ source: name, at: `${name}-peer` }) },
    });
    const { clock, router } = rig(() => [[store('a'), store('b')], [store('c')]]);
    const { heard } = hear(clock, router.provide(cid), stores);
    expect(heard).toEqual(['0 a a-peer', '0 b b-peer', '0 c c-peer', '0 end']);
  });

  test('routers that cannot do it are passed over, tiers of them too', () => {
    const { clock, router } = rig((c) => [[{ router: { name: 'mute' } }], [timed(c, 'b', [[1, 'p1']], 2)]]);
    const { heard } = hear(clock, router.findProviders(cid), providers);
    clock.advance(10);
    expect(heard).toEqual(['1 b p1', '2 end']);
    expect([router.can('findProviders'), router.can('findPeer')]).toEqual([true, false]);
  });
});

describe('times and failures', () => {
  test('each router has its time; what it answered counts', () => {
    const { clock, environment, router, problems } = rig((c) => [
      [{ ...timed(c, 'slow', [[5, 'p1']]), timeoutMs: 100 }, timed(c, 'quick', [[6, 'p2']], 7)],
    ]);
    const { heard } = hear(clock, router.findProviders(cid), providers);
    clock.advance(1_000);
    expect([heard, problems]).toEqual([['5 slow p1', '6 quick p2', '100 end'], ['slow ERR_ROUTING_TIMEOUT']]);
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('the default time is the limit, and a router that ends just before it is in time', () => {
    for (const [endMs, end] of [
      [LIMITS.routerTimeoutMs - 1, 'end'],
      [LIMITS.routerTimeoutMs + 1, 'ERR_ROUTING_TIMEOUT'],
    ] as const) {
      const { clock, router } = rig((c) => [[timed(c, 'a', [], endMs)]]);
      const { heard } = hear(clock, router.findProviders(cid), providers);
      clock.advance(LIMITS.routerTimeoutMs * 2);
      expect(heard).toEqual([`${Math.min(endMs, LIMITS.routerTimeoutMs)} ${end}`]);
    }
  });

  test('one failure among several is a problem and no end', () => {
    const { clock, router, problems } = rig((c) => [
      [{ router: { name: 'bad', findProviders: () => throwError(() => boom()) } }, timed(c, 'good', [], 3)],
    ]);
    const { heard } = hear(clock, router.findProviders(cid), providers);
    clock.advance(10);
    expect([heard, problems]).toEqual([['3 end'], ['bad ERR_DIAL_FAILED']]);
  });

  test('a router that throws fails as one that errs', () => {
    const thrower: RouterEntry = {
      router: {
        name: 'thrower',
        findProviders: () => {
          throw new TypeError('broken router');
        },
      },
    };
    const { clock, router } = rig(() => [[thrower]]);
    const { heard, errors } = hear(clock, router.findProviders(cid), providers);
    expect(heard).toEqual(['0 ERR_ROUTING_FAILED']);
    expect(errors[0]?.message).toContain('broken router');
  });

  test('the only router speaks for itself; several are summed up', () => {
    const bad = (name: string, code: EngineError['code']): RouterEntry => ({
      router: { name, findProviders: () => throwError(() => boom(code)) },
    });
    const one = rig(() => [[bad('a', 'ERR_DIAL_FAILED')]]);
    const sole = hear(one.clock, one.router.findProviders(cid), providers);
    expect(sole.errors.map(({ code, details }) => [code, details.machine, details.state])).toEqual([
      ['ERR_DIAL_FAILED', 'routerAsk', 'failed'],
    ]);
    const two = rig(() => [[bad('a', 'ERR_DIAL_FAILED')], [bad('b', 'ERR_STREAM_RESET')]]);
    const both = hear(two.clock, two.router.findProviders(cid), providers);
    expect(
      both.errors.map(({ code, message, cause }) => [code, message, (cause as AggregateError).errors.length]),
    ).toEqual([
      [
        'ERR_ROUTING_FAILED',
        `findProviders ${cid.toString()}: every router failed: no ERR_DIAL_FAILED; no ERR_STREAM_RESET`,
        2,
      ],
    ]);
  });

  test('what no router can do is said', () => {
    const { clock, router } = rig(() => [[{ router: { name: 'mute' } }]]);
    const { heard, errors } = hear(clock, router.findPeer('12D3KooW'), ({ source }) => source);
    expect([heard, errors[0]?.blame]).toEqual([['0 ERR_ROUTING_UNSUPPORTED'], 'local']);
  });
});

describe('ends', () => {
  test('unsubscribing ends the work of every router', () => {
    let slow: ReturnType<typeof timed> | undefined;
    const { clock, environment, router, problems } = rig((c) => [
      [
        (slow = timed(c, 'a', [
          [5, 'p1'],
          [50, 'p2'],
        ])),
      ],
    ]);
    const { heard, subscription } = hear(clock, router.findProviders(cid), providers);
    clock.advance(10);
    subscription.unsubscribe();
    clock.advance(1_000);
    expect([heard, problems]).toEqual([['5 a p1'], []]);
    expect(slow?.state).toEqual({ subscribed: 1, unsubscribed: 1 });
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('a signal ends a call, and one that is over already begins none', () => {
    const { clock, environment, router } = rig((c) => [[timed(c, 'a', [[5, 'p1']])]]);
    const abort = new AbortController();
    const first = hear(clock, router.findProviders(cid, { signal: abort.signal }), providers);
    clock.advance(7);
    abort.abort();
    const second = hear(clock, router.findProviders(cid, { signal: abort.signal }), providers);
    expect([first.heard, second.heard]).toEqual([['5 a p1', '7 ERR_ABORTED'], ['7 ERR_ABORTED']]);
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('stopping ends every call', () => {
    const { clock, environment, router } = rig((c) => [[timed(c, 'a', [])]]);
    const calls = [1, 2].map(() => hear(clock, router.findProviders(cid), providers));
    router.stop();
    expect(calls.map(({ heard }) => heard)).toEqual([['0 ERR_ABORTED'], ['0 ERR_ABORTED']]);
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });
});

describe('values', () => {
  const value = (source: string, text: string): ValueAnswer => ({ source, value: new TextEncoder().encode(text) });
  const told = ({ source, value: bytes }: ValueAnswer): string => `${source} ${new TextDecoder().decode(bytes)}`;
  const longest = {
    validate: () => undefined,
    select: (_: Uint8Array, values: readonly Uint8Array[]) =>
      values.reduce((best, each, index) => (each.length > (values[best]?.length ?? 0) ? index : best), 0),
  };
  const source = (name: string, ...texts: string[]): RouterEntry => ({
    router: { name, getValue: () => (texts.length === 0 ? EMPTY : of(...texts.map((text) => value(name, text)))) },
  });

  test('each is better than the one before, whoever it is from', () => {
    const { clock, router } = rig(() => [[source('a', 'xx', 'x', 'xxx'), source('b', 'yyy', 'yyyy')]], {
      validatorFor: () => longest,
    });
    expect(hear(clock, router.getValue(new Uint8Array(1)), told).heard).toEqual([
      '0 a xx',
      '0 a xxx',
      '0 b yyyy',
      '0 end',
    ]);
  });

  test('each call judges for itself, and without a judge the first stands', () => {
    const { clock, router } = rig(() => [[source('a', 'x', 'xx')]]);
    for (let call = 0; call < 2; call++) {
      expect(hear(clock, router.getValue(new Uint8Array(1)), told).heard).toEqual(['0 a x', '0 end']);
    }
  });
});

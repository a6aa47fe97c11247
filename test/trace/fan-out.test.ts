/** Several sinks of one environment: each gets its own numbers, its own detail, and what comes while it is there. */
import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../src/actors/environment.js';
import { TraceFanOut } from '../../src/actors/trace-fan-out.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { TraceDraft, TraceSink } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { draft } from './support/traces.js';

class Taker implements TraceSink {
  readonly taken: TraceDraft[] = [];
  readonly detail: TraceSink['detail'];
  readonly plaintext: boolean;
  readonly lengthsOnly: boolean;
  readonly observations: boolean;

  constructor(wants: Partial<TraceSink> = {}) {
    this.detail = wants.detail ?? 'frames';
    this.plaintext = wants.plaintext ?? false;
    this.lengthsOnly = wants.lengthsOnly ?? false;
    this.observations = wants.observations ?? false;
  }

  record(each: TraceDraft): number {
    return this.taken.push(each) - 1;
  }

  get told(): string[] {
    return this.taken.map(({ name, cause }) => (cause === undefined ? name : `${name} <- ${cause}`));
  }
}

const environment = (trace?: TraceSink): Environment =>
  new Environment({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    ciphers: nodeCiphers,
    ...(trace === undefined ? {} : { trace }),
  });

describe('fan-out', () => {
  test('each is told causes in its own numbers, and none from before it came', () => {
    const [early, late] = [new Taker(), new Taker()];
    const fanOut = new TraceFanOut();
    fanOut.add(early);
    const first = fanOut.record(draft('a:1', 'x'));
    fanOut.add(late);
    const second = fanOut.record(draft('a:2', 'x', {}, first));
    fanOut.record(draft('a:3', 'x', {}, second));
    fanOut.remove(early);
    fanOut.record(draft('a:4', 'x', {}, second));
    expect(early.told).toEqual(['a:1', 'a:2 <- 0', 'a:3 <- 1']);
    expect(late.told).toEqual(['a:2', 'a:3 <- 0', 'a:4 <- 0']);
  });

  test('a record that a sink does not want is no cause for it', () => {
    const [all, few] = [new Taker({ plaintext: true }), new Taker({ detail: 'states' })];
    const fanOut = new TraceFanOut();
    fanOut.add(all);
    fanOut.add(few);
    const bytes = fanOut.record(draft('io:bytes_received', 'conn:1'));
    const frame = fanOut.record(draft('frame:decoded', 'conn:1/noise', {}, bytes));
    fanOut.record(draft('secure:plaintext', 'conn:1/noise', {}, bytes));
    fanOut.record(draft('actor:transition', 'conn:1', {}, frame));
    expect(all.told).toEqual([
      'io:bytes_received',
      'frame:decoded <- 0',
      'secure:plaintext <- 0',
      'actor:transition <- 1',
    ]);
    expect(few.told).toEqual(['io:bytes_received', 'actor:transition']);
  });

  test('causes are known to the bound and not past it', () => {
    const taker = new Taker();
    const fanOut = new TraceFanOut();
    fanOut.add(taker);
    const first = fanOut.record(draft('a:1', 'x'));
    for (let index = 1; index < 16_384; index++) fanOut.record(draft('a:2', 'x'));
    fanOut.record(draft('a:at', 'x', {}, first));
    fanOut.record(draft('a:past', 'x', {}, first));
    expect(taker.told.slice(-2)).toEqual(['a:at <- 0', 'a:past']);
  });

  test.each([
    [[], { detail: 'states', plaintext: false, lengthsOnly: true }],
    [[{ detail: 'frames', lengthsOnly: true }], { detail: 'frames', plaintext: false, lengthsOnly: true }],
    [
      [{ detail: 'frames', lengthsOnly: true }, { detail: 'digests' }],
      { detail: 'digests', plaintext: false, lengthsOnly: false },
    ],
    [
      [{ detail: 'states' }, { detail: 'frames', plaintext: true }],
      { detail: 'frames', plaintext: true, lengthsOnly: false },
    ],
  ] as const)('asks for the most that any wants: %j', (wants, expected) => {
    const fanOut = new TraceFanOut();
    for (const each of wants) fanOut.add(new Taker(each));
    const { detail, plaintext, lengthsOnly } = fanOut;
    expect({ detail, plaintext, lengthsOnly }).toEqual(expected);
  });

  test('but of no more than the sink that was there first, whose numbers are everybody’s', () => {
    const first = new Taker({ detail: 'states' });
    first.record(draft('recorded:directly', 'x'));
    const other = new Taker({ detail: 'frames', plaintext: true });
    const fanOut = new TraceFanOut(first);
    fanOut.add(other);
    expect(fanOut).toMatchObject({ detail: 'states', plaintext: false });
    const number = fanOut.record(draft('a:1', 'x'));
    expect(number).toBe(1);
    fanOut.record(draft('a:2', 'x', {}, number));
    expect(first.told).toEqual(['recorded:directly', 'a:1', 'a:2 <- 1']);
    expect(other.told).toEqual(['a:1', 'a:2 <- 0']);
  });
});

describe('observations', () => {
  test('go to those who asked for them, and are no cause for anybody', () => {
    const [asks, declines] = [new Taker({ observations: true }), new Taker()];
    const fanOut = new TraceFanOut();
    fanOut.add(declines);
    expect(fanOut.observations).toBe(false);
    fanOut.add(asks);
    expect(fanOut.observations).toBe(true);
    const first = fanOut.record(draft('a:1', 'x'));
    expect(fanOut.record(draft('seen:table', 'dht', {}, first))).toBe(-1);
    fanOut.record(draft('a:2', 'x', {}, first));
    expect(asks.told).toEqual(['a:1', 'seen:table <- 0', 'a:2 <- 0']);
    expect(declines.told).toEqual(['a:1', 'a:2 <- 0']);
    fanOut.remove(asks);
    expect(fanOut.observations).toBe(false);
  });

  test.each([true, false])(
    'are asked for apart from the sink that was there first (which asks: %s)',
    (observations) => {
      const first = new Taker({ detail: 'states', observations });
      first.record(draft('recorded:directly', 'x'));
      const other = new Taker({ observations: !observations });
      const fanOut = new TraceFanOut(first);
      fanOut.add(other);
      const number = fanOut.record(draft('a:1', 'x'));
      fanOut.record(draft('seen:table', 'dht', {}, number));
      const next = fanOut.record(draft('a:2', 'x', {}, number));
      fanOut.record(draft('a:3', 'x', {}, next));
      const seen = (prefix: string, isTold: boolean) => (isTold ? [`seen:table <- ${prefix}`] : []);
      // The first one's own numbers count what it was told; those of the other are its own.
      expect(first.told).toEqual([
        'recorded:directly',
        'a:1',
        ...seen('1', observations),
        'a:2 <- 1',
        `a:3 <- ${observations ? 3 : 2}`,
      ]);
      expect(other.told).toEqual(['a:1', ...seen('0', !observations), 'a:2 <- 0', `a:3 <- ${observations ? 1 : 2}`]);
    },
  );
});

describe('an environment', () => {
  test('observes while somebody asks for it, and only then', () => {
    const node = environment();
    const tell = (): void => node.observe('seen:state', 'conn:1', { machine: 'connection', state: 'open' });
    const [asks, declines] = [new Taker({ observations: true }), new Taker()];
    node.traceTo(declines);
    expect(node.observing).toBe(false);
    tell();
    const detach = node.traceTo(asks);
    expect(node.observing).toBe(true);
    tell();
    detach();
    expect(node.observing).toBe(false);
    tell();
    expect([asks.told, declines.told]).toEqual([['seen:state'], []]);
    expect(environment(new Taker({ observations: true })).observing).toBe(true);
    expect(environment(new Taker()).observing).toBe(false);
  });

  test('asks what stands for whoever comes and observes, and tells nobody else', () => {
    const first = new Taker({ observations: true });
    const node = environment(first);
    node.whenObserved((tell) => tell('seen:state', 'conn:1', { machine: 'connection', state: 'open' }));
    node.whenObserved((tell) => tell('seen:state', 'conn:2', { machine: 'connection', state: 'closed' }));
    const [asks, declines] = [new Taker({ observations: true }), new Taker()];
    node.traceTo(declines);
    node.traceTo(asks);
    expect([first.taken, declines.taken]).toEqual([[], []]);
    expect(asks.taken.map(({ actor, cause, data }) => [actor, cause, data['state']])).toEqual([
      ['conn:1', undefined, 'open'],
      ['conn:2', undefined, 'closed'],
    ]);
  });

  test('traces while somebody is attached, and only then', () => {
    const node = environment();
    const taker = new Taker();
    expect([node.tracing, node.observed, node.record('a:0', 'x', {})]).toEqual([false, false, undefined]);
    const detach = node.traceTo(taker);
    expect([node.tracing, node.observed, node.tracesBytes]).toEqual([true, true, true]);
    node.record('a:1', 'x', {});
    detach();
    expect([node.tracing, node.observed, node.record('a:2', 'x', {})]).toEqual([false, false, undefined]);
    const again = new Taker({ lengthsOnly: true });
    node.traceTo(again);
    expect(node.tracesBytes).toBe(false);
    node.record('a:3', 'x', {});
    expect([taker.told, again.told]).toEqual([['a:1'], ['a:3']]);
  });

  test('goes back to the sink that it was made with', () => {
    const first = new Taker();
    const node = environment(first);
    const second = new Taker();
    const detach = node.traceTo(second);
    node.record('a:1', 'x', {});
    detach();
    detach();
    node.record('a:2', 'x', {});
    expect([first.told, second.told]).toEqual([['a:1', 'a:2'], ['a:1']]);
  });

  test('tells plaintext to who wants it, in hex, and a frame’s bytes never', () => {
    const [wants, declines] = [new Taker({ plaintext: true }), new Taker()];
    const node = environment();
    node.traceTo(declines);
    node.plaintext('inbound', 'conn:1/noise', [Uint8Array.of(1, 2)]);
    node.traceTo(wants);
    node.plaintext('outbound', 'conn:1/noise', [Uint8Array.of(0, 15), Uint8Array.of(255)]);
    expect(declines.taken).toEqual([]);
    expect(wants.taken).toEqual([
      {
        name: 'secure:plaintext',
        actor: 'conn:1/noise',
        timeMs: 0,
        cause: undefined,
        data: { direction: 'outbound', raw: { length: 3, data: '000fff' } },
      },
    ]);
  });
});

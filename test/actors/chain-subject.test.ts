/** The subject of the chain: to everybody outside an RxJS observable, to neighbours a list of links. */
import { describe, expect, test } from '@jest/globals';
import { firstValueFrom, map, Subject, toArray } from 'rxjs';
import { ChainLink, ChainSubject } from '../../src/actors/chain-subject.js';
import { Environment } from '../../src/actors/environment.js';
import type { EngineError } from '../../src/errors.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

function setUp() {
  const broken: EngineError[] = [];
  const environment = new Environment({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    ciphers: {} as never,
    onBroken: (error) => broken.push(error),
  });
  class Link extends ChainLink<number> {
    constructor(
      readonly heard: (value: number) => void,
      onBroken?: (error: EngineError) => void,
    ) {
      super(environment, onBroken);
    }
    protected take(value: number): void {
      this.heard(value);
    }
  }
  return { broken, Link };
}

/** A subject of ours, and RxJS's own: a link hears both. */
describe.each([
  { name: 'a chain subject', make: () => new ChainSubject<number>() },
  { name: 'a subject of RxJS', make: () => new Subject<number>() },
])('$name', ({ make }) => {
  test('links and subscribers hear every value, in the order in which they came', () => {
    const { Link } = setUp();
    const subject = make();
    const log: string[] = [];
    subject.subscribe(new Link((value) => log.push(`link ${value}`)));
    subject.subscribe((value) => log.push(`function ${value}`));
    subject.subscribe({ next: (value) => log.push(`observer ${value}`) });
    subject.next(1);
    subject.next(2);
    expect(log).toEqual(['link 1', 'function 1', 'observer 1', 'link 2', 'function 2', 'observer 2']);
  });

  test('who leaves while a value is told hears no more of it; who comes then hears the next one', () => {
    const { Link } = setUp();
    const subject = make();
    const log: string[] = [];
    const last = new Link((value) => log.push(`last ${value}`));
    const first = new Link((value) => {
      log.push(`first ${value}`);
      last.unsubscribe();
      if (value === 1) subject.subscribe(new Link((later) => log.push(`new ${later}`)));
    });
    subject.subscribe(first);
    subject.subscribe(last);
    subject.next(1);
    subject.next(2);
    first.unsubscribe();
    first.unsubscribe();
    subject.next(3);
    expect(log).toEqual(['first 1', 'first 2', 'new 2', 'new 3']);
  });

  test('after the end everybody is let go, and who comes later is told so', () => {
    const { Link } = setUp();
    const subject = make();
    const log: string[] = [];
    const link = new Link(() => log.push('value'));
    subject.subscribe(link);
    subject.subscribe({ complete: () => log.push('complete') });
    subject.complete();
    subject.next(1);
    const late = new Link(() => log.push('late'));
    subject.subscribe(late);
    subject.subscribe({ complete: () => log.push('complete at once') });
    expect([log, link.closed, late.closed]).toEqual([['complete', 'complete at once'], true, true]);
    expect(subject.observed).toBe(false);
  });

  test('what a link throws is reported, costs what its owner says, and others hear the value', () => {
    const { Link, broken } = setUp();
    const subject = make();
    const told: string[] = [];
    const fails = (): void => {
      throw new TypeError('a bug');
    };
    subject.subscribe(new Link(fails, (error) => told.push(error.code)));
    subject.subscribe((value) => told.push(`other ${value}`));
    subject.next(1);
    expect(told).toEqual(['ERR_ENGINE_ASSERTION', 'other 1']);
    expect(broken.map(({ code, message }) => [code, message])).toEqual([
      ['ERR_ENGINE_ASSERTION', 'a handler threw: TypeError: a bug'],
    ]);
  });

  test('operators work as on any observable', async () => {
    const subject = make();
    const doubled = firstValueFrom(
      subject.pipe(
        map((value) => 2 * value),
        toArray(),
      ),
    );
    for (const value of [1, 2, 3]) subject.next(value);
    subject.complete();
    expect(await doubled).toEqual([2, 4, 6]);
  });
});

test('an observable that fails lets its link go', () => {
  const { Link } = setUp();
  const subject = new Subject<number>();
  const link = new Link(() => undefined);
  subject.subscribe(link);
  subject.error(new Error('over'));
  expect(link.closed).toBe(true);
});

test('nobody listens: nothing happens', () => {
  const subject = new ChainSubject<number>();
  expect(subject.observed).toBe(false);
  subject.next(1);
  const subscription = subject.subscribe();
  expect(subject.observed).toBe(true);
  subscription.unsubscribe();
  expect(subject.observed).toBe(false);
});

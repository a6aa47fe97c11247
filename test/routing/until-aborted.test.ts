/** Signals over calls of routers. */
import { expect, test } from '@jest/globals';
import { Observable, Subject } from 'rxjs';
import type { EngineError } from '../../src/errors.js';
import { untilAborted } from '../../src/routing/until-aborted.js';

function heardOf(source: Observable<number>) {
  const heard: unknown[] = [];
  const subscription = source.subscribe({
    next: (value) => heard.push(value),
    complete: () => heard.push('complete'),
    error: ({ code }: EngineError) => heard.push(code),
  });
  return { heard, subscription };
}

test('without a signal it is the source', () => {
  const source = new Subject<number>();
  expect(untilAborted(source, undefined)).toBe(source);
});

test('aborted in the middle: an error, and nobody listens any more', () => {
  const source = new Subject<number>();
  const abort = new AbortController();
  const { heard } = heardOf(untilAborted(source, abort.signal));
  source.next(1);
  abort.abort();
  source.next(2);
  expect([heard, source.observed]).toEqual([[1, 'ERR_ABORTED'], false]);
});

test('aborted before: the work is not begun', () => {
  let begun = 0;
  const source = new Observable<number>(() => {
    begun++;
  });
  expect([heardOf(untilAborted(source, AbortSignal.abort())).heard, begun]).toEqual([['ERR_ABORTED'], 0]);
});

test('complete, or left: a later signal changes nothing', () => {
  const source = new Subject<number>();
  const abort = new AbortController();
  const [one, two] = [heardOf(untilAborted(source, abort.signal)), heardOf(untilAborted(source, abort.signal))];
  one.subscription.unsubscribe();
  source.complete();
  abort.abort();
  expect([one.heard, two.heard]).toEqual([[], ['complete']]);
});

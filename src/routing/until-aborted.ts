/** Ends a call of a router when its signal says so. */
import { Observable } from 'rxjs';
import { EngineError } from '../errors.js';

/** `source`, until `signal` aborts: then it is unsubscribed, and the answer errors with `ERR_ABORTED`. */
export function untilAborted<T>(source: Observable<T>, signal: AbortSignal | undefined): Observable<T> {
  if (signal === undefined) return source;
  return new Observable((subscriber) => {
    const aborted = (): void =>
      subscriber.error(new EngineError('ERR_ABORTED', 'local', 'aborted', { cause: signal.reason as unknown }));
    if (signal.aborted) {
      aborted();
      return undefined;
    }
    signal.addEventListener('abort', aborted);
    const subscription = source.subscribe(subscriber);
    return () => {
      signal.removeEventListener('abort', aborted);
      subscription.unsubscribe();
    };
  });
}

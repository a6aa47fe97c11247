/**
 * An observable whose error is not thrown at the process when nobody listens for it. RxJS throws what an observer without
 * an error handler is told; here that would let any peer that resets a stream end an embedder's process. Who wants the
 * error says so, and the stream keeps it besides. Observables piped from this one are of the same kind.
 */
import { Observable, type Observer, type Subscription } from 'rxjs';

type Next<Value> = (value: Value) => void;
type Listener<Value> = Partial<Observer<Value>> | Next<Value> | null;

/** As {@link Observable}, but forgiving. */
export class QuietObservable<Value> extends Observable<Value> {
  override subscribe(
    observerOrNext?: Listener<Value>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (typeof observerOrNext !== 'function') {
      const observer = observerOrNext ?? {};
      // Operators subscribe with subscribers, which always have a handler; only a bare observer may lack one.
      if (observer.error !== undefined) return super.subscribe(observer);
      return super.subscribe({
        next: (value) => observer.next?.(value),
        error: ignore,
        complete: () => observer.complete?.(),
      });
    }
    return super.subscribe({ next: observerOrNext, error: error ?? ignore, complete: complete ?? ignore });
  }

  /** What operators make of this observable. RxJS has no other way to say of which kind it is. */
  override lift<Result>(operator?: Observable<Result>['operator']): Observable<Result> {
    const lifted = new QuietObservable<Result>();
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    lifted.source = this;
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    lifted.operator = operator;
    return lifted;
  }
}

function ignore(): void {
  // Nobody asked.
}

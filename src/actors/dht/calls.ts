/** The calls of a router that are under way: each ends with its caller's signal, and all of them with their owner. */
import { Observable, type Subscriber } from 'rxjs';
import { EngineError } from '../../errors.js';

/** Calls under way. */
export class Calls {
  readonly #subscribers = new Set<Subscriber<never>>();
  #isStopped = false;

  /** The same observable, that errors with `ERR_ABORTED` by the signal and with `ERR_NODE_STOPPED` after {@link stop}. */
  of<Value>(source$: Observable<Value>, signal: AbortSignal | undefined): Observable<Value> {
    return new Observable((subscriber) => {
      if (this.#isStopped) {
        subscriber.error(stopped());
        return;
      }
      const abort = (): void => subscriber.error(new EngineError('ERR_ABORTED', 'local', 'the call was cancelled'));
      if (signal?.aborted === true) {
        abort();
        return;
      }
      this.#subscribers.add(subscriber);
      signal?.addEventListener('abort', abort);
      subscriber.add(() => {
        this.#subscribers.delete(subscriber);
        signal?.removeEventListener('abort', abort);
      });
      subscriber.add(source$.subscribe(subscriber));
    });
  }

  /** Ends all, and every later one at once. */
  stop(): void {
    this.#isStopped = true;
    for (const subscriber of [...this.#subscribers]) subscriber.error(stopped());
  }
}

function stopped(): EngineError {
  return new EngineError('ERR_NODE_STOPPED', 'local', 'the DHT is stopped');
}

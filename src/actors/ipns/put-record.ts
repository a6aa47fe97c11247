/** Hands a record of ours to the routers, and counts who takes it. */
import { Subscription } from 'rxjs';
import { routingKeyOf } from '../../crypto/ipns-name.js';
import { EngineError, toEngineError } from '../../errors.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';

/** Who hears of it, in turns. */
export interface PutListener {
  took(): void;
  /** The routers are done, or have failed. */
  done(): void;
}

/** One record on its way. */
export class PutRecord {
  readonly #subscription = new Subscription();
  readonly #at: string[] = [];
  #trouble: EngineError | undefined;

  /** Begins at once. */
  constructor(environment: Environment, router: Router, name: string, record: Uint8Array, listener: PutListener) {
    const say = (what: () => void): void =>
      environment.turns.post(() => {
        if (!this.#subscription.closed) what();
      });
    const done = (thrown?: unknown): void =>
      say(() => {
        if (thrown !== undefined) this.#trouble = toEngineError(thrown, 'ERR_IPNS_NOT_STORED', 'remote', router.name);
        listener.done();
      });
    const answers = router.putValue?.(routingKeyOf('ipns', name), record);
    if (answers === undefined) {
      done(new EngineError('ERR_IPNS_NO_ROUTER', 'local', `${router.name} stores no values`));
      return;
    }
    this.#subscription.add(
      answers.subscribe({
        next: ({ at }) =>
          say(() => {
            this.#at.push(at);
            listener.took();
          }),
        error: done,
        complete: () => done(),
      }),
    );
  }

  /** Who took it. */
  get at(): readonly string[] {
    return this.#at;
  }

  /** Why nobody else did. */
  get trouble(): EngineError | undefined {
    return this.#trouble;
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}

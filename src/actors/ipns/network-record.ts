/** What the network holds under a name of ours: the best record that is valid, once everybody was asked. */
import { Subscription } from 'rxjs';
import { compareIpnsRecords, openIpnsRecord, type IpnsRecord } from '../../crypto/ipns-record.js';
import { routingKeyOf } from '../../crypto/ipns-name.js';
import type { Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';

/** A record with its bytes. */
export interface Found {
  readonly record: IpnsRecord;
  readonly bytes: Uint8Array;
}

/** One question to the network. */
export class NetworkRecord {
  readonly #subscription = new Subscription();
  #best: Found | undefined;
  #isComplete = false;

  /** Asks at once; `onDone` is called in a turn of its own, when the router is done or has failed. */
  constructor(environment: Environment, router: Router, name: string, onDone: () => void) {
    const { ciphers, clock, limits, turns } = environment;
    const end = (isComplete: boolean) => (): void =>
      turns.post(() => {
        this.#isComplete = isComplete;
        if (!this.#subscription.closed) onDone();
      });
    const answers = router.getValue?.(routingKeyOf('ipns', name));
    if (answers === undefined) {
      end(false)();
      return;
    }
    this.#subscription.add(
      answers.subscribe({
        next: ({ value: bytes }) => {
          try {
            const found = { record: openIpnsRecord(ciphers, name, bytes, clock.wallTime(), limits), bytes };
            if (this.#best === undefined || compareIpnsRecords(found, this.#best) > 0) this.#best = found;
          } catch {
            // A record that is not valid says nothing, and whoever sent it is the router's affair.
          }
        },
        error: end(false),
        complete: end(true),
      }),
    );
  }

  /** The best so far. */
  get best(): Found | undefined {
    return this.#best;
  }

  /** Whether the router said that there is no more. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }
}

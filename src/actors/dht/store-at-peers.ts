/** Storing at peers: one message to each, all at once, for they are at most k; emits the id of each that took it. */
import { Observable } from 'rxjs';
import { sameBytes } from '../../crypto/private-keys.js';
import { EngineError } from '../../errors.js';
import type { KadMessage, KadPeer } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import type { KadRequester } from './network.js';

/** Puts values and provider records at peers. */
export class StoreAtPeers {
  readonly #environment: Environment;
  readonly #requester: KadRequester;
  readonly #underWay = new Set<AbortController>();

  constructor(environment: Environment, requester: KadRequester) {
    this.#environment = environment;
    this.#requester = requester;
  }

  /** PUT_VALUE: a peer that took it sends the same record back. Errors with `ERR_DHT_NO_ANSWER` where nobody did. */
  value(key: Uint8Array, value: Uint8Array, peers: readonly string[]): Observable<string> {
    const message: KadMessage = { type: 'PUT_VALUE', key, record: { key, value }, closerPeers: [], providerPeers: [] };
    return this.#atEach(peers, async (peer, signal) => {
      const { record } = await this.#requester.ask(peer, message, { signal });
      return record !== undefined && sameBytes(record.value, value);
    });
  }

  /** ADD_PROVIDER, which has no answer: taken is what could be handed over. Errors as {@link value}. */
  provider(key: Uint8Array, provider: KadPeer, peers: readonly string[]): Observable<string> {
    const message: KadMessage = { type: 'ADD_PROVIDER', key, closerPeers: [], providerPeers: [provider] };
    return this.#atEach(peers, async (peer, signal) => {
      await this.#requester.tell(peer, message, { signal });
      return true;
    });
  }

  /** Ends what is under way; nobody hears of it. */
  stop(): void {
    for (const abort of [...this.#underWay]) this.#end(abort);
  }

  #atEach(
    peers: readonly string[],
    store: (peer: string, signal: AbortSignal) => Promise<boolean>,
  ): Observable<string> {
    return new Observable((subscriber) => {
      const aborts = new Set<AbortController>();
      const { turns } = this.#environment;
      let pending = peers.length;
      let stored = 0;
      subscriber.add(() => {
        for (const abort of aborts) this.#end(abort);
      });
      const settled = (peer: string, isStored: boolean): void => {
        if (isStored) {
          stored++;
          subscriber.next(peer);
        }
        if (--pending > 0) return;
        if (stored > 0 || peers.length === 0) subscriber.complete();
        else subscriber.error(new EngineError('ERR_DHT_NO_ANSWER', 'remote', `none of ${peers.length} peers took it`));
      };
      if (pending === 0) subscriber.complete();
      for (const peer of peers) {
        const abort = new AbortController();
        aborts.add(abort);
        this.#underWay.add(abort);
        const say = (isStored: boolean): void =>
          turns.post(() => {
            aborts.delete(abort);
            this.#underWay.delete(abort);
            settled(peer, isStored);
          });
        store(peer, abort.signal).then(say, () => say(false));
      }
    });
  }

  #end(abort: AbortController): void {
    this.#underWay.delete(abort);
    abort.abort();
  }
}

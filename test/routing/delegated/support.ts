/** What the suites of delegated routing share: environments, a router over tables, and a validator of toy values. */
import { from, Observable, of, throwError } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import { systemClock } from '../../../src/platform/system-clock.js';
import { systemRandom } from '../../../src/platform/system-random.js';
import type { RoutedPeer, Router, ValueValidator } from '../../../src/routing/router.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { toHex } from '../../support/byte-texts.js';

/** Peers of the published examples (libp2p/specs peer-ids, the specification's own). */
export const PEERS = [
  '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
  'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
  '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5',
] as const;

export const CID_TEXT = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi';

/** An environment in real time. */
export function realEnvironment(limits: Partial<Limits> = {}): Environment {
  return new Environment({ clock: systemClock, random: systemRandom, ciphers: nodeCiphers, limits });
}

/** An environment in virtual time. */
export function virtualEnvironment(limits: Partial<Limits> = {}): { environment: Environment; clock: VirtualClock } {
  const clock = new VirtualClock(784_111_777_000);
  const broken: EngineError[] = [];
  const onBroken = (error: EngineError): void => void broken.push(error);
  const random = new SeededRandom('delegated');
  return { environment: new Environment({ clock, random, ciphers: nodeCiphers, limits, onBroken }), clock };
}

/** What a router of tables holds, and what is asked of it. */
export class TableRouter implements Router {
  readonly name = 'table';
  readonly providers = new Map<string, Observable<RoutedPeer>>();
  readonly peers = new Map<string, RoutedPeer>();
  readonly closest = new Map<string, readonly RoutedPeer[]>();
  readonly values = new Map<string, Uint8Array>();
  /** Searches under way. */
  live = 0;

  findProviders(cid: { toString(): string }) {
    return this.#counted(this.providers.get(cid.toString()) ?? from([]), (provider) => ({ source: 'table', provider }));
  }

  findPeer(id: string) {
    const peer = this.peers.get(id);
    return this.#counted(peer === undefined ? from([]) : of(peer), (found) => ({ source: 'table', peer: found }));
  }

  closestPeers(key: Uint8Array) {
    return this.#counted(from(this.closest.get(toHex(key)) ?? []), (peer) => ({ source: 'table', peer }));
  }

  getValue(key: Uint8Array) {
    const value = this.values.get(toHex(key));
    return this.#counted(value === undefined ? from([]) : of(value), (found) => ({ source: 'table', value: found }));
  }

  putValue(key: Uint8Array, value: Uint8Array) {
    this.values.set(toHex(key), value);
    return of({ source: 'table', at: 'here' });
  }

  #counted<In, Out>(found: Observable<In>, answer: (one: In) => Out): Observable<Out> {
    return new Observable<Out>((subscriber) => {
      this.live++;
      const subscription = found.subscribe({
        next: (one) => subscriber.next(answer(one)),
        complete: () => subscriber.complete(),
        error: (error: unknown) => subscriber.error(error),
      });
      return () => {
        this.live--;
        subscription.unsubscribe();
      };
    });
  }
}

/** Values that begin with 1 are valid; the greatest second byte is best. */
export const toyValidator: ValueValidator = {
  validate: (_key, value) => {
    if (value[0] !== 1) throw new EngineError('ERR_BLOCK_MISMATCH', 'remote', 'a value that does not begin with 1');
  },
  select: (_key, values) => {
    const scores = values.map((value) => value[1] ?? 0);
    return scores.indexOf(Math.max(...scores));
  },
};

/** A router whose every search fails. */
export const failingRouter = (error: unknown): Router => ({
  name: 'failing',
  findProviders: () => throwError(() => error),
});

export const peer = (id: string, addresses: readonly string[] = [], protocols?: readonly string[]): RoutedPeer => ({
  id,
  addresses,
  ...(protocols === undefined ? {} : { protocols }),
});

/** Lets promises and virtual timers run until `work` has settled; fails when nothing is left that could settle it. */
export async function settled<Result>(clock: VirtualClock, work: Promise<Result>): Promise<Result> {
  let over = false;
  const done = work.finally(() => (over = true));
  done.catch(() => undefined);
  for (let idle = 0; !over && idle < 3;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!over) idle = clock.fireNext() ? 0 : idle + 1;
  }
  if (!over) throw new Error('it never settles: no timer is left');
  return done;
}

/** IPNS over a made network: one shared table of values, a virtual clock, and a store that outlives its nodes. */
import { Observable } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { Ipns, type NameProblem } from '../../../src/actors/ipns/ipns.js';
import type { Identity } from '../../../src/crypto/identity.js';
import { routingKeyOf } from '../../../src/crypto/ipns-name.js';
import { readIpnsRecord, sealIpnsRecord, type IpnsRecord } from '../../../src/crypto/ipns-record.js';
import { identityFromPrivateKey } from '../../../src/crypto/keys.js';
import type { Limits } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { DataStore, KeyType, Resolver } from '../../../src/ports.js';
import type { Router } from '../../../src/routing/router.js';
import { ipnsValidator } from '../../../src/routing/validators/index.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { toHex } from '../../support/decoding.js';
import { privateKeyOf } from '../../support/live-keys.js';

/** The first of January 2026. */
export const START = 1_767_225_600_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const A = '/ipfs/bafkqaaa';
export const B = '/ipfs/bafkqaddwgevxmmraojswg33smq';

export const identityOf = (type: KeyType): Identity => identityFromPrivateKey(nodeCiphers, privateKeyOf(type));
export const alice = identityOf('Ed25519');
export const bob = identityOf('Secp256k1');
export const carol = identityOf('ECDSA');

/** A record made outside of any node. */
export function recordBy(
  identity: Identity,
  value: string,
  { sequence = 0n, validUntilMs = START + 48 * HOUR, ttlMs = 5 * MINUTE } = {},
): Uint8Array {
  return sealIpnsRecord(identity, { value, sequence, validUntilMs, ttlMs });
}

/** How the network behaves. */
export type Mood = 'answers' | 'silent' | 'fails' | 'takes nothing';

/** A clock whose wall can be set apart from what it counts. */
export class WallClock extends VirtualClock {
  wallShiftMs = 0;
  override wallTime(): number {
    return super.wallTime() + this.wallShiftMs;
  }
}

/** What everybody shares. */
export class MadeNetwork {
  readonly values = new Map<string, Uint8Array[]>();
  readonly puts: { readonly atMs: number; readonly key: string; readonly record: IpnsRecord }[] = [];
  gets = 0;
  getting: Mood = 'answers';
  putting: Mood = 'answers';
  open = 0;

  constructor(readonly clock: VirtualClock) {}

  hold(identity: Identity, ...records: readonly Uint8Array[]): void {
    this.values.set(toHex(routingKeyOf('ipns', identity.peerId)), [...records]);
  }

  held(identity: Identity): readonly IpnsRecord[] {
    return (this.values.get(toHex(routingKeyOf('ipns', identity.peerId))) ?? []).map((bytes) => readIpnsRecord(bytes));
  }

  /** A router as the DHT is one: answers later, each better than the last; stores what its validator takes. */
  router(): Router {
    return {
      name: 'made',
      getValue: (key) => {
        this.gets++;
        return this.#later(this.getting, (subscriber) => {
          for (const value of this.values.get(toHex(key)) ?? []) subscriber.next({ source: 'made', value });
        });
      },
      putValue: (key, value) =>
        this.#later(this.putting, (subscriber) => {
          ipnsValidator({ ciphers: nodeCiphers, wallTime: () => this.clock.wallTime() }).validate(key, value);
          this.puts.push({ atMs: this.clock.now(), key: toHex(key), record: readIpnsRecord(value) });
          if (this.putting === 'takes nothing') return;
          this.values.set(toHex(key), [value]);
          subscriber.next({ source: 'made', at: 'peer 1' });
          subscriber.next({ source: 'made', at: 'peer 2' });
        }),
    };
  }

  #later<Value>(mood: Mood, answer: (subscriber: { next(value: Value): void }) => void): Observable<Value> {
    return new Observable((subscriber) => {
      this.open++;
      const timer = this.clock.setTimeout(() => {
        if (mood === 'silent') return;
        try {
          if (mood === 'fails') throw new Error('the network fails');
          answer(subscriber);
          subscriber.complete();
        } catch (thrown) {
          subscriber.error(thrown);
        }
      }, 10);
      return () => {
        this.open--;
        this.clock.clearTimeout(timer);
      };
    });
  }
}

/** One node's names, and what it said. */
export function openNames({
  clock,
  network = new MadeNetwork(clock),
  data = new MemoryDataStore(),
  identity = alice,
  moreIdentities = [],
  router = network.router(),
  resolver,
  limits = {},
}: {
  readonly clock: VirtualClock;
  readonly network?: MadeNetwork;
  readonly data?: DataStore;
  readonly identity?: Identity;
  readonly moreIdentities?: readonly Identity[];
  readonly router?: Router;
  readonly resolver?: Resolver;
  readonly limits?: Partial<Limits>;
}) {
  const broken: string[] = [];
  const environment = new Environment({
    clock,
    random: new SeededRandom(1),
    ciphers: nodeCiphers,
    limits,
    onBroken: ({ message }) => broken.push(message),
  });
  const names = new Ipns({ environment, router, data, resolver, identity, moreIdentities });
  const problems: NameProblem[] = [];
  names.problems$.subscribe((problem) => problems.push(problem));
  names.start();
  const codes = () => problems.map(({ error }) => error.code);
  return { environment, names, network, data, broken, problems, codes };
}

/** Lets promises come to rest. */
export async function settle(): Promise<void> {
  for (let hop = 0; hop < 40; hop++) await Promise.resolve();
}

/** Lets time go by, timer by timer, so that what stores answer comes between. */
export async function pass(clock: VirtualClock, durationMs: number): Promise<void> {
  const endMs = clock.now() + durationMs;
  await settle();
  for (let dueMs = clock.nextDueMs; dueMs !== undefined && dueMs <= endMs; dueMs = clock.nextDueMs) {
    clock.fireNext();
    await settle();
  }
  clock.advance(endMs - clock.now());
  await settle();
}

/** Moves time until `promise` is settled. */
export async function during<Value>(clock: VirtualClock, promise: Promise<Value>): Promise<Value> {
  let isSettled = false;
  const settled = promise.finally(() => (isSettled = true));
  settled.catch(() => undefined);
  for (let step = 0; step < 100_000; step++) {
    await settle();
    if (isSettled) break;
    if (!clock.fireNext()) throw new Error('nothing is due, and it is not settled');
  }
  return settled;
}

/** The code that a promise rejects with, or that it did not. */
export function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it resolved',
    (thrown: unknown) => (thrown as { code?: string }).code ?? String(thrown),
  );
}

/** The same, with time moved until it is known. */
export function codeOf(clock: VirtualClock, promise: Promise<unknown>): Promise<string> {
  return during(clock, outcomeOf(promise));
}

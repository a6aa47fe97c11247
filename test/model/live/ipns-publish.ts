/** A name of ours, whose store and router answer as the path wants. */
import { Subject } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { OwnName, type PublishRequest } from '../../../src/actors/ipns/own-name.js';
import { OwnRecords, type OwnRecord } from '../../../src/actors/ipns/own-records.js';
import { Slots } from '../../../src/actors/ipns/slots.js';
import { readIpnsRecord, sealIpnsRecord } from '../../../src/crypto/ipns-record.js';
import { identityFromPrivateKey } from '../../../src/crypto/keys.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import type { StoreAnswer, ValueAnswer } from '../../../src/routing/router.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { privateKeyOf } from '../../support/live-keys.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const HOUR = 3_600_000;
const identity = identityFromPrivateKey(nodeCiphers, privateKeyOf('Ed25519'));

export const ipnsPublishDriver: LiveDriver = {
  model: modelOf('ipnsPublish'),
  reach: {
    can: ({ type }, { state, context, path }) => {
      // It considers within a turn, but where it has no place from the start.
      if (type === 'local.stop') return state !== 'considering' || path.steps.length === 0;
      if (isDeadline(type)) return true;
      switch (state) {
        // What is due after a rest is what was due at the start: one of the two is played.
        case 'considering':
          return type.startsWith('due.') && (context as { pauseMs: number }).pauseMs === 0;
        case 'resting':
        case 'idle':
        case 'awaitingRetry':
          return type === 'local.publish';
        case 'asking':
          return type.startsWith('network.') || type === 'publish.refused';
        case 'writing':
          return type.startsWith('store.') || type === 'publish.refused';
        default:
          return type.startsWith('router.');
      }
    },
  },
  begin: (path, trace) => new Publishing(path, trace),
};

/** A store whose first write ends as the path wants. */
class WaitingStore extends MemoryDataStore {
  settle: ((error?: Error) => void) | undefined;
  #writes = 0;
  override put(key: string, value: Uint8Array): Promise<void> {
    if (this.#writes++ > 0) return super.put(key, value);
    return new Promise((resolve, reject) => {
      this.settle = (error) => {
        if (error === undefined) resolve();
        else reject(error);
      };
    });
  }
}

class Publishing implements LiveRun {
  readonly #clock = new VirtualClock(HOUR);
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #store = new WaitingStore();
  readonly #got = new Subject<ValueAnswer>();
  readonly #put = new Subject<StoreAnswer>();
  readonly #request: PublishRequest;
  readonly #name: OwnName;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: nodeCiphers,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const { steps } = path;
    const isRenewal = holds(path, 'network.newer');
    const isRefused = steps.some(({ from, event }) => from === 'writing' && event.type === 'publish.refused');
    this.#request = {
      value: '/ipfs/bafkqaaa',
      lifeMs: 48 * HOUR,
      ttlMs: 0,
      v2Only: false,
      sequence: isRefused ? -1n : undefined,
      onPublished: () => undefined,
      onFailed: () => undefined,
    };
    const first = typeAt(steps, 0);
    const leftMs = isRenewal ? 0 : first === 'due.later' ? HOUR : undefined;
    this.#name = new OwnName({
      environment: this.#environment,
      router: { name: 'scripted', getValue: () => this.#got, putValue: () => this.#put },
      records: new OwnRecords(this.#store, this.#environment.limits),
      // A stop that comes before anything is said finds it waiting for a place.
      slots: new Slots(first === 'local.stop' ? 0 : 1),
      name: identity.peerId,
      own: leftMs === undefined ? undefined : this.#recordDueIn(leftMs),
      notBeforeMs: 0,
      onProblem: () => undefined,
    });
    this.#name.identity = identity;
    this.#environment.turns.post(() => {
      if (['due.now', 'local.stop'].includes(first) && !isRenewal) this.#name.publish(this.#request);
      this.#name.start();
    });
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) {
      fireDeadline(this.#clock);
    } else if (type === 'network.asked') this.#got.complete();
    else if (type === 'network.newer') {
      this.#got.next({ source: 'scripted', value: this.#sealed(9n) });
      this.#got.complete();
    } else if (type === 'store.written') this.#store.settle?.();
    else if (type === 'store.failed') this.#store.settle?.(new Error('the disk is full'));
    else if (type === 'router.took') this.#put.next({ source: 'scripted', at: 'peer' });
    else if (type === 'router.done') this.#put.complete();
    else if (type === 'local.publish') this.#environment.turns.post(() => this.#name.publish(this.#request));
    else if (type === 'local.stop') this.#environment.turns.post(() => void this.#name.stop());
    else if (type === 'publish.refused' && steps[at]?.from === 'asking') {
      this.#environment.turns.post(() => this.#name.withdraw(this.#request));
    }
    // What the store says comes by promises.
    for (let hop = 0; hop < 8; hop++) await Promise.resolve();
    return 1;
  }

  async close() {
    this.#store.settle?.();
    await this.#name.stop();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #recordDueIn(leftMs: number): OwnRecord {
    const record = this.#sealed(0n);
    const dueMs = this.#clock.wallTime() + leftMs;
    return {
      entry: { record, dueMs, lifeMs: 48 * HOUR, ttlMs: 0, v2Only: false, superseded: false },
      read: readIpnsRecord(record),
    };
  }

  #sealed(sequence: bigint): Uint8Array {
    return sealIpnsRecord(identity, { value: '/ipfs/bafkqaaa', sequence, validUntilMs: 100 * HOUR, ttlMs: 0 });
  }
}

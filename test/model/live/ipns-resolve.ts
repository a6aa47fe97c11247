/** A name that is looked up, whose router answers as the path wants. */
import { Subject } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { LookUp } from '../../../src/actors/ipns/look-up.js';
import { sealIpnsRecord } from '../../../src/crypto/ipns-record.js';
import { identityFromPrivateKey } from '../../../src/crypto/keys.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import type { ValueAnswer } from '../../../src/routing/router.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { privateKeyOf } from '../../support/live-keys.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

export const ipnsResolveDriver: LiveDriver = {
  model: modelOf('ipnsResolve'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new LookingUp(trace),
};

class LookingUp implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #answers = new Subject<ValueAnswer>();
  readonly #controller = new AbortController();
  readonly #identity = identityFromPrivateKey(nodeCiphers, privateKeyOf('Ed25519'));
  readonly #lookUp: LookUp;
  #sequence = 0n;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: nodeCiphers,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#lookUp = new LookUp({
      environment: this.#environment,
      address: 'ipns/resolve:1',
      path: { kind: 'name', name: this.#identity.peerId, rest: '' },
      router: { name: 'scripted', getValue: () => this.#answers },
      resolver: undefined,
      own: undefined,
      signal: this.#controller.signal,
      onHop: () => undefined,
      onResolved: () => undefined,
      onFailed: () => undefined,
    });
    this.#environment.turns.post(() => this.#lookUp.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'record.better') {
      const draft = { value: '/ipfs/bafkqaaa', sequence: this.#sequence++, validUntilMs: 3_600_000, ttlMs: 0 };
      this.#answers.next({ source: 'scripted', value: sealIpnsRecord(this.#identity, draft) });
    } else if (type === 'router.done') this.#answers.complete();
    else this.#controller.abort();
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#lookUp.cancel());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

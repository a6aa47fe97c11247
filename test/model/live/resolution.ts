/** A resolution of one name, whose records are what the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { Resolution } from '../../../src/actors/swarm/resolution.js';
import type { ResolutionEvent } from '../../../src/machines/resolution.js';
import type { Resolver, TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

export const resolutionDriver: LiveDriver = {
  model: modelOf('resolution'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new Resolving(trace),
};

class Resolving implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #resolution: Resolution;
  /** Answers the look-up that is under way. */
  #answer: (records: readonly string[]) => void = () => undefined;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const resolver: Resolver = {
      resolveTxt: () => new Promise((resolve) => (this.#answer = resolve)),
      resolve4: () => Promise.resolve([]),
      resolve6: () => Promise.resolve([]),
    };
    this.#resolution = new Resolution({
      environment: this.#environment,
      address: 'dial:1/names',
      resolver,
      addresses: ['/dnsaddr/a.example'],
      peer: PEER,
      isTrusted: true,
      weListenOn: [],
      onResolved: () => undefined,
      onFailed: () => undefined,
    });
    this.#environment.turns.post(() => this.#resolution.start());
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    const event = steps[at]?.event as ResolutionEvent;
    switch (event.type) {
      case 'lookups.done':
        this.#answer([`dnsaddr=/ip4/8.8.8.8/tcp/1/p2p/${PEER}`]);
        break;
      case 'lookups.failed':
        this.#answer([`dnsaddr=/dnsaddr/a.example/p2p/${PEER}`]);
        break;
      case 'local.cancel':
        this.#environment.turns.post(() => this.#resolution.cancel());
        break;
      default:
        event satisfies never;
    }
    await Promise.resolve();
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#resolution.cancel());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

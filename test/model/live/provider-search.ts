/** The provider search of a session that says what the path wants, over routers that end when it wants. */
import { CID } from 'multiformats/cid';
import { Subject } from 'rxjs';
import { ProviderSearch } from '../../../src/actors/bitswap/provider-search.js';
import { Environment } from '../../../src/actors/environment.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LeftOver, type LiveDriver, type LiveRun } from './driver.js';

export const providerSearchDriver: LiveDriver = {
  model: modelOf('providerSearch'),
  reach: {
    can: ({ type }, { state }) => {
      if (type === 'search.ended') return state === 'searching';
      return type !== 'stranger.event';
    },
  },
  begin: (_, trace) => new Searching(trace),
};

const WANTED = CID.parse('bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');

class Searching implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #search: ProviderSearch;
  #found = new Subject<string>();

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const session = { number: 1, oldestWant: WANTED, addPeer: () => undefined };
    const source = { find: () => (this.#found = new Subject<string>()), connect: () => Promise.resolve() };
    this.#search = new ProviderSearch(this.#environment, session, source, () => false);
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'search.ended') this.#found.complete();
    else if (type === 'session.discovering') this.#search.discovering();
    else if (type === 'local.urge') this.#search.urge();
    else if (type === 'session.fetching') this.#search.fetching();
    else this.#search.ended();
    return 1;
  }

  close(): LeftOver {
    this.#search.ended();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

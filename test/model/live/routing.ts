/** Routing: calls of routers that answer and end as the path wants, and walks likewise. */
import { Subject, type Subscription } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { ComposedRouter } from '../../../src/actors/routing/composed-router.js';
import { RandomWalk } from '../../../src/actors/routing/random-walk.js';
import { EngineError } from '../../../src/errors.js';
import type { RoutingCallInput } from '../../../src/machines/routing-call.js';
import type { TraceSink } from '../../../src/ports.js';
import type { PeerAnswer, Router } from '../../../src/routing/router.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LeftOver, type LiveDriver, type LiveRun } from './driver.js';

export const routingCallDriver: LiveDriver = {
  model: modelOf('routingCall'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: ({ input }, trace) => new Calling(trace, tiersOf(input)),
};

export const routerAskDriver: LiveDriver = {
  model: modelOf('routerAsk'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_, trace) => new Calling(trace, [1]),
};

export const randomWalkDriver: LiveDriver = {
  model: modelOf('randomWalk'),
  reach: {
    can: ({ type }, { state }) => type !== 'stranger.event' && (type !== 'walk.ended' || state === 'walking'),
  },
  begin: (_, trace) => new Walking(trace),
};

/** Tiers of an input of the model, by its name. */
function tiersOf(input: string): readonly number[] {
  return (routingCallDriver.model.inputs[input] as RoutingCallInput).tiers;
}

const ANSWER: PeerAnswer = { source: 'router', peer: { id: 'p', addresses: [] } };

/** A node whose routers are subjects. */
class Routing {
  readonly clock = new VirtualClock();
  readonly broken: string[] = [];
  readonly environment: Environment;
  /** Those that were asked and have not ended, the first asked first. */
  readonly asked: Subject<PeerAnswer>[] = [];

  constructor(trace: TraceSink) {
    this.environment = new Environment({
      clock: this.clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.broken.push(code),
    });
  }

  router(name: string): Router {
    const ask = () => {
      const answers = new Subject<PeerAnswer>();
      this.asked.push(answers);
      return answers;
    };
    return { name, findPeer: ask, closestPeers: ask };
  }

  left(): LeftOver {
    return { actors: this.environment.liveActors, timers: this.clock.pendingTimers, broken: this.broken };
  }
}

class Calling implements LiveRun {
  readonly #routing: Routing;
  readonly #call: Subscription;

  constructor(trace: TraceSink, tiers: readonly number[]) {
    this.#routing = new Routing(trace);
    const entries = tiers.map((count, tier) =>
      Array.from({ length: count }, (_, index) => ({ router: this.#routing.router(`r${tier}${index}`) })),
    );
    const router = new ComposedRouter({ environment: this.#routing.environment, tiers: entries });
    this.#call = router.findPeer('p').subscribe({ error: () => undefined });
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    const { clock, asked } = this.#routing;
    if (isDeadline(type)) return fireDeadline(clock);
    if (type === 'router.answered') asked[0]?.next(ANSWER);
    else if (type === 'local.cancel') this.#call.unsubscribe();
    else {
      const event = steps[at]?.event as { readonly failed?: boolean };
      const isFailure = type === 'router.failed' || event.failed === true;
      const router = asked.shift();
      if (isFailure) router?.error(new EngineError('ERR_DIAL_FAILED', 'remote', 'nobody there'));
      else router?.complete();
    }
    return 1;
  }

  close(): LeftOver {
    this.#call.unsubscribe();
    return this.#routing.left();
  }
}

class Walking implements LiveRun {
  readonly #routing: Routing;
  readonly #walk: RandomWalk;

  constructor(trace: TraceSink) {
    this.#routing = new Routing(trace);
    this.#walk = new RandomWalk(this.#routing.environment, this.#routing.router('dht'));
    this.#walk.start();
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#routing.clock);
    if (type === 'local.walk') this.#walk.walk();
    else if (type === 'local.stop') void this.#walk.stop();
    else this.#routing.asked.at(-1)?.complete();
    return 1;
  }

  async close(): Promise<LeftOver> {
    await this.#walk.stop();
    return this.#routing.left();
  }
}

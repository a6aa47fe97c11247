/** A search for a client of the delegated routing server, over a router that finds what the path wants. */
import { Subject } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { HttpRoutingAnswerEvent } from '../../../src/machines/http-routing-answer.js';
import type { TraceSink } from '../../../src/ports.js';
import { ServedSearch } from '../../../src/routing/delegated/served-search.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { holds, fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';

/** An answer of the path that is the last brings the cap; one that finds its reader slow brings the queue. */
export const httpRoutingAnswerDriver: LiveDriver = {
  model: modelOf('httpRoutingAnswer'),
  reach: {
    can: ({ type }, { state }) => type !== 'stranger.event' && (type !== 'reader.slow' || state === 'answering'),
  },
  begin: (path, trace) => new Searching(path, trace),
};

class Searching implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #found = new Subject<Uint8Array>();
  readonly #search: ServedSearch<Uint8Array>;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      // Nobody reads: one answer fills the queue where the path wants it full.
      limits: { httpRoutingServedQueueBytes: holds(path, 'reader.slow') ? 1 : 1_000 },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const last = path.steps.findIndex(({ event }) => event.type === 'answer.last');
    const before = path.steps.slice(0, Math.max(last, 0)).filter(({ event }) => event.type === 'answer.found').length;
    const plan = {
      search: this.#found,
      cap: last === -1 ? Infinity : before + 1,
      whole: () => ({ status: 200, headers: {}, body: new Uint8Array(0) }),
      stream: { headers: {}, encode: (bytes: Uint8Array) => bytes },
    };
    this.#search = new ServedSearch(this.#environment, 'delegated-server:1', plan, {
      onResponse: () => undefined,
      onOver: () => undefined,
    });
    this.#environment.turns.post(() => this.#search.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as HttpRoutingAnswerEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'answer.found':
      case 'answer.last':
      case 'reader.slow':
        this.#found.next(Uint8Array.of(1));
        break;
      case 'search.completed':
        this.#found.complete();
        break;
      case 'search.failed':
        this.#found.error(new EngineError(event.code, 'remote', 'nobody was there'));
        break;
      case 'client.left':
        this.#environment.turns.post(() => this.#search.leave());
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#search.leave());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

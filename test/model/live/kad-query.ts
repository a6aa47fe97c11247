/**
 * A path of a query, whose peers answer as the path of the model wants; distances are chosen, and the closest few are one, or
 * as many as answer before it settles where nobody else is asked.
 */
import { Environment } from '../../../src/actors/environment.js';
import type { LooksPast, PastProbe } from '../../../src/actors/dht/past-the-dead.js';
import { QueryPath, type ToldPeer } from '../../../src/actors/dht/query-path.js';
import type { QueryPeer } from '../../../src/actors/dht/query-peers.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { peerAt, ZERO } from '../../actors/dht/made-peers.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { countWhile, fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

/** More than are ever asked. */
const MANY = 120;

export const kadQueryDriver: LiveDriver = {
  model: modelOf('kadQuery'),
  reach: {
    can: ({ type }, { state, context, path }) => {
      const last = typeAt(path.steps, path.steps.length - 1);
      const hasAnswer = context['hasAnswer'] === true;
      switch (type) {
        case 'peer.closer':
        case 'peer.answered':
        case 'peer.failed':
        case 'local.satisfied':
        case 'local.cancel':
          return true;
        // Where it stands is told after an answer, once.
        case 'closest.settled':
          return last === 'peer.answered' && (state === 'iterating' || state === 'widening');
        case 'closest.complete':
        case 'closest.holed':
          if (state === 'lookingPast') return last === 'peer.answered' || last === 'closest.holed';
          return state === 'followingUp' && (last === 'peer.answered' || last === 'closest.settled');
        case 'peers.exhausted':
          if (path.steps.length === 0) return true;
          return state === 'followingUp' && last !== 'peer.failed' && !path.steps.some((step) => step.isDeadline);
        default:
          // To set aside whoever is closer than one that answered settles the query at once.
          return isDeadline(type) && (!hasAnswer || state === 'followingUp' || state === 'lookingPast');
      }
    },
  },
  begin: (path, trace) => new Querying(path, trace),
};

class Querying implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #path: QueryPath;
  readonly #past = new ScriptedPast();
  #asked: QueryPeer[] = [];
  readonly #isSparing: boolean;
  #nextCloser = 99;

  constructor(path: ModelPath, trace: TraceSink) {
    const holed = path.steps.findIndex(({ event }) => event.type === 'closest.holed');
    const steps = holed < 0 ? path.steps : path.steps.slice(0, holed);
    const count = (type: string): number => steps.filter(({ event }) => event.type === type).length;
    const answers = count('peer.answered') + count('peer.closer');
    const isComplete = holed >= 0 || holds(path, 'closest.complete');
    const isExhausted = holds(path, 'peers.exhausted');
    this.#isSparing = path.input !== 'follows up';
    const few = holds(path, 'closest.settled') ? answers : MANY;
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
      limits: {
        // As many as answer on the way to the end, where that is what ends it.
        kadBucketPeers: isComplete ? answers : MANY / 6,
        kadClosestAnswers: this.#isSparing ? few : 1,
        kadSlowPeerMs: 3000,
        kadQueryTimeoutMs: 10_000,
      },
    });
    this.#path = new QueryPath({
      environment: this.#environment,
      address: 'query',
      target: ZERO,
      asksAtOnce: 2,
      isSparing: this.#isSparing,
      past: () => this.#past,
      ask: (_, entry) => this.#asked.push(entry),
      probe: () => undefined,
      ended: () => undefined,
    });
    const seeds = isExhausted ? count('peer.answered') + count('peer.failed') : MANY;
    this.#environment.turns.post(() =>
      this.#path.start(Array.from({ length: seeds }, (_, index) => told(100 + index))),
    );
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    // What is told at an edge follows by itself.
    const edges = countWhile(steps, at + 1, isEdge);
    this.#past.expect(steps.slice(at, at + 1 + edges).map(({ event }) => event.type));
    if (isDeadline(type)) return fireDeadline(this.#clock);
    this.#environment.turns.post(() => this.#act(type, typeAt(steps, at + 1), steps[at]?.from ?? ''));
    return 1 + edges;
  }

  close() {
    this.#environment.turns.post(() => this.#path.cancel());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #act(type: string, next: string, from: string): void {
    const [closest, second] = this.#pending();
    if (from === 'lookingPast' && this.#actPast(type)) return;
    switch (type) {
      case 'peer.closer':
        this.#answer(closest, [told(this.#nextCloser--)]);
        return;
      case 'peer.answered':
        this.#answer(this.#isSparing || next === 'closest.settled' || from === 'followingUp' ? closest : second, []);
        return;
      case 'peer.failed': {
        const failing = second ?? closest;
        if (failing !== undefined) this.#path.failed(failing, 'ERR_DIAL_FAILED');
        return;
      }
      case 'local.satisfied':
        this.#path.satisfy();
        return;
      case 'local.cancel':
        this.#path.cancel();
        return;
      default:
    }
  }

  /** Answers about places beside the target. */
  #actPast(type: string): boolean {
    const [peer] = this.#asked;
    if (peer === undefined) return false;
    const probe: PastProbe = { key: ZERO, head: 0, peer, askedAtMs: 0 };
    if (type === 'peer.failed') this.#path.failedPast(probe);
    else if (type === 'peer.answered') this.#path.advance(this.#path.hearPast(probe, [], false));
    else if (type === 'peer.closer') this.#path.advance(this.#path.hearPast(probe, [told(this.#nextCloser--)], false));
    else return false;
    return true;
  }

  #answer(entry: QueryPeer | undefined, closer: readonly ToldPeer[]): void {
    if (entry !== undefined) this.#path.advance(this.#path.hear(entry, closer, false));
  }

  /** Asked and waited for, the closest first. */
  #pending(): readonly QueryPeer[] {
    const distance = ({ peer }: QueryPeer): number => peer.key[0] ?? 0;
    return this.#asked.filter(({ state }) => state === 'asked').sort((left, right) => distance(left) - distance(right));
  }
}

/** Says that there are holes as often as the path has it, and waits for an answer where the path goes on without an edge. */
class ScriptedPast implements LooksPast {
  #holes = 0;
  #isEnd = true;

  expect(types: readonly string[]): void {
    this.#holes = types.filter((type) => type === 'closest.holed').length;
    this.#isEnd = types.some((type) => type === 'closest.complete' || type === 'peers.exhausted');
  }

  get underWay(): number {
    return this.#holes > 0 || this.#isEnd ? 0 : 1;
  }

  hasNext(): boolean {
    return this.#holes > 0;
  }

  begin(): readonly PastProbe[] {
    this.#holes--;
    return [];
  }

  answered(): void {
    return;
  }

  failed(): void {
    return;
  }

  setSlowAside(): void {
    return;
  }
}

function isEdge(type: string): boolean {
  return type.startsWith('closest.') || type === 'peers.exhausted';
}

function told(distance: number): ToldPeer {
  return { peer: peerAt(distance), addresses: [] };
}

/** Identify push, the side that tells, where the stream opens and ends as the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { pushIdentify } from '../../../src/actors/protocols/identify-push.js';
import { EngineError } from '../../../src/errors.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

export const identifyPushDriver: LiveDriver = {
  model: modelOf('identifyPush'),
  reach: {
    can: ({ type }, { state }) => {
      if (type === 'stream.opened' || type === 'stream.refused') return state === 'openingStream';
      if (type === 'stream.closed') return state === 'awaitingClose';
      return type === 'stream.failed' || isDeadline(type);
    },
  },
  begin: (_, trace) => new Pushing(trace),
};

class Pushing implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #ours: FakeStream;
  readonly #theirs: FakeStream;
  readonly #over: Promise<void>;
  #opening!: { readonly resolve: (stream: ProtocolStream) => void; readonly reject: (error: EngineError) => void };
  #isOpen = false;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    [this.#ours, this.#theirs] = fakeStreamPair(this.#environment);
    this.#theirs.data$.subscribe({ error: () => undefined });
    this.#over = pushIdentify(this.#environment, {
      address: 'conn:1/identify-push',
      open: () => new Promise((resolve, reject) => (this.#opening = { resolve, reject })),
      message: () => Uint8Array.of(0),
    }).catch(() => undefined);
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    switch (type) {
      case 'stream.opened':
        this.#isOpen = true;
        this.#opening.resolve(this.#ours);
        break;
      case 'stream.refused':
        this.#opening.reject(new EngineError('ERR_MULTISTREAM_NO_OVERLAP', 'remote', 'none'));
        break;
      case 'stream.closed':
        this.#theirs.closeWrite();
        break;
      default:
        if (this.#isOpen) this.#theirs.reset();
        else this.#opening.reject(new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'gone'));
    }
    // What is told comes by promises.
    for (let hop = 0; hop < 8; hop++) await Promise.resolve();
    return 1;
  }

  async close() {
    this.#theirs.reset();
    this.#opening.reject(new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'gone'));
    await this.#over;
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

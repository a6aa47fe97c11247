/** Ping, the side that asks, on a stream whose other end echoes what the path wants. */
import { expect } from '@jest/globals';
import { Environment } from '../../../src/actors/environment.js';
import { pingPeer } from '../../../src/actors/protocols/ping-handler.js';
import type { PingEvent, PingInput } from '../../../src/machines/ping.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

const NONE = new Uint8Array(0);

export const pingDriver: LiveDriver = {
  model: modelOf('ping'),
  reach: {
    can: ({ type }, { state }) => {
      // In a pause no echo is due: whatever comes is a surplus.
      if (type === 'wire.echo' || type === 'wire.mismatch') return state === 'awaitingEcho';
      return type === 'wire.surplus' || type === 'stream.ended' || isDeadline(type);
    },
  },
  begin: ({ input }, trace) => new Pinging(input, trace),
};

class Pinging implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;
  readonly #over: Promise<void>;
  #payload: Uint8Array = NONE;

  constructor(input: ModelPath['input'], trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const [ours, theirs] = fakeStreamPair(this.#environment);
    this.#theirs = theirs;
    theirs.data$.subscribe({ next: (chunk) => (this.#payload = chunk), error: () => undefined });
    const { count, intervalMs } = pingDriver.model.inputs[input] as PingInput;
    this.#over = drained(pingPeer(this.#environment, ours, { count, intervalMs }));
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as PingEvent;
    const isResting = steps[at]?.from === 'resting';
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'wire.echo':
        this.#theirs.write(this.#payload);
        break;
      case 'wire.mismatch':
        this.#theirs.write(this.#payload.map((byte) => byte ^ 1));
        break;
      case 'wire.surplus':
        this.#theirs.write(concat(isResting ? NONE : this.#payload, Uint8Array.of(0)));
        break;
      case 'stream.ended':
        this.#theirs.closeWrite();
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  async close() {
    this.#theirs.reset();
    await this.#over;
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

/** Takes round-trip times to the end, well or not. */
async function drained(times: AsyncIterable<number>): Promise<void> {
  try {
    for await (const roundTripMs of times) expect(roundTripMs).toBe(0);
  } catch {
    // How it ended is what the machine says.
  }
}

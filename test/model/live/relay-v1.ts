/** Circuit relay 0.1.0, the side that is no relay, on a stream whose other end asks what the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { answerRelayV1 } from '../../../src/actors/protocols/relay-v1-handler.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

/** Each message behind its length; field 1 is the type. */
const MESSAGES: Readonly<Record<string, string>> = {
  'wire.hop': '02 0801',
  'wire.stop': '02 0802',
  'wire.status': '02 0803',
  'wire.canHop': '02 0804',
  'wire.invalid': '02 0809',
  'wire.tooLarge': 'ff7f',
};

export const relayV1Driver: LiveDriver = {
  model: modelOf('relayV1'),
  reach: { can: ({ type }) => type in MESSAGES || type === 'stream.ended' || isDeadline(type) },
  begin: (_, trace) => new Answering(trace),
};

class Answering implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const [theirs, ours] = fakeStreamPair(this.#environment);
    this.#theirs = theirs;
    answerRelayV1(this.#environment, ours).catch(() => undefined);
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'stream.ended') this.#theirs.closeWrite();
    else this.#theirs.write(hex(MESSAGES[type] ?? ''));
    return 1;
  }

  close() {
    this.#theirs.reset();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

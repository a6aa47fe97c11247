/** Rendezvous on a stream whose other end says what the path wants: the side that asks, and the point. */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { Environment } from '../../../src/actors/environment.js';
import { answerRendezvous } from '../../../src/actors/rendezvous/answer.js';
import { requestRendezvous } from '../../../src/actors/rendezvous/request.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeVarintPrefixed } from '../../../src/wire/length-prefixed.js';
import { encodeRendezvous, type RendezvousMessage } from '../../../src/wire/rendezvous.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const bytesOf = (message: RendezvousMessage): Uint8Array => encodeVarintPrefixed(encodeRendezvous(message));
const found: RendezvousMessage = { type: 'DISCOVER_RESPONSE', status: 'OK', registrations: [] };

/** A length of three with no message behind it, and a length of 1 MiB and one byte. */
const BROKEN = { 'wire.invalid': hex('03ffffff'), 'wire.tooLarge': hex('818040') };

const RESPONSES: Readonly<Record<string, Uint8Array>> = {
  'wire.response': bytesOf(found),
  'wire.refused': bytesOf({ ...found, status: 'E_INVALID_TTL' }),
  'wire.otherResponse': bytesOf({ type: 'REGISTER_RESPONSE', status: 'OK' }),
  ...BROKEN,
};

const REQUESTS: Readonly<Record<string, Uint8Array>> = {
  'wire.register': bytesOf({ type: 'REGISTER' }),
  'wire.unregister': bytesOf({ type: 'UNREGISTER' }),
  'wire.discover': bytesOf({ type: 'DISCOVER' }),
  'wire.response': bytesOf(found),
  ...BROKEN,
};

export const rendezvousRequestDriver: LiveDriver = {
  model: modelOf('rendezvousRequest'),
  reach: { can: ({ type }) => type in RESPONSES || type === 'stream.ended' || isDeadline(type) },
  begin: (_, trace) =>
    new Exchange(trace, RESPONSES, (environment, ours) => requestRendezvous(environment, ours, { type: 'DISCOVER' })),
};

export const rendezvousAnswerDriver: LiveDriver = {
  model: modelOf('rendezvousAnswer'),
  reach: {
    // Both sides are done only after a response; what comes behind a request is not read.
    can: ({ type }, { state }) =>
      isDeadline(type) ||
      (state === 'sendingResponse' ? type === 'stream.closed' : type in REQUESTS || type === 'stream.ended'),
  },
  begin: (_, trace) =>
    new Exchange(trace, REQUESTS, (environment, ours) =>
      answerRendezvous(environment, ours, {
        register: () => ({ type: 'REGISTER_RESPONSE', status: 'OK', ttlSeconds: 7200 }),
        unregister: () => undefined,
        discover: () => ({ type: 'DISCOVER_RESPONSE', status: 'OK', registrations: [] }),
      }),
    ),
};

class Exchange implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;
  readonly #messages: Readonly<Record<string, Uint8Array>>;

  constructor(
    trace: TraceSink,
    messages: Readonly<Record<string, Uint8Array>>,
    begin: (environment: Environment, ours: FakeStream) => Promise<unknown>,
  ) {
    this.#messages = messages;
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const [theirs, ours] = fakeStreamPair(this.#environment);
    this.#theirs = theirs;
    begin(this.#environment, ours).catch(() => undefined);
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    const { [type]: message } = this.#messages;
    if (message === undefined) this.#theirs.closeWrite();
    else this.#theirs.write(message);
    await nextMacrotask();
    return 1;
  }

  async close() {
    this.#theirs.reset();
    await nextMacrotask();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

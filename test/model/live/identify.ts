/** Identify, the side that reads, on a stream whose other end says what the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { requestIdentify } from '../../../src/actors/protocols/identify-handler.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeIdentify } from '../../../src/wire/identify.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import { testIdentity } from '../../support/noise-side.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { countWhile, fireDeadline, holds, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const PEER = testIdentity('the peer');
const SOMEBODY_ELSE = testIdentity('somebody else');

export const identifyDriver: LiveDriver = {
  model: modelOf('identify'),
  reach: {
    can: ({ type }, { state }) => {
      if (state === 'verifyingKey') return type.startsWith('key.');
      return type.startsWith('wire.') || type.startsWith('stream.') || isDeadline(type);
    },
  },
  begin: (path, trace) => new Reading(path, trace),
};

class Reading implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;
  readonly #message: Uint8Array;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      limits: { identifyMessages: 2 },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const [ours, theirs] = fakeStreamPair(this.#environment);
    this.#theirs = theirs;
    const { publicKeyProtobuf: publicKey } = holds(path, 'key.differs') ? SOMEBODY_ELSE : PEER;
    this.#message = encodeIdentify({ protocols: [], listenAddresses: [], publicKey });
    const options = { remotePeer: PEER.peerId, address: 'conn:1/yamux/1/identify' };
    requestIdentify(this.#environment, ours, options).catch(() => undefined);
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    const findings = countWhile(steps, at + 1, (next) => next.startsWith('key.'));
    if (isDeadline(type)) return fireDeadline(this.#clock) + findings;
    switch (type) {
      case 'wire.message':
        this.#theirs.write(this.#message);
        break;
      case 'wire.tooLarge':
        this.#theirs.write(hex('ffff7f'));
        break;
      case 'wire.invalid':
        this.#theirs.write(hex('01 ff'));
        break;
      case 'stream.truncated':
        this.#theirs.write(this.#message.subarray(0, 5));
        this.#theirs.closeWrite();
        break;
      case 'stream.remoteClosed':
        this.#theirs.closeWrite();
        break;
      default:
        this.#theirs.reset();
    }
    return 1 + findings;
  }

  close() {
    this.#theirs.reset();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

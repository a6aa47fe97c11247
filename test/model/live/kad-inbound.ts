/** An inbound stream of the DHT: what its other end asks, and how it is answered, is the path's to say. */
import { KadServer } from '../../../src/actors/dht/kad-server.js';
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { KadInboundEvent } from '../../../src/machines/kad-inbound.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { KadMessage } from '../../../src/wire/kad.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

const ANSWER: KadMessage = { type: 'PING', key: new Uint8Array(0), closerPeers: [], providerPeers: [] };

export const kadInboundDriver: LiveDriver = {
  model: modelOf('kadInbound'),
  reach: {
    can: ({ type }, { state }) => {
      if (isDeadline(type) || type === 'stream.reset' || type === 'local.close') return true;
      if (type.startsWith('answer.')) return state === 'answering';
      if (type === 'stream.drained') return state === 'sending';
      return type !== 'stranger.event' && state === 'awaitingRequest';
    },
  },
  begin: (_, trace) => new Inbound(trace),
};

class Inbound implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;
  readonly #server: KadServer;
  #answer: ((answer: KadMessage | undefined) => void) | undefined;
  #refuse: ((error: EngineError) => void) | undefined;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    // Of an answer not a byte passes until the peer reads, and one is enough to be told to wait.
    const [theirs, ours] = fakeStreamPair(this.#environment, { windowBytes: 16, queueBytes: 0 });
    this.#theirs = theirs;
    this.#server = new KadServer(this.#environment, {
      answer: () =>
        new Promise((resolve, reject) => {
          this.#answer = resolve;
          this.#refuse = reject;
        }),
    });
    this.#server.handle(ours).catch(() => undefined);
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const event = steps[at]?.event as KadInboundEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'wire.request':
        this.#theirs.write(hex('02 0805'));
        break;
      case 'wire.tooLarge':
        this.#theirs.write(hex('ffff7f'));
        break;
      case 'wire.malformed':
        this.#theirs.write(hex('02 0809'));
        break;
      case 'answer.ready':
        this.#answer?.({ ...ANSWER, key: new Uint8Array(40) });
        break;
      case 'answer.none':
        this.#answer?.(undefined);
        break;
      case 'answer.refused':
        this.#refuse?.(new EngineError(event.code, 'remote', 'no'));
        break;
      case 'stream.drained':
        this.#read();
        break;
      case 'stream.ended':
        this.#theirs.closeWrite();
        break;
      case 'stream.cut':
        this.#theirs.write(hex('05 00'));
        this.#theirs.closeWrite();
        break;
      case 'stream.reset':
        this.#theirs.reset();
        break;
      case 'local.close':
        this.#server.stop();
        break;
      default:
        event satisfies never;
    }
    // What was answered comes as a promise.
    await Promise.resolve();
    await Promise.resolve();
    return 1;
  }

  close() {
    this.#theirs.reset();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #read(): void {
    this.#theirs.data$.subscribe({ next: (chunk) => this.#theirs.consume(chunk.length), error: () => undefined });
  }
}

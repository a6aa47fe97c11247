/** A request to a peer of the DHT: whether there is a stream, kept or new, and what comes on it, is the path's to say. */
import { KadExchange } from '../../../src/actors/dht/kad-exchange.js';
import { pipelineOf } from '../../../src/actors/dht/kad-pipeline.js';
import { KadStream } from '../../../src/actors/dht/kad-stream.js';
import type { KadStreams } from '../../../src/actors/dht/kad-streams.js';
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { KadRequestEvent, KadRequestInput } from '../../../src/machines/kad-request.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelPath, ModelStep, Place } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

/** Whether the next stream has to be a new one. */
function isSecond({ path }: Place): boolean {
  return path.steps.some(({ event }) => event.type === 'stream.ended');
}

export const kadRequestDriver: LiveDriver = {
  model: modelOf('kadRequest'),
  reach: {
    can: (event, place) => {
      const { type } = event as KadRequestEvent;
      const { state, path } = place;
      const isTelling = path.input === 'telling';
      if (type === 'local.cancel') return true;
      // One that was kept is there at once: no deadline and no failure comes before it.
      if (type === 'stream.opened') {
        const { isReused } = event as KadRequestEvent & { readonly type: 'stream.opened' };
        return state === 'opening' && !(isReused && (isSecond(place) || path.steps.length > 0));
      }
      if (type === 'stream.failed') return state === 'opening';
      if (isDeadline(type)) return true;
      if (type === 'stream.written') return state === 'using.sending';
      if (type === 'stream.ended') return state.startsWith('using.');
      return type.startsWith('wire.') && state === 'using.awaitingResponse' && !isTelling;
    },
    tag: (place) => String(isSecond(place)),
  },
  begin: (path, trace) => new Asking(path, trace),
};

class Asking implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #exchange: KadExchange;
  #opening: { resolve(stream: KadStream): void; reject(error: EngineError): void } | undefined;
  #theirs: FakeStream | undefined;

  constructor({ input, steps }: ModelPath, trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const [first] = steps;
    const isKept = first?.event.type === 'stream.opened' && (first.event as { isReused?: boolean }).isReused === true;
    const streams: Pick<KadStreams, 'take' | 'open' | 'keep'> = {
      take: () => (isKept ? this.#stream(true) : undefined),
      open: () => new Promise((resolve, reject) => (this.#opening = { resolve, reject })),
      keep: (_, stream) => stream.close(),
    };
    const { awaitsResponse } = kadRequestDriver.model.inputs[input] as KadRequestInput;
    this.#exchange = new KadExchange({
      environment: this.#environment,
      streams: streams as KadStreams,
      address: 'dht/request:1',
      peer: 'peer',
      pipeline: pipelineOf({ type: 'FIND_NODE', key: new Uint8Array(34), closerPeers: [], providerPeers: [] }),
      awaitsResponse,
      done: () => undefined,
      failed: () => undefined,
    });
    this.#environment.turns.post(() => this.#exchange.start());
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const event = steps[at]?.event as KadRequestEvent;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'stream.opened':
        if (!event.isReused) this.#opening?.resolve(this.#stream(false));
        break;
      case 'stream.failed':
        this.#opening?.reject(new EngineError(event.code, 'remote', 'no'));
        break;
      case 'stream.written':
        this.#theirs?.data$.subscribe({ next: (chunk) => this.#theirs?.consume(chunk.length), error: () => undefined });
        break;
      case 'stream.ended':
        this.#theirs?.reset();
        break;
      case 'wire.response':
        this.#theirs?.write(hex('02 0804'));
        break;
      case 'wire.other':
        this.#theirs?.write(hex('02 0805'));
        break;
      case 'wire.tooLarge':
        this.#theirs?.write(hex('ffffff7f'));
        break;
      case 'wire.malformed':
        this.#theirs?.write(hex('02 0809'));
        break;
      case 'local.cancel':
        this.#environment.turns.post(() => this.#exchange.cancel());
        break;
      default:
        event satisfies never;
    }
    await Promise.resolve();
    await Promise.resolve();
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#exchange.cancel());
    this.#theirs?.reset();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  /** A stream on which not all of the message fits until the peer reads. */
  #stream(isKept: boolean): KadStream {
    const [ours, theirs] = fakeStreamPair(this.#environment, { windowBytes: 16, queueBytes: 0 });
    this.#theirs = theirs;
    const stream = new KadStream({ environment: this.#environment, stream: ours, maxBytes: 4096 });
    if (isKept) stream.start();
    return stream;
  }
}

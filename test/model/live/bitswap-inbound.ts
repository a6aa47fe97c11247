/** An inbound bitswap stream whose other end says what the path wants. */
import { BlockWriter } from '../../../src/actors/bitswap/block-writer.js';
import { InboundStream } from '../../../src/actors/bitswap/inbound-stream.js';
import { Environment } from '../../../src/actors/environment.js';
import type { BitswapInboundEvent } from '../../../src/machines/bitswap-inbound.js';
import type { TraceSink } from '../../../src/ports.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { hex } from '../../support/decoding.js';
import { fakeStreamPair, type FakeStream } from '../../support/fake-stream.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import type { LiveDriver, LiveRun } from './driver.js';

export const bitswapInboundDriver: LiveDriver = {
  model: modelOf('bitswapInbound'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new Inbound(trace),
};

class Inbound implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #theirs: FakeStream;
  readonly #inbound: InboundStream;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const { turns, limits } = this.#environment;
    const [theirs, ours] = fakeStreamPair(this.#environment);
    this.#theirs = theirs;
    const writer = new BlockWriter(new MemoryBlockStore(), turns, limits, () => undefined);
    this.#inbound = new InboundStream(this.#environment, ours, writer, {
      message: () => undefined,
      arrived: () => undefined,
      held: () => undefined,
      fault: () => undefined,
      ended: () => undefined,
    });
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as BitswapInboundEvent;
    switch (event.type) {
      case 'stream.ended':
        this.#theirs.closeWrite();
        break;
      case 'stream.cut':
        // The first of five bytes.
        this.#theirs.write(hex('05 00'));
        this.#theirs.closeWrite();
        break;
      case 'message.refused':
        // Longer than any message may be.
        this.#theirs.write(hex('ffffffff7f'));
        break;
      case 'stream.reset':
        this.#theirs.reset();
        break;
      case 'local.close':
        this.#environment.turns.post(() => this.#inbound.close());
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

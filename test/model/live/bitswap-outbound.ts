/** The way out to a bitswap peer: whether its stream opens, and whether it is read, is the driver's to say. */
import { NEVER } from 'rxjs';
import { MessageQueue } from '../../../src/actors/bitswap/message-queue.js';
import { EngineError } from '../../../src/errors.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import type { BitswapOutboundEvent, BitswapOutboundInput } from '../../../src/machines/bitswap-outbound.js';
import type { TraceSink } from '../../../src/ports.js';
import { FakeNetwork, V120, type FakeNode } from '../../actors/bitswap/fake-network.js';
import { blocks, ScriptedPeer, wireBlock } from '../../actors/bitswap/fixtures.js';
import type { ModelPath, ModelStep, Place } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

/** More than window and queue of the fake stream hold together. */
const [LARGE] = blocks(1, 1_000_000);
const [SMALL] = blocks(1, 100);

/** How many times the stream was found unused, up to the end of a path. */
function idleDeadlines({ path }: Place): number {
  const last = path.steps.findLastIndex(({ event }) => !event.type.startsWith('xstate.after.idle.'));
  return path.steps.length - 1 - last;
}

/** Whether what could not be said waits, so that the queue fills of itself. */
function isFilled({ path }: Place): boolean {
  return path.steps.findLast(({ isDeadline: isDue }) => !isDue)?.event.type === 'stream.failed';
}

export const bitswapOutboundDriver: LiveDriver = {
  model: modelOf('bitswapOutbound'),
  reach: {
    can: ({ type }, place) => {
      const { state } = place;
      // The first time it was written on just before; the second time it is closed at once.
      if (type === 'stream.idle') return state === 'open.writable' && idleDeadlines(place) === 2;
      if (idleDeadlines(place) === 2) return false;
      if (state === 'closed' && isFilled(place)) return type === 'queue.filled';
      switch (type as BitswapOutboundEvent['type']) {
        case 'queue.filled':
          return state === 'closed';
        case 'stream.opened':
        case 'stream.failed':
        case 'stream.unsupported':
          return state === 'opening';
        case 'stream.reset':
          return state.startsWith('open.');
        case 'window.exhausted':
          return state === 'open.writable';
        case 'window.opened':
          return state === 'open.congested';
        case 'local.close':
          return true;
        default:
          return isDeadline(type);
      }
    },
    tag: (place) => `${idleDeadlines(place)} ${isFilled(place)}`,
  },
  begin: (path, trace) => new Outbound(path, trace),
};

class Outbound implements LiveRun {
  readonly #network = new FakeNetwork();
  readonly #client: FakeNode;
  readonly #peer: ScriptedPeer;
  readonly #queue: MessageQueue;
  #opening: { resolve(stream: ProtocolStream): void; reject(error: EngineError): void } | undefined;

  constructor({ input }: ModelPath, trace: TraceSink) {
    const { attempts, backoffMs, idleMs, sendTimeoutMs } = bitswapOutboundDriver.model.inputs[
      input
    ] as BitswapOutboundInput;
    const limits = {
      bitswapOpenAttempts: attempts,
      bitswapOpenBackoffMs: backoffMs,
      bitswapStreamIdleMs: idleMs,
      bitswapSendTimeoutMs: sendTimeoutMs,
    };
    this.#client = this.#network.add('client', { trace, limits });
    this.#peer = new ScriptedPeer(this.#network, this.#network.add('peer'), this.#client, false);
    this.#network.connect(this.#client, this.#peer.node);
    const bitswapNetwork = {
      peers: () => [],
      connected$: NEVER,
      disconnected$: NEVER,
      protocolsOf: () => undefined,
      openStream: () => new Promise<ProtocolStream>((resolve, reject) => (this.#opening = { resolve, reject })),
    };
    this.#queue = new MessageQueue(this.#client.environment, bitswapNetwork, 'peer', {
      streamOpened: () => undefined,
      streamLost: () => undefined,
      drained: () => undefined,
      ended: () => undefined,
    });
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const event = steps[at]?.event as BitswapOutboundEvent;
    if (isDeadline(event.type)) {
      const wasEmpty = this.#queue.outbox.isEmpty;
      fireDeadline(this.#network.clock);
      const next = typeAt(steps, at + 1);
      return next === 'stream.idle' || (next === 'queue.filled' && !wasEmpty) ? 2 : 1;
    }
    const inbound = this.#peer.inbound.at(-1);
    switch (event.type) {
      case 'queue.filled':
        this.#say(SMALL);
        break;
      case 'stream.opened':
        this.#opening?.resolve(await this.#network.openStream(this.#client, 'peer', [V120]));
        break;
      case 'stream.failed':
        this.#opening?.reject(new EngineError('ERR_STREAM_RESET', 'remote', 'reset'));
        break;
      case 'stream.unsupported':
        this.#opening?.reject(new EngineError('ERR_MULTISTREAM_NO_OVERLAP', 'remote', 'na'));
        break;
      case 'stream.reset':
        inbound?.reset();
        break;
      case 'window.exhausted':
        this.#say(LARGE);
        break;
      case 'window.opened':
        // All that can be under way, so that what is queued goes out.
        inbound?.consume(LARGE?.bytes.length ?? 0);
        break;
      case 'local.close':
        this.#client.environment.turns.post(() => this.#queue.close());
        break;
      case 'stream.idle':
        throw new Error('an idle stream is found by its deadline');
      default:
        event satisfies never;
    }
    await this.#network.idle();
    return 1;
  }

  close() {
    const { environment, broken } = this.#client;
    environment.turns.post(() => this.#queue.close());
    const codes = broken.map(({ code }) => code);
    return { actors: environment.liveActors, timers: this.#network.clock.pendingTimers, broken: codes };
  }

  #say(block: typeof SMALL): void {
    if (block === undefined) throw new Error('no block');
    this.#client.environment.turns.post(() => {
      this.#queue.outbox.block(wireBlock(block));
      this.#queue.flushLater();
    });
  }
}

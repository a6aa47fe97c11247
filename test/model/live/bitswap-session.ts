/** A bitswap session of a live node, with one peer played by the driver. */
import type { BitswapSession } from '../../../src/actors/bitswap/session.js';
import type { BitswapSessionEvent } from '../../../src/machines/bitswap-session.js';
import type { BlockStore, TraceSink } from '../../../src/ports.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { FakeNetwork, type FakeNode } from '../../actors/bitswap/fake-network.js';
import { blocks, ScriptedPeer, wireBlock } from '../../actors/bitswap/fixtures.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, holds, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

/** Longer than a run, in milliseconds: only the session's own deadlines are to come due. */
const NEVER_MS = 1_000_000_000;
const CONTENT = blocks(20, 100);

export const bitswapSessionDriver: LiveDriver = {
  model: modelOf('bitswapSession'),
  reach: {
    can: ({ type }, { state, context }) => {
      switch (type as BitswapSessionEvent['type']) {
        case 'wants.opened':
          return state === 'idle';
        case 'wants.closed':
          return state !== 'idle';
        case 'provider.found':
          return context['hasProvider'] === false;
        case 'providers.lost':
          return context['hasProvider'] === true;
        case 'store.failed':
          // While a second want is open the session is still fetching when the store says so.
          return state === 'fetching';
        case 'local.close':
          return true;
        default:
          return isDeadline(type);
      }
    },
  },
  begin: (path, trace) => new Session(path, trace),
};

class Session implements LiveRun {
  readonly #network = new FakeNetwork();
  readonly #client: FakeNode;
  readonly #peer: ScriptedPeer;
  readonly #session: BitswapSession;
  readonly #isStoreBroken: boolean;
  #wanted: typeof CONTENT = [];
  #asked = 0;
  #abort = new AbortController();
  #isHinted = false;

  constructor(path: ModelPath, trace: TraceSink) {
    this.#isStoreBroken = holds(path, 'store.failed');
    this.#client = this.#network.add('client', {
      trace,
      store: this.#isStoreBroken ? brokenStore() : new MemoryBlockStore(),
      limits: { bitswapStreamIdleMs: NEVER_MS, bitswapSendTimeoutMs: NEVER_MS },
    });
    this.#client.bitswap.start();
    this.#peer = new ScriptedPeer(this.#network, this.#network.add('peer'), this.#client);
    this.#network.connect(this.#client, this.#peer.node);
    this.#session = this.#client.bitswap.createSession();
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const step = steps[at];
    const event = step?.event as BitswapSessionEvent;
    if (isDeadline(event.type)) {
      fireDeadline(this.#network.clock);
      await this.#network.idle();
      return 1;
    }
    switch (event.type) {
      case 'wants.opened':
        this.#want(this.#isStoreBroken ? 2 : 1);
        break;
      case 'wants.closed':
        if (step?.from === 'fetching') await this.#peer.say({ blocks: this.#wanted.map(wireBlock) });
        else this.#abort.abort();
        break;
      case 'provider.found':
        await this.#provide(step?.from === 'discovering');
        break;
      case 'providers.lost':
        this.#network.disconnect(this.#client, this.#peer.node);
        break;
      case 'store.failed':
        await this.#peer.say({ blocks: this.#wanted.slice(0, 1).map(wireBlock) });
        break;
      case 'local.close':
        this.#session.close();
        break;
      default:
        event satisfies never;
    }
    await this.#network.idle();
    return 1;
  }

  async close() {
    const { environment, broken, bitswap } = this.#client;
    bitswap.stop();
    await this.#network.idle();
    const codes = broken.map(({ code }) => code);
    return { actors: environment.liveActors, timers: this.#network.clock.pendingTimers, broken: codes };
  }

  /** Blocks that were not wanted before: what came is not asked for again. */
  #want(count: number): void {
    this.#abort = new AbortController();
    this.#wanted = CONTENT.slice(this.#asked, this.#asked + count);
    this.#asked += count;
    for (const { cid } of this.#wanted) this.#session.want(cid, { signal: this.#abort.signal }).catch(() => undefined);
  }

  /** The peer says that it has what is wanted; where nothing is, the caller names it. */
  async #provide(isAsked: boolean): Promise<void> {
    const isConnected = this.#client.connected.has('peer');
    if (!isConnected) this.#network.connect(this.#client, this.#peer.node);
    await this.#network.idle();
    if (this.#isHinted && !isConnected) return;
    if (isAsked) {
      await this.#peer.say({ presences: this.#wanted.map(({ cid }) => ({ cid: cid.bytes, has: true })) });
      return;
    }
    this.#isHinted = true;
    this.#session.addPeer('peer');
  }
}

/** A store that takes nothing. */
function brokenStore(): BlockStore {
  const store = new MemoryBlockStore();
  store.failWith(new Error('the disk is full'), 'writes');
  return store;
}

/** mDNS over a socket that opens and fails as the path wants, among neighbours that ask when it wants. */
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { DatagramEvents, DatagramSocket, TraceSink } from '../../../src/ports.js';
import { MdnsAnswerer } from '../../../src/routing/mdns/answerer.js';
import { Mdns } from '../../../src/routing/mdns/mdns.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { encodeMdnsQuery } from '../../../src/wire/mdns.js';
import { invented } from '../../support/invented-peers.js';
import type { ModelStep, Place } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const PACE_MS = 1_000;
const FAR_MS = 1_000_000_000;
const isRare = (context: unknown): boolean => (context as { readonly intervalMs: number }).intervalMs > PACE_MS;

export const mdnsQueryDriver: LiveDriver = {
  model: modelOf('mdnsQuery'),
  reach: {
    can: ({ type }, { state, context }: Place) => {
      if (type === 'socket.opened') return state === 'opening';
      if (type === 'socket.failed') return state !== 'closed';
      // Nobody looks without a socket, and none hears. Soon after our own question another one is not told to the machine.
      if (type === 'local.seek') return state !== 'closed';
      if (type === 'wire.question')
        return state === 'settling' || state === 'seeking' || (state === 'waiting' && isRare(context));
      return type === 'local.stop' || isDeadline(type);
    },
  },
  begin: (_path, trace) => new Asking(trace),
};

export const mdnsAnswerDriver: LiveDriver = {
  model: modelOf('mdnsAnswer'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new Answering(trace),
};

abstract class Rig {
  readonly clock = new VirtualClock();
  readonly broken: string[] = [];
  readonly environment: Environment;

  constructor(trace: TraceSink) {
    this.environment = new Environment({
      clock: this.clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      limits: { mdnsPaceMs: PACE_MS, mdnsLookupTimeoutMs: FAR_MS },
      trace,
      onBroken: ({ code }) => this.broken.push(code),
    });
  }

  left() {
    return { actors: this.environment.liveActors, timers: this.clock.pendingTimers, broken: this.broken };
  }
}

class Asking extends Rig implements LiveRun {
  readonly #mdns: Mdns;
  #events!: DatagramEvents;
  #opened!: (socket: DatagramSocket) => void;
  #failed: (error: EngineError) => void = () => undefined;
  #steps = 0;
  #looked = 1;

  constructor(trace: TraceSink) {
    super({
      ...trace,
      record: (draft) => {
        if (draft.name === 'actor:transition' && draft.data['machine'] === 'mdnsQuery') this.#steps++;
        return trace.record(draft);
      },
    });
    this.#mdns = new Mdns(this.environment, {
      datagrams: {
        open: (_, events, onOpened, onFailed) => {
          this.#events = events;
          this.#opened = onOpened;
          this.#failed = onFailed;
          return () => undefined;
        },
      },
      peer: invented(1),
      addresses: () => ['/ip4/10.0.0.1/tcp/1'],
      queryIntervalMs: 3_000,
    });
    this.#mdns.start();
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    const state = steps[at]?.from;
    const before = this.#steps;
    if (isDeadline(type)) while (this.#steps === before) this.clock.fireNext();
    else if (type === 'socket.opened') {
      this.#failed = (error) => this.#events.onFailed(error);
      this.#opened({ port: 5353, send: () => undefined, close: (closed) => closed?.() });
    } else if (type === 'socket.failed') this.#failed(new EngineError('ERR_DATAGRAM_FAILED', 'local', 'no network'));
    else if (type === 'local.seek') {
      if (state === 'waiting' && steps[at]?.to === 'seeking') this.clock.advance(PACE_MS);
      this.#mdns.findPeer(invented(++this.#looked)).subscribe({ error: () => undefined });
    } else if (type === 'wire.question') {
      if (state === 'waiting') this.clock.advance(PACE_MS);
      this.#events.onMessage(encodeMdnsQuery(), { address: '10.0.0.2', port: 5353 });
    } else void this.#mdns.stop();
    return 1;
  }

  close() {
    void this.#mdns.stop();
    return this.left();
  }
}

class Answering extends Rig implements LiveRun {
  readonly #answerer: MdnsAnswerer;

  constructor(trace: TraceSink) {
    super(trace);
    this.#answerer = new MdnsAnswerer(this.environment, { address: 'mdns/answer', send: () => undefined });
    this.environment.turns.post(() => this.#answerer.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.clock);
    this.environment.turns.post(() => (type === 'local.stop' ? this.#answerer.stop() : this.#answerer.asked()));
    return 1;
  }

  close() {
    this.environment.turns.post(() => this.#answerer.stop());
    return this.left();
  }
}

/** An announce over UDP to a tracker that answers as the path wants, and an announcer whose announces end as it wants. */
import { Environment } from '../../../src/actors/environment.js';
import { EngineError } from '../../../src/errors.js';
import type { DatagramEvents, DatagramSocket, TraceSink } from '../../../src/ports.js';
import { TrackerAnnouncer } from '../../../src/routing/tracker/announcer.js';
import { trackerTargetOf, type AnnounceListener, type TrackerTarget } from '../../../src/routing/tracker/client.js';
import { UdpAnnounce } from '../../../src/routing/tracker/udp-announce.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { concat } from '../../support/decoding.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const FROM = { address: '192.0.2.1', port: 6969 };
const target = trackerTargetOf('udp://192.0.2.1:6969') as TrackerTarget & { readonly kind: 'udp' };
const noTracker = new EngineError('ERR_TRACKER_FAILED', 'remote', 'no tracker');

export const udpTrackerDriver: LiveDriver = {
  model: modelOf('udpTracker'),
  reach: {
    can: ({ type }, { state }) => {
      if (type === 'socket.opened') return state === 'opening';
      if (type === 'wire.connected') return state === 'asking.connecting';
      if (type === 'wire.announced') return state === 'asking.announcing';
      if (type.startsWith('wire.')) return state.startsWith('asking');
      return type !== 'stranger.event';
    },
  },
  begin: (_path, trace) => new Announcing(trace),
};

export const trackerAnnounceDriver: LiveDriver = {
  model: modelOf('trackerAnnounce'),
  reach: {
    can: ({ type }, { state }) =>
      type.startsWith('tracker.') ? state === 'announcing' || state === 'leaving' : type !== 'stranger.event',
  },
  begin: (_path, trace) => new Keeping(trace),
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
      limits: { trackerUdpTries: 2 },
      trace,
      onBroken: ({ code }) => this.broken.push(code),
    });
  }

  left() {
    return { actors: this.environment.liveActors, timers: this.clock.pendingTimers, broken: this.broken };
  }
}

class Announcing extends Rig implements LiveRun {
  readonly #announce: UdpAnnounce;
  #events!: DatagramEvents;
  #opened!: (socket: DatagramSocket) => void;
  #failed!: (error: EngineError) => void;
  /** Of the request that was sent last. */
  #transaction = new Uint8Array(4);

  constructor(trace: TraceSink) {
    super(trace);
    const request = { infohash: new Uint8Array(20), peerId: new Uint8Array(20), port: 1, isComplete: true, wanted: 1 };
    const datagrams = {
      open: (
        _: unknown,
        events: DatagramEvents,
        onOpened: (socket: DatagramSocket) => void,
        onFailed: (error: EngineError) => void,
      ) => {
        this.#events = events;
        this.#opened = onOpened;
        this.#failed = onFailed;
        return () => undefined;
      },
    };
    this.#announce = new UdpAnnounce(
      this.environment,
      { address: 'tracker/udp:1', datagrams, target, request },
      { answered: () => undefined, failed: () => undefined },
    );
    this.environment.turns.post(() => this.#announce.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.clock);
    switch (type) {
      case 'socket.opened':
        this.#failed = (error) => this.#events.onFailed(error);
        this.#opened({ port: 1, send: (bytes) => (this.#transaction = bytes.slice(12, 16)), close: () => undefined });
        break;
      case 'socket.failed':
        this.#failed(new EngineError('ERR_DATAGRAM_FAILED', 'local', 'no network'));
        break;
      case 'wire.connected':
        this.#say(0, 8);
        break;
      case 'wire.announced':
        this.#say(1, 12);
        break;
      case 'wire.refused':
        this.#say(3, 0);
        break;
      case 'wire.malformed':
        this.#say(2, 0);
        break;
      default:
        this.environment.turns.post(() => this.#announce.cancel());
    }
    return 1;
  }

  close() {
    this.environment.turns.post(() => this.#announce.cancel());
    return this.left();
  }

  #say(action: number, size: number): void {
    this.#events.onMessage(concat(Uint8Array.of(0, 0, 0, action), this.#transaction, new Uint8Array(size)), FROM);
  }
}

class Keeping extends Rig implements LiveRun {
  readonly #announcer: TrackerAnnouncer;
  #listener!: AnnounceListener;

  constructor(trace: TraceSink) {
    super(trace);
    this.#announcer = new TrackerAnnouncer(this.environment, {
      address: 'tracker/announce',
      target,
      announce: (_target, _event, listener) => {
        this.#listener = listener;
        return () => undefined;
      },
      told: () => undefined,
      stopped: () => undefined,
    });
    this.environment.turns.post(() => this.#announcer.start());
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.clock);
    this.environment.turns.post(() => {
      if (type === 'tracker.answered') this.#listener.answered({ intervalSeconds: 1_800, peers: [] });
      else if (type === 'tracker.failed') this.#listener.failed(noTracker);
      else this.#announcer.stop();
    });
    return 1;
  }

  close() {
    this.environment.turns.post(() => this.#announcer.stop());
    this.clock.advance(this.environment.limits.trackerFarewellMs);
    return this.left();
  }
}

/** A connection of js-libp2p that a test holds the other end of, and what js-libp2p's packages expect of newer Node. */
import { defaultLogger } from '@libp2p/logger';
import { AbstractMultiaddrConnection, type SendResult } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { createChart, type Chart } from '../../src/libp2p/index.js';
import type { Limits } from '../../src/limits.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { concat } from './decoding.js';

interface Resolvers<Value> {
  promise: Promise<Value>;
  resolve: (value: Value) => void;
  reject: (reason: unknown) => void;
}

// js-libp2p 3 asks for Node 22; Node 20 lacks this one of what these tests reach.
(Promise as unknown as { withResolvers?: <Value>() => Resolvers<Value> }).withResolvers ??= <Value>() => {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<Value>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

/** A connection whose other end is the test. */
export class FakeConnection extends AbstractMultiaddrConnection {
  /** Whether the socket below says that it is full. */
  isFull = false;
  isPaused = false;
  /** What it was aborted with. */
  reset: Error | undefined;
  wasClosed = false;
  #sent: Uint8Array[] = [];

  constructor(direction: 'inbound' | 'outbound' = 'inbound') {
    super({
      log: defaultLogger().forComponent('test'),
      direction,
      remoteAddr: multiaddr('/ip4/127.0.0.1/tcp/4001'),
    });
  }

  /** What was written since last asked. */
  takeSent(): Uint8Array {
    const sent = concat(...this.#sent);
    this.#sent = [];
    return sent;
  }

  /** The socket has room again; resolves when what waited was written. */
  async drain(): Promise<void> {
    this.isFull = false;
    this.safeDispatchEvent('drain');
    await settled();
  }

  sendData(data: Iterable<Uint8Array> & { readonly byteLength: number }): SendResult {
    if (this.isFull) return { sentBytes: 0, canSendMore: false };
    const { byteLength: sentBytes } = data;
    // Copies: js-libp2p's list takes its memory back.
    for (const chunk of data) this.#sent.push(chunk.slice());
    return { sentBytes, canSendMore: true };
  }

  sendReset(error: Error): void {
    this.reset = error;
  }

  sendClose(): Promise<void> {
    this.wasClosed = true;
    return Promise.resolve();
  }

  sendPause(): void {
    this.isPaused = true;
  }

  sendResume(): void {
    this.isPaused = false;
  }
}

/** Microtasks and events that wait are over. */
export async function settled(): Promise<void> {
  await nextMacrotask();
  await nextMacrotask();
}

/** A chart on virtual time. */
export function virtualChart(limits: Partial<Limits> = {}): { readonly chart: Chart; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  return { chart: createChart({ clock, random: new SeededRandom('js-libp2p'), limits }), clock };
}

/**
 * Two muxers joined in memory, each in an environment of its own, on one virtual clock. Between them a pipe with the
 * engine's own outbox on each side, so that congestion is what it is on a connection. Bytes move when told to.
 */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { Outbox } from '../../src/actors/connection/outbox.js';
import type { Muxer, MuxerProtocol, MuxerResources } from '../../src/actors/connection/muxer.js';
import type { Role } from '../../src/actors/connection/security.js';
import { Environment } from '../../src/actors/environment.js';
import type { MuxedStream } from '../../src/actors/stream/muxed-stream.js';
import { createProtocolStream } from '../../src/actors/stream/protocol-stream-actor.js';
import type { ProtocolStream } from '../../src/actors/stream/protocol-stream.js';
import type { EngineError } from '../../src/errors.js';
import type { Limits } from '../../src/limits.js';
import type { MessageEvent } from '../../src/messages.js';
import type { TraceSink } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { concat } from './decoding.js';

/** Cuts what moves at once into the chunks that arrive. */
export type Chunking = (bytes: Uint8Array) => readonly Uint8Array[];

export const CHUNKINGS = {
  'as written': undefined,
  'one byte at a time': (bytes: Uint8Array) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
} as const;

/** Pieces of 1 to 40 bytes, now and then of thousands, by seed. */
export function randomChunking(seed: number): Chunking {
  const draw = seededDraw(seed);
  return (bytes) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + draw(draw(8) === 0 ? 5000 : 40);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    return pieces;
  };
}

/** Whole numbers below a bound, the same for the same seed (mulberry32). */
export function seededDraw(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * below);
  };
}

export interface MuxerPairOptions {
  readonly limits?: Partial<Limits>;
  readonly chunking?: Chunking | undefined;
  /** Bytes in the pipe above which the transport says "wait"; nothing moves while the other end does not take them. */
  readonly pipeBytes?: number;
  /** One way, by the clock. */
  readonly latencyMs?: number;
  /** `false`: streams of the peer are left alone, unaccepted. */
  readonly accept?: boolean;
  readonly trace?: TraceSink | undefined;
  /** Where a side counts what it holds. */
  readonly resources?: (role: Role) => MuxerResources | undefined;
}

/** One side of a pair. */
export class MuxerEnd {
  readonly environment: Environment;
  readonly muxer: Muxer;
  /** Streams the peer opened, oldest first: as they came, and as protocol streams where accepted. */
  readonly offered: MuxedStream[] = [];
  readonly accepted: ProtocolStream[] = [];
  /** What `onEnded` was called with; `'well'` for nothing. */
  readonly ended: (EngineError | 'well')[] = [];
  /** Bugs of the engine; a test expects none. */
  readonly broken: EngineError[] = [];
  /** Everything sent, as written, in order. */
  readonly sent: Uint8Array[] = [];
  /** Gathered writes to the transport. */
  writes = 0;
  /** Bytes on the way to the other end. */
  pipe: Uint8Array[] = [];
  /** Most bytes that ever waited in the outbox. */
  maxOutboxBytes = 0;
  /** What the muxer did with the transport, where it is one that does. */
  hasEnded = false;
  isPaused = false;
  readonly dropped: EngineError[] = [];
  readonly outbox: Outbox;
  readonly #pipeBytes: number;
  #isBusy = false;

  constructor(protocol: MuxerProtocol, clock: VirtualClock, role: Role, options: MuxerPairOptions) {
    this.#pipeBytes = options.pipeBytes ?? 256 * 1024;
    this.environment = new Environment({
      clock,
      random: new SeededRandom(role),
      ciphers: {} as never,
      trace: options.trace,
      onBroken: (error) => this.broken.push(error),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.outbox = new Outbox(this.environment, {
      write: (chunks) => {
        this.writes++;
        for (const chunk of chunks) this.pipe.push(chunk);
        this.#isBusy = bytesOf(this.pipe) >= this.#pipeBytes;
        return !this.#isBusy;
      },
      congested: () => this.tell({ type: 'transport.congested' }),
      relieved: () => this.tell({ type: 'transport.drained' }),
      failed: (error) => this.broken.push(error),
    });
    this.muxer = protocol.create({
      environment: this.environment,
      connection: `conn:${role}`,
      role,
      resources: options.resources?.(role),
      transport: {
        end: () =>
          this.environment.turns.flushLater('publish', () => this.outbox.whenEmpty(() => (this.hasEnded = true))),
        pause: () => (this.isPaused = true),
        resume: () => (this.isPaused = false),
        reset: () => undefined,
        fail: (error) => this.dropped.push(error),
      },
      onStream: (stream) => {
        this.offered.push(stream);
        if (options.accept !== false) this.accepted.push(this.facade(stream));
      },
      onEnded: (error) => this.ended.push(error ?? 'well'),
    });
    this.muxer.outbound$.subscribe((message) => {
      for (const chunk of message.chunks) this.sent.push(chunk);
      this.outbox.push(message.chunks);
      this.maxOutboxBytes = Math.max(this.maxOutboxBytes, this.outbox.queuedBytes);
    });
  }

  /** Opens a stream with the facade on it. */
  open(): ProtocolStream {
    return this.facade(this.openMuxed());
  }

  openMuxed(): MuxedStream {
    let stream: MuxedStream | undefined;
    let failure: unknown;
    this.environment.turns.post(() => {
      try {
        stream = this.muxer.openStream();
      } catch (thrown) {
        failure = thrown;
      }
    });
    if (stream === undefined) throw failure;
    return stream;
  }

  facade(stream: MuxedStream): ProtocolStream {
    const { environment } = this;
    const connection = { id: 'conn:1', remotePeer: 'peer', remoteAddress: '/memory/1', direction: 'outbound' } as const;
    return createProtocolStream(stream, { environment, protocol: '/test/1.0.0', connection });
  }

  /** The muxed stream of a facade. */
  muxedOf(stream: ProtocolStream): MuxedStream {
    const muxed = this.muxer.streams.get(stream.id);
    if (muxed === undefined) throw new Error(`no stream ${stream.id}`);
    return muxed;
  }

  /** Gives bytes to the muxer, one turn for each chunk. */
  receive(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.environment.turns.post(() => {
        this.muxer.receive(
          this.environment.message({ direction: 'inbound', layer: 'plaintext', connection: 'conn:1', chunks: [chunk] }),
        );
      });
    }
  }

  /** Gives an event of the chain to the muxer. */
  tell(event: MessageEvent, error?: EngineError): void {
    this.environment.turns.post(() =>
      this.muxer.receive(
        this.environment.message({ direction: 'inbound', layer: 'transport', connection: 'conn:1', event, error }),
      ),
    );
  }

  /** The pipe was emptied by the other end. */
  drained(): void {
    if (!this.#isBusy) return;
    this.#isBusy = false;
    this.environment.turns.post(() => this.outbox.drained());
  }

  /** All bytes sent so far, as hex, and forgets them. */
  takeSent(): Uint8Array {
    return concat(...this.sent.splice(0));
  }
}

/** A dialer and a listener. */
export class MuxerPair {
  readonly clock = new VirtualClock();
  readonly dialer: MuxerEnd;
  readonly listener: MuxerEnd;
  readonly #options: MuxerPairOptions;
  #underWay = 0;

  constructor(protocol: MuxerProtocol, options: MuxerPairOptions = {}) {
    this.#options = options;
    this.dialer = new MuxerEnd(protocol, this.clock, 'dialer', options);
    this.listener = new MuxerEnd(protocol, this.clock, 'listener', options);
    for (const end of this.ends) end.environment.turns.post(() => end.muxer.start());
    this.settle();
  }

  get ends(): readonly [MuxerEnd, MuxerEnd] {
    return [this.dialer, this.listener];
  }

  /** Moves bytes until none is under way; with latency, time moves too. */
  settle(): void {
    while (this.step());
  }

  /** Moves what is in the pipes once; answers whether there was anything. */
  step(): boolean {
    const moved = [this.#move(this.dialer, this.listener), this.#move(this.listener, this.dialer)].some(Boolean);
    if (moved) return true;
    if (this.#underWay === 0) return false;
    this.clock.fireNext();
    return true;
  }

  /** Settles and lets promises go on, until `done` says so or nothing has happened for a while. */
  async until(done: () => boolean): Promise<void> {
    for (let quiet = 0; quiet < 20; quiet++) {
      this.settle();
      if (done()) return;
      const before = this.dialer.environment.turns.nowMs + this.dialer.sent.length + this.listener.sent.length;
      await nextMacrotask();
      if (this.dialer.sent.length + this.listener.sent.length !== before) quiet = 0;
    }
    throw new Error('it did not come to that');
  }

  /** Ends both sides; answers what is left of each: live actors, streams and timers. */
  close(): { readonly actors: number; readonly streams: number; readonly timers: number } {
    for (const { environment, muxer } of this.ends) environment.turns.post(() => muxer.dispose());
    const actors = this.dialer.environment.liveActors + this.listener.environment.liveActors;
    const streams = this.dialer.muxer.streams.size + this.listener.muxer.streams.size;
    return { actors, streams, timers: this.clock.pendingTimers };
  }

  #move(from: MuxerEnd, to: MuxerEnd): boolean {
    if (from.pipe.length === 0) return false;
    const { chunking, latencyMs = 0 } = this.#options;
    const pieces = chunking === undefined ? from.pipe : chunking(concat(...from.pipe));
    from.pipe = [];
    if (latencyMs === 0) {
      to.receive(pieces);
      from.drained();
    } else {
      this.#underWay++;
      this.clock.setTimeout(() => {
        this.#underWay--;
        to.receive(pieces);
        from.drained();
      }, latencyMs);
    }
    return true;
  }
}

/** What a clean end leaves. */
export const NOTHING_LEFT = { actors: 0, streams: 0, timers: 0 };

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

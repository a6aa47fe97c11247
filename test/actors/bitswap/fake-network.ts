/**
 * Nodes that hold nothing but bitswap, on a network in memory whose streams behave as a muxer's do: windows, queues that
 * say when they are full, half-close, reset. Bytes cross at microtasks, so everything runs until idle without a clock.
 */
import { createHash } from 'node:crypto';
import { Observable, Subject } from 'rxjs';
import { BitswapActor } from '../../../src/actors/bitswap/bitswap-actor.js';
import type { BitswapNetwork } from '../../../src/actors/bitswap/network.js';
import { Environment } from '../../../src/actors/environment.js';
import type { ProtocolStream, StreamHandler } from '../../../src/actors/stream/protocol-stream.js';
import { EngineError } from '../../../src/errors.js';
import type { Limits } from '../../../src/limits.js';
import type { BlockStore, Ciphers, TraceSink } from '../../../src/ports.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';

export const V120 = '/ipfs/bitswap/1.2.0';
export const V110 = '/ipfs/bitswap/1.1.0';
export const V100 = '/ipfs/bitswap/1.0.0';

const WINDOW_BYTES = 256 * 1024;
const QUEUE_MARK_BYTES = 256 * 1024;
const FRAME_BYTES = 64 * 1024;

/** The ciphers that bitswap uses: hashes, by node:crypto. */
export const ciphers = {
  hash: (name: string, pieces: readonly Uint8Array[]) => {
    const hash = createHash(name);
    for (const piece of pieces) hash.update(piece);
    return new Uint8Array(hash.digest());
  },
} as unknown as Ciphers;

/** One end of a stream in memory. */
export class FakeStream implements ProtocolStream {
  other!: FakeStream;
  readonly address: string;
  readonly writable$: Observable<void>;
  readonly data$: Observable<Uint8Array>;
  readonly closed: Promise<void>;
  error: EngineError | undefined;
  /** Bytes that the other end may still send, as it sees it. */
  credit = WINDOW_BYTES;
  consumed = 0;
  /** Every chunk written here, in order. */
  readonly written: Uint8Array[] = [];
  writeClosed = false;
  readonly #data = new Subject<Uint8Array>();
  readonly #writable = new Subject<void>();
  readonly #outgoing: Uint8Array[] = [];
  readonly #early: Uint8Array[] = [];
  #queuedBytes = 0;
  #congested = false;
  #finSent = false;
  #remoteClosed = false;
  #resolveClosed: () => void = () => undefined;
  #rejectClosed: (error: Error) => void = () => undefined;

  constructor(
    readonly id: number,
    readonly protocol: string,
    readonly direction: 'inbound' | 'outbound',
    readonly environment: Environment,
    readonly connection: ProtocolStream['connection'],
    readonly onWrite: () => void,
  ) {
    this.address = `${connection.id}/yamux/${id}`;
    this.writable$ = this.#writable;
    this.closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    this.closed.catch(() => undefined);
    this.data$ = new Observable((subscriber) => {
      const early = this.#early.splice(0);
      const subscription = this.#data.subscribe(subscriber);
      for (const chunk of early) this.#data.next(chunk);
      if (this.error !== undefined) this.#data.error(this.error);
      else if (this.#remoteClosed) this.#data.complete();
      return subscription;
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.error !== undefined) throw new EngineError('ERR_STREAM_RESET', 'remote', 'reset');
    if (this.writeClosed) throw new EngineError('ERR_STREAM_CLOSED', 'local', 'closed');
    this.written.push(bytes);
    this.#outgoing.push(bytes);
    this.#queuedBytes += bytes.length;
    this.onWrite();
    this.#pump();
    this.#congested ||= this.#queuedBytes > QUEUE_MARK_BYTES;
    return !this.#congested;
  }

  whenWritable(): Promise<void> {
    return Promise.reject(new Error('not used by bitswap'));
  }

  consume(size: number): void {
    this.consumed += size;
    this.other.#cross(() => {
      this.other.credit += size;
      this.other.#pump();
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    throw new Error('not used by bitswap');
  }

  closeWrite(): void {
    if (this.writeClosed) return;
    this.writeClosed = true;
    this.#pump();
  }

  close(): Promise<void> {
    this.closeWrite();
    return this.closed;
  }

  reset(): void {
    if (this.error !== undefined) return;
    this.#fail(new EngineError('ERR_STREAM_RESET', 'local', 'reset by us'));
    this.other.#cross(() => this.other.#fail(new EngineError('ERR_STREAM_RESET', 'remote', 'reset by the peer')));
  }

  /** Ends it without a word to the other end, as a connection that breaks does. */
  break(): void {
    this.#fail(new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'connection closed'));
  }

  #fail(error: EngineError): void {
    if (this.error !== undefined) return;
    this.error = error;
    this.#outgoing.length = 0;
    this.#writable.complete();
    if (this.#data.observed) this.#data.error(error);
    this.#rejectClosed(error);
  }

  #pump(): void {
    for (let chunk = this.#outgoing[0]; chunk !== undefined && this.credit > 0; chunk = this.#outgoing[0]) {
      const size = Math.min(chunk.length, this.credit, FRAME_BYTES);
      const frame = chunk.subarray(0, size);
      if (size === chunk.length) this.#outgoing.shift();
      else this.#outgoing[0] = chunk.subarray(size);
      this.credit -= size;
      this.#queuedBytes -= size;
      this.other.#cross(() => this.other.#deliver(frame));
    }
    if (this.#congested && this.#queuedBytes === 0) {
      this.#congested = false;
      this.#writable.next();
    }
    if (!this.writeClosed || this.#finSent || this.#outgoing.length > 0) return;
    this.#finSent = true;
    this.other.#cross(() => this.other.#ended());
  }

  #deliver(frame: Uint8Array): void {
    if (this.error !== undefined) return;
    if (this.#data.observed) this.#data.next(frame);
    else this.#early.push(frame);
  }

  #ended(): void {
    this.#remoteClosed = true;
    if (this.error === undefined && this.#data.observed) this.#data.complete();
    if (this.writeClosed) this.#resolveClosed();
  }

  /** Runs in this end's node, later. */
  #cross(work: () => void): void {
    void Promise.resolve().then(() => this.environment.turns.post(work));
  }
}

/** How a node is made. */
export interface FakeNodeOptions {
  readonly limits?: Partial<Limits>;
  readonly store?: BlockStore;
  /** Protocols it speaks. */
  readonly protocols?: readonly string[];
  /** What identify says of it to others; `undefined`: nothing yet. */
  readonly identified?: readonly string[] | undefined;
  readonly trace?: TraceSink;
}

/** A node of the fake network; `bitswap` is absent where the test plays the peer itself. */
export class FakeNode {
  readonly environment: Environment;
  readonly store: BlockStore;
  readonly connected = new Set<string>();
  readonly connected$ = new Subject<string>();
  readonly disconnected$ = new Subject<string>();
  /** Every stream with an end here. */
  readonly streams: FakeStream[] = [];
  readonly broken: EngineError[] = [];
  /** Takes inbound streams; bitswap's handler unless the test sets its own. */
  handler: StreamHandler;
  readonly bitswap: BitswapActor;
  /** Makes `openStream` to this node fail. */
  refuse: EngineError | undefined;
  opens = 0;

  constructor(
    readonly fake: FakeNetwork,
    readonly id: string,
    readonly options: FakeNodeOptions,
  ) {
    this.environment = new Environment({
      clock: fake.clock,
      random: new SeededRandom(id),
      ciphers,
      trace: options.trace,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      onBroken: (error) => this.broken.push(error),
    });
    this.store = options.store ?? new MemoryBlockStore();
    const network: BitswapNetwork = {
      peers: () => [...this.connected],
      connected$: this.connected$,
      disconnected$: this.disconnected$,
      openStream: (peer, protocols) => fake.openStream(this, peer, protocols),
      protocolsOf: (peer) => fake.node(peer).options.identified,
    };
    this.bitswap = new BitswapActor(this.environment, { network, store: this.store });
    this.handler = this.bitswap.handler;
  }

  get protocols(): readonly string[] {
    return this.options.protocols ?? [V120, V110, V100];
  }

  /** Streams with an end here that are neither reset nor closed both ways. */
  get openStreams(): number {
    return this.streams.filter(
      (stream) => stream.error === undefined && !(stream.writeClosed && stream.other.writeClosed),
    ).length;
  }

  tell(subject: Subject<string>, peer: string): void {
    this.environment.turns.post(() => subject.next(peer));
  }
}

/** Nodes and the streams between them. */
export class FakeNetwork {
  readonly clock = new VirtualClock();
  readonly #nodes = new Map<string, FakeNode>();
  #streams = 0;
  /** Rises with every write, for {@link idle}. */
  writes = 0;

  add(id: string, options: FakeNodeOptions = {}): FakeNode {
    const node = new FakeNode(this, id, options);
    this.#nodes.set(id, node);
    return node;
  }

  node(id: string): FakeNode {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  connect(one: FakeNode, other: FakeNode): void {
    one.connected.add(other.id);
    other.connected.add(one.id);
    one.tell(one.connected$, other.id);
    other.tell(other.connected$, one.id);
  }

  disconnect(one: FakeNode, other: FakeNode): void {
    one.connected.delete(other.id);
    other.connected.delete(one.id);
    for (const stream of [...one.streams, ...other.streams]) {
      const ends = [stream.connection.remotePeer, stream.other.connection.remotePeer];
      if (ends.includes(one.id) && ends.includes(other.id)) stream.environment.turns.post(() => stream.break());
    }
    one.tell(one.disconnected$, other.id);
    other.tell(other.disconnected$, one.id);
  }

  async openStream(from: FakeNode, to: string, protocols: readonly string[]): Promise<FakeStream> {
    await Promise.resolve();
    const target = this.node(to);
    target.opens++;
    if (target.refuse !== undefined) throw target.refuse;
    if (!from.connected.has(to)) throw new EngineError('ERR_CONNECTION_CLOSED', 'remote', 'not connected');
    const protocol = protocols.find((candidate) => target.protocols.includes(candidate));
    if (protocol === undefined) throw new EngineError('ERR_MULTISTREAM_NO_OVERLAP', 'remote', 'na');
    const id = ++this.#streams;
    const outbound = this.#end(from, to, id, protocol, 'outbound');
    const inbound = this.#end(target, from.id, id, protocol, 'inbound');
    outbound.other = inbound;
    inbound.other = outbound;
    from.streams.push(outbound);
    target.streams.push(inbound);
    void Promise.resolve().then(() => target.environment.turns.post(() => void target.handler(inbound)));
    return outbound;
  }

  /** Runs until nothing more happens without the clock. */
  async idle(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 10; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.writes !== seen) quiet = 0;
      seen = this.writes;
    }
  }

  /** Moves the clock in small steps, running until idle between them. */
  async advance(durationMs: number, stepMs = 1000): Promise<void> {
    for (let left = durationMs; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.idle();
    }
  }

  #end(node: FakeNode, peer: string, id: number, protocol: string, direction: 'inbound' | 'outbound'): FakeStream {
    const connection = { id: `conn:${node.id}-${peer}`, remotePeer: peer, remoteAddress: `/memory/${peer}`, direction };
    return new FakeStream(id, protocol, direction, node.environment, connection, () => this.writes++);
  }
}

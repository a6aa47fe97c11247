/**
 * Who is read first when much comes at once. One poll of the event loop hands over every socket that has bytes, one after
 * the other: with two hundred peers that all open streams, a peer with one small message waits for all of them.
 *
 * So what one pass of the loop reads at once is bounded in time. What comes after that waits, its socket paused, until the
 * poll is over; then those go first whose reads have cost least, and when the pass has taken its share the loop polls again.
 * Nobody starves: who has waited long goes before all others. A loop that is not congested pays two looks at the clock a
 * chunk.
 *
 * This stands below the transport port: a recording holds the chunks in the order in which they were handed on.
 */
import type { EngineError } from '../errors.js';
import type { Transport, TransportConnection, TransportEvents } from '../ports.js';

/** What a pass reads at once, in milliseconds: a small part of what a person, or a round trip, notices. */
const PASS_MS = 1;
/** Classes of cost: each is twice as dear as the one before; the first holds reads that cost less than {@link CHEAP_MS}. */
const CLASSES = 8;
/** A small message, with what its handler does. */
const CHEAP_MS = 0.25;
/** Of nobody is anything known at first; a handshake costs about as much. */
const FIRST_MS = 1;
/** How much the last read counts in what the next one is expected to cost. */
const LAST_READ_SHARE = 0.25;
/** Who has waited so long goes first, whatever it costs. */
const PATIENCE_MS = 100;

/** What fair reading asks of the event loop. */
export interface LoopPort {
  /** Milliseconds, with fractions. */
  now(): number;
  /** Runs `fire` when the poll is over. */
  afterPoll(fire: () => void): void;
}

/** The order in which the connections of one event loop are read. */
export class FairReading {
  readonly #loop: LoopPort;
  readonly #waiting: FairConnection[][] = Array.from({ length: CLASSES }, () => []);
  #spentMs = 0;
  #awaitsEnd = false;

  constructor(loop: LoopPort) {
    this.#loop = loop;
  }

  /** The same transport; what its connections read is read in turn with all others of this order. */
  share(transport: Transport): Transport {
    return {
      name: transport.name,
      handles: (address) => transport.handles(address),
      dial: (address, onConnected, onFailed) =>
        transport.dial(address, (connection) => onConnected(new FairConnection(connection, this)), onFailed),
      listen: (address, onConnection, onListening, onFailed) =>
        transport.listen(
          address,
          (connection) => onConnection(new FairConnection(connection, this)),
          onListening,
          onFailed,
        ),
    };
  }

  /** Whether this pass may read more at once. */
  get hasTime(): boolean {
    return this.#spentMs < PASS_MS;
  }

  /** Runs what reads, and charges the connection and the pass for it. */
  run(connection: FairConnection, read: () => void): void {
    const begunMs = this.#loop.now();
    try {
      read();
    } finally {
      const endedMs = this.#loop.now();
      this.#spentMs += endedMs - begunMs;
      connection.charge(endedMs - begunMs);
      this.#awaitEnd();
    }
  }

  /** The connection has something to read, and waits for its turn. */
  wait(connection: FairConnection): void {
    connection.waitsSinceMs = this.#loop.now();
    const { readMs } = connection;
    const kind = readMs < CHEAP_MS ? 0 : Math.min(CLASSES - 1, 1 + Math.floor(Math.log2(readMs / CHEAP_MS)));
    this.#waiting[kind]?.push(connection);
    this.#awaitEnd();
  }

  #awaitEnd(): void {
    if (this.#awaitsEnd) return;
    this.#awaitsEnd = true;
    this.#loop.afterPoll(this.#endOfPoll);
  }

  readonly #endOfPoll = (): void => {
    this.#awaitsEnd = false;
    this.#spentMs = 0;
    this.#impatient()?.readNext();
    while (this.hasTime) {
      const connection = this.#waiting.find(({ length }) => length > 0)?.shift();
      if (connection === undefined) return;
      connection.readNext();
    }
    // What a pass after the poll has taken is not taken from the next poll's, or nobody new would be read at once.
    this.#spentMs = 0;
  };

  /** Who has waited longest, if that is too long. */
  #impatient(): FairConnection | undefined {
    const sinceMs = this.#loop.now() - PATIENCE_MS;
    let from: FairConnection[] | undefined;
    for (const line of this.#waiting) {
      const [first] = line;
      if (first !== undefined && first.waitsSinceMs < Math.min(sinceMs, from?.[0]?.waitsSinceMs ?? Infinity))
        from = line;
    }
    return from?.shift();
  }
}

/** One connection that is read in turn with others. */
class FairConnection implements TransportConnection, TransportEvents {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly #inner: TransportConnection;
  readonly #reading: FairReading;
  #events: TransportEvents | undefined;
  /** What came and was not handed on, oldest first: chunks, then perhaps the end of the peer's side. */
  #held: (() => void)[] | undefined;
  /** The connection is gone, and its owner has not heard. */
  #farewell: (() => void) | undefined;
  #waits = false;
  #isPaused = false;
  #isDropped = false;
  /** What its next read is expected to cost, in milliseconds. */
  readMs = FIRST_MS;
  waitsSinceMs = 0;

  constructor(inner: TransportConnection, reading: FairReading) {
    this.#inner = inner;
    this.#reading = reading;
    this.remoteAddress = inner.remoteAddress;
    this.localAddress = inner.localAddress;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#inner.open(this);
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return this.#inner.write(chunks);
  }

  pause(): void {
    this.#isPaused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#held === undefined) this.#inner.resume();
    else this.#wait();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#drop();
    this.#inner.destroy();
  }

  reset(): void {
    this.#drop();
    if (this.#inner.reset === undefined) this.#inner.destroy();
    else this.#inner.reset();
  }

  // ------------------------------------------------------------ what the transport tells

  onChunk(chunk: Uint8Array): void {
    this.#hear(() => this.#events?.onChunk(chunk));
  }

  onChunks(chunks: readonly Uint8Array[]): void {
    this.#hear(() => this.#events?.onChunks(chunks));
  }

  onDrained(): void {
    this.#events?.onDrained();
  }

  onEnded(): void {
    this.#hear(() => this.#events?.onEnded());
  }

  /** Behind what is held: those bytes were sent before. */
  onClosed(error?: EngineError): void {
    if (this.#held === undefined) this.#events?.onClosed(error);
    else this.#farewell = () => this.#events?.onClosed(error);
  }

  // ------------------------------------------------------------ for the order

  charge(spentMs: number): void {
    this.readMs += LAST_READ_SHARE * (spentMs - this.readMs);
  }

  /** Its turn: hands on the oldest that is held. */
  readNext(): void {
    this.#waits = false;
    const next = this.#isPaused ? undefined : this.#held?.shift();
    if (next !== undefined) this.#reading.run(this, next);
    if (this.#held === undefined) return;
    if (this.#held.length > 0) this.#wait();
    else this.#caughtUp();
  }

  #hear(read: () => void): void {
    if (this.#isDropped) return;
    if (this.#held === undefined && !this.#isPaused && this.#reading.hasTime) {
      this.#reading.run(this, read);
      return;
    }
    if (this.#held === undefined) this.#inner.pause();
    (this.#held ??= []).push(read);
    this.#wait();
  }

  #wait(): void {
    if (this.#waits || this.#isPaused) return;
    this.#waits = true;
    this.#reading.wait(this);
  }

  /** Nothing is held any more: the transport may bring more, or has its last word. */
  #caughtUp(): void {
    this.#held = undefined;
    if (this.#farewell !== undefined) this.#farewell();
    else if (!this.#isPaused) this.#inner.resume();
  }

  /** Nothing more is handed on but the end. */
  #drop(): void {
    this.#isDropped = true;
    this.#held = undefined;
    this.#farewell?.();
    this.#farewell = undefined;
  }
}

/**
 * The live streams of one mplex session: who may open one, and what may wait for their readers together.
 *
 * A peer that sends faster than we read cannot be told to wait. The socket could be held back, and with it every other
 * stream and the answer that the slow reader may be waiting for; so it is not: the stream that holds too much is reset.
 */
import { EngineError } from '../../../errors.js';
import type { ConnectionMessage, Direction } from '../../../messages.js';
import { MPLEX_MAX_STREAM_ID, mplexStreamNumber } from '../../../wire/mplex.js';
import type { Environment } from '../../environment.js';
import { MplexStream, type MplexStreamOwner } from '../../stream/mplex/stream.js';
import type { MuxerOptions, MuxerResources } from '../muxer.js';
import { WastedStreams } from '../wasted-streams.js';
import { StreamPump } from '../pump.js';

/** What the table asks of its session. */
export interface MplexStreamTableOwner {
  /** Sends a message of a stream. */
  send(message: ConnectionMessage): void;
  /** The peer opened a stream. */
  onStream(stream: MplexStream): void;
  /** The last stream has ended. */
  onIdle(): void;
}

/** Streams by number, with their bounds. */
export class MplexStreamTable implements MplexStreamOwner {
  readonly streams = new Map<number, MplexStream>();
  readonly pump: StreamPump;
  readonly wasted: WastedStreams;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: MplexStreamTableOwner;
  readonly #resources: MuxerResources | undefined;
  readonly #isDialer: boolean;
  #nextId = 0;
  readonly #live = { inbound: 0, outbound: 0 };
  #waitingBytes = 0;

  constructor({ environment, connection, role, resources }: MuxerOptions, owner: MplexStreamTableOwner) {
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#resources = resources;
    this.wasted = new WastedStreams(environment, 'mplex');
    this.#isDialer = role === 'dialer';
    this.pump = new StreamPump(environment);
  }

  /** Bytes that wait for readers. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The stream with this id on the wire that the peer, or we, opened. */
  find(streamId: number, openedBy: Direction): MplexStream | undefined {
    return this.streams.get(this.#numberOf(streamId, openedBy));
  }

  /** Opens a stream: its NewStream is sent at once. Throws `ERR_MPLEX_TOO_MANY_STREAMS`, `ERR_RESOURCE_LIMIT`. */
  open(): MplexStream {
    const { mplexOutboundStreams } = this.#environment.limits;
    if (this.#live.outbound >= mplexOutboundStreams || this.#nextId > MPLEX_MAX_STREAM_ID) {
      const what = `mplex: ${this.#live.outbound} streams of ours are open, ${this.#nextId} were opened`;
      throw new EngineError('ERR_MPLEX_TOO_MANY_STREAMS', 'local', what);
    }
    const number = this.#numberOf(this.#nextId, 'outbound');
    const refused = this.#resources?.openStream(number, 'outbound');
    if (refused !== undefined) throw refused;
    this.#nextId++;
    return this.#add(number, 'outbound');
  }

  /** The peer opens a stream, with an id that none of its live streams has; `false`: it is one too many. */
  accept(streamId: number): boolean {
    if (this.#live.inbound >= this.#environment.limits.mplexInboundStreams) return false;
    const number = this.#numberOf(streamId, 'inbound');
    if (this.#resources?.openStream(number, 'inbound') !== undefined) return false;
    this.#add(number, 'inbound');
    return true;
  }

  /**
   * Makes room for `size` more bytes of `arriving`: whoever holds most is reset, until they fit. Streams that the peer has
   * closed are spared: what they hold is whole, and becomes no more.
   */
  makeRoom(size: number, arriving: MplexStream): void {
    while (this.#waitingBytes + size > this.#environment.limits.mplexSessionQueueBytes) {
      const held = `${this.#waitingBytes + size} bytes wait on this connection`;
      let largest = arriving;
      for (const stream of this.streams.values()) {
        if (!stream.isRemoteClosed && stream.unconsumedBytes > largest.unconsumedBytes) largest = stream;
      }
      largest.overflow(`${held}, ${largest.unconsumedBytes} of them here`);
      if (largest === arriving) return;
    }
  }

  /** Ends every stream with this reason, without a word. */
  endAll(error: EngineError): void {
    this.pump.clear();
    for (const stream of [...this.streams.values()]) stream.endSession(error);
  }

  /** Resets every stream for this reason. */
  resetAll(error: EngineError): void {
    for (const stream of [...this.streams.values()]) stream.resetFor(error);
  }

  // ------------------------------------------------------------ for the streams

  offered(stream: MplexStream): void {
    this.#owner.onStream(stream);
  }

  sendable(stream: MplexStream): void {
    this.pump.add(stream);
  }

  waiting(change: number): void {
    this.#waitingBytes += change;
  }

  ended(stream: MplexStream): void {
    this.streams.delete(stream.id);
    this.#live[stream.direction]--;
    this.#resources?.closeStream(stream.id);
    if (this.streams.size === 0) this.#owner.onIdle();
  }

  /** Nothing of a stream that has ended: another one may have its number by now. */
  hold(stream: MplexStream, size: number): EngineError | undefined {
    if (this.streams.get(stream.id) !== stream) return undefined;
    if (size >= 0) return this.#resources?.reserve(stream.id, size);
    this.#resources?.release(stream.id, -size);
    return undefined;
  }

  #numberOf(streamId: number, openedBy: Direction): number {
    return mplexStreamNumber(streamId, (openedBy === 'outbound') === this.#isDialer);
  }

  #add(number: number, direction: Direction): MplexStream {
    const stream = new MplexStream(this.#environment, this.#connection, number, direction, this);
    this.streams.set(number, stream);
    this.#live[direction]++;
    stream.outbound$.subscribe((message) => this.#owner.send(message));
    stream.start();
    return stream;
  }
}

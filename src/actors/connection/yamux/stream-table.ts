/**
 * The live streams of one yamux session: who may open one, who waits to be acknowledged, and what they may hold together.
 */
import { EngineError } from '../../../errors.js';
import type { ConnectionMessage, Direction } from '../../../messages.js';
import { YAMUX_MAX_UINT32 } from '../../../wire/yamux.js';
import type { Environment } from '../../environment.js';
import { YamuxStream, type YamuxStreamOwner } from '../../stream/yamux/stream.js';
import type { MuxerOptions, MuxerResources } from '../muxer.js';
import { WastedStreams } from '../wasted-streams.js';
import { StreamPump } from '../pump.js';
import { YamuxStreamIds } from './stream-ids.js';

/** What the table asks of its session. */
export interface YamuxStreamTableOwner {
  /** Sends a frame of a stream. */
  send(message: ConnectionMessage): void;
  /** The peer opened a stream. */
  onStream(stream: YamuxStream): void;
  /** The last stream has ended. */
  onIdle(): void;
  roundTripMs(): number | undefined;
}

/** Streams by id, with their bounds. */
export class YamuxStreamTable implements YamuxStreamOwner {
  readonly streams = new Map<number, YamuxStream>();
  readonly pump: StreamPump;
  readonly wasted: WastedStreams;
  readonly #environment: Environment;
  readonly #connection: string;
  readonly #owner: YamuxStreamTableOwner;
  readonly #resources: MuxerResources | undefined;
  readonly #peerIds: YamuxStreamIds;
  #nextId: number;
  readonly #live = { inbound: 0, outbound: 0 };
  /** Streams whose SYN was not answered yet, by who opened them. */
  readonly #unacknowledged = { inbound: 0, outbound: 0 };
  #growthBytes = 0;

  constructor({ environment, connection, role, resources }: MuxerOptions, owner: YamuxStreamTableOwner) {
    this.#environment = environment;
    this.#connection = connection;
    this.#owner = owner;
    this.#resources = resources;
    this.wasted = new WastedStreams(environment, 'yamux');
    this.pump = new StreamPump(environment);
    this.#nextId = role === 'dialer' ? 1 : 2;
    this.#peerIds = new YamuxStreamIds(role === 'dialer' ? 2 : 1, environment.limits.yamuxStreamIdGaps);
  }

  /** Opens a stream: SYN is sent at once. Throws `ERR_YAMUX_BACKLOG`, `ERR_YAMUX_TOO_MANY_STREAMS`, `ERR_RESOURCE_LIMIT`. */
  open(): YamuxStream {
    const { yamuxOutboundStreams, yamuxAckBacklog } = this.#environment.limits;
    if (this.#live.outbound >= yamuxOutboundStreams || this.#nextId > YAMUX_MAX_UINT32) {
      throw new EngineError(
        'ERR_YAMUX_TOO_MANY_STREAMS',
        'local',
        `yamux: ${this.#live.outbound} streams of ours are open`,
      );
    }
    if (this.#unacknowledged.outbound >= yamuxAckBacklog) {
      const what = `yamux: ${this.#unacknowledged.outbound} streams of ours wait to be acknowledged`;
      throw new EngineError('ERR_YAMUX_BACKLOG', 'local', what);
    }
    const id = this.#nextId;
    const refused = this.#resources?.openStream(id, 'outbound');
    if (refused !== undefined) throw refused;
    this.#nextId += 2;
    return this.#add(id, 'outbound');
  }

  /**
   * The peer opens a stream; `false`: it is refused, or one too many. Throws `ERR_YAMUX_BAD_STREAM_ID` for an id that is
   * not the peer's to use or was used before: the two sides no longer agree on what is open.
   */
  accept(id: number, isRefused: boolean): boolean {
    const finding = this.#peerIds.use(id);
    if (finding !== 'free') {
      const what = finding === 'used' ? 'was used before' : 'has the wrong parity';
      throw new EngineError(
        'ERR_YAMUX_BAD_STREAM_ID',
        'remote',
        `yamux: the peer opened stream ${id}, whose id ${what}`,
      );
    }
    const { yamuxInboundStreams, yamuxAckBacklog } = this.#environment.limits;
    if (isRefused || this.#live.inbound >= yamuxInboundStreams || this.#unacknowledged.inbound >= yamuxAckBacklog)
      return false;
    if (this.#resources?.openStream(id, 'inbound') !== undefined) return false;
    this.#add(id, 'inbound');
    return true;
  }

  /** Ends every stream with this reason. */
  endAll(error: EngineError): void {
    this.pump.clear();
    for (const stream of [...this.streams.values()]) stream.endSession(error);
  }

  // ------------------------------------------------------------ for the streams

  offered(stream: YamuxStream): void {
    this.#owner.onStream(stream);
  }

  acknowledged(stream: YamuxStream): void {
    this.#unacknowledged[stream.direction]--;
  }

  sendable(stream: YamuxStream): void {
    this.pump.add(stream);
  }

  ended(stream: YamuxStream): void {
    this.streams.delete(stream.id);
    this.#live[stream.direction]--;
    if (!stream.isAcknowledged) this.#unacknowledged[stream.direction]--;
    this.#growthBytes -= stream.growthBytes;
    this.#resources?.closeStream(stream.id);
    if (this.streams.size === 0) this.#owner.onIdle();
  }

  roundTripMs(): number | undefined {
    return this.#owner.roundTripMs();
  }

  reserveGrowth(stream: YamuxStream, size: number): boolean {
    if (this.#growthBytes + size > this.#environment.limits.yamuxWindowGrowthBytes) return false;
    if (this.#resources?.grow(stream.id, size) === false) return false;
    this.#growthBytes += size;
    return true;
  }

  hold(stream: YamuxStream, size: number): EngineError | undefined {
    if (size >= 0) return this.#resources?.reserve(stream.id, size);
    this.#resources?.release(stream.id, -size);
    return undefined;
  }

  #add(id: number, direction: Direction): YamuxStream {
    const stream = new YamuxStream(this.#environment, this.#connection, id, direction, this);
    this.streams.set(id, stream);
    this.#live[direction]++;
    this.#unacknowledged[direction]++;
    stream.outbound$.subscribe((message) => this.#owner.send(message));
    stream.start();
    return stream;
  }
}

/**
 * The live streams of one yamux session: who may open one, who waits to be acknowledged, and what they may hold together.
 */
import { EngineError } from '../../../errors.js';
import type { Direction } from '../../../messages.js';
import { YAMUX_MAX_UINT32 } from '../../../wire/yamux.js';
import { YamuxStream, type YamuxStreamOwner } from '../../stream/yamux/stream.js';
import type { MuxerOptions } from '../muxer.js';
import { StreamTable, type StreamTableOwner } from '../stream-table.js';
import { YamuxStreamIds } from './stream-ids.js';

/** What the table asks of its session. */
export interface YamuxStreamTableOwner extends StreamTableOwner<YamuxStream> {
  roundTripMs(): number | undefined;
}

/** Streams by id, with their bounds. */
export class YamuxStreamTable extends StreamTable<YamuxStream> implements YamuxStreamOwner {
  readonly #owner: YamuxStreamTableOwner;
  readonly #peerIds: YamuxStreamIds;
  #nextId: number;
  /** Streams whose SYN was not answered yet, by who opened them. */
  readonly #unacknowledged = { inbound: 0, outbound: 0 };
  #growthBytes = 0;

  constructor(options: MuxerOptions, owner: YamuxStreamTableOwner) {
    super(options, 'yamux', owner);
    const { environment, role } = options;
    this.#owner = owner;
    this.#nextId = role === 'dialer' ? 1 : 2;
    this.#peerIds = new YamuxStreamIds(role === 'dialer' ? 2 : 1, environment.limits.yamuxStreamIdGaps);
  }

  /** Opens a stream: SYN is sent at once. Throws `ERR_YAMUX_BACKLOG`, `ERR_YAMUX_TOO_MANY_STREAMS`, `ERR_RESOURCE_LIMIT`. */
  open(): YamuxStream {
    const { yamuxOutboundStreams, yamuxAckBacklog } = this.environment.limits;
    if (this.live.outbound >= yamuxOutboundStreams || this.#nextId > YAMUX_MAX_UINT32) {
      throw new EngineError(
        'ERR_YAMUX_TOO_MANY_STREAMS',
        'local',
        `yamux: ${this.live.outbound} streams of ours are open`,
      );
    }
    if (this.#unacknowledged.outbound >= yamuxAckBacklog) {
      const what = `yamux: ${this.#unacknowledged.outbound} streams of ours wait to be acknowledged`;
      throw new EngineError('ERR_YAMUX_BACKLOG', 'local', what);
    }
    const id = this.#nextId;
    const refused = this.countIn(id, 'outbound');
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
    const { yamuxInboundStreams, yamuxAckBacklog } = this.environment.limits;
    if (isRefused || this.live.inbound >= yamuxInboundStreams || this.#unacknowledged.inbound >= yamuxAckBacklog)
      return false;
    if (this.countIn(id, 'inbound') !== undefined) return false;
    this.#add(id, 'inbound');
    return true;
  }

  // ------------------------------------------------------------ for the streams

  acknowledged(stream: YamuxStream): void {
    this.#unacknowledged[stream.direction]--;
  }

  override ended(stream: YamuxStream): void {
    if (!stream.isAcknowledged) this.#unacknowledged[stream.direction]--;
    this.#growthBytes -= stream.growthBytes;
    super.ended(stream);
  }

  roundTripMs(): number | undefined {
    return this.#owner.roundTripMs();
  }

  reserveGrowth(stream: YamuxStream, size: number): boolean {
    if (this.#growthBytes + size > this.environment.limits.yamuxWindowGrowthBytes) return false;
    if (this.resources?.grow(stream.id, size) === false) return false;
    this.#growthBytes += size;
    return true;
  }

  #add(id: number, direction: Direction): YamuxStream {
    this.#unacknowledged[direction]++;
    return this.begin(new YamuxStream(this.environment, this.connection, id, direction, this));
  }
}

/**
 * The live streams of one session, as far as it is the same for every muxer: who they are, what they count in the node's
 * scopes, and in which order they send. Who may open one, and with which id, is each muxer's own.
 */
import type { EngineError } from '../../errors.js';
import type { ConnectionMessage, Direction } from '../../messages.js';
import type { Environment } from '../environment.js';
import { passOutward } from '../handler.js';
import { RenewedMap } from '../renewed.js';
import type { StreamCore } from '../stream/stream-core.js';
import type { MuxerOptions, MuxerResources } from './muxer.js';
import { OpenPace } from './open-pace.js';
import { StreamPump } from './pump.js';
import { WastedStreams } from './wasted-streams.js';

/** What a table asks of its session. */
export interface StreamTableOwner<TStream extends StreamCore> {
  /** Sends a frame of a stream. */
  send(message: ConnectionMessage): void;
  /** The peer opened a stream. */
  onStream(stream: TStream): void;
  /** The last stream has ended. */
  onIdle(): void;
}

/** Streams by id, with their bounds. */
export abstract class StreamTable<TStream extends StreamCore> {
  readonly streams = new RenewedMap<number, TStream>();
  readonly pump: StreamPump;
  readonly wasted: WastedStreams;
  readonly pace: OpenPace;
  protected readonly environment: Environment;
  protected readonly connection: string;
  protected readonly resources: MuxerResources | undefined;
  /** How many live, by who opened them. */
  protected readonly live = { inbound: 0, outbound: 0 };
  readonly #owner: StreamTableOwner<TStream>;

  /** `muxer`: its name, for errors. */
  constructor(options: MuxerOptions, muxer: string, owner: StreamTableOwner<TStream>) {
    const { environment, connection, resources } = options;
    this.environment = environment;
    this.connection = connection;
    this.resources = resources;
    this.#owner = owner;
    this.pump = new StreamPump(environment);
    this.pace = new OpenPace(environment);
    this.wasted = new WastedStreams(environment, muxer, this.pace);
  }

  /** Ends every stream with this reason, without a word. */
  endAll(error: EngineError): void {
    this.pump.clear();
    for (const stream of [...this.streams.values()]) stream.endSession(error);
  }

  // ------------------------------------------------------------ for the streams

  offered(stream: TStream): void {
    this.#owner.onStream(stream);
  }

  sendable(stream: TStream): void {
    this.pump.add(stream);
  }

  /** Nothing of a stream that has ended: another one may have its number by now. */
  hold(stream: TStream, size: number): EngineError | undefined {
    if (this.streams.get(stream.id) !== stream) return undefined;
    if (size >= 0) return this.resources?.reserve(stream.id, size);
    this.resources?.release(stream.id, -size);
    return undefined;
  }

  ended(stream: TStream): void {
    this.streams.delete(stream.id);
    this.live[stream.direction]--;
    this.resources?.closeStream(stream.id);
    if (this.streams.size === 0) this.#owner.onIdle();
  }

  // ------------------------------------------------------------ for each muxer's own table

  /** Counts a stream in the node's scopes. The refusal, if one is full. */
  protected countIn(id: number, direction: Direction): EngineError | undefined {
    return this.resources?.openStream(id, direction);
  }

  /** A stream that was counted in begins. */
  protected begin(stream: TStream): TStream {
    this.streams.set(stream.id, stream);
    this.live[stream.direction]++;
    if (stream.direction === 'inbound') this.pace.began();
    passOutward(this.environment, stream.outbound$, this.#owner);
    stream.start();
    return stream;
  }
}

/**
 * What a test asks a trace: which actors lived and which states they went through, which frames and bytes went over
 * which connection, what was agreed, and what failed. A view can be narrowed to a node, a connection or an actor.
 */
import { EngineError } from '../errors.js';
import { isObservation } from '../ports.js';
import type { Trace, TraceHeader, TraceRecord } from '../trace/format.js';
import { livesOf, type ActorLife } from './actor-lives.js';
import { bytesOn, type Side } from './byte-streams.js';
import { connectionOf, framesOf, isSaid, type FrameView } from './frame-view.js';
import { matchesAddress } from './glob.js';

/** Which frames {@link TraceView.frames} answers. */
export interface FrameFilter {
  readonly direction?: 'sent' | 'received';
  /** One layer or several; `secio` or `noise` named here shows their data frames as well. */
  readonly layer?: string | readonly string[];
}

/** What two ends of a connection agreed on. */
export interface Agreement {
  /** Address of the connection. */
  readonly connection: string;
  /** Id of the protocol, e.g. `/secio/1.0.0`. */
  readonly protocol: string;
  /** The muxed stream it is for; absent for security and muxer. */
  readonly stream: number | undefined;
}

/** An error that a trace tells of. */
export interface TracedError {
  readonly seq: number;
  readonly actor: string;
  readonly code: string;
  readonly message: string;
}

/** A trace, or the part of it that belongs to some actors. */
export class TraceView {
  readonly header: TraceHeader;
  /** The records of this view, in order; their numbers are those of the whole trace. */
  readonly records: readonly TraceRecord[];
  /** What was asked for to come here, for messages: `the trace`, `conn:2`. */
  readonly name: string;
  #lives: readonly ActorLife[] | undefined;

  private constructor(header: TraceHeader, records: readonly TraceRecord[], name: string) {
    this.header = header;
    this.records = records;
    this.name = name;
  }

  /** A view of a whole trace. */
  static of(trace: Trace | TraceView): TraceView {
    if (trace instanceof TraceView) return trace;
    return new TraceView(trace.header, trace.records, 'the trace');
  }

  /**
   * The actors whose address matches `pattern`, e.g. `conn:2/secio`, `conn:*`, `/n3/**`.
   * @throws EngineError `ERR_INVALID_ARGUMENT` when there is none, with the addresses that there are.
   */
  actor(pattern: string): TraceView {
    return this.#narrowed(pattern, (address) => matchesAddress(pattern, address));
  }

  /** One node of a simulation, by name. Throws as {@link actor}. */
  node(name: string): TraceView {
    return this.#narrowed(name, (address) => address === `/${name}` || address.startsWith(`/${name}/`));
  }

  /** A connection and everything in it, by address (`conn:2`) or by place in the order of opening. Throws as {@link actor}. */
  connection(which: string | number): TraceView {
    const address = typeof which === 'number' ? this.connections[which] : which;
    const name = address ?? `connection ${which} (there are ${this.connections.length})`;
    return this.#narrowed(name, (candidate) => matchesAddress(name, connectionOf(candidate)));
  }

  /** Addresses of the connections that were opened, in order. */
  get connections(): readonly string[] {
    return [...new Set(this.records.filter(({ name }) => name === 'io:opened').map(({ actor }) => actor))];
  }

  /** Every life of every actor, in the order in which they began. */
  get lives(): readonly ActorLife[] {
    return (this.#lives ??= livesOf(this.records));
  }

  /** Frames in words. Without `layer`: all that say something of their own, from multistream to yamux. */
  frames({ direction, layer }: FrameFilter = {}): readonly FrameView[] {
    const layers = typeof layer === 'string' ? [layer] : layer;
    return framesOf(this.records).filter(
      (frame) =>
        (direction === undefined || frame.direction === direction) &&
        (layers === undefined ? isSaid(frame) : layers.includes(frame.layer)),
    );
  }

  /**
   * Bytes that went over each connection to (`sent`) or from (`received`) the socket, by address.
   * @throws EngineError `ERR_INVALID_ARGUMENT` for a redacted trace, which holds none.
   */
  bytes(side: Side): ReadonlyMap<string, Uint8Array> {
    return bytesOn(this.records, side);
  }

  /** What was agreed, in order: security, muxer, then protocols of streams. */
  get agreements(): readonly Agreement[] {
    return this.records.flatMap(({ name, actor, data }) => {
      if (name !== 'frame:decoded' && name !== 'frame:encoded') return [];
      const { type, protocol, muxer } = (data['event'] ?? {}) as Readonly<Record<string, unknown>>;
      const agreed =
        type === 'multistream.selected'
          ? protocol
          : type === 'noise.secured' || type === 'tls.secured'
            ? muxer
            : undefined;
      if (typeof agreed !== 'string') return [];
      const stream = typeof data['stream'] === 'number' ? data['stream'] : undefined;
      return [{ connection: connectionOf(actor), protocol: agreed, stream }];
    });
  }

  /** Errors, in order: of frames, transports, calls, and bugs of the engine. */
  get errors(): readonly TracedError[] {
    return this.records.flatMap(({ seq, name, actor, data }) => {
      // An observation says once more what another record tells.
      if (isObservation(name)) return [];
      const found = errorIn(name === 'assert:failed' ? data : data['error']) ?? codeOf(data['code']);
      return found === undefined ? [] : [{ seq, actor, ...found }];
    });
  }

  #narrowed(name: string, takes: (address: string) => boolean): TraceView {
    const records = this.records.filter(({ actor }) => takes(actor));
    if (records.length === 0) {
      const there = [...new Set(this.records.map(({ actor }) => actor))].sort();
      throw new EngineError(
        'ERR_INVALID_ARGUMENT',
        'local',
        `no actor of ${this.name} is "${name}"; there are\n${there.map((address) => `  ${address}`).join('\n')}`,
      );
    }
    return new TraceView(this.header, records, name);
  }
}

function errorIn(value: unknown): { readonly code: string; readonly message: string } | undefined {
  if (typeof value === 'string') return codeOf(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, message, $error: inner } = value as Readonly<Record<string, unknown>>;
  if (inner !== undefined) return errorIn(inner);
  return typeof code === 'string' ? { code, message: typeof message === 'string' ? message : '' } : undefined;
}

function codeOf(value: unknown): { readonly code: string; readonly message: string } | undefined {
  return typeof value === 'string' && value.startsWith('ERR_') ? { code: value, message: '' } : undefined;
}

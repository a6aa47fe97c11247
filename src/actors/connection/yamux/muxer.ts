/**
 * The yamux session of a connection (libp2p/specs yamux/README.md): decodes frames, keeps the streams, and asks its
 * machine only when something is said about the session itself. It is the innermost handler of the connection's chain and
 * the root of the streams' chains.
 */
import { EngineError } from '../../../errors.js';
import { yamuxSessionMachine, type YamuxSessionEffect } from '../../../machines/yamux-session.js';
import type { ConnectionMessage, Direction } from '../../../messages.js';
import {
  describeYamuxHeader,
  encodeYamuxHeader,
  YAMUX_FLAG,
  YAMUX_GO_AWAY,
  YAMUX_PROTOCOL,
  YAMUX_TYPE,
  yamuxFlagNames,
  yamuxTypeName,
  type YamuxHeader,
} from '../../../wire/yamux.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MuxedStream } from '../../stream/muxed-stream.js';
import type { YamuxStream } from '../../stream/yamux/stream.js';
import type { MuxerOptions, MuxerProtocol } from '../muxer.js';
import { connectionClosed } from '../failure.js';
import { MuxerSession } from '../muxer-session.js';
import { YamuxFrameReader, type YamuxFrameSink } from './frame-reader.js';
import { badStreamId, goAwayCodeOf, sessionError, windowExceeded } from './errors.js';
import { YamuxPings } from './pings.js';
import { YamuxStreamTable, type YamuxStreamTableOwner } from './stream-table.js';

/** `/yamux/1.0.0`. */
export const yamuxProtocol: MuxerProtocol = {
  id: YAMUX_PROTOCOL,
  create: (options) => new YamuxMuxer(options),
};

/** One yamux session. */
export class YamuxMuxer extends MuxerSession implements YamuxFrameSink, YamuxStreamTableOwner {
  readonly layer = 'yamux';
  protected readonly machine: MachineActor<typeof yamuxSessionMachine>;
  protected readonly reader: YamuxFrameReader;
  protected readonly table: YamuxStreamTable;
  readonly #pings: YamuxPings;
  /** Whose body is being read; `undefined`: nobody's, it is skipped. */
  #bodyOf: YamuxStream | undefined;
  #finAfterBody = false;
  #discardedBytes = 0;

  constructor(options: MuxerOptions) {
    super(options, `${options.connection}/yamux`);
    const { environment } = options;
    this.reader = new YamuxFrameReader(this, environment.limits.yamuxReceiveFrameBytes);
    this.#pings = new YamuxPings(environment, (flags, value) => this.#sendFrame(YAMUX_TYPE.ping, flags, 0, value));
    this.table = new YamuxStreamTable(options, this);
    const { yamuxKeepAliveMs, yamuxKeepAliveTimeoutMs } = environment.limits;
    this.machine = spawnMachine(environment, yamuxSessionMachine, {
      address: this.address,
      input: { keepAliveMs: yamuxKeepAliveMs, keepAliveTimeoutMs: yamuxKeepAliveTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.break(error),
    });
  }

  /** For the table: the last round-trip time, in milliseconds. */
  roundTripMs(): number | undefined {
    return this.#pings.roundTripMs;
  }

  /** Bytes of data frames for streams that are gone. */
  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  openStream(): MuxedStream {
    this.checkOpen();
    if (this.goingAway === 'remote') {
      throw new EngineError('ERR_YAMUX_GO_AWAY', 'remote', 'yamux: the peer takes no more streams');
    }
    return this.table.open();
  }

  ping(onPong: (roundTripMs: number) => void): void {
    if (!this.hasEnded) this.#pings.ping(onPong);
  }

  goAway(code: number = YAMUX_GO_AWAY.normal): void {
    if (this.hasEnded) return;
    this.goingAway = 'local';
    this.machine.send({ type: 'local.goAway', code, idle: this.table.streams.size === 0 });
  }

  dispose(error?: EngineError): void {
    if (this.hasEnded) return;
    this.machine.send({ type: 'local.dispose', code: goAwayCodeOf(error) });
    this.end(error ?? connectionClosed());
    this.machine.stop();
  }

  // ------------------------------------------------------------ frames

  onHeader(header: YamuxHeader): void {
    const { type, flags, streamId, length } = header;
    if (type !== YAMUX_TYPE.data || flags !== 0) this.#show(header);
    if (type === YAMUX_TYPE.data || type === YAMUX_TYPE.windowUpdate) {
      this.#streamFrame(header);
      return;
    }
    if (streamId !== 0) throw badStreamId(header);
    if (type === YAMUX_TYPE.goAway) {
      this.goingAway ??= 'remote';
      this.machine.send({ type: 'wire.goAway', code: length, idle: this.table.streams.size === 0 });
    } else if ((flags & YAMUX_FLAG.SYN) !== 0) {
      this.#pings.answer(length);
    } else if ((flags & YAMUX_FLAG.ACK) !== 0) {
      this.#pings.pong(length);
    } else {
      throw new EngineError('ERR_YAMUX_UNEXPECTED', 'remote', 'yamux: a ping that neither asks nor answers');
    }
  }

  onBody(piece: Uint8Array): void {
    this.#bodyOf?.deliver(piece);
  }

  onBodyEnd(): void {
    const stream = this.#bodyOf;
    this.#bodyOf = undefined;
    if (this.#finAfterBody) stream?.finish();
    this.#finAfterBody = false;
  }

  #streamFrame(header: YamuxHeader): void {
    const { type, flags, streamId, length } = header;
    if (streamId === 0) throw badStreamId(header);
    if ((flags & YAMUX_FLAG.SYN) !== 0) this.#peerOpens(streamId, (flags & YAMUX_FLAG.RST) !== 0);
    // A stream that is gone: the peer may still be sending what it was granted, and must be let.
    const stream = this.table.streams.get(streamId);
    if (stream === undefined) {
      if (type === YAMUX_TYPE.data) this.#discardedBytes += length;
      return;
    }
    // go and js say ACK, rust says it with its first data: any frame of the peer shows that it took the stream.
    if (stream.direction === 'outbound' && (flags & YAMUX_FLAG.RST) === 0) stream.acknowledge();
    if ((flags & YAMUX_FLAG.RST) !== 0) {
      // The length of a window update is an error code here (go-yamux v5), no grant.
      stream.resetByPeer(type === YAMUX_TYPE.windowUpdate ? length : 0);
      if (stream.direction === 'inbound') this.table.wasted.count();
    } else if (type === YAMUX_TYPE.windowUpdate) {
      stream.grant(length);
      if ((flags & YAMUX_FLAG.FIN) !== 0) stream.finish();
    } else if (stream.charge(length)) {
      this.#bodyOf = stream;
      this.#finAfterBody = (flags & YAMUX_FLAG.FIN) !== 0;
    } else {
      throw windowExceeded(header);
    }
  }

  /** A stream that was opened and reset in one frame is used up and no more. */
  #peerOpens(id: number, wasReset: boolean): void {
    if (this.table.accept(id, wasReset || this.goingAway === 'local')) return;
    if (!wasReset) this.#sendFrame(YAMUX_TYPE.windowUpdate, YAMUX_FLAG.RST, id, 0);
    this.table.wasted.count();
  }

  // ------------------------------------------------------------ the session

  protected isIdle(): boolean {
    return this.table.streams.size === 0 && this.reader.isBetweenFrames;
  }

  protected override heard(): void {
    this.machine.send({ type: 'peer.heard' });
  }

  #perform(effect: YamuxSessionEffect): void {
    switch (effect.type) {
      case 'send.ping':
        this.probing = true;
        this.#pings.ping();
        return;
      case 'send.goAway':
        this.#sendFrame(YAMUX_TYPE.goAway, 0, 0, effect.code);
        return;
      case 'report.closed':
        this.end(connectionClosed());
        this.options.onEnded();
        return;
      case 'report.failed':
        this.fail(this.fault ?? sessionError(effect.code, this.reader.lastHeader, this.table.streams.size));
        return;
      default:
        effect satisfies never;
    }
  }

  /** The peer broke the protocol: the machine ends the session with a go-away that says so. */
  protected violated(error: EngineError): void {
    this.fault = error.withDetails({ lastBytesDecoded: describeYamuxHeader(this.reader.lastHeader) });
    this.machine.send({ type: 'wire.violation', code: error.code });
  }

  /** We broke: the peer hears it. */
  protected tellBroken(): void {
    this.#sendFrame(YAMUX_TYPE.goAway, 0, 0, YAMUX_GO_AWAY.internalError);
  }

  protected override end(error: EngineError): void {
    this.#pings.clear();
    super.end(error);
  }

  #sendFrame(type: number, flags: number, streamId: number, length: number): void {
    const message = this.#message('outbound', { type, flags, streamId, length }, [
      encodeYamuxHeader(type, flags, streamId, length),
    ]);
    this.send(message);
  }

  /** Shows a frame that says more than its bytes to who listens. */
  #show(header: YamuxHeader): void {
    this.inbound.next(this.#message('inbound', header, []));
  }

  #message(direction: Direction, header: YamuxHeader, chunks: readonly Uint8Array[]): ConnectionMessage {
    const { type, flags, streamId, length } = header;
    return this.environment.message({
      direction,
      layer: this.layer,
      connection: this.options.connection,
      stream: streamId === 0 ? undefined : streamId,
      chunks,
      event: { type: `yamux.${yamuxTypeName(type)}`, flags: yamuxFlagNames(flags), length },
    });
  }
}

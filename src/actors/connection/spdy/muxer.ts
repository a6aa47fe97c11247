/**
 * The SPDY/3.1 session of a connection (draft-mbelshe-httpbis-spdy-00, as libp2p-spdy speaks it): decodes frames, keeps
 * the streams and the two compression contexts, and asks its machine only when something is said about the session
 * itself. It is the innermost handler of the connection's chain and the root of the streams' chains.
 */
import { EngineError, toEngineError } from '../../../errors.js';
import { spdySessionMachine, type SpdySessionEffect } from '../../../machines/spdy-session.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import { SpdyDeflater } from '../../../wire/spdy-compression.js';
import { encodeSpdyHeaders, SPDY_REPLY_HEADERS, SPDY_REQUEST_HEADERS } from '../../../wire/spdy-headers.js';
import {
  describeSpdyHeader,
  encodeSpdyPair,
  encodeSpdyPing,
  encodeSpdySettings,
  encodeSpdySynReply,
  encodeSpdySynStream,
  SPDY_DEFAULT_WINDOW_BYTES,
  SPDY_GO_AWAY,
  SPDY_PROTOCOL,
  SPDY_SETTING,
  SPDY_TYPE,
  type SpdyControl,
  type SpdyHeader,
} from '../../../wire/spdy.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MuxedStream } from '../../stream/muxed-stream.js';
import type { MuxerOptions, MuxerProtocol } from '../muxer.js';
import { connectionClosed } from '../failure.js';
import { MuxerSession } from '../muxer-session.js';
import { goAwayStatusOf, sessionError } from './errors.js';
import { SpdyFrameReader } from './frame-reader.js';
import { SpdyFrames } from './frames.js';
import { SpdyPings } from './pings.js';
import { SpdyStreamTable } from './stream-table.js';

/** `/spdy/3.1.0`. */
export const spdyProtocol: MuxerProtocol = {
  id: SPDY_PROTOCOL,
  create: (options) => new SpdyMuxer(options),
};

/** One SPDY session. */
export class SpdyMuxer extends MuxerSession {
  readonly layer = 'spdy';
  protected readonly machine: MachineActor<typeof spdySessionMachine>;
  protected readonly reader: SpdyFrameReader;
  readonly #frames: SpdyFrames;
  protected readonly table: SpdyStreamTable;
  readonly #pings: SpdyPings;
  readonly #deflater = new SpdyDeflater();
  /** The peer's settings and its go-away, until the machine has heard of them. */
  #settings: ReadonlyMap<number, number> = new Map();
  #goAwayStatus: number = SPDY_GO_AWAY.ok;

  constructor(options: MuxerOptions) {
    super(options, `${options.connection}/spdy`);
    const { environment, role } = options;
    const { limits } = environment;
    this.#pings = new SpdyPings(environment, role, (id) => this.#sendFrame('ping', encodeSpdyPing(id), { value: id }));
    this.table = new SpdyStreamTable(options, {
      send: (message) => this.send(message),
      synStream: (id) => this.#sendSynStream(id),
      synReply: (id) => this.#sendSynReply(id),
      grantSession: (delta) => this.#sendPair(SPDY_TYPE.windowUpdate, 'windowUpdate', 0, delta),
      onStream: (stream) => options.onStream(stream),
      onIdle: () => this.onIdle(),
    });
    this.#frames = new SpdyFrames(limits, this.table, {
      readsOn: () => this.readsOn,
      isGoingAway: () => this.goingAway === 'local',
      show: (header, streamId) => this.#show(header, streamId),
      reset: (streamId, status) => this.#sendPair(SPDY_TYPE.rstStream, 'rstStream', streamId, status),
      session: (control) => this.#hearControl(control),
    });
    this.reader = new SpdyFrameReader(this.#frames, limits.spdyControlFrameBytes);
    this.machine = spawnMachine(environment, spdySessionMachine, {
      address: this.address,
      input: { keepAliveMs: limits.spdyKeepAliveMs, keepAliveTimeoutMs: limits.spdyKeepAliveTimeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.break(error),
    });
  }

  /** Bytes of data frames that no stream took. */
  get discardedBytes(): number {
    return this.#frames.discardedBytes;
  }

  openStream(): MuxedStream {
    this.checkOpen();
    if (this.goingAway === 'remote') {
      throw new EngineError('ERR_SPDY_GO_AWAY', 'remote', 'spdy: the peer takes no more streams');
    }
    return this.table.open();
  }

  ping(onPong: (roundTripMs: number) => void): void {
    if (!this.hasEnded) this.#pings.ping(onPong);
  }

  goAway(code: number = SPDY_GO_AWAY.ok): void {
    if (this.hasEnded) return;
    this.goingAway = 'local';
    this.machine.send({ type: 'local.goAway', status: code, idle: this.table.streams.size === 0 });
  }

  dispose(error?: EngineError): void {
    if (this.hasEnded) return;
    this.machine.send({ type: 'local.dispose', status: goAwayStatusOf(error) });
    this.end(error ?? connectionClosed());
    this.machine.stop();
  }

  // ------------------------------------------------------------ what is said about the session

  #hearControl(control: SpdyControl): void {
    switch (control.type) {
      case 'settings':
        this.#pings.heed();
        this.#settings = control.entries;
        this.machine.send({ type: 'wire.settings' });
        return;
      case 'ping':
        this.#pings.receive(control.id);
        return;
      case 'goAway':
        this.goingAway ??= 'remote';
        this.#goAwayStatus = control.status;
        this.table.endAbove(control.lastStreamId);
        this.machine.send({ type: 'wire.goAway', status: control.status, idle: this.table.streams.size === 0 });
        return;
      default:
    }
  }

  protected isIdle(): boolean {
    return this.table.streams.size === 0 && this.reader.isBetweenFrames;
  }

  protected override heard(): void {
    this.machine.send({ type: 'peer.heard' });
  }

  #perform(effect: SpdySessionEffect): void {
    switch (effect.type) {
      case 'send.settings':
        this.#sendSettings();
        return;
      case 'apply.settings':
        this.#applySettings();
        return;
      case 'send.ping':
        this.probing = true;
        this.#pings.ping();
        return;
      case 'send.goAway':
        this.#sendPair(SPDY_TYPE.goAway, 'goAway', this.table.lastStreamId, effect.status);
        return;
      case 'report.closed':
        this.end(connectionClosed());
        this.options.onEnded();
        return;
      case 'report.failed':
        this.fail(this.fault ?? sessionError(effect.code, this.#goAwayStatus, this.table.streams.size));
        return;
      default:
        effect satisfies never;
    }
  }

  #applySettings(): void {
    try {
      this.table.applySettings(this.#settings);
    } catch (thrown) {
      this.violated(toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', String(thrown)));
    }
  }

  /** The peer broke the protocol: the machine ends the session with a go-away that says so. */
  protected violated(error: EngineError): void {
    const lastBytesDecoded = error.details.lastBytesDecoded ?? describeSpdyHeader(this.reader.lastHeader);
    this.fault = error.withDetails({ lastBytesDecoded });
    this.machine.send({ type: 'wire.violation', code: error.code });
  }

  /** We broke: the peer hears it. */
  protected tellBroken(): void {
    this.#sendPair(SPDY_TYPE.goAway, 'goAway', this.table.lastStreamId, SPDY_GO_AWAY.internalError);
  }

  protected override end(error: EngineError): void {
    this.#pings.clear();
    super.end(error);
  }

  // ------------------------------------------------------------ out

  /** What we allow, and then the session's window, which settings cannot widen. */
  #sendSettings(): void {
    const { spdyInboundStreams, spdyInitialWindowBytes } = this.environment.limits;
    const frame = encodeSpdySettings([
      [SPDY_SETTING.maxConcurrentStreams, spdyInboundStreams],
      [SPDY_SETTING.initialWindowSize, spdyInitialWindowBytes],
    ]);
    this.#sendFrame('settings', frame, { streams: spdyInboundStreams, windowBytes: spdyInitialWindowBytes });
    const delta = this.table.sessionWindowBytes - SPDY_DEFAULT_WINDOW_BYTES;
    if (delta > 0) this.#sendPair(SPDY_TYPE.windowUpdate, 'windowUpdate', 0, delta);
  }

  #sendSynStream(id: number): void {
    const block = this.#deflater.deflate(encodeSpdyHeaders(SPDY_REQUEST_HEADERS));
    this.#sendFrame('synStream', encodeSpdySynStream(id, 0, block), {}, id);
  }

  #sendSynReply(id: number): void {
    const block = this.#deflater.deflate(encodeSpdyHeaders(SPDY_REPLY_HEADERS));
    this.#sendFrame('synReply', encodeSpdySynReply(id, block), {}, id);
  }

  #sendPair(type: number, name: string, first: number, value: number): void {
    const stream = type === SPDY_TYPE.goAway || first === 0 ? undefined : first;
    this.#sendFrame(name, encodeSpdyPair(type, first, value), { value }, stream);
  }

  #sendFrame(name: string, frame: Uint8Array, details: Omit<MessageEvent, 'type'>, stream?: number): void {
    this.send(this.#message('outbound', [frame], { type: `spdy.${name}`, ...details }, stream));
  }

  /** Shows a frame that says more than its bytes to who listens. */
  #show(header: Readonly<SpdyHeader>, streamId: number): void {
    const event = { type: `spdy.${describeSpdyHeader(header).split(' ', 1)[0] ?? ''}`, length: header.length };
    this.inbound.next(this.#message('inbound', [], event, streamId === 0 ? undefined : streamId));
  }

  #message(
    direction: Direction,
    chunks: readonly Uint8Array[],
    event: MessageEvent,
    stream: number | undefined,
  ): ConnectionMessage {
    const { connection } = this.options;
    return this.environment.message({ direction, layer: this.layer, connection, stream, chunks, event });
  }
}

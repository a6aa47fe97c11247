/**
 * The mplex session of a connection (libp2p/specs mplex/README.md): decodes messages, keeps the streams, and asks its
 * machine only when the session itself is concerned. It is the innermost handler of the connection's chain and the root of
 * the streams' chains.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, toEngineError, type StateStay } from '../../../errors.js';
import { mplexSessionMachine, type MplexSessionEffect } from '../../../machines/mplex-session.js';
import type { ConnectionMessage, Direction, MessageEvent } from '../../../messages.js';
import {
  describeMplexHeader,
  encodeMplexHeader,
  isInitiatorFlag,
  MPLEX_FLAG,
  MPLEX_PROTOCOL,
  mplexFlagName,
  mplexStreamNumber,
  printableStreamName,
  type MplexHeader,
} from '../../../wire/mplex.js';
import type { Environment } from '../../environment.js';
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MplexStream } from '../../stream/mplex/stream.js';
import type { MuxedStream } from '../../stream/muxed-stream.js';
import type { Muxer, MuxerOptions, MuxerProtocol } from '../muxer.js';
import { idInUse, sessionClosed, sessionError } from './errors.js';
import { MplexMessageReader, type MplexMessageSink } from './message-reader.js';
import { MplexStreamTable } from './stream-table.js';

/** `/mplex/6.7.0`. */
export const mplexProtocol: MuxerProtocol = {
  id: MPLEX_PROTOCOL,
  create: (options) => new MplexMuxer(options),
};

/** One mplex session. */
export class MplexMuxer implements Muxer, MplexMessageSink {
  readonly address: string;
  readonly layer = 'mplex';
  readonly #environment: Environment;
  readonly #options: MuxerOptions;
  readonly #machine: MachineActor<typeof mplexSessionMachine>;
  readonly #inbound = new Subject<ConnectionMessage>();
  readonly #outbound = new Subject<ConnectionMessage>();
  readonly #reader: MplexMessageReader;
  readonly #table: MplexStreamTable;
  /** The message that is being read: whose data it is, and what it is at its end. */
  #dataOf: MplexStream | undefined;
  /** A stream that is being opened: its name, as far as it came. */
  #opening: { readonly header: MplexHeader; readonly name: Uint8Array[] } | undefined;
  #goingAway = false;
  #isOver = false;
  #discardedBytes = 0;
  /** What ends it, in words, until the machine reports the end. */
  #fault: EngineError | undefined;

  constructor(options: MuxerOptions) {
    const { environment, connection } = options;
    const { mplexMessageBytes: messageBytes, mplexStreamNameBytes: nameBytes } = environment.limits;
    this.address = `${connection}/mplex`;
    this.#environment = environment;
    this.#options = options;
    this.#reader = new MplexMessageReader(this, { messageBytes, nameBytes });
    this.#table = new MplexStreamTable(options, {
      send: (message) => this.send(message),
      onStream: (stream) => options.onStream(stream),
      onIdle: () => this.#idle(),
    });
    this.#machine = spawnMachine(environment, mplexSessionMachine, {
      address: this.address,
      input: undefined,
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#break(error),
    });
  }

  get inbound$(): Observable<ConnectionMessage> {
    return this.#inbound;
  }

  get outbound$(): Observable<ConnectionMessage> {
    return this.#outbound;
  }

  get streams(): ReadonlyMap<number, MuxedStream> {
    return this.#table.streams;
  }

  get takesStreams(): boolean {
    return !this.#isOver && !this.#goingAway;
  }

  get stays(): readonly StateStay[] {
    return this.#machine.stays;
  }

  get state(): string {
    return this.#machine.state;
  }

  /** Bytes of messages for streams that are gone, or never were. */
  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  /** Bytes that wait for readers. */
  get waitingBytes(): number {
    return this.#table.waitingBytes;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  start(): void {
    this.#machine.start();
  }

  openStream(): MuxedStream {
    if (this.#isOver || this.#goingAway) {
      throw new EngineError('ERR_CONNECTION_CLOSED', 'local', `${this.address} is closed`);
    }
    return this.#table.open();
  }

  /** mplex has no ping: nobody is called back. */
  ping(): void {}

  goAway(): void {
    if (this.#isOver) return;
    this.#goingAway = true;
    this.#machine.send({ type: 'local.goAway', idle: this.#table.streams.size === 0 });
  }

  dispose(error: EngineError = sessionClosed()): void {
    if (this.#isOver) return;
    this.#fault = error;
    this.#machine.send({ type: 'local.dispose' });
    this.#end(error);
    this.#machine.stop();
  }

  /** Sends on what a stream sends. */
  send(message: ConnectionMessage): void {
    if (!this.#isOver) this.#outbound.next(message);
  }

  receive(message: ConnectionMessage): void {
    if (this.#isOver) return;
    if (message.event !== undefined) this.#hear(message.event.type, message.error);
    try {
      for (const chunk of message.chunks) this.#reader.read(chunk);
    } catch (thrown) {
      const error = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `${this.address}: ${String(thrown)}`);
      if (error.blame === 'remote') this.#violated(error);
      else this.#break(error);
    }
  }

  // ------------------------------------------------------------ messages

  onHeader(header: MplexHeader): void {
    const { flag, streamId, length } = header;
    const openedBy = isInitiatorFlag(flag) ? 'inbound' : 'outbound';
    const stream = this.#table.find(streamId, openedBy);
    if (flag === MPLEX_FLAG.newStream) {
      if (stream !== undefined) throw idInUse(header);
      this.#opening = { header, name: [] };
      return;
    }
    const isMessage = flag === MPLEX_FLAG.messageInitiator || flag === MPLEX_FLAG.messageReceiver;
    if (!isMessage) this.#show(header, {});
    if (stream === undefined) {
      // A stream that is gone: the peer may not have heard of it yet. go and js ignore it too; js drops a connection on
      // which it is answered for streams that it does not know.
      this.#discardedBytes += length;
    } else if (isMessage) {
      if (stream.takes(length)) this.#table.makeRoom(length, stream);
      this.#dataOf = stream;
    } else if (flag === MPLEX_FLAG.closeInitiator || flag === MPLEX_FLAG.closeReceiver) {
      stream.finish();
    } else {
      stream.resetByPeer();
      if (stream.direction === 'inbound') this.#table.wasted.count();
    }
  }

  onData(piece: Uint8Array): void {
    // The name was bounded by its header.
    if (this.#opening !== undefined) this.#opening.name.push(piece.slice());
    else this.#dataOf?.deliver(piece);
  }

  onMessageEnd(): void {
    this.#dataOf = undefined;
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening !== undefined) this.#peerOpens(opening.header, joined(opening.name));
  }

  #peerOpens(header: MplexHeader, name: Uint8Array): void {
    this.#show(header, { name: printableStreamName(name) });
    const { streamId } = header;
    if (!this.#goingAway && this.#table.accept(streamId)) return;
    this.#sendMessage(MPLEX_FLAG.resetReceiver, streamId);
    this.#table.wasted.count();
  }

  // ------------------------------------------------------------ the session

  #hear(event: string, error: EngineError | undefined): void {
    if (event === 'transport.congested') this.#table.pump.congested();
    else if (event === 'transport.drained') this.#table.pump.drained();
    else if (event === 'transport.ended') {
      const idle = this.#table.streams.size === 0 && this.#reader.isBetweenMessages;
      this.#machine.send({ type: 'transport.ended', idle });
    } else if (event === 'transport.failed') {
      this.#fault = error;
      this.#machine.send({ type: 'transport.failed' });
    }
  }

  #perform(effect: MplexSessionEffect): void {
    switch (effect.type) {
      case 'reset.streams':
        this.#table.resetAll(this.#fault ?? sessionClosed());
        return;
      case 'report.closed':
        this.#end(sessionClosed());
        this.#options.onEnded();
        return;
      case 'report.failed':
        this.#fail(this.#fault ?? sessionError(effect.code, this.#table.streams.size));
        return;
      default:
        effect satisfies never;
    }
  }

  /** The peer broke the protocol: the machine ends the session, and every stream with it. */
  #violated(error: EngineError): void {
    const { lastHeader } = this.#reader;
    const { lastBytesDecoded } = error.details;
    const decoded = lastBytesDecoded ?? (lastHeader === undefined ? 'no message' : describeMplexHeader(lastHeader));
    this.#fault = error.withDetails({ lastBytesDecoded: decoded });
    this.#machine.send({ type: 'wire.violation', code: error.code });
  }

  /** We broke: the peer hears it by resets, and everybody else. */
  #break(error: EngineError): void {
    if (this.#isOver) return;
    this.#table.resetAll(error);
    this.#fail(error);
    this.#machine.stop();
  }

  #fail(cause: EngineError): void {
    const { machine, stays, lastEvent } = this.#machine;
    const error = cause.withDetails({ machine, state: stays.at(-2)?.state ?? '', lastEvent, timeline: stays });
    this.#end(error);
    this.#options.onEnded(error);
  }

  #end(error: EngineError): void {
    this.#isOver = true;
    this.#table.endAll(error);
  }

  #idle(): void {
    if (!this.#goingAway || this.#isOver) return;
    this.#environment.turns.post(() => {
      if (this.#table.streams.size === 0) this.#machine.send({ type: 'streams.idle' });
    });
  }

  /** Sends an empty message for a stream of the peer that we do not have. */
  #sendMessage(flag: number, streamId: number): void {
    const header = { flag, streamId, length: 0 };
    this.send(this.#message('outbound', header, [encodeMplexHeader(flag, streamId, 0)], {}));
  }

  /** Shows a message that says more than its bytes to who listens. */
  #show(header: MplexHeader, more: Omit<MessageEvent, 'type'>): void {
    this.#inbound.next(this.#message('inbound', header, [], more));
  }

  #message(
    direction: Direction,
    header: MplexHeader,
    chunks: readonly Uint8Array[],
    more: Omit<MessageEvent, 'type'>,
  ): ConnectionMessage {
    const { flag, streamId: id } = header;
    const { connection, role } = this.#options;
    const openedByUs = isInitiatorFlag(flag) === (direction === 'outbound');
    return this.#environment.message({
      direction,
      layer: this.layer,
      connection,
      stream: mplexStreamNumber(id, openedByUs === (role === 'dialer')),
      chunks,
      event: { type: `mplex.${mplexFlagName(flag)}`, id, ...more },
    });
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

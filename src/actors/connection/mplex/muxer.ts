/**
 * The mplex session of a connection (libp2p/specs mplex/README.md): decodes messages, keeps the streams, and asks its
 * machine only when the session itself is concerned. It is the innermost handler of the connection's chain and the root of
 * the streams' chains.
 */
import type { EngineError } from '../../../errors.js';
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
import { spawnMachine, type MachineActor } from '../../spawn.js';
import type { MplexStream } from '../../stream/mplex/stream.js';
import type { MuxedStream } from '../../stream/muxed-stream.js';
import type { MuxerOptions, MuxerProtocol } from '../muxer.js';
import { connectionClosed } from '../failure.js';
import { MuxerSession } from '../muxer-session.js';
import { idInUse, sessionError } from './errors.js';
import { MplexMessageReader, type MplexMessageSink } from './message-reader.js';
import { MplexStreamTable } from './stream-table.js';

/** `/mplex/6.7.0`. */
export const mplexProtocol: MuxerProtocol = {
  id: MPLEX_PROTOCOL,
  create: (options) => new MplexMuxer(options),
};

/** One mplex session. */
export class MplexMuxer extends MuxerSession implements MplexMessageSink {
  readonly layer = 'mplex';
  protected readonly machine: MachineActor<typeof mplexSessionMachine>;
  protected readonly reader: MplexMessageReader;
  protected readonly table: MplexStreamTable;
  /** The message that is being read: whose data it is, and what it is at its end. */
  #dataOf: MplexStream | undefined;
  /** A stream that is being opened: its name, as far as it came. */
  #opening: { readonly header: MplexHeader; readonly name: Uint8Array[] } | undefined;
  #discardedBytes = 0;

  constructor(options: MuxerOptions) {
    super(options, `${options.connection}/mplex`);
    const { environment } = options;
    const { mplexMessageBytes: messageBytes, mplexStreamNameBytes: nameBytes } = environment.limits;
    this.reader = new MplexMessageReader(this, { messageBytes, nameBytes });
    this.table = new MplexStreamTable(options, this);
    this.machine = spawnMachine(environment, mplexSessionMachine, {
      address: this.address,
      input: undefined,
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.break(error),
    });
  }

  /** Bytes of messages for streams that are gone, or never were. */
  get discardedBytes(): number {
    return this.#discardedBytes;
  }

  /** Bytes that wait for readers. */
  get waitingBytes(): number {
    return this.table.waitingBytes;
  }

  openStream(): MuxedStream {
    this.checkOpen();
    return this.table.open();
  }

  /** mplex has no ping: nobody is called back. */
  ping(): void {}

  goAway(): void {
    if (this.hasEnded) return;
    this.goingAway = 'local';
    this.machine.send({ type: 'local.goAway', idle: this.table.streams.size === 0 });
  }

  dispose(error: EngineError = connectionClosed()): void {
    if (this.hasEnded) return;
    this.fault = error;
    this.machine.send({ type: 'local.dispose' });
    this.end(error);
    this.machine.stop();
  }

  // ------------------------------------------------------------ messages

  onHeader(header: MplexHeader): void {
    const { flag, streamId, length } = header;
    const openedBy = isInitiatorFlag(flag) ? 'inbound' : 'outbound';
    const stream = this.table.find(streamId, openedBy);
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
      if (stream.takes(length)) this.table.makeRoom(length, stream);
      this.#dataOf = stream;
    } else if (flag === MPLEX_FLAG.closeInitiator || flag === MPLEX_FLAG.closeReceiver) {
      stream.finish();
    } else {
      stream.resetByPeer();
      if (stream.direction === 'inbound') this.table.wasted.count();
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
    if (this.goingAway === undefined && this.table.accept(streamId)) return;
    this.#sendMessage(MPLEX_FLAG.resetReceiver, streamId);
    this.table.wasted.count();
  }

  // ------------------------------------------------------------ the session

  protected isIdle(): boolean {
    return this.table.streams.size === 0 && this.reader.isBetweenMessages;
  }

  #perform(effect: MplexSessionEffect): void {
    switch (effect.type) {
      case 'reset.streams':
        this.table.resetAll(this.fault ?? connectionClosed());
        return;
      case 'report.closed':
        this.end(connectionClosed());
        this.options.onEnded();
        return;
      case 'report.failed':
        this.fail(this.fault ?? sessionError(effect.code, this.table.streams.size));
        return;
      default:
        effect satisfies never;
    }
  }

  /** The peer broke the protocol: the machine ends the session, and every stream with it. */
  protected violated(error: EngineError): void {
    const { lastHeader } = this.reader;
    const { lastBytesDecoded } = error.details;
    const decoded = lastBytesDecoded ?? (lastHeader === undefined ? 'no message' : describeMplexHeader(lastHeader));
    this.fault = error.withDetails({ lastBytesDecoded: decoded });
    this.machine.send({ type: 'wire.violation', code: error.code });
  }

  /** We broke: the peer hears it by resets. */
  protected tellBroken(error: EngineError): void {
    this.table.resetAll(error);
  }

  /** Sends an empty message for a stream of the peer that we do not have. */
  #sendMessage(flag: number, streamId: number): void {
    const header = { flag, streamId, length: 0 };
    this.send(this.#message('outbound', header, [encodeMplexHeader(flag, streamId, 0)], {}));
  }

  /** Shows a message that says more than its bytes to who listens. */
  #show(header: MplexHeader, more: Omit<MessageEvent, 'type'>): void {
    this.inbound.next(this.#message('inbound', header, [], more));
  }

  #message(
    direction: Direction,
    header: MplexHeader,
    chunks: readonly Uint8Array[],
    more: Omit<MessageEvent, 'type'>,
  ): ConnectionMessage {
    const { flag, streamId: id } = header;
    const { connection, role } = this.options;
    const openedByUs = isInitiatorFlag(flag) === (direction === 'outbound');
    return this.environment.message({
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

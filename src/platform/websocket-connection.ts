/**
 * One WebSocket (RFC 6455) as a transport connection: binary messages carry the bytes, their borders mean nothing.
 *
 * A WebSocket has no half-close. `end` flushes and sends the Close frame; what the peer sent before its own is still
 * delivered, and then both ways are closed. A socket that goes without a Close frame was dropped.
 */
import type { RawData, WebSocket } from 'ws';
import { EngineError, type ErrorCode } from '../errors.js';
import type { Limits } from '../limits.js';
import type { TransportConnection, TransportEvents } from '../ports.js';
import { streamError } from './duplex-connection.js';

/** The bounds of one connection. */
export type WebSocketLimits = Pick<
  Limits,
  | 'websocketMessageBytes'
  | 'websocketSendMessageBytes'
  | 'websocketHighWaterBytes'
  | 'websocketUpgrades'
  | 'websocketUpgradeTimeoutMs'
>;

/** Both ends. */
export interface WebSocketEnds {
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** What the library and we find wrong with what a peer sends. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'ERR_WEBSOCKET_TOO_LARGE',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'ERR_WEBSOCKET_TOO_LARGE',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'ERR_WEBSOCKET_TOO_LARGE',
};
/** Closed in order, or without saying why. */
const CLOSED_IN_ORDER = new Set([1000, 1001, 1005]);
const CLOSED_BY_NOBODY = 1006;

/** One open WebSocket. */
export class WebSocketConnection implements TransportConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly #socket: WebSocket;
  readonly #limits: WebSocketLimits;
  #events: TransportEvents | undefined;
  #error: EngineError | undefined;
  /** What came while nobody could take it: at most what the library had read when it was paused. */
  #held: Uint8Array[] = [];
  #paused = false;
  #unsent = 0;
  #refused = false;
  /** We dropped it: nothing more is delivered. */
  #dropped = false;
  /** The end, which waits until what came before it is delivered. */
  #end: (() => void) | undefined;
  #isOver = false;

  constructor(socket: WebSocket, ends: WebSocketEnds, limits: WebSocketLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.remoteAddress = ends.remoteAddress;
    this.localAddress = ends.localAddress;
    // Nothing is read before an owner is attached.
    socket.pause();
    socket.on('message', (data, isBinary) => this.#take(data, isBinary));
    socket.on('ping', (data) => this.#answer(data));
    socket.on('error', (cause: Error & { code?: string }) => this.#failed(cause));
    socket.on('close', (code) => this.#gone(code));
  }

  open(events: TransportEvents): void {
    this.#events = events;
    if (!this.#paused) this.resume();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return true;
    const { websocketSendMessageBytes, websocketHighWaterBytes } = this.#limits;
    const whole = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
    for (let at = 0; at < whole.length; at += websocketSendMessageBytes) {
      this.#unsent++;
      socket.send(whole.subarray(at, at + websocketSendMessageBytes), { binary: true }, this.#sent);
    }
    this.#refused ||= socket.bufferedAmount > websocketHighWaterBytes;
    return !this.#refused;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#events === undefined) return;
    this.#deliver();
    if (!this.#paused) this.#socket.resume();
  }

  end(): void {
    this.#socket.close(1000);
  }

  destroy(): void {
    this.#dropped = true;
    this.#held = [];
    this.#socket.terminate();
    // A paused socket does not hear of its end.
    this.#socket.resume();
    this.#end?.();
  }

  readonly #sent = (): void => {
    this.#unsent--;
    if (this.#unsent > 0 || !this.#refused || this.#isOver) return;
    this.#refused = false;
    this.#events?.onDrained();
  };

  #take(data: RawData, isBinary: boolean): void {
    if (this.#dropped) return;
    if (!isBinary) {
      const what = `websocket: ${this.remoteAddress} sent a text message`;
      this.#refuse(new EngineError('ERR_WEBSOCKET_TEXT', 'remote', what), 1003);
      return;
    }
    // The library gives one buffer a message, as it was asked to.
    const { buffer, byteOffset, length } = data as Buffer;
    if (length === 0) return;
    this.#held.push(new Uint8Array(buffer, byteOffset, length));
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#paused && this.#events !== undefined) {
      const chunk = this.#held.shift();
      if (chunk === undefined) break;
      this.#events.onChunk(chunk);
    }
    if (this.#held.length === 0) this.#end?.();
  }

  /** Answers a ping, unless the peer reads none of our answers. */
  #answer(data: Buffer): void {
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount <= this.#limits.websocketHighWaterBytes) {
      this.#socket.pong(data);
      return;
    }
    const what = `websocket: ${this.remoteAddress} pings and does not read: ${bufferedAmount} bytes wait for it`;
    this.#refuse(new EngineError('ERR_OUTBOX_OVERFLOW', 'remote', what), 1008);
  }

  #failed(cause: Error & { code?: string }): void {
    const what = `websocket: connection with ${this.remoteAddress}`;
    const ours =
      CODES[cause.code ?? ''] ?? (cause.code?.startsWith('WS_ERR_') === true ? 'ERR_WEBSOCKET_BAD_FRAME' : undefined);
    this.#error ??=
      ours === undefined
        ? streamError(cause, what)
        : new EngineError(ours, 'remote', `${what}: ${cause.message}`, { cause });
    this.destroy();
  }

  /** Ends it for what the peer did: the Close frame says why, and no answer is waited for. */
  #refuse(error: EngineError, code: number): void {
    this.#error = error;
    this.#socket.close(code);
    this.destroy();
  }

  #gone(code: number): void {
    const isOrderly = CLOSED_IN_ORDER.has(code);
    if (!isOrderly && !this.#dropped) {
      const why = code === CLOSED_BY_NOBODY ? 'was dropped without a Close frame' : `was closed with code ${code}`;
      this.#error ??= new EngineError('ERR_TRANSPORT_ENDED', 'remote', `websocket: ${this.remoteAddress} ${why}`);
    }
    this.#end = () => {
      if (this.#isOver || this.#events === undefined) return;
      this.#isOver = true;
      if (isOrderly && !this.#dropped) this.#events.onEnded();
      this.#events.onClosed(this.#error);
    };
    this.#deliver();
  }
}

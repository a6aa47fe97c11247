/**
 * A transport connection over Node's streams: a socket, any other duplex, or a readable and a writable that belong
 * together, such as the standard input and output of a child process.
 */
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { EngineError, type ErrorCode } from '../errors.js';
import type { TransportConnection, TransportEvents } from '../ports.js';

/** Below this, joining the chunks costs less than a vectored write. */
const JOIN_BELOW_BYTES = 16 * 1024;

/** Both directions of a connection: for a duplex, twice the same stream. */
export interface StreamPair {
  readonly readable: Readable;
  readonly writable: Writable;
}

/** What a connection over streams is called. */
export interface DuplexNames {
  /** Of the transport, for what its errors say. */
  readonly transport: string;
  readonly remoteAddress: string;
  readonly localAddress: string;
}

/** One raw connection over streams; its half-close is the streams' own. */
export class DuplexConnection implements TransportConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly #readable: Readable;
  readonly #writable: Writable;
  #events: TransportEvents | undefined;
  #error: EngineError | undefined;
  #closed = false;
  /** What little is written now leaves when the work at hand is done. */
  #gathering = false;

  constructor({ readable, writable }: StreamPair, names: DuplexNames) {
    this.#readable = readable;
    this.#writable = writable;
    this.remoteAddress = names.remoteAddress;
    this.localAddress = names.localAddress;
    const failed = (cause: Error): void => {
      this.#error ??= streamError(cause, `${names.transport}: connection with ${names.remoteAddress}`);
      // Of a pair, the other stream does not know.
      this.destroy();
    };
    const gone = (): void => this.#goneWhenBothAre();
    // From here on an error is always heard, even before an owner is attached.
    for (const stream of new Set([readable, writable])) {
      stream.on('error', failed);
      stream.on('close', gone);
    }
  }

  open(events: TransportEvents): void {
    this.#events = events;
    const readable = this.#readable;
    readable.on('data', (chunk: Buffer) =>
      events.onChunk(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)),
    );
    readable.on('end', () => events.onEnded());
    this.#writable.on('drain', () => events.onDrained());
    queueMicrotask(() => {
      // Who waits to be opened may have seen its peer's end already: the stream says that once, to whoever listens then.
      if (readable.readableEnded) events.onEnded();
      this.#goneWhenBothAre();
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const writable = this.#writable;
    if (writable.destroyed || writable.writableEnded) return true;
    this.#gather();
    let total = 0;
    for (const chunk of chunks) total += chunk.length;
    const only = chunks[0];
    if (total < JOIN_BELOW_BYTES) {
      return writable.write(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, total));
    }
    let goOn = true;
    for (const chunk of chunks) goOn = writable.write(chunk);
    this.#release();
    return goOn;
  }

  pause(): void {
    this.#readable.pause();
  }

  resume(): void {
    this.#readable.resume();
  }

  end(): void {
    if (!this.#writable.destroyed) this.#writable.end();
  }

  destroy(): void {
    this.#release();
    this.#writable.destroy();
    this.#readable.destroy();
  }

  /** A socket can tell its peer that this is no end (RST); any other stream is destroyed. */
  reset(): void {
    this.#release();
    const writable = this.#writable;
    if (!(writable instanceof Socket) || !writable.remotePort || writable.destroyed) {
      this.destroy();
      return;
    }
    // While its end is on the way to the system a socket refuses this (EINVAL), and is never closed at all.
    if (writable.writableEnded && !writable.writableFinished && writable.writableLength === 0) {
      writable.once('finish', () => writable.resetAndDestroy());
    } else writable.resetAndDestroy();
  }

  /** Turns with little to say may follow each other at once: what they write goes out in one system call, one segment. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#writable.cork();
    process.nextTick(() => this.#release());
  }

  #release(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    this.#writable.uncork();
  }

  #goneWhenBothAre(): void {
    if (this.#closed || this.#events === undefined || !this.#readable.closed || !this.#writable.closed) return;
    this.#closed = true;
    this.#events.onClosed(this.#error);
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'ERR_TRANSPORT_REFUSED',
  ENOENT: 'ERR_TRANSPORT_REFUSED',
  EHOSTUNREACH: 'ERR_TRANSPORT_UNREACHABLE',
  ENETUNREACH: 'ERR_TRANSPORT_UNREACHABLE',
  ENOTFOUND: 'ERR_TRANSPORT_UNREACHABLE',
  EADDRNOTAVAIL: 'ERR_TRANSPORT_UNREACHABLE',
  ECONNRESET: 'ERR_TRANSPORT_ENDED',
  EPIPE: 'ERR_TRANSPORT_ENDED',
  ERR_STREAM_PREMATURE_CLOSE: 'ERR_TRANSPORT_ENDED',
};

/** A stream's or socket's error by its name here; `what` says what was being done. */
export function streamError(cause: Error & { code?: string }, what: string): EngineError {
  const code = CODES[cause.code ?? ''] ?? 'ERR_TRANSPORT_FAILED';
  return new EngineError(code, 'remote', `${what}: ${cause.message}`, { cause });
}

/** Why an address cannot be listened on. */
export function listenError(cause: Error, what: string): EngineError {
  return new EngineError('ERR_LISTEN_FAILED', 'local', `${what}: ${cause.message}`, { cause });
}

/** TCP over node:net: IPv4, IPv6 and names that the system resolves. */
import { createServer, connect, isIPv4, type Socket } from 'node:net';
import { EngineError, type ErrorCode } from '../errors.js';
import type { Transport, TransportConnection, TransportEvents } from '../ports.js';
import { tcpAddressOf, tcpMultiaddr } from '../wire/multiaddr.js';

/** Below this, joining the chunks costs less than a vectored write. */
const JOIN_BELOW_BYTES = 16 * 1024;
/** Pending connections that the system queues for us. */
const BACKLOG = 511;

/** The TCP transport. */
export const tcpTransport: Transport = {
  name: 'tcp',
  handles: (address) => tcpAddressOf(address) !== undefined,

  dial(address, onConnected, onFailed) {
    const target = tcpAddressOf(address);
    if (target === undefined) {
      onFailed(new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `tcp: cannot dial ${address}`));
      return () => undefined;
    }
    const socket = connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
    const failed = (cause: Error): void => onFailed(socketError(cause, `tcp: dialing ${address}`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      onConnected(new TcpConnection(socket));
    });
    return () => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    };
  },

  listen(address, onConnection, onListening, onFailed) {
    const target = tcpAddressOf(address);
    if (target === undefined) {
      onFailed(new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `tcp: cannot listen on ${address}`));
      return;
    }
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      onConnection(new TcpConnection(socket)),
    );
    const failed = (cause: Error): void =>
      onFailed(
        new EngineError('ERR_LISTEN_FAILED', 'local', `tcp: listening on ${address}: ${cause.message}`, { cause }),
      );
    server.once('error', failed);
    server.listen({ host: target.host, port: target.port, backlog: BACKLOG, ipv6Only: target.family === 6 }, () => {
      server.off('error', failed);
      // Running out of file descriptors shows up here; the server goes on when some are free again.
      server.on('error', () => undefined);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : target.port;
      onListening({
        addresses: [tcpMultiaddr(target.host, port)],
        close: (onClosed) => server.close(() => onClosed()),
      });
    });
  },
};

class TcpConnection implements TransportConnection {
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly #socket: Socket;
  #error: EngineError | undefined;
  /** What little is written now leaves when the work at hand is done. */
  #gathering = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddress = tcpMultiaddr(plainHost(socket.remoteAddress), socket.remotePort ?? 0);
    this.localAddress = tcpMultiaddr(plainHost(socket.localAddress), socket.localPort ?? 0);
    // From here on an error is always heard, even before an owner is attached.
    socket.on('error', (cause) => (this.#error = socketError(cause, `tcp: connection with ${this.remoteAddress}`)));
  }

  open(events: TransportEvents): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => events.onChunk(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)));
    socket.on('drain', () => events.onDrained());
    socket.on('end', () => events.onEnded());
    socket.on('close', () => events.onClosed(this.#error));
    if (socket.destroyed) queueMicrotask(() => events.onClosed(this.#error));
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return true;
    this.#gather();
    let total = 0;
    for (const chunk of chunks) total += chunk.length;
    const only = chunks[0];
    if (total < JOIN_BELOW_BYTES) {
      return socket.write(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, total));
    }
    let goOn = true;
    for (const chunk of chunks) goOn = socket.write(chunk);
    this.#release();
    return goOn;
  }

  /** Turns with little to say may follow each other at once: what they write goes out in one system call, one segment. */
  #gather(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    this.#socket.cork();
    process.nextTick(() => this.#release());
  }

  #release(): void {
    if (!this.#gathering) return;
    this.#gathering = false;
    this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (!this.#socket.destroyed) this.#socket.end();
  }

  destroy(): void {
    this.#release();
    this.#socket.destroy();
  }

  reset(): void {
    this.#release();
    this.#socket.resetAndDestroy();
  }
}

/** `::ffff:127.0.0.1`, as a dual-stack socket shows an IPv4 peer, is that IPv4 address. */
function plainHost(host: string | undefined): string {
  const text = (host ?? '0.0.0.0').replace(/%.*$/, '');
  const mapped = text.startsWith('::ffff:') ? text.slice(7) : text;
  return isIPv4(mapped) ? mapped : text;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'ERR_TRANSPORT_REFUSED',
  EHOSTUNREACH: 'ERR_TRANSPORT_UNREACHABLE',
  ENETUNREACH: 'ERR_TRANSPORT_UNREACHABLE',
  ENOTFOUND: 'ERR_TRANSPORT_UNREACHABLE',
  EADDRNOTAVAIL: 'ERR_TRANSPORT_UNREACHABLE',
  ECONNRESET: 'ERR_TRANSPORT_ENDED',
  EPIPE: 'ERR_TRANSPORT_ENDED',
};

function socketError(cause: Error & { code?: string }, what: string): EngineError {
  const code = CODES[cause.code ?? ''] ?? 'ERR_TRANSPORT_FAILED';
  return new EngineError(code, 'remote', `${what}: ${cause.message}`, { cause });
}

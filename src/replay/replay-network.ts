/** Datagrams and HTTP that a trace feeds: what came, and when. What the node sends and asks goes nowhere; it is compared. */
import { EngineError, type Blame, type ErrorCode } from '../errors.js';
import type { Cancel, DatagramEvents, DatagramOptions, Datagrams, DatagramSocket } from '../ports.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../ports.js';
import { fromHex } from '../trace/values.js';
import { LeftTheTrace } from './replay-ports.js';

type Data = Readonly<Record<string, unknown>>;

interface ReplayedSocket {
  readonly events: DatagramEvents;
  readonly onOpened: (socket: DatagramSocket) => void;
  readonly onFailed: (error: EngineError) => void;
  isOpen: boolean;
  onClosed: (() => void) | undefined;
}

/** Sockets by the order in which they were opened. */
export class ReplayDatagrams implements Datagrams {
  readonly #sockets: ReplayedSocket[] = [];

  open(
    _options: DatagramOptions,
    events: DatagramEvents,
    onOpened: (socket: DatagramSocket) => void,
    onFailed: (error: EngineError) => void,
  ): Cancel {
    this.#sockets.push({ events, onOpened, onFailed, isOpen: false, onClosed: undefined });
    return () => undefined;
  }

  /** Feeds one `udp:*` record. */
  feed(name: string, data: Data): void {
    const socket = this.#sockets[Number(data['udp']) - 1];
    if (socket === undefined) throw new LeftTheTrace(`${name} of datagram socket ${String(data['udp'])}, never opened`);
    switch (name) {
      case 'udp:opened':
        socket.isOpen = true;
        socket.onOpened({
          port: Number(data['port']),
          send: () => undefined,
          close: (onClosed) => {
            socket.onClosed = onClosed;
          },
        });
        return;
      case 'udp:received':
        socket.events.onMessage(bytesOf(data), { address: String(data['address']), port: Number(data['port']) });
        return;
      case 'udp:failed':
        if (socket.isOpen) socket.events.onFailed(errorOf(data));
        else socket.onFailed(errorOf(data));
        return;
      case 'udp:closed':
        if (socket.onClosed === undefined)
          throw new LeftTheTrace(`datagram socket ${String(data['udp'])} is not closing`);
        socket.onClosed();
        return;
      default:
        throw new EngineError('ERR_TRACE_INVALID', 'local', `trace: "${name}" is no input of datagrams`);
    }
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface ReplayedRequest {
  readonly onConnected: (() => void) | undefined;
  /** What the node awaits of it: its head, or the next piece of its body. */
  pending: Pending | undefined;
}

/** Requests by the order in which they were made. */
export class ReplayHttp implements HttpClient {
  readonly #requests: ReplayedRequest[] = [];

  request({ onConnected }: HttpRequest): Promise<HttpResponse> {
    const request: ReplayedRequest = { onConnected, pending: undefined };
    this.#requests.push(request);
    return this.#ask<HttpResponse>(request);
  }

  close(): void {
    // No connection is kept.
  }

  /** Feeds one `http:*` record. */
  feed(name: string, data: Data): void {
    const request = this.#requests[Number(data['request']) - 1];
    if (request === undefined) throw new LeftTheTrace(`${name} of request ${String(data['request'])}, never made`);
    switch (name) {
      case 'http:connected':
        request.onConnected?.();
        return;
      case 'http:answered':
        this.#awaited(request, name).resolve({
          status: Number(data['status']),
          headers: data['headers'],
          body: { [Symbol.asyncIterator]: () => ({ next: () => this.#ask<IteratorResult<Uint8Array>>(request) }) },
        });
        return;
      case 'http:received':
        this.#awaited(request, name).resolve(
          data['done'] === true ? { done: true, value: undefined } : { done: false, value: bytesOf(data) },
        );
        return;
      case 'http:failed':
        this.#awaited(request, name).reject(errorOf(data));
        return;
      default:
        throw new EngineError('ERR_TRACE_INVALID', 'local', `trace: "${name}" is no input of HTTP`);
    }
  }

  #ask<Answer>(request: ReplayedRequest): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request.pending = { resolve: (value) => resolve(value as Answer), reject };
    });
  }

  #awaited(request: ReplayedRequest, name: string): Pending {
    const { pending } = request;
    if (pending === undefined) throw new LeftTheTrace(`${name}, for which nobody waits`);
    request.pending = undefined;
    return pending;
  }
}

function bytesOf(data: Data): Uint8Array {
  return fromHex((data['raw'] as { readonly data?: string } | undefined)?.data ?? '');
}

function errorOf({ error, blame, message }: Data): EngineError {
  return new EngineError(error as ErrorCode, blame as Blame, String(message));
}

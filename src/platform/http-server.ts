/** An HTTP server over Node's: heads, waits and connections are bounded, and bodies are written as fast as they are read. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { HttpHandler, HttpListener, HttpServer, HttpServerResponse } from '../ports.js';
import { flat } from './http-client.js';
import { plainView } from './plain-view.js';

/** How often Node looks for requests that take too long. */
const CHECK_MS = 1_000;

/** The bounds of a server, where they are not those of `limits`. */
export interface HttpServerBounds {
  /** From the first byte of a request until its head is whole, and until all of it is. */
  readonly headTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Nothing is read or written. */
  readonly idleMs?: number;
  readonly connections?: number;
}

/** Serves over sockets of this machine. */
export class NodeHttpServer implements HttpServer {
  readonly #bounds: Required<HttpServerBounds>;

  constructor(bounds: HttpServerBounds = {}) {
    this.#bounds = {
      headTimeoutMs: LIMITS.httpServerHeadTimeoutMs,
      requestTimeoutMs: LIMITS.httpServerHeadTimeoutMs + LIMITS.httpServerRequestTimeoutMs,
      idleMs: LIMITS.httpServerIdleMs,
      connections: LIMITS.httpServerConnections,
      ...bounds,
    };
  }

  async listen(at: { readonly host: string; readonly port: number }, handler: HttpHandler): Promise<HttpListener> {
    const { headTimeoutMs, requestTimeoutMs, idleMs, connections } = this.#bounds;
    const server = createServer(
      {
        maxHeaderSize: LIMITS.httpHeaderBytes,
        headersTimeout: headTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: LIMITS.httpServerKeepAliveMs,
        connectionsCheckingInterval: Math.min(CHECK_MS, headTimeoutMs),
      },
      (request, response) => void serve(request, response, handler),
    );
    server.maxConnections = connections;
    server.maxRequestsPerSocket = LIMITS.httpServerRequestsPerConnection;
    server.maxHeadersCount = LIMITS.httpHeaderFields;
    server.timeout = idleMs;
    await listening(server, at);
    const bound = server.address();
    const port = typeof bound === 'object' ? (bound?.port ?? at.port) : at.port;
    return {
      url: `http://${at.host.includes(':') ? `[${at.host}]` : at.host}:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  }
}

function listening(server: Server, at: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error) => {
      const what = `http: cannot listen on ${at.host}:${at.port}: ${cause.message}`;
      reject(new EngineError('ERR_LISTEN_FAILED', 'local', what, { cause }));
    });
    server.listen(at, () => {
      // Running out of file descriptors shows up here; the server goes on when some are free again.
      server.removeAllListeners('error').on('error', () => undefined);
      resolve();
    });
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, handler: HttpHandler): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  // A client that goes away is told by `close`.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  try {
    const answer = await handler({
      method: request.method ?? '',
      target: request.url ?? '',
      headers: flat(request.headers),
      body: bodyOf(request),
      remoteAddress: request.socket.remoteAddress ?? '',
      signal: gone.signal,
    });
    await send(request, response, answer);
  } catch {
    // Before the head it can still be said; after it, the client sees that the answer is cut off.
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { connection: 'close' }).end();
  }
}

async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  for await (const chunk of request.iterator({ destroyOnReturn: false })) yield plainView(chunk as Uint8Array);
}

async function send(request: IncomingMessage, response: ServerResponse, answer: HttpServerResponse): Promise<void> {
  const { status, headers, body } = answer;
  // Nobody reads what is left of the request: the connection ends with the answer.
  const isWhole = request.complete || !hasBody(request);
  const all = isWhole ? headers : { ...headers, connection: 'close' };
  if (body instanceof Uint8Array) {
    // A status that has no body has no length of one either.
    const length = status === 204 ? {} : { 'content-length': body.length };
    response.writeHead(status, { ...all, ...length }).end(body);
    return;
  }
  response.writeHead(status, all).flushHeaders();
  const iterator = body[Symbol.asyncIterator]();
  const leave = (): void => void iterator.return?.().catch(() => undefined);
  if (response.closed) {
    leave();
    return;
  }
  response.once('close', leave);
  for (;;) {
    const next = await iterator.next();
    if (response.closed) return;
    if (next.done === true) break;
    if (!response.write(next.value)) await drained(response);
  }
  response.off('close', leave).end();
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Resolves when the response takes more, or never will. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

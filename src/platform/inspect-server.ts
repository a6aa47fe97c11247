/**
 * Serves the inspector on loopback: the page's three files over HTTP, and one session of `inspect/session.ts` for each
 * page over a WebSocket. What may ask at all is in `inspect-guard.ts`.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { EngineError } from '../errors.js';
import { INSPECT_SOCKET_PATH, INSPECT_SUBPROTOCOL } from '../inspect/contract.js';
import { InspectSession } from '../inspect/session.js';
import type { InspectSource } from '../inspect/source.js';
import { LIMITS, type Limits } from '../limits.js';
import type { Clock } from '../ports.js';
import type { InspectAssets } from './inspect-assets.js';
import { InspectGuard, queryOf, SAFE_HEADERS } from './inspect-guard.js';
import { InspectPage } from './inspect-page.js';
import { systemClock } from './system-clock.js';

/** What is served, and how. */
export interface InspectServerOptions {
  readonly source: InspectSource;
  readonly assets: InspectAssets;
  /** 0, the default: a free one. */
  readonly port?: number;
  /** Whether pages may order what changes the source. Default: no. */
  readonly allowControl?: boolean;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
}

/** An inspector that is served. */
export interface InspectServer {
  /** With the token: whoever has it may look. */
  readonly url: string;
  readonly port: number;
  /** Pages that look now. */
  readonly pages: number;
  /** Bytes that wait for pages which read slowly: at most `inspectQueueBytes` and a portion of records for each. */
  readonly queuedBytes: number;
  /** Lets pages take what was said last, hangs up, and resolves when the port is free. Calling it again changes nothing. */
  close(): Promise<void>;
}

/** Heads of requests that take longer are no browser's. */
const HEAD_TIMEOUT_MS = 10_000;

const PORT_MAX = 65_535;

/** Begins to serve. Rejects with `ERR_LISTEN_FAILED`, or `ERR_INVALID_ARGUMENT` for what is no port. */
export async function serveInspector(options: InspectServerOptions): Promise<InspectServer> {
  const { port: wanted = 0 } = options;
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > PORT_MAX) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `inspector: a port is 0 to ${PORT_MAX}, got ${wanted}`);
  }
  const serving = new Serving(options);
  const port = await serving.listen(wanted);
  return {
    url: `http://127.0.0.1:${port}/?token=${serving.guard.token}`,
    port,
    get pages() {
      return serving.pages.size;
    },
    get queuedBytes() {
      return [...serving.pages].reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
    },
    close: () => serving.close(),
  };
}

class Serving {
  readonly guard = new InspectGuard();
  readonly pages = new Set<InspectPage>();
  readonly #options: InspectServerOptions;
  readonly #limits: Limits;
  readonly #files: Readonly<Record<string, readonly [type: string, body: Buffer]>>;
  readonly #upgrades: WebSocketServer;
  readonly #servers: Server[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: InspectServerOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    const { html, script, style } = options.assets;
    const page = ['text/html; charset=utf-8', Buffer.from(html)] as const;
    this.#files = {
      '/': page,
      '/index.html': page,
      '/page.js': ['text/javascript; charset=utf-8', Buffer.from(script)],
      '/page.css': ['text/css; charset=utf-8', Buffer.from(style)],
    };
    this.#upgrades = new WebSocketServer({
      noServer: true,
      maxPayload: this.#limits.inspectMessageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(INSPECT_SUBPROTOCOL) ? INSPECT_SUBPROTOCOL : false),
    });
  }

  /** On both loopback addresses, where the machine has both. */
  async listen(wanted: number): Promise<number> {
    const server = this.#server();
    await listening(server, '127.0.0.1', wanted);
    const bound = server.address();
    const port = typeof bound === 'object' ? (bound?.port ?? wanted) : wanted;
    this.guard.listensOn(port);
    const second = this.#server();
    await listening(second, '::1', port).catch(() => this.#servers.splice(this.#servers.indexOf(second), 1));
    return port;
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      const all = Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
      await Promise.all([...this.pages].map((page) => page.end()));
      this.#upgrades.close();
      for (const server of this.#servers) server.closeAllConnections();
      await all;
    })();
    return this.#closed;
  }

  #server(): Server {
    const server = createServer({
      maxHeaderSize: this.#limits.inspectRequestBytes,
      headersTimeout: HEAD_TIMEOUT_MS,
      requestTimeout: HEAD_TIMEOUT_MS,
      keepAliveTimeout: HEAD_TIMEOUT_MS,
      noDelay: true,
    });
    server.maxConnections = this.#limits.inspectSockets;
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#servers.push(server);
    return server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    const isRead = method === 'GET' || method === 'HEAD';
    const refusal = this.guard.refusalOf(request);
    const token = queryOf(url).get('token');
    // No decoding, no dots: a path is one of ours or it is not.
    const path = url.split('?')[0] ?? '';
    const file = Object.hasOwn(this.#files, path) ? this.#files[path] : undefined;
    if (refusal !== undefined) say(response, 403, refusal);
    else if (!isRead) say(response, 405, 'GET and HEAD alone', { allow: 'GET, HEAD' });
    else if (hasBody(request)) say(response, 413, 'a request here has no body');
    else if (token !== null && !this.guard.isToken(token)) {
      say(response, 403, 'the token is not the one that was printed: open the address as it stands there');
    } else if (file === undefined) say(response, 404, 'there is nothing here');
    else {
      const [type, body] = file;
      response.writeHead(200, { ...SAFE_HEADERS, 'content-type': type, 'content-length': body.length });
      response.end(method === 'HEAD' ? undefined : body);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    const refusal = this.guard.refusalOf(request);
    if (this.#closed !== undefined) refuse(socket, '503 Service Unavailable', 'the inspector is closing');
    else if (refusal !== undefined) refuse(socket, '403 Forbidden', refusal);
    else if ((request.url ?? '').split('?')[0] !== INSPECT_SOCKET_PATH)
      refuse(socket, '404 Not Found', 'there is nothing here');
    else if (!this.guard.isToken(this.guard.shownBy(request))) {
      refuse(socket, '403 Forbidden', 'the token is not the one that was printed');
    } else if (this.pages.size >= this.#limits.inspectPages) {
      refuse(socket, '503 Service Unavailable', `${this.pages.size} pages look already: close one`);
    } else {
      this.#upgrades.handleUpgrade(request, socket, head, (open) => {
        const { source, allowControl = false, clock = systemClock } = this.#options;
        const page = new InspectPage(open, this.#limits, () => this.pages.delete(page));
        this.pages.add(page);
        page.begin(new InspectSession({ source, channel: page, clock, limits: this.#limits, allowControl }));
      });
    }
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function say(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    ...SAFE_HEADERS,
    ...headers,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}

function refuse(socket: Duplex, status: string, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      const what = `inspector: cannot listen on ${host} port ${port}: ${why}`;
      reject(new EngineError('ERR_LISTEN_FAILED', 'local', what, { cause }));
    });
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      // Running out of file descriptors shows up here; the server goes on when some are free again.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

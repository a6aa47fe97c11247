/**
 * HTTP in virtual time: servers by origin and clients that reach them, every head and every piece of a body after the
 * latency of the link. No bytes of HTTP are made: what is simulated is who hears what when, and who goes away in the middle.
 */
import { EngineError } from '../errors.js';
import type {
  Clock,
  HttpClient,
  HttpHandler,
  HttpListener,
  HttpRequest,
  HttpResponse,
  HttpServer,
  HttpServerResponse,
} from '../ports.js';

/** Options of {@link SimulatedHttp}. */
export interface SimulatedHttpOptions {
  readonly clock: Clock;
  /** One way, in milliseconds. Default 1. */
  readonly latencyMs?: number;
}

const FIRST_PORT = 40_000;

/** Servers and clients of one made network. */
export class SimulatedHttp implements HttpServer, HttpClient {
  readonly #clock: Clock;
  readonly #latencyMs: number;
  readonly #servers = new Map<string, { readonly handler: HttpHandler; readonly open: Set<AbortController> }>();
  #nextPort = FIRST_PORT;

  constructor({ clock, latencyMs = 1 }: SimulatedHttpOptions) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  listen(
    { host, port }: { readonly host: string; readonly port: number },
    handler: HttpHandler,
  ): Promise<HttpListener> {
    const name = host.includes(':') ? `[${host}]` : host;
    // Without the port where it is the usual one, as origins are written.
    const url = new URL(`http://${name}:${port === 0 ? this.#nextPort++ : port}`).origin;
    if (this.#servers.has(url)) {
      return Promise.reject(new EngineError('ERR_LISTEN_FAILED', 'local', `${url} is taken`));
    }
    const open = new Set<AbortController>();
    this.#servers.set(url, { handler, open });
    const close = (): Promise<void> => {
      this.#servers.delete(url);
      for (const controller of open) controller.abort();
      return Promise.resolve();
    };
    return Promise.resolve({ url, close });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { method, headers, body = new Uint8Array(0), signal, onConnected } = request;
    if (!URL.canParse(request.url))
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${request.url}" is no URL`);
    const url = new URL(request.url);
    await this.#travel(request);
    const server = this.#servers.get(url.origin);
    if (server === undefined) {
      throw new EngineError('ERR_HTTP_FAILED', 'remote', `${request.url}: nothing listens there`);
    }
    onConnected?.();
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    signal?.addEventListener('abort', leave, { once: true });
    server.open.add(gone);
    gone.signal.addEventListener('abort', () => server.open.delete(gone), { once: true });
    const heard = {
      method,
      target: `${url.pathname}${url.search}`,
      headers,
      body: pieces(body),
      remoteAddress: '10.0.0.1',
      signal: gone.signal,
    };
    const answer = await lasting(
      server.handler(heard).catch((): HttpServerResponse => ({ status: 500, headers: {}, body: new Uint8Array(0) })),
      request,
      gone.signal,
    );
    await this.#travel(request);
    return { status: answer.status, headers: answer.headers, body: this.#bodyOf(answer, request, gone) };
  }

  close(): void {
    // No connection is kept.
  }

  async *#bodyOf(
    { body }: HttpServerResponse,
    request: HttpRequest,
    gone: AbortController,
  ): AsyncGenerator<Uint8Array> {
    const iterator = (body instanceof Uint8Array ? pieces(body) : body)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await lasting(iterator.next(), request, gone.signal);
        await this.#travel(request);
        if (next.done === true) return;
        yield next.value;
      }
    } catch (thrown) {
      if (thrown instanceof EngineError && thrown.code === 'ERR_ABORTED') throw thrown;
      throw new EngineError('ERR_HTTP_FAILED', 'remote', `${request.url}: cut off`, { cause: thrown });
    } finally {
      gone.abort();
      void iterator.return?.().catch(() => undefined);
    }
  }

  async #travel(request: HttpRequest): Promise<void> {
    if (request.signal?.aborted === true) throw aborted(request);
    let timer: unknown;
    const arrived = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(() => resolve(), this.#latencyMs);
    });
    try {
      await lasting(arrived, request);
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  if (bytes.length > 0) yield bytes;
}

/** `work`, as long as the request is wanted and its server is there. */
function lasting<Result>(work: Promise<Result>, request: HttpRequest, server?: AbortSignal): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const onAbort = (): void => reject(aborted(request));
    const onGone = (): void => {
      if (request.signal?.aborted === true) onAbort();
      else reject(new EngineError('ERR_HTTP_FAILED', 'remote', `${request.url}: the server is gone`));
    };
    if (request.signal?.aborted === true) onAbort();
    else if (server?.aborted === true) onGone();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    server?.addEventListener('abort', onGone, { once: true });
    void work.then(resolve, reject).finally(() => {
      request.signal?.removeEventListener('abort', onAbort);
      server?.removeEventListener('abort', onGone);
    });
  });
}

function aborted({ url }: HttpRequest): EngineError {
  return new EngineError('ERR_ABORTED', 'local', `${url}: the request was cancelled`);
}

/** HTTP and HTTPS requests over Node's client: heads are bounded, bodies come at their reader's pace, nothing is followed. */
import * as http from 'node:http';
import * as https from 'node:https';
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import type { HttpClient, HttpRequest, HttpResponse } from '../ports.js';
import { plainView } from './plain-view.js';

/** Bounds of {@link NodeHttpClient}. */
export type HttpClientLimits = Pick<Limits, 'httpSocketsPerHost' | 'httpSocketsKept' | 'httpSocketKeptMs'>;

/** Options of {@link NodeHttpClient}. */
export interface HttpClientOptions {
  /** Certificates (PEM) that are trusted instead of those that Node brings. */
  readonly ca?: string | undefined;
  /** Overrides of single bounds. */
  readonly limits?: Partial<HttpClientLimits> | undefined;
}

/** Requests over sockets of this machine. */
export class NodeHttpClient implements HttpClient {
  readonly #http: http.Agent;
  readonly #https: https.Agent;

  constructor({ ca, limits }: HttpClientOptions = {}) {
    const { httpSocketsPerHost, httpSocketsKept, httpSocketKeptMs } = { ...LIMITS, ...limits };
    const options = {
      keepAlive: true,
      maxSockets: httpSocketsPerHost,
      maxFreeSockets: httpSocketsKept,
      timeout: httpSocketKeptMs,
      scheduling: 'lifo',
    } as const;
    this.#http = new http.Agent(options);
    this.#https = new https.Agent({ ...options, ...(ca === undefined ? {} : { ca }) });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const url = httpUrl(request.url);
    if (request.signal?.aborted === true) throw aborted(request.url);
    const isSecure = url.protocol === 'https:';
    const agent = isSecure ? this.#https : this.#http;
    try {
      return await exchange(url, request, agent);
    } catch (thrown) {
      // The server closed a kept connection as we wrote on it: on a new one it has not heard the request yet.
      if (!(thrown instanceof StaleSocket)) throw thrown;
      return await exchange(
        url,
        request,
        isSecure ? new https.Agent({ ca: this.#https.options.ca }) : new http.Agent(),
      );
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** A connection that was kept from an earlier request, and that its server had closed. */
class StaleSocket extends Error {}

function exchange(url: URL, request: HttpRequest, agent: http.Agent | https.Agent): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { method, headers, body, signal, onConnected } = request;
    const isSecure = url.protocol === 'https:';
    const all = { ...headers, ...(body === undefined ? {} : { 'content-length': String(body.length) }) };
    const options = { method, headers: all, agent, maxHeaderSize: LIMITS.httpHeaderBytes };
    const sent = isSecure ? https.request(url, options) : http.request(url, options);
    const onAbort = (): void => void sent.destroy(aborted(request.url));
    signal?.addEventListener('abort', onAbort, { once: true });
    let connected = false;
    let lost: Error | undefined;
    sent.once('socket', (socket) => {
      const established = (): void => {
        connected = true;
        onConnected?.();
      };
      if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', established);
      // In a turn of its own: whoever asks has not got the promise yet.
      else process.nextTick(established);
    });
    // Also after the head: then the body tells it.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      lost ??= error;
      const isStale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new StaleSocket() : failed(request, error));
    });
    sent.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      reject(failed(request, new Error('the server closed the connection before its answer')));
    });
    sent.once('response', (response) => {
      if (!connected) onConnected?.();
      resolve({
        status: response.statusCode ?? 0,
        headers: flat(response.headers),
        body: bodyOf(response, request, () => lost),
      });
    });
    sent.end(body);
  });
}

async function* bodyOf(
  response: http.IncomingMessage,
  request: HttpRequest,
  lost: () => Error | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield plainView(chunk as Uint8Array);
  } catch (thrown) {
    throw failed(request, lost() ?? (thrown as Error));
  }
  // A body without a length ends with its connection, also where it was we who closed that.
  if (request.signal?.aborted === true) throw aborted(request.url);
}

function failed({ url, signal }: HttpRequest, error: NodeJS.ErrnoException): EngineError {
  if (error instanceof EngineError) return error;
  if (signal?.aborted === true) return aborted(url);
  // Node's parser names what it does not like by codes of its own.
  if (error.code?.startsWith('HPE_') === true) {
    return new EngineError('ERR_HTTP_BAD_RESPONSE', 'remote', `${url}: no HTTP: ${error.message}`, { cause: error });
  }
  return new EngineError('ERR_HTTP_FAILED', 'remote', `${url}: ${error.message || String(error.code)}`, {
    cause: error,
  });
}

function aborted(url: string): EngineError {
  return new EngineError('ERR_ABORTED', 'local', `${url}: the request was cancelled`);
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${text}" is no http:// or https:// URL`);
  }
  return url;
}

/** Header fields that came more than once are joined, as RFC 9110, 5.3, allows. */
export function flat(headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
    ),
  );
}

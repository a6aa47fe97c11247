/** HTTP, both ways, as the engine asks for it of the outside: part of `ports.ts`. */

/** One request of ours. Names of headers are lower-case everywhere. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute, `http://` or `https://`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  /** Ends it wherever it is: what is still awaited of it, its body included, rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, before the answer, when there is a connection and the request goes out on it. */
  readonly onConnected?: (() => void) | undefined;
}

/** The head of an answer, and its body as it comes. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Read once, at the reader's pace. Whoever does not read it to its end leaves the loop or aborts the request, which drops
   * the connection. Throws `ERR_HTTP_FAILED` where the connection was lost, `ERR_HTTP_BAD_RESPONSE` where it is no HTTP.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks HTTP servers. Redirects are not followed, bodies not unpacked, and no cookie is kept. */
export interface HttpClient {
  /**
   * Resolves when the head of the answer is there. Rejects with `ERR_HTTP_FAILED` (no connection, or lost),
   * `ERR_HTTP_BAD_RESPONSE` (no HTTP, or a head over its bound), `ERR_INVALID_ARGUMENT` (the URL) or `ERR_ABORTED`.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** Drops connections that were kept for later. */
  close(): void;
}

/** A request that somebody makes of us. */
export interface HttpServerRequest {
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Read once; throws where the client is gone. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly remoteAddress: string;
  /** Aborted when the client is gone, and when the answer is out. */
  readonly signal: AbortSignal;
}

/** What we answer. A body of pieces is written as they come and as fast as they are read; one that throws is cut off. */
export interface HttpServerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Answers a request. What it rejects with is answered 500. */
export type HttpHandler = (request: HttpServerRequest) => Promise<HttpServerResponse>;

/** A place where a server listens. */
export interface HttpListener {
  /** E.g. `http://127.0.0.1:8190`, with the real port. */
  readonly url: string;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

/** Serves HTTP; bounds what one client can hold. */
export interface HttpServer {
  /** Rejects with `ERR_LISTEN_FAILED`. Port 0 takes any that is free. */
  listen(at: { readonly host: string; readonly port: number }, handler: HttpHandler): Promise<HttpListener>;
}

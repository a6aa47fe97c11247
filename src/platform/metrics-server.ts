/** Serves one page of text over HTTP on loopback: what Prometheus scrapes. */
import { createServer } from 'node:http';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { loopbackOf } from './rpc-socket.js';

/** A page that is served. */
export interface ServedPage {
  /** Where, as a URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `page` as `/metrics` at a loopback multiaddr. Rejects with `ERR_LISTEN_FAILED` or `ERR_INVALID_ARGUMENT`. */
export async function serveMetrics(address: string, contentType: string, page: () => string): Promise<ServedPage> {
  const { host, port } = loopbackOf(address);
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0];
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (path !== '/metrics' || !isRead) {
      response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end('GET /metrics\n');
      return;
    }
    const body = page();
    response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.maxConnections = LIMITS.metricsClients;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error) => {
      reject(
        new EngineError('ERR_LISTEN_FAILED', 'local', `metrics: cannot listen on ${address}: ${cause.message}`, {
          cause,
        }),
      );
    });
    server.listen({ host, port }, resolve);
  });
  const bound = server.address();
  const at = typeof bound === 'object' ? (bound?.port ?? port) : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${at}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

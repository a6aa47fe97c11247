/**
 * WebSocket over TCP or TLS, both ways: `/tcp/N/ws`, `/tcp/N/tls/ws` and `/tcp/N/wss`, on the `ws` library.
 *
 * Nothing is compressed: what passes is encrypted already. Upgrades that are under way are counted and timed, so that
 * who asks slowly, or not at all, holds no more than `limits.websocketUpgrades` sockets.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer, type ClientOptions } from 'ws';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Transport } from '../ports.js';
import { webSocketAddressOf, webSocketMultiaddr, type WebSocketAddress } from '../wire/transport-address.js';
import { listenError, streamError } from './duplex-connection.js';
import { plainHost } from './tcp-transport.js';
import { UpgradeGate } from './upgrade-gate.js';
import { WebSocketConnection, type WebSocketEnds, type WebSocketLimits } from './websocket-connection.js';

/** Certificates and bounds. */
export interface WebSocketTransportOptions {
  /** What a listener on `/tls/ws` shows, in PEM; without it such an address cannot be listened on. */
  readonly server?: { readonly cert: string; readonly key: string };
  /** What a dialer believes: certificate authorities in PEM instead of the system's, or, for tests, anybody. */
  readonly client?: { readonly ca?: string; readonly rejectUnauthorized?: boolean };
  readonly limits?: Partial<WebSocketLimits>;
}

/** Bytes of an upgrade request's head: the longest that browsers send with cookies and all, and more than libp2p does. */
const HEAD_BYTES = 16 * 1024;
/** What both sides ask of the library. */
const COMMON = { perMessageDeflate: false, skipUTF8Validation: true, autoPong: false } as const;

/** A transport for WebSocket addresses. */
export function websocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const limits: WebSocketLimits = { ...LIMITS, ...options.limits };
  return {
    name: 'websocket',
    handles: (address) => webSocketAddressOf(address) !== undefined,

    dial(address, onConnected, onFailed) {
      const target = webSocketAddressOf(address);
      if (target === undefined) {
        onFailed(unsupported(`websocket: cannot dial ${address}`));
        return () => undefined;
      }
      const socket = new WebSocket(urlOf(target), clientOptions(target, options, limits));
      let ends: WebSocketEnds | undefined;
      const failed = (cause: Error): void => onFailed(dialError(cause, `websocket: dialing ${address}`));
      socket.on('upgrade', (response) => (ends = endsOf(response.socket, target.tls)));
      socket.once('error', failed);
      socket.once('open', () => {
        socket.off('error', failed);
        onConnected(new WebSocketConnection(socket, ends ?? nowhere(address), limits));
      });
      return () => {
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        socket.terminate();
      };
    },

    listen(address, onConnection, onListening, onFailed) {
      const target = webSocketAddressOf(address);
      if (target === undefined) {
        onFailed(unsupported(`websocket: cannot listen on ${address}`));
        return;
      }
      const { host, port, tls } = target;
      const failed = (cause: Error): void => onFailed(listenError(cause, `websocket: listening on ${address}`));
      let server: Server;
      try {
        server = serverOf(tls, options);
      } catch (thrown) {
        failed(thrown as Error);
        return;
      }
      const gate = new UpgradeGate(server, limits);
      const upgrades = new WebSocketServer({ ...COMMON, noServer: true, maxPayload: limits.websocketMessageBytes });
      server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
        const ends = endsOf(socket, tls);
        upgrades.handleUpgrade(request, socket, head, (open) => {
          gate.passed(socket);
          onConnection(new WebSocketConnection(open, ends, limits));
        });
      });
      server.once('error', failed);
      server.listen({ host, port, ipv6Only: target.family === 6 }, () => {
        server.off('error', failed);
        // Running out of file descriptors shows up here; the server goes on when some are free again.
        server.on('error', () => undefined);
        const bound = server.address();
        const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
        onListening({
          addresses: [webSocketMultiaddr(host, boundPort, tls)],
          close: (onClosed) => {
            server.close(() => onClosed());
            gate.close();
          },
        });
      });
    },
  };
}

/** A server that upgrades and serves nothing else. */
function serverOf(tls: boolean, { server }: WebSocketTransportOptions): Server {
  const http = { maxHeaderSize: HEAD_BYTES, noDelay: true };
  if (tls && server === undefined)
    throw new Error('it takes a certificate and its key (websocketTransport({ server }))');
  const made = tls && server !== undefined ? createTlsServer({ ...http, ...server }) : createServer(http);
  made.on('request', (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  return made;
}

function clientOptions(
  { tls, serverName, host, port }: WebSocketAddress,
  { client = {} }: WebSocketTransportOptions,
  limits: WebSocketLimits,
): ClientOptions & { readonly servername?: string } {
  const options: ClientOptions = { ...COMMON, followRedirects: false, maxPayload: limits.websocketMessageBytes };
  if (!tls) return options;
  // Where a name was resolved before, the server is still asked for it by that name.
  const named = serverName === undefined || serverName === host ? {} : { headers: { host: `${serverName}:${port}` } };
  // An IP address is no server name (RFC 6066): none is sent, and the certificate has to name the address.
  return { ...options, ...client, ...named, servername: serverName ?? '' };
}

/** Errors without a code, and those of Node's parser, are about what the server answered. */
function dialError(cause: Error & { code?: string }, what: string): EngineError {
  if (cause.code !== undefined && !/^(?:WS_ERR|HPE)_/.test(cause.code)) return streamError(cause, what);
  return new EngineError('ERR_WEBSOCKET_BAD_UPGRADE', 'remote', `${what}: ${cause.message}`, { cause });
}

function urlOf({ tls, host, port }: WebSocketAddress): string {
  return `${tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}

function endsOf(socket: Socket, tls: boolean): WebSocketEnds {
  return {
    remoteAddress: webSocketMultiaddr(plainHost(socket.remoteAddress), socket.remotePort ?? 0, tls),
    localAddress: webSocketMultiaddr(plainHost(socket.localAddress), socket.localPort ?? 0, tls),
  };
}

/** Both ends of a connection whose socket is gone already. */
function nowhere(address: string): WebSocketEnds {
  return { remoteAddress: address.replace(/\/p2p\/[^/]+$/, ''), localAddress: '/ip4/0.0.0.0/tcp/0/ws' };
}

function unsupported(what: string): EngineError {
  return new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', what);
}

/** TCP over node:net: IPv4, IPv6 and names that the system resolves. */
import { createServer, connect, isIPv4, type Socket } from 'node:net';
import { EngineError } from '../errors.js';
import type { Transport, TransportConnection } from '../ports.js';
import { tcpAddressOf, tcpMultiaddr } from '../wire/multiaddr.js';
import { DuplexConnection, listenError, streamError } from './duplex-connection.js';

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
    const failed = (cause: Error): void => onFailed(streamError(cause, `tcp: dialing ${address}`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      onConnected(tcpConnection(socket));
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
      onConnection(tcpConnection(socket)),
    );
    const failed = (cause: Error): void => onFailed(listenError(cause, `tcp: listening on ${address}`));
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

function tcpConnection(socket: Socket): TransportConnection {
  return new DuplexConnection(
    { readable: socket, writable: socket },
    {
      transport: 'tcp',
      remoteAddress: tcpMultiaddr(plainHost(socket.remoteAddress), socket.remotePort ?? 0),
      localAddress: tcpMultiaddr(plainHost(socket.localAddress), socket.localPort ?? 0),
    },
  );
}

/** `::ffff:127.0.0.1`, as a dual-stack socket shows an IPv4 peer, is that IPv4 address. */
export function plainHost(host: string | undefined): string {
  const text = (host ?? '0.0.0.0').replace(/%.*$/, '');
  const mapped = text.startsWith('::ffff:') ? text.slice(7) : text;
  return isIPv4(mapped) ? mapped : text;
}

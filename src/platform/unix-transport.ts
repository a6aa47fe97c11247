/** Unix domain sockets over node:net, `/unix/<path>`: for nodes on one machine. They are not told to other peers. */
import { connect, createServer, type Socket } from 'node:net';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Transport, TransportConnection } from '../ports.js';
import { unixMultiaddr, unixPathOf } from '../wire/transport-address.js';
import { DuplexConnection, listenError, streamError } from './duplex-connection.js';

/** The transport of Unix domain sockets. Who accepts knows no address of the other end: it tells its own for both. */
export const unixTransport: Transport = {
  name: 'unix',
  handles: (address) => unixPathOf(address) !== undefined,

  dial(address, onConnected, onFailed) {
    let path: string;
    try {
      path = checkedPath(address);
    } catch (thrown) {
      onFailed(thrown as EngineError);
      return () => undefined;
    }
    const socket = connect({ path, allowHalfOpen: true });
    const failed = (cause: Error): void => onFailed(streamError(cause, `unix: dialing ${address}`));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.off('error', failed);
      onConnected(unixConnection(socket, path));
    });
    return () => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    };
  },

  listen(address, onConnection, onListening, onFailed) {
    let path: string;
    try {
      path = checkedPath(address);
    } catch (thrown) {
      onFailed(thrown as EngineError);
      return;
    }
    const server = createServer({ allowHalfOpen: true }, (socket) => onConnection(unixConnection(socket, path)));
    const failed = (cause: Error): void => onFailed(listenError(cause, `unix: listening on ${address}`));
    server.once('error', failed);
    server.listen(path, () => {
      server.off('error', failed);
      // Running out of file descriptors shows up here; the server goes on when some are free again.
      server.on('error', () => undefined);
      onListening({ addresses: [unixMultiaddr(path)], close: (onClosed) => server.close(() => onClosed()) });
    });
  },
};

/** The path of `address`; the system would cut a longer one off, and listen somewhere else. */
function checkedPath(address: string): string {
  const path = unixPathOf(address);
  if (path === undefined) {
    throw new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `unix: ${address} is no path of a socket`);
  }
  const bytes = Buffer.byteLength(path);
  if (bytes <= LIMITS.unixPathBytes && !path.includes('\0')) return path;
  const why = `unix: a path has at most ${LIMITS.unixPathBytes} bytes and no zero byte, ${address} has ${bytes}`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
}

function unixConnection(socket: Socket, path: string): TransportConnection {
  const address = unixMultiaddr(path);
  return new DuplexConnection(
    { readable: socket, writable: socket },
    { transport: 'unix', remoteAddress: address, localAddress: address },
  );
}

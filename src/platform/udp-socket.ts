/** What every socket of node:dgram needs here: binding as a promise, sending that never fails, closing that is told. */
import type { Socket } from 'node:dgram';

/** Resolves when the socket has its port; a socket that is closed meanwhile says nothing more. */
export function boundSocket(socket: Socket, port: number, address?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, ...(address === undefined ? {} : { address }) }, () => {
      socket.off('error', reject);
      // Held until there is an owner.
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

/** Sends; what cannot be sent is lost, as datagrams are. */
export function sendDatagram(socket: Socket, bytes: Uint8Array, port: number, address: string): void {
  try {
    // With a callback, nobody else is told of a failure.
    socket.send(bytes, port, address, () => undefined);
  } catch {
    // The socket is on its way out, or the port is none.
  }
}

/** Closes all of them, silently; calls back when the last port is free. */
export function closeSockets(sockets: readonly Socket[], onClosed?: () => void): void {
  let left = sockets.length;
  if (left === 0) onClosed?.();
  for (const socket of sockets) {
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    try {
      socket.close(() => (--left === 0 ? onClosed?.() : undefined));
    } catch {
      // It was closed before.
      if (--left === 0) onClosed?.();
    }
  }
}

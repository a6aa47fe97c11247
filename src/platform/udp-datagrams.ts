/**
 * Datagrams over node:dgram. A group has one socket that hears it on every interface, and one for each interface that
 * sends, bound to that interface and the group's port: what leaves has the right source, and one that fails does not
 * keep the others from sending.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { EngineError } from '../errors.js';
import type { DatagramEvents, DatagramOptions, Datagrams, DatagramSocket } from '../ports.js';

/** RFC 6762, 11: who hears less knows that it came from elsewhere. */
const MULTICAST_TTL = 255;

/** The datagrams of this machine. */
export const udpDatagrams: Datagrams = {
  open(options, events, onOpened, onFailed) {
    let isOver = false;
    const sockets: Socket[] = [];
    const closeAll = (onClosed?: () => void): void => {
      isOver = true;
      let left = sockets.length;
      if (left === 0) onClosed?.();
      for (const socket of sockets.splice(0)) {
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        socket.close(() => (--left === 0 ? onClosed?.() : undefined));
      }
    };
    const opening = options.group === undefined ? openPlain(options, sockets) : openGroup(options, sockets);
    opening.then(
      (opened) => {
        if (isOver) {
          closeAll();
          return;
        }
        for (const socket of opened.hearing) hear(socket, events, () => isOver, closeAll);
        onOpened({ ...opened.socket, close: closeAll });
      },
      (cause: unknown) => {
        const wasOver = isOver;
        closeAll();
        if (!wasOver) onFailed(failure(cause));
      },
    );
    return () => closeAll();
  },
};

interface Opened {
  readonly hearing: readonly Socket[];
  readonly socket: Omit<DatagramSocket, 'close'>;
}

async function openPlain({ port, family = 4 }: DatagramOptions, sockets: Socket[]): Promise<Opened> {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6' });
  sockets.push(socket);
  await bound(socket, port);
  return {
    hearing: [socket],
    socket: {
      port: socket.address().port,
      send: (bytes, to) => {
        if (to !== undefined) send(socket, bytes, to.port, to.address);
      },
    },
  };
}

async function openGroup({ port, group = '', interfaces }: DatagramOptions, sockets: Socket[]): Promise<Opened> {
  const hearing = createSocket({ type: 'udp4', reuseAddr: true });
  sockets.push(hearing);
  await bound(hearing, port);
  const shared = hearing.address().port;
  const senders: Socket[] = [];
  let failed: unknown;
  for (const address of interfaces ?? ownInterfaces()) {
    // An interface may go while it is looked at: the others serve.
    try {
      hearing.addMembership(group, address);
      const sender = createSocket({ type: 'udp4', reuseAddr: true });
      sockets.push(sender);
      await bound(sender, shared, address);
      sender.setMulticastInterface(address);
      sender.setMulticastTTL(MULTICAST_TTL);
      sender.setMulticastLoopback(true);
      senders.push(sender);
    } catch (cause) {
      failed = cause;
    }
  }
  if (senders.length === 0) throw failed instanceof Error ? failed : new Error('no interface carries multicast');
  return {
    hearing: [hearing, ...senders],
    socket: {
      port: shared,
      send: (bytes, to) => {
        // To one endpoint the system finds the way.
        if (to !== undefined) send(hearing, bytes, to.port, to.address);
        else for (const sender of senders) send(sender, bytes, shared, group);
      },
    },
  };
}

/** Resolves when the socket has its port. */
function bound(socket: Socket, port: number, address?: string): Promise<void> {
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

function hear(socket: Socket, events: DatagramEvents, isOver: () => boolean, closeAll: () => void): void {
  socket.removeAllListeners('error');
  socket.on('message', (bytes, { address, port }) => {
    if (!isOver()) events.onMessage(bytes, { address: address.replace(/%.*$/, ''), port });
  });
  socket.on('error', (cause) => {
    if (isOver()) return;
    closeAll();
    events.onFailed(failure(cause));
  });
}

/** What cannot be sent is lost, and with a callback nobody is told. */
function send(socket: Socket, bytes: Uint8Array, port: number, address: string): void {
  try {
    socket.send(bytes, port, address, () => undefined);
  } catch {
    // The socket is on its way out, or the port is none.
  }
}

/** One IPv4 address of each interface that leads out of this machine; loopback where there is none. */
function ownInterfaces(): readonly string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ family }) => family === 'IPv4').slice(0, 1),
  );
  const outer = found.filter(({ internal }) => !internal);
  return (outer.length > 0 ? outer : found).map(({ address }) => address);
}

function failure(cause: unknown): EngineError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('ERR_DATAGRAM_FAILED', 'local', `udp: ${what}`, { cause });
}

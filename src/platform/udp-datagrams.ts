/** Datagrams over node:dgram: one to one, and groups. */
import { createSocket } from 'node:dgram';
import { EngineError } from '../errors.js';
import type { DatagramEvents, DatagramOptions, Datagrams, DatagramSocket } from '../ports.js';
import { ownInterfaces, UdpGroup } from './udp-group.js';
import { boundSocket, closeSockets, sendDatagram } from './udp-socket.js';

/** How a machine is looked at. */
export interface UdpOptions {
  /** IPv4 addresses of its interfaces. Default: one of each that leads out, or loopback. */
  readonly listInterfaces?: () => readonly string[];
  /** How often. Default 15 s. */
  readonly watchMs?: number;
}

const WATCH_MS = 15_000;

/** What is being opened, or is open. */
interface Opening {
  open(): Promise<void>;
  readonly port: number;
  send: DatagramSocket['send'];
  close(onClosed?: () => void): void;
}

/** The datagrams of this machine. */
export const udpDatagrams: Datagrams = createUdpDatagrams();

/** As {@link udpDatagrams}, with another look at the machine. */
export function createUdpDatagrams({ listInterfaces = ownInterfaces, watchMs = WATCH_MS }: UdpOptions = {}): Datagrams {
  return {
    open(options, events, onOpened, onFailed) {
      let isOver = false;
      const over = (tell: () => void): void => {
        if (isOver) return;
        isOver = true;
        opening.close();
        tell();
      };
      const heard: DatagramEvents = {
        onMessage: (bytes, from) => (isOver ? undefined : events.onMessage(bytes, from)),
        onFailed: (error) => over(() => events.onFailed(error)),
      };
      const { interfaces } = options;
      const opening =
        options.group === undefined
          ? plainSocket(options, heard)
          : groupSocket(options, heard, {
              listInterfaces: interfaces === undefined ? listInterfaces : () => interfaces,
              watchMs,
            });
      opening.open().then(
        () => {
          if (isOver) return;
          onOpened({
            port: opening.port,
            send: (bytes, to) => (isOver ? undefined : opening.send(bytes, to)),
            close: (onClosed) => {
              isOver = true;
              opening.close(onClosed);
            },
          });
        },
        (cause: unknown) => over(() => onFailed(failure(cause))),
      );
      return () => over(() => undefined);
    },
  };
}

function plainSocket({ port, family = 4 }: DatagramOptions, events: DatagramEvents): Opening {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6' });
  return {
    open: async () => {
      await boundSocket(socket, port);
      socket.removeAllListeners('error');
      socket.on('message', (bytes, from) => events.onMessage(bytes, endpoint(from.address, from.port)));
      socket.on('error', (cause) => events.onFailed(failure(cause)));
    },
    get port() {
      return socket.address().port;
    },
    send: (bytes, to) => {
      if (to !== undefined) sendDatagram(socket, bytes, to.port, to.address);
    },
    close: (onClosed) => closeSockets([socket], onClosed),
  };
}

function groupSocket(
  { port, group = '' }: DatagramOptions,
  events: DatagramEvents,
  look: Required<UdpOptions>,
): Opening {
  return new UdpGroup({
    ...look,
    port,
    group,
    onMessage: (bytes, address, from) => events.onMessage(bytes, endpoint(address, from)),
    onFailed: (cause) => events.onFailed(failure(cause)),
  });
}

/** Without the zone of a link-local address, which is ours and means nothing to others. */
function endpoint(address: string, port: number) {
  return { address: address.replace(/%.*$/, ''), port };
}

function failure(cause: unknown): EngineError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new EngineError('ERR_DATAGRAM_FAILED', 'local', `udp: ${what}`, { cause });
}

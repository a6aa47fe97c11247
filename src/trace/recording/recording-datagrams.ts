/** Datagram sockets that are numbered, and whose datagrams are told, both ways. */
import type { DatagramEndpoint, Datagrams, DatagramSocket } from '../../ports.js';
import { flatError } from './flat-error.js';
import type { Recorder } from './recorder.js';

const ACTOR = 'udp';

/** Wraps `datagrams`. */
export function recordingDatagrams(recorder: Recorder, datagrams: Datagrams): Datagrams {
  let sockets = 0;
  return {
    open: (options, events, onOpened, onFailed) => {
      const udp = ++sockets;
      // What is told late of a socket that was left is of nobody's interest, and might come when the trace has ended.
      let isOver = false;
      const over = (): void => {
        isOver = true;
      };
      const { port, family, group, interfaces } = options;
      recorder.output('udp:open', ACTOR, { udp, port, family, group, interfaces });
      const cancel = datagrams.open(
        options,
        {
          onMessage: (bytes, from) => {
            if (isOver) return;
            recorder.input('udp:received', ACTOR, { udp, ...endOf(from), raw: recorder.raw(bytes) });
            events.onMessage(bytes, from);
          },
          onFailed: (error) => {
            if (isOver) return;
            over();
            recorder.input('udp:failed', ACTOR, { udp, ...flatError(error) });
            events.onFailed(error);
          },
        },
        (socket) => {
          if (isOver) return;
          recorder.input('udp:opened', ACTOR, { udp, port: socket.port });
          onOpened(recordedSocket(recorder, socket, udp, over));
        },
        (error) => {
          if (isOver) return;
          over();
          recorder.input('udp:failed', ACTOR, { udp, ...flatError(error) });
          onFailed(error);
        },
      );
      return () => {
        if (isOver) return;
        over();
        recorder.output('udp:cancelled', ACTOR, { udp });
        cancel();
      };
    },
  };
}

function recordedSocket(recorder: Recorder, socket: DatagramSocket, udp: number, over: () => void): DatagramSocket {
  return {
    port: socket.port,
    send: (bytes, to) => {
      recorder.output('udp:sent', ACTOR, { udp, ...(to === undefined ? {} : endOf(to)), raw: recorder.raw(bytes) });
      socket.send(bytes, to);
    },
    close: (onClosed) => {
      over();
      recorder.output('udp:close', ACTOR, { udp });
      if (onClosed === undefined) {
        socket.close();
        return;
      }
      socket.close(() => {
        recorder.input('udp:closed', ACTOR, { udp });
        onClosed();
      });
    },
  };
}

function endOf({ address, port }: DatagramEndpoint): DatagramEndpoint {
  return { address, port };
}

/**
 * Transports whose dials, listeners and connections are numbered and told. What passes on a connection is told by the
 * connection actor, under its own address; here each of its inputs is only given its time.
 */
import type { Transport, TransportConnection, TransportEvents, TransportListener } from '../../ports.js';
import { encodeValue } from '../values.js';
import type { Recorder } from './recorder.js';

const ACTOR = 'transport';

/** One transport for all of `transports`, each address going to the first that handles it. */
export function recordingTransport(recorder: Recorder, transports: readonly Transport[]): Transport {
  const numbers = { dial: 0, listen: 0, socket: 0 };
  const transportFor = (address: string) => transports.find((transport) => transport.handles(address));
  const socketOf = (connection: TransportConnection) => new RecordedSocket(recorder, connection, ++numbers.socket);
  const ends = ({ remoteAddress: remote, localAddress: local }: TransportConnection) => ({ remote, local });
  return {
    name: 'recorded',
    handles: (address) => {
      const handles = transportFor(address) !== undefined;
      if (!handles) recorder.output('transport:unsupported', ACTOR, { address });
      return handles;
    },
    dial: (address, onConnected, onFailed) => {
      const dial = ++numbers.dial;
      recorder.output('transport:dial', ACTOR, { dial, address });
      const cancel = transportFor(address)?.dial(
        address,
        (connection) => {
          const socket = socketOf(connection);
          recorder.input('transport:connected', ACTOR, { dial, socket: socket.number, ...ends(connection) });
          onConnected(socket);
        },
        (error) => {
          recorder.input('transport:failed', ACTOR, { dial, error: encodeValue(error) });
          onFailed(error);
        },
      );
      return () => {
        recorder.output('transport:cancelled', ACTOR, { dial });
        cancel?.();
      };
    },
    listen: (address, onConnection, onListening, onFailed) => {
      const listen = ++numbers.listen;
      recorder.output('transport:listen', ACTOR, { listen, address });
      transportFor(address)?.listen(
        address,
        (connection) => {
          const socket = socketOf(connection);
          recorder.input('transport:accepted', ACTOR, { listen, socket: socket.number, ...ends(connection) });
          onConnection(socket);
        },
        (listener) => {
          const { addresses } = listener;
          recorder.input('transport:listening', ACTOR, { listen, addresses });
          onListening(recordedListener(recorder, listener, listen));
        },
        (error) => {
          recorder.input('transport:failed', ACTOR, { listen, error: encodeValue(error) });
          onFailed(error);
        },
      );
    },
  };
}

function recordedListener(recorder: Recorder, listener: TransportListener, listen: number): TransportListener {
  return {
    addresses: listener.addresses,
    close: (onClosed) => {
      recorder.output('transport:unlisten', ACTOR, { listen });
      listener.close(() => {
        recorder.input('transport:unlistened', ACTOR, { listen });
        onClosed();
      });
    },
  };
}

class RecordedSocket implements TransportConnection {
  readonly #recorder: Recorder;
  readonly #connection: TransportConnection;

  constructor(
    recorder: Recorder,
    connection: TransportConnection,
    readonly number: number,
  ) {
    this.#recorder = recorder;
    this.#connection = connection;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  get localAddress(): string {
    return this.#connection.localAddress;
  }

  open(events: TransportEvents): void {
    const recorder = this.#recorder;
    this.#connection.open({
      onChunk: (chunk) => {
        recorder.begin();
        events.onChunk(chunk);
      },
      onChunks: (chunks) => {
        recorder.begin();
        events.onChunks(chunks);
      },
      onDrained: () => {
        recorder.begin();
        events.onDrained();
      },
      onEnded: () => {
        recorder.begin();
        events.onEnded();
      },
      onClosed: (error) => {
        recorder.begin();
        events.onClosed(error);
      },
    });
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return this.#connection.write(chunks);
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  reset(): void {
    if (this.#connection.reset === undefined) this.#connection.destroy();
    else this.#connection.reset();
  }
}

/**
 * Connections over streams that the embedder brings: any duplex of Node, or a readable and a writable, so that a node
 * can speak with a child process over its standard input and output.
 */
import type { Duplex } from 'node:stream';
import { EngineError, toEngineError } from '../errors.js';
import type { Transport, TransportConnection } from '../ports.js';
import { DuplexConnection, type StreamPair } from './duplex-connection.js';

export type { StreamPair } from './duplex-connection.js';

const ADDRESS = /^\/memory\/([^/]+)(?:\/p2p\/[^/]+)?$/;

/**
 * A raw connection over a duplex or a pair of streams of bytes. Its half-close is theirs: a duplex that ends its readable
 * side alone has `allowHalfOpen`. Throws `ERR_INVALID_ARGUMENT` for streams of objects or of text.
 */
export function connectionOf(streams: Duplex | StreamPair, address = '/memory/duplex'): TransportConnection {
  const pair = 'readable' in streams && typeof streams.readable === 'object' ? streams : undefined;
  const { readable, writable } = pair ?? { readable: streams as Duplex, writable: streams as Duplex };
  if (readable.readableObjectMode || writable.writableObjectMode || readable.readableEncoding !== null) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'a connection takes streams of bytes, without an encoding');
  }
  const names = { transport: 'duplex', remoteAddress: address, localAddress: address };
  return new DuplexConnection({ readable, writable }, names);
}

/** How streams are reached by address. */
export interface DuplexTransportOptions {
  /** Brings the streams to dial `/memory/<name>` with; without it nothing can be dialed. */
  readonly connect?: (name: string) => Duplex | StreamPair | Promise<Duplex | StreamPair>;
}

/** A transport whose connections the embedder brings. */
export interface DuplexTransport extends Transport {
  /** Gives streams to who listens on `/memory/<name>`. Throws `ERR_TRANSPORT_REFUSED` where nobody does. */
  accept(name: string, streams: Duplex | StreamPair): void;
}

/**
 * A transport for addresses `/memory/<name>`, over streams that the embedder brings:
 *
 * ```ts
 * const child = spawn('node', ['child.js'], { stdio: ['pipe', 'pipe', 'inherit'] });
 * const stdio = duplexTransport({ connect: () => ({ readable: child.stdout, writable: child.stdin }) });
 * const node = await createNode({ listen: [], transports: [stdio] });
 * await node.dial('/memory/child');
 * ```
 */
export function duplexTransport({ connect }: DuplexTransportOptions = {}): DuplexTransport {
  const listeners = new Map<string, (connection: TransportConnection) => void>();
  return {
    name: 'duplex',
    handles: (address) => ADDRESS.test(address),

    dial(address, onConnected, onFailed) {
      let cancelled = false;
      const name = nameOf(address);
      const opening = (async () => {
        if (connect === undefined) throw refused(`nothing brings the streams of ${address}`);
        return connectionOf(await connect(name), `/memory/${name}`);
      })();
      opening.then(
        (connection) => (cancelled ? connection.destroy() : onConnected(connection)),
        (thrown: unknown) => {
          if (cancelled) return;
          onFailed(
            toEngineError(thrown, 'ERR_TRANSPORT_FAILED', 'local', `duplex: dialing ${address}: ${String(thrown)}`),
          );
        },
      );
      return () => {
        cancelled = true;
      };
    },

    listen(address, onConnection, onListening, onFailed) {
      const name = nameOf(address);
      if (listeners.has(name)) {
        onFailed(new EngineError('ERR_LISTEN_FAILED', 'local', `duplex: ${address} is taken`));
        return;
      }
      listeners.set(name, onConnection);
      onListening({
        addresses: [`/memory/${name}`],
        close: (onClosed) => {
          listeners.delete(name);
          onClosed();
        },
      });
    },

    accept(name, streams) {
      const onConnection = listeners.get(name);
      if (onConnection === undefined) throw refused(`nothing listens on /memory/${name}`);
      onConnection(connectionOf(streams, `/memory/${name}`));
    },
  };
}

function refused(why: string): EngineError {
  return new EngineError('ERR_TRANSPORT_REFUSED', 'remote', `duplex: ${why}`);
}

function nameOf(address: string): string {
  return ADDRESS.exec(address)?.[1] ?? address;
}

/** The live streams of a node, and the service of inbound ones: each goes to its protocol's handler, within bounds. */
import { EngineError, toEngineError } from '../../errors.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { RenewedMap, RenewedSet } from '../renewed.js';
import type { ProtocolStream, StreamHandler } from '../stream/protocol-stream.js';
import type { ProtocolRegistry } from './protocol-registry.js';

/** Live streams. */
export class StreamTable {
  readonly #environment: Environment;
  readonly #protocols: ProtocolRegistry;
  readonly #onFailed: (connection: ConnectionActor, error: EngineError) => void;
  readonly #streams = new RenewedSet<ProtocolStream>();
  /** Live inbound streams by connection and protocol, for the bound. */
  readonly #inboundCounts = new RenewedMap<string, number>();

  /** `onFailed` hears of inbound streams that were refused or whose handler threw. */
  constructor(
    environment: Environment,
    protocols: ProtocolRegistry,
    onFailed: (connection: ConnectionActor, error: EngineError) => void,
  ) {
    this.#environment = environment;
    this.#protocols = protocols;
    this.#onFailed = onFailed;
  }

  /** Live streams, oldest first. */
  get live(): readonly ProtocolStream[] {
    return [...this.#streams];
  }

  /** Keeps a stream until it is closed. */
  keep(stream: ProtocolStream, onForgotten?: () => void): void {
    this.#streams.add(stream);
    const forget = (): void => {
      this.#streams.delete(stream);
      onForgotten?.();
    };
    stream.closed.then(forget, forget);
  }

  /** Gives an inbound stream to its handler; answers whether it was within bounds. */
  serve(connection: ConnectionActor, stream: ProtocolStream): boolean {
    const registered = this.#protocols.find(stream.protocol);
    const key = `${connection.address} ${stream.protocol}`;
    const count = this.#inboundCounts.get(key) ?? 0;
    if (registered === undefined || count >= registered.maxInboundStreams) {
      stream.reset();
      this.#onFailed(
        connection,
        new EngineError('ERR_STREAM_LIMIT', 'remote', `more than ${count} inbound streams of ${stream.protocol}`),
      );
      return false;
    }
    this.#inboundCounts.set(key, count + 1);
    this.keep(stream, () => {
      const left = (this.#inboundCounts.get(key) ?? 1) - 1;
      if (left > 0) this.#inboundCounts.set(key, left);
      else this.#inboundCounts.delete(key);
    });
    const failed = (thrown: unknown): void => {
      stream.reset();
      this.#onFailed(
        connection,
        toEngineError(
          thrown,
          'ERR_STREAM_RESET',
          'local',
          `the handler of ${stream.protocol} threw: ${String(thrown)}`,
        ),
      );
    };
    served(registered.handler, stream).catch((thrown: unknown) => {
      // What was said before it failed leaves before the reset: that the protocol was agreed on, and what the handler wrote.
      this.#environment.turns.flushNow();
      this.#environment.turns.post(() => failed(thrown));
    });
    return true;
  }
}

/** Runs a handler; rejects with whatever it throws, at once or later. */
async function served(handler: StreamHandler, stream: ProtocolStream): Promise<void> {
  await handler(stream);
}

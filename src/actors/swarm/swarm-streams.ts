/** The streams of a swarm: opening one on a connection, and bringing the peers' to their protocol's handler. */
import type { Subject } from 'rxjs';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import type { Policy } from '../policy/policy.js';
import type { MuxedStream } from '../stream/muxed-stream.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';
import type { ProtocolRegistry } from './protocol-registry.js';
import { negotiateStream, openNegotiatedStream } from './stream-negotiation.js';
import { StreamTable } from './stream-table.js';
import type { SwarmEvent } from './swarm-events.js';
import type { OpenStreamOptions } from './swarm-options.js';

/** What the streams need of their swarm. */
export interface SwarmStreamsOptions {
  readonly environment: Environment;
  readonly protocols: ProtocolRegistry;
  readonly policy: Policy;
  readonly events: Subject<SwarmEvent>;
  readonly lazyNegotiation: boolean | undefined;
  /** What a peer is known to speak. */
  readonly protocolsOf: (peer: string) => readonly string[] | undefined;
}

/** Live streams, and where they come from. */
export class SwarmStreams {
  readonly #options: SwarmStreamsOptions;
  readonly #table: StreamTable;

  constructor(options: SwarmStreamsOptions) {
    this.#options = options;
    const { environment, protocols, events } = options;
    this.#table = new StreamTable(environment, protocols, (connection, error) =>
      events.next({ type: 'stream.failed', connection, error }),
    );
  }

  /** Those whose protocol is agreed, oldest first. */
  get live(): readonly ProtocolStream[] {
    return this.#table.live;
  }

  /** Opens a stream on a connection at hand, see `SwarmActor.openStreamOn`. */
  open(
    connection: ConnectionActor,
    protocols: readonly string[],
    { signal, lazy = this.#options.lazyNegotiation }: OpenStreamOptions,
  ): Promise<ProtocolStream> {
    const { environment, policy, events } = this.#options;
    return openNegotiatedStream(environment, connection, protocols, {
      signal,
      known: lazy === true ? this.#knownOf(connection, protocols) : undefined,
      onAgreed: (stream) => {
        const refused = policy.resources.agreed(connection.address, stream.id, stream.protocol);
        if (refused !== undefined) return refused;
        this.#table.keep(stream);
        events.next({ type: 'stream.opened', stream });
        return undefined;
      },
      onRefused: (error) => events.next({ type: 'stream.failed', connection, error }),
    });
  }

  /** The peer opened a stream: it is negotiated, and goes to who handles what it agreed on. */
  take(connection: ConnectionActor, muxed: MuxedStream): void {
    const { environment, protocols, events } = this.#options;
    negotiateStream({
      environment,
      connection,
      stream: muxed,
      role: 'listener',
      protocols: protocols.list(),
      supports: (protocol) => protocols.find(protocol) !== undefined,
      onAgreed: (stream) => this.#serve(connection, stream),
      onFailed: (error) => events.next({ type: 'stream.failed', connection, error }),
    });
  }

  #serve(connection: ConnectionActor, stream: ProtocolStream): void {
    const { policy, events } = this.#options;
    const error = policy.resources.agreed(connection.address, stream.id, stream.protocol);
    if (error !== undefined) {
      stream.reset();
      events.next({ type: 'stream.failed', connection, error });
    } else if (this.#table.serve(connection, stream)) events.next({ type: 'stream.opened', stream });
  }

  #knownOf(connection: ConnectionActor, protocols: readonly string[]): string | undefined {
    const known = this.#options.protocolsOf(connection.secured?.remotePeer ?? '');
    return known === undefined ? undefined : protocols.find((protocol) => known.includes(protocol));
  }
}

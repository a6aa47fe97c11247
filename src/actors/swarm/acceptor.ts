/** Inbound connections up to their upgrade: asked of the policy, then begun at once or in their turn. */
import { EngineError, toEngineError } from '../../errors.js';
import type { TransportConnection } from '../../ports.js';
import type { Environment } from '../environment.js';
import { AcceptQueue } from '../policy/accept-queue.js';
import type { Policy } from '../policy/policy.js';

/** What an acceptor asks of its swarm. */
export interface AcceptorOwner {
  /** Connections there are, upgrading ones included. */
  live(): number;
  /** Makes the connection and starts its upgrade. Throws `ERR_RESOURCE_LIMIT`. */
  upgrade(transport: TransportConnection): void;
  /** A connection was dropped before its upgrade. */
  refused(remoteAddress: string, error: EngineError): void;
}

/** Takes or refuses what listeners accept. */
export class Acceptor {
  readonly queue: AcceptQueue;
  readonly #policy: Policy;
  readonly #owner: AcceptorOwner;
  #stopped = false;

  constructor(environment: Environment, policy: Policy, owner: AcceptorOwner) {
    this.#policy = policy;
    this.#owner = owner;
    const full = `${environment.limits.acceptQueue} connections wait for their upgrade already`;
    this.queue = new AcceptQueue(environment.limits, {
      later: (work) => environment.turns.post(work),
      begin: (transport) => this.#begin(transport),
      drop: (transport) => this.#refuse(transport, new EngineError('ERR_CONNECTION_LIMIT', 'remote', full)),
    });
  }

  /** Takes what a listener accepted. */
  accept(transport: TransportConnection): void {
    if (this.#stopped) {
      transport.destroy();
      return;
    }
    const refused = this.#policy.refusesAccept(transport.remoteAddress, this.#owner.live() + this.queue.length);
    if (refused === undefined) this.queue.offer(transport);
    else this.#refuse(transport, refused);
  }

  /** Drops who waits, and who still comes. */
  stop(): void {
    this.#stopped = true;
    this.queue.clear();
  }

  #begin(transport: TransportConnection): void {
    try {
      this.#owner.upgrade(transport);
    } catch (thrown) {
      this.#refuse(transport, toEngineError(thrown, 'ERR_CONNECTION_LIMIT', 'remote', 'accepting a connection'));
    }
  }

  #refuse(transport: TransportConnection, error: EngineError): void {
    transport.destroy();
    this.#owner.refused(transport.remoteAddress, error);
  }
}

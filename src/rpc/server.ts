/** The daemon's end of the RPC: its clients, as many as may be. */
import { EngineError } from '../errors.js';
import type { RpcChannel } from './channel.js';
import type { RpcService } from './methods.js';
import { RpcSession } from './session.js';

/** Serves the clients of one node. */
export class RpcServer {
  readonly #service: RpcService;
  readonly #isToken: ((token: string) => boolean) | undefined;
  readonly #sessions = new Set<RpcSession>();

  /** `isToken`: see {@link RpcSession}. */
  constructor(service: RpcService, isToken?: (token: string) => boolean) {
    this.#service = service;
    this.#isToken = isToken;
  }

  /** Clients that are connected. */
  get clients(): number {
    return this.#sessions.size;
  }

  /** Takes a client, or tells it `ERR_RPC_LIMIT`. */
  accept(channel: RpcChannel): void {
    const { rpcClients } = this.#service.limits;
    const isFull = this.#sessions.size >= rpcClients;
    const session: RpcSession = new RpcSession(channel, {
      service: this.#service,
      isToken: this.#isToken,
      onClosed: () => this.#sessions.delete(session),
    });
    if (isFull) session.refuse(new EngineError('ERR_RPC_LIMIT', 'local', `${rpcClients} clients are connected`));
    else this.#sessions.add(session);
  }

  /** Drops every client. */
  close(): void {
    for (const session of [...this.#sessions]) session.close();
  }
}

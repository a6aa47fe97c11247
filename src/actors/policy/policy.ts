/** The policy of a node: who is let in, what each may take, whom we keep. Asked by the swarm; it opens and closes nothing. */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { Direction } from '../../messages.js';
import { ipOf, isLoopback } from '../../wire/ip.js';
import type { Environment } from '../environment.js';
import type { ConnectionResources } from './connection-resources.js';
import { Gater, type GaterOptions } from './gater.js';
import { HostRates } from './host-rates.js';
import { ResourceManager, type ResourceOptions } from './resource-manager.js';

/** How a node is bounded. Everything has a default. */
export interface PolicyOptions {
  readonly resources?: ResourceOptions | undefined;
  readonly gater?: GaterOptions | undefined;
}

/** Scopes, gater and rates of one node. */
export class Policy {
  readonly resources: ResourceManager;
  readonly gater: Gater;
  readonly #environment: Environment;
  readonly #accepts: HostRates;
  readonly #dials: HostRates;

  constructor(environment: Environment, options: PolicyOptions = {}) {
    this.#environment = environment;
    this.resources = new ResourceManager(environment.limits, options.resources);
    this.gater = new Gater(options.gater);
    this.#accepts = acceptRates(environment.limits);
    this.#dials = dialRates(environment.limits);
  }

  /** Before a peer is dialed. Throws `ERR_CONNECTION_DENIED`. */
  dialPeer(peer: string): void {
    throwIf(this.gater.dialPeer(peer));
  }

  /**
   * Before an address is dialed. Throws `ERR_CONNECTION_DENIED`; of one that others told, peers or names, `ERR_DIAL_RATE`
   * where its host is dialed too often.
   */
  dialAddress(address: string, peer: string | undefined, isTold: boolean): void {
    throwIf(this.gater.dialAddress(address, peer) ?? (isTold ? this.#beyond(this.#dials, address) : undefined));
  }

  /** Whether an inbound connection is refused: by the gater, for its host's rate, or for `live` connections being there. */
  refusesAccept(remoteAddress: string, live: number): EngineError | undefined {
    const denied = this.gater.accept(remoteAddress);
    if (denied !== undefined) return denied;
    const { connections } = this.#environment.limits;
    if (live >= connections) {
      return new EngineError('ERR_CONNECTION_LIMIT', 'remote', `there are ${connections} connections already`);
    }
    return this.#beyond(this.#accepts, remoteAddress);
  }

  /**
   * Whether a connection whose peer is proved is refused; if not, it counts in that peer's scope. Of a channel that proves
   * nobody it is asked with an empty `peer`, which is no peer with a scope, and again when identify has named one.
   */
  refusesSecured(
    connection: { readonly remoteAddress: string; readonly direction: Direction },
    peer: string,
    resources: ConnectionResources,
  ): EngineError | undefined {
    const { remoteAddress, direction } = connection;
    const denied = this.gater.secured(peer, remoteAddress, direction);
    return denied ?? (peer === '' ? undefined : resources.secured(peer));
  }

  #beyond(rates: HostRates, address: string): EngineError | undefined {
    const ip = ipOf(address);
    // This very machine has other means to harm us, and tests and tools connect with it without end.
    if (ip === undefined || isLoopback(ip) || this.gater.names(ip)) return undefined;
    return rates.take(ip, this.#environment.turns.nowMs);
  }
}

function acceptRates({
  hostConnectionsBurst: burst,
  hostConnectionsPerSecond: perSecond,
  hostRates,
}: Limits): HostRates {
  const refusal = (host: string): EngineError =>
    new EngineError('ERR_CONNECTION_RATE', 'remote', `${host} connects more than ${perSecond} times a second`, {
      details: { stage: 'accept' },
    });
  return new HostRates({ burst, perSecond, hosts: hostRates, refusal });
}

/** Of nobody's fault that is known: who told the addresses need not be who is dialed. */
function dialRates({ hostDialsBurst: burst, hostDialsPerSecond: perSecond, hostRates }: Limits): HostRates {
  const refusal = (host: string): EngineError =>
    new EngineError('ERR_DIAL_RATE', 'local', `${host} would be dialed more than ${perSecond} times a second`, {
      details: { stage: 'dialAddress' },
    });
  return new HostRates({ burst, perSecond, hosts: hostRates, refusal });
}

function throwIf(error: EngineError | undefined): void {
  if (error !== undefined) throw error;
}

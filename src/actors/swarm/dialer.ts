/**
 * Dialing for a whole node: which addresses of a peer are tried, one dial for all who ask for it, and what was learned
 * from the dials before.
 *
 * An address that the caller names is always tried. Addresses that are only known of a peer are left out while they are
 * backed off or lead into a black hole, and fail while too many of their host are dialed.
 */
import { parsePeerTarget } from '../../crypto/peer-target.js';
import { EngineError } from '../../errors.js';
import type { Resolver } from '../../ports.js';
import { namePartOf } from '../../wire/dns-address.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import type { Peerstore } from '../peers/peerstore.js';
import { BlackHoles } from './black-hole.js';
import { DialAttempt, type AddressOutcome } from './dial-attempt.js';
import { DialBackoff } from './dial-backoff.js';
import { rankAddresses, type RankedAddress } from './dial-rank.js';
import { DialSlots } from './dial-slots.js';
import { Resolution } from './resolution.js';
import type { SwarmDialOptions } from './swarm-options.js';

/** What is known of an address that is dialed. */
export interface Dialed {
  readonly expectedPeer: string | undefined;
  /** The caller has not written it out: a peer or a name told it. */
  readonly isTold: boolean;
  /** The caller wants another connection, even if there is one. */
  readonly isForced: boolean;
}

/** What a dialer needs of its swarm. */
export interface DialerOptions {
  readonly environment: Environment;
  readonly ownPeer: string;
  readonly known: Pick<Peerstore, 'addressesOf' | 'reading'>;
  /** Without it, names are the transports' own affair. */
  readonly resolver: Resolver | undefined;
  readonly listenAddresses: () => readonly string[];
  /** Whether a transport handles the address. */
  readonly isSupported: (address: string) => boolean;
  /** Throws where the node's policy dials no such peer. */
  readonly allow: (peer: string) => void;
  /** An open connection with a peer, or dialed at an address. */
  readonly connectionTo: (peer: string) => ConnectionActor | undefined;
  readonly connectionAt: (address: string) => ConnectionActor | undefined;
  readonly connect: (address: string, dialed: Dialed, attempt: DialAttempt) => ConnectionActor;
  /** A number of this node that was not used before. */
  readonly nextNumber: () => number;
}

/** What is to be dialed. */
interface Target {
  readonly peer: string | undefined;
  readonly addresses: readonly string[];
  /** Whether the caller named the address. */
  readonly isExplicit: boolean;
}

/** The dials of one node. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #attempts = new Map<string, DialAttempt>();
  /** Open connections by the name that was dialed without a peer id: what they lead to has another address. */
  readonly #named = new Map<string, ConnectionActor>();
  readonly #backoff: DialBackoff;
  readonly #blackHoles: BlackHoles;
  readonly #slots: DialSlots;

  constructor(options: DialerOptions) {
    this.#options = options;
    const { limits } = options.environment;
    this.#backoff = new DialBackoff(limits);
    this.#blackHoles = new BlackHoles(limits);
    this.#slots = new DialSlots(limits);
  }

  /** A live connection with `text`, or the dial that brings one; throws and rejects as `SwarmActor.dial` does. */
  connection(text: string, options: SwarmDialOptions): ConnectionActor | Promise<ConnectionActor> {
    const { ownPeer, known, allow, connectionTo, connectionAt, nextNumber } = this.#options;
    const { signal, force = false } = options;
    const target = this.#targetOf(text);
    const { peer, addresses } = target;
    const [first = ''] = addresses;
    if (peer === ownPeer) throw new EngineError('ERR_DIAL_SELF', 'local', `${text} is this node`);
    const live = peer === undefined ? (connectionAt(first) ?? this.#openAt(first)) : connectionTo(peer);
    if (live !== undefined && !force) return live;
    if (peer !== undefined) allow(peer);
    if (addresses.length === 0) {
      const reading = known.reading(peer);
      if (reading !== undefined) return reading.then(() => this.connection(text, options));
      throw new EngineError('ERR_DIAL_NO_ADDRESS', 'local', `no address is known for ${text}`);
    }
    const key = force ? `force:${nextNumber()}` : (peer ?? first);
    const running = this.#attempts.get(key);
    if (running === undefined) return this.#begin(text, key, target, force).join(signal);
    if (!target.isExplicit || running.includes(first)) return running.join(signal);
    // What the caller names is tried, if what is under way leads nowhere.
    return running.join(signal).catch((thrown: unknown) => {
      if (signal?.aborted === true) throw thrown;
      return this.connection(text, options);
    });
  }

  /** Gives up every dial. */
  cancelAll(): void {
    for (const attempt of [...this.#attempts.values()]) attempt.cancel();
  }

  #targetOf(text: string): Target {
    const { known, isSupported } = this.#options;
    const { peer, address } = parsePeerTarget(text);
    if (address === undefined) {
      return { peer, addresses: peer === undefined ? [] : known.addressesOf(peer), isExplicit: false };
    }
    if (!this.#isName(address) && !isSupported(address)) throw unsupported(address);
    return { peer, addresses: [address], isExplicit: true };
  }

  #begin(text: string, key: string, target: Target, isForced: boolean): DialAttempt {
    const { environment, connect, nextNumber } = this.#options;
    const { peer } = target;
    // What is known of a peer is judged at once; what names lead to when it is known.
    const named = target.isExplicit ? target.addresses : this.#dialable(text, target);
    const number = nextNumber();
    const attempt = new DialAttempt({
      environment,
      address: `dial:${number}`,
      named,
      find: (onFound, onFailed) => this.#find(text, { ...target, addresses: named }, number, onFound, onFailed),
      slots: this.#slots,
      connect: (address, dial) => {
        const isTold = !(target.isExplicit && target.addresses.includes(address));
        return connect(address, { expectedPeer: peer, isTold, isForced }, dial);
      },
      onOutcome: (address, outcome, error) => this.#learn(peer ?? '', address, outcome, error),
      onDone: (opened) => {
        this.#attempts.delete(key);
        const [first = ''] = target.addresses;
        if (opened !== undefined && peer === undefined && this.#isName(first)) this.#keepNamed(first, opened);
      },
    });
    this.#attempts.set(key, attempt);
    return attempt;
  }

  /** The addresses of a dial by rank, names resolved. */
  #find(
    text: string,
    { peer, addresses, isExplicit }: Target,
    number: number,
    onFound: (addresses: readonly RankedAddress[]) => void,
    onFailed: (error: EngineError) => void,
  ): () => void {
    const { environment, resolver, isSupported, listenAddresses } = this.#options;
    const most = environment.limits.addressesPerPeer;
    if (resolver === undefined || !addresses.some((address) => this.#isName(address))) {
      onFound(rankAddresses(addresses).slice(0, most));
      return () => undefined;
    }
    const resolution = new Resolution({
      environment,
      address: `dial:${number}/names`,
      resolver,
      addresses,
      peer,
      isTrusted: isExplicit,
      weListenOn: listenAddresses(),
      onResolved: (resolved) => {
        const ranked = rankAddresses(resolved.filter((address) => isSupported(address))).slice(0, most);
        if (ranked.length > 0) onFound(ranked);
        else onFailed(unsupported(`any address that ${text} leads to`));
      },
      onFailed,
    });
    resolution.start();
    return () => resolution.cancel();
  }

  #isName(address: string): boolean {
    return this.#options.resolver !== undefined && namePartOf(address) !== undefined;
  }

  #openAt(name: string): ConnectionActor | undefined {
    const connection = this.#named.get(name);
    return connection?.isOpen === true ? connection : undefined;
  }

  #keepNamed(name: string, connection: ConnectionActor): void {
    for (const [other, { isOpen }] of this.#named) if (!isOpen) this.#named.delete(other);
    this.#named.set(name, connection);
  }

  /** What of the known addresses is worth a try now. Throws `ERR_DIAL_BACKOFF` where nothing is. */
  #dialable(text: string, { peer = '', addresses }: Target): readonly string[] {
    const { nowMs } = this.#options.environment.turns;
    const supported = addresses.filter((address) => this.#isName(address) || this.#options.isSupported(address));
    if (supported.length === 0) throw unsupported(`any address of ${text}`);
    const waits = supported.map((address) => this.#backoff.waitMs(peer, address, nowMs));
    const allowed = this.#blackHoles.allowed(supported.filter((_, index) => waits[index] === 0));
    if (allowed.length > 0) return allowed;
    const soonestMs = Math.min(...waits);
    const why =
      soonestMs > 0
        ? `every known address of ${text} failed lately; the next one is tried in ${soonestMs} ms`
        : `every known address of ${text} is of a kind that leads nowhere from this network`;
    throw new EngineError('ERR_DIAL_BACKOFF', 'local', why);
  }

  #learn(peer: string, address: string, outcome: AddressOutcome, error: EngineError | undefined): void {
    // What failed here says nothing of the other side.
    if (outcome === 'failed' && error?.blame !== 'remote') return;
    this.#blackHoles.record(address, outcome === 'opened');
    const { nowMs } = this.#options.environment.turns;
    if (outcome === 'opened') this.#backoff.succeeded(peer, address);
    else if (outcome === 'failed') this.#backoff.failed(peer, address, nowMs);
  }
}

function unsupported(what: string): EngineError {
  return new EngineError('ERR_TRANSPORT_UNSUPPORTED', 'local', `no transport handles ${what}`);
}

/** What a node says of itself in identify: its key, addresses and protocols, and a signed record of the addresses. */
import type { Environment } from '../actors/environment.js';
import { IDENTIFY_PROTOCOL_VERSION } from '../actors/protocols/identify-handler.js';
import type { RecordSequence } from '../actors/peers/record-sequence.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import type { Identity } from '../crypto/identity.js';
import { sealPeerRecord } from '../crypto/peer-record.js';
import type { OwnIdentify } from '../wire/identify.js';
import { multiaddrToBytes } from '../wire/multiaddr.js';

/** What is said of the node beyond its swarm. */
export interface OwnIdentityOptions {
  readonly identity: Identity;
  readonly agentVersion: string;
  /** Addresses that others see us at, confirmed. */
  readonly observed: () => readonly string[];
  /** Numbers for signed records; none: no record. */
  readonly sequence: RecordSequence | undefined;
}

/** Says who we are. */
export class OwnIdentity {
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #options: OwnIdentityOptions;
  #record: { readonly of: string; readonly bytes: Uint8Array } | undefined;
  #revision = 0;

  constructor(environment: Environment, swarm: SwarmActor, options: OwnIdentityOptions) {
    this.#environment = environment;
    this.#swarm = swarm;
    this.#options = options;
  }

  /** Grows with each change of what we say. */
  get revision(): number {
    return this.#revision;
  }

  /** Something of it has changed. */
  changed(): void {
    this.#revision++;
  }

  /** Where we are, without peer id. */
  get addresses(): readonly string[] {
    // The path of a socket leads nowhere from another machine, and says things of this one.
    const listening = this.#swarm.listenAddresses.filter((address) => !address.startsWith('/unix/'));
    return [...listening, ...this.#options.observed()];
  }

  /** Everything but where the peer is seen. */
  get message(): OwnIdentify {
    const { identity, agentVersion } = this.#options;
    const listenAddresses = this.addresses;
    const signedPeerRecord = this.#recordOf(listenAddresses);
    return {
      publicKey: identity.publicKeyProtobuf,
      listenAddresses,
      protocols: this.#swarm.protocols.list(),
      protocolVersion: IDENTIFY_PROTOCOL_VERSION,
      agentVersion,
      ...(signedPeerRecord === undefined ? {} : { signedPeerRecord }),
    };
  }

  /** The record of these addresses, signed anew only when they are others. None of no addresses. */
  #recordOf(addresses: readonly string[]): Uint8Array | undefined {
    const { identity, sequence } = this.#options;
    if (sequence === undefined || addresses.length === 0) return undefined;
    let room = this.#environment.limits.peerRecordAddressBytes;
    const told = addresses.filter((address) => (room -= multiaddrToBytes(address).length) >= 0);
    const of = told.join(' ');
    if (this.#record?.of !== of) this.#record = { of, bytes: sealPeerRecord(identity, sequence.next(), told) };
    return this.#record.bytes;
  }
}

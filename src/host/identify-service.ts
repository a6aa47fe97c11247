/**
 * Identify on every connection: who the peer says it is, which protocols it speaks, where it listens. Asked once when
 * the connection opens; whoever needs the answer waits for the same one.
 */
import { ReplaySubject, Subject, firstValueFrom, type Observable } from 'rxjs';
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { Environment } from '../actors/environment.js';
import { IDENTIFY_PROTOCOL, requestIdentify, type IdentifyResult } from '../actors/protocols/identify-handler.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import { peerIdFromPublicKey } from '../crypto/peer-id.js';
import { toEngineError, type EngineError } from '../errors.js';
import { splitPeerAddress } from '../wire/multiaddr.js';

/** A peer was identified. */
export interface Identified {
  readonly peer: string;
  readonly connection: ConnectionActor;
  readonly result: IdentifyResult;
}

type Outcome = { readonly result: IdentifyResult } | { readonly error: EngineError };

/** Asks and remembers. */
export class IdentifyService {
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #identified = new Subject<Identified>();
  readonly #outcomes = new Map<ConnectionActor, ReplaySubject<Outcome>>();
  readonly #protocols = new Map<string, readonly string[]>();

  constructor(environment: Environment, swarm: SwarmActor) {
    this.#environment = environment;
    this.#swarm = swarm;
    swarm.events$.subscribe((event) => {
      if (event.type === 'connection.opened') this.#ask(event.connection);
      else if (event.type === 'connection.closed') this.#outcomes.delete(event.connection);
      else if (event.type === 'peer.disconnected') this.#protocols.delete(event.peer);
    });
  }

  /** Emits each peer when its answer came. */
  get identified$(): Observable<Identified> {
    return this.#identified;
  }

  /** What identify said the peer speaks; `undefined` while it has not answered. */
  protocolsOf(peer: string): readonly string[] | undefined {
    return this.#protocols.get(peer);
  }

  /** The answer on this connection, waited for if need be. Rejects with identify's failure. */
  async of(connection: ConnectionActor): Promise<IdentifyResult> {
    const outcome = await firstValueFrom(this.#outcomes.get(connection) ?? this.#ask(connection));
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  #ask(connection: ConnectionActor): ReplaySubject<Outcome> {
    const outcome = new ReplaySubject<Outcome>(1);
    this.#outcomes.set(connection, outcome);
    this.#request(connection).then(
      (result) => this.#environment.turns.post(() => this.#keep(connection, outcome, result)),
      (thrown: unknown) => {
        const error = toEngineError(thrown, 'ERR_IDENTIFY_ENDED', 'remote', 'identify failed');
        this.#environment.turns.post(() => {
          // Elsewhere the channel has proven who the peer is; here there is only its word, and that is another's.
          if (connection.secured?.unproven === true && error.code === 'ERR_IDENTIFY_KEY_MISMATCH') connection.close();
          outcome.next({ error });
        });
      },
    );
    return outcome;
  }

  async #request(connection: ConnectionActor): Promise<IdentifyResult> {
    const stream = await this.#swarm.openStreamOn(connection, [IDENTIFY_PROTOCOL]);
    return requestIdentify(this.#environment, stream, {
      remotePeer: connection.secured?.remotePeer ?? '',
      address: `${stream.address}/identify`,
    });
  }

  #keep(connection: ConnectionActor, outcome: ReplaySubject<Outcome>, result: IdentifyResult): void {
    if (result.publicKey !== undefined) this.#swarm.name(connection, peerIdFromPublicKey(result.publicKey));
    const peer = connection.secured?.remotePeer ?? '';
    if (connection.isOpen && peer !== '') {
      this.#protocols.set(peer, result.protocols);
      this.#swarm.addresses.add(
        peer,
        result.listenAddresses.map((address) => splitPeerAddress(address).transport),
      );
    }
    outcome.next({ result });
    this.#identified.next({ peer, connection, result });
  }
}

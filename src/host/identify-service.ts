/**
 * Identify on every connection: who the peer says it is, which protocols it speaks, where it listens. Asked once when
 * the connection opens; whoever needs the answer waits for the same one.
 */
import { Subject, type Observable } from 'rxjs';
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { Environment } from '../actors/environment.js';
import { IDENTIFY_PROTOCOL, requestIdentify, type IdentifyResult } from '../actors/protocols/identify-handler.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import { peerIdFromPublicKey } from '../crypto/peer-id.js';
import { toEngineError, type EngineError } from '../errors.js';
import { toldBy } from './told-by.js';

/** A peer was identified. */
export interface Identified {
  readonly peer: string;
  readonly connection: ConnectionActor;
  readonly result: IdentifyResult;
}

/** A peer's answer was taken but for its signed record, which does not hold. */
export interface RecordRefused {
  readonly peer: string;
  readonly error: EngineError;
}

type Outcome = { readonly result: IdentifyResult } | { readonly error: EngineError };

/** Asks and remembers. */
export class IdentifyService {
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #identified = new Subject<Identified>();
  readonly #refused = new Subject<RecordRefused>();
  readonly #outcomes = new Map<ConnectionActor, Promise<Outcome>>();
  readonly #protocols = new Map<string, readonly string[]>();

  constructor(environment: Environment, swarm: SwarmActor) {
    this.#environment = environment;
    this.#swarm = swarm;
    swarm.events$.subscribe((event) => {
      // A connection without a muxer has no stream to spare: it is asked when somebody wants to know.
      if (event.type === 'connection.opened' && event.connection.muxer?.sole === undefined)
        void this.#ask(event.connection);
      else if (event.type === 'connection.closed') this.#outcomes.delete(event.connection);
      else if (event.type === 'peer.disconnected') this.#protocols.delete(event.peer);
    });
  }

  /** Emits each peer when its answer came. */
  get identified$(): Observable<Identified> {
    return this.#identified;
  }

  /** Emits where a signed record was no good. */
  get recordRefused$(): Observable<RecordRefused> {
    return this.#refused;
  }

  /** What a peer told of itself without being asked, on the connection with this address. */
  pushed(address: string, result: IdentifyResult): void {
    const connection = this.#swarm.connections.find((one) => one.address === address);
    // What is empty has not changed. Who has no name yet says so by identify, not by a push.
    if (connection?.secured?.remotePeer) this.#learn(connection, result, false);
  }

  /** What identify said the peer speaks; `undefined` while it has not answered. */
  protocolsOf(peer: string): readonly string[] | undefined {
    return this.#protocols.get(peer);
  }

  /** The answer on this connection, waited for if need be. Rejects with identify's failure. */
  async of(connection: ConnectionActor): Promise<IdentifyResult> {
    const outcome = await (this.#outcomes.get(connection) ?? this.#ask(connection));
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  }

  #ask(connection: ConnectionActor): Promise<Outcome> {
    const outcome = new Promise<Outcome>((settle) => {
      this.#request(connection).then(
        (result) => this.#environment.turns.post(() => this.#keep(connection, settle, result)),
        (thrown: unknown) => {
          const error = toEngineError(thrown, 'ERR_IDENTIFY_ENDED', 'remote', 'identify failed');
          this.#environment.turns.post(() => {
            // Elsewhere the channel has proven who the peer is; here there is only its word, and that is another's.
            if (connection.secured?.unproven === true && error.code === 'ERR_IDENTIFY_KEY_MISMATCH') connection.close();
            settle({ error });
          });
        },
      );
    });
    this.#outcomes.set(connection, outcome);
    return outcome;
  }

  async #request(connection: ConnectionActor): Promise<IdentifyResult> {
    const hasMany = connection.muxer?.sole === undefined;
    const stream = hasMany
      ? await this.#swarm.openStreamOn(connection, [IDENTIFY_PROTOCOL])
      : await this.#swarm.openStream(connection.secured?.remotePeer ?? '', [IDENTIFY_PROTOCOL]);
    return requestIdentify(this.#environment, stream, {
      remotePeer: connection.secured?.remotePeer ?? '',
      address: `${stream.address}/identify`,
      provenKey: connection.secured?.remotePublicKeyProtobuf,
    });
  }

  #keep(connection: ConnectionActor, settle: (outcome: Outcome) => void, result: IdentifyResult): void {
    const { publicKey } = result;
    const refused = publicKey && this.#swarm.name(connection, peerIdFromPublicKey(publicKey));
    if (refused !== undefined) {
      settle({ error: refused });
      return;
    }
    if (connection.isOpen && connection.secured?.remotePeer !== '') this.#learn(connection, result, true);
    settle({ result });
    this.#identified.next({ peer: connection.secured?.remotePeer ?? '', connection, result });
  }

  /** Puts an answer into what is known of the peer; `isWhole`: what is not in it is not so. */
  #learn(connection: ConnectionActor, result: IdentifyResult, isWhole: boolean): void {
    const peer = connection.secured?.remotePeer ?? '';
    if (isWhole || result.protocols.length > 0) this.#protocols.set(peer, result.protocols);
    const { told, refused } = toldBy(this.#environment, peer, result, isWhole);
    const { addresses } = told;
    this.#swarm.known.told(peer, {
      ...told,
      ...(addresses === undefined ? {} : { addresses: this.#swarm.dialable(addresses, connection) }),
    });
    if (refused !== undefined) this.#refused.next({ peer, error: refused });
  }
}

/**
 * What a node does about peers unasked: keeps what it knows of them, tells them what changes about itself, hears what
 * they tell, counts where they see it, answers relay questions, and pings. Each is an option of its own.
 */
import { Subject, type Observable } from 'rxjs';
import type { Environment } from '../actors/environment.js';
import { PeerRecords } from '../actors/peers/peer-records.js';
import { RecordSequence } from '../actors/peers/record-sequence.js';
import { answerIdentify, IDENTIFY_PROTOCOL } from '../actors/protocols/identify-handler.js';
import { answerRelayV1, RELAY_V1_PROTOCOL } from '../actors/protocols/relay-v1-handler.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import type { EngineError } from '../errors.js';
import { connectionInfo } from './connection-info.js';
import type { HostEvent } from './host-events.js';
import { IdentifyPushService } from './identify-push-service.js';
import type { IdentifyService } from './identify-service.js';
import type { HostOptions } from './options.js';
import { ObservedWatch } from './observed-watch.js';
import { OwnIdentity } from './own-identity.js';
import { Peers } from './peers.js';
import { PingMonitor } from '../actors/swarm/ping-monitor.js';

/** The services of one node. */
export class PeerServices {
  readonly peers: Peers;
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #notices = new Subject<HostEvent>();
  readonly #observed: ObservedWatch;
  readonly #sequence: RecordSequence | undefined;
  readonly #records: PeerRecords | undefined;
  readonly #own: OwnIdentity;
  readonly #push: IdentifyPushService | undefined;

  /** Registers identify, and push and relay where they are asked for. */
  constructor(environment: Environment, swarm: SwarmActor, identify: IdentifyService, options: HostOptions) {
    this.#environment = environment;
    this.#swarm = swarm;
    const { data, peerstore, pingMonitor, relayV1 } = options;
    const store = peerstore?.persistent === true ? data : undefined;
    const onFailed = (error: EngineError): void => this.#tell({ type: 'peers.problem', error });
    this.#records = store && new PeerRecords(environment, swarm.known, store);
    this.peers = new Peers(environment, swarm.known, () => this.#records?.read ?? Promise.resolve());
    this.#observed = new ObservedWatch(environment, () => swarm.listenAddresses, {
      changed: (added, gone) => this.#observedChanged(added, gone),
    });
    const { signedRecord, push } = options.identify ?? {};
    this.#sequence = signedRecord === true ? new RecordSequence(environment.clock, store, onFailed) : undefined;
    this.#own = new OwnIdentity(environment, swarm, {
      ...options,
      observed: () => this.observedAddresses,
      sequence: this.#sequence,
    });
    swarm.registerHandler(IDENTIFY_PROTOCOL, (stream) => {
      this.#push?.told(stream.connection.id);
      return answerIdentify(environment, stream, this.#own.message);
    });
    this.#push = push === true ? new IdentifyPushService(environment, swarm, identify, this.#own) : undefined;
    if (relayV1 === true) swarm.registerHandler(RELAY_V1_PROTOCOL, (stream) => answerRelayV1(environment, stream));
    if (pingMonitor !== undefined && pingMonitor !== false) {
      this.#monitor(pingMonitor === true ? {} : pingMonitor);
    }
    this.#listen(identify);
  }

  /** What happens to peers beside connections and streams. */
  get notices$(): Observable<HostEvent> {
    return this.#notices;
  }

  /** Addresses that enough others see this node at, beyond those it listens on. */
  get observedAddresses(): readonly string[] {
    return this.#observed.confirmed;
  }

  /** Where others are told that this node is, without peer id. */
  get ownAddresses(): readonly string[] {
    return this.#own.addresses;
  }

  /** Before the node listens; a promise only where there is something to wait for. */
  start(): Promise<void> | undefined {
    this.#records?.problems$.subscribe((problem) => this.#notices.next({ type: 'peers.problem', ...problem }));
    this.#records?.start();
    this.#push?.start();
    // The one thing that is waited for: a number that went out before must not go out again.
    return this.#sequence?.load();
  }

  /** The node listens: whoever connected before heard of fewer addresses. The last step of a start. */
  listening(): void {
    this.#records?.readStored();
    this.#changed();
  }

  /** When the swarm is stopped; a promise only where something is to be written. */
  stop(): Promise<void> | undefined {
    this.#observed.stop();
    if (this.#push !== undefined || this.#records !== undefined || this.#sequence !== undefined) return this.#end();
    this.#notices.complete();
    return undefined;
  }

  async #end(): Promise<void> {
    await this.#push?.stop();
    await this.#records?.stop();
    await this.#sequence?.written;
    this.#notices.complete();
  }

  #listen(identify: IdentifyService): void {
    this.#swarm.protocols.changes$.subscribe(() => this.#changed());
    identify.recordRefused$.subscribe((refused) => this.#notices.next({ type: 'record.refused', ...refused }));
    identify.identified$.subscribe(({ peer, connection, result: { observedAddress } }) => {
      if (observedAddress !== undefined) this.#observed.saw(connection, peer, observedAddress);
    });
    this.#swarm.events$.subscribe((event) => {
      if (event.type === 'connection.closed') this.#observed.closed(event.connection);
    });
  }

  #observedChanged(added: readonly string[], gone: readonly string[]): void {
    for (const address of added) this.#notices.next({ type: 'address.confirmed', address });
    for (const address of gone) this.#notices.next({ type: 'address.expired', address });
    this.#changed();
  }

  /** What we say of ourselves is something else now. */
  #changed(): void {
    this.#own.changed();
    this.#environment.turns.post(() => this.#push?.changed());
  }

  #monitor(options: { readonly intervalMs?: number; readonly maxFailures?: number }): void {
    new PingMonitor(this.#environment, this.#swarm, options, {
      measured: (peer, roundTripMs) => this.#swarm.known.measured(peer, roundTripMs),
      lost: (connection, error) => {
        this.#notices.next({ type: 'connection.unanswered', info: connectionInfo(connection), error });
        connection.close();
      },
    });
  }

  #tell(event: HostEvent): void {
    this.#environment.turns.post(() => this.#notices.next(event));
  }
}

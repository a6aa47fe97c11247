/**
 * Identify push both ways: connected peers that take it are told when our protocols or addresses change, and what they
 * tell us is heard, within bounds.
 */
import { ChangeBatch } from '../actors/peers/change-batch.js';
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { Environment } from '../actors/environment.js';
import { IDENTIFY_PUSH_PROTOCOL, receiveIdentifyPush } from '../actors/protocols/identify-handler.js';
import { pushIdentify } from '../actors/protocols/identify-push.js';
import type { ProtocolStream } from '../actors/stream/protocol-stream.js';
import type { SwarmActor } from '../actors/swarm/swarm-actor.js';
import { EngineError } from '../errors.js';
import { encodeIdentify } from '../wire/identify.js';
import type { IdentifyService } from './identify-service.js';
import type { OwnIdentity } from './own-identity.js';

/** Pushes of one connection in the present window of time. */
interface Window {
  beganAtMs: number;
  pushes: number;
}

/** Tells and hears. */
export class IdentifyPushService {
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #identify: IdentifyService;
  readonly #own: OwnIdentity;
  readonly #batch: ChangeBatch;
  /** Which revision of ourselves a connection has heard of, by its address. */
  readonly #told = new Map<string, number>();
  readonly #windows = new Map<string, Window>();

  constructor(environment: Environment, swarm: SwarmActor, identify: IdentifyService, own: OwnIdentity) {
    this.#environment = environment;
    this.#swarm = swarm;
    this.#identify = identify;
    this.#own = own;
    const { identifyPushDebounceMs: pauseMs, identifyPushInboundStreams } = environment.limits;
    this.#batch = new ChangeBatch({ environment, address: 'identify/push', pauseMs, work: () => this.#pushAll() });
    swarm.registerHandler(IDENTIFY_PUSH_PROTOCOL, (stream) => this.#hear(stream), identifyPushInboundStreams);
    swarm.events$.subscribe((event) => {
      if (event.type !== 'connection.closed') return;
      this.#told.delete(event.connection.address);
      this.#windows.delete(event.connection.address);
    });
    // A peer that asked before a change, and whose protocols were not known when it was pushed, hears of it now.
    identify.identified$.subscribe(({ connection }) => {
      const told = this.#told.get(connection.address);
      if (told !== undefined && told < own.revision) this.#batch.changed();
    });
  }

  /** The node starts. */
  start(): void {
    this.#batch.start();
  }

  /** What we say of ourselves has changed. Call inside a turn. */
  changed(): void {
    if (this.#swarm.connections.length > 0) this.#batch.changed();
  }

  /** A connection was told who we are, as of now. */
  told(connection: string): void {
    this.#told.set(connection, this.#own.revision);
  }

  /** Begins no more pushes; those under way end with their connections. */
  stop(): Promise<void> {
    return this.#batch.stop();
  }

  async #pushAll(): Promise<void> {
    const { identifyPushesAtOnce } = this.#environment.limits;
    const waiting = this.#swarm.peers.flatMap((peer) => {
      const connection = this.#swarm.connectionTo(peer);
      return connection !== undefined && this.#isDue(peer, connection) ? [connection] : [];
    });
    const workers = Array.from({ length: Math.min(identifyPushesAtOnce, waiting.length) }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await this.#push(next);
    });
    await Promise.all(workers);
  }

  #isDue(peer: string, connection: ConnectionActor): boolean {
    const takesIt = this.#identify.protocolsOf(peer)?.includes(IDENTIFY_PUSH_PROTOCOL) === true;
    return takesIt && (this.#told.get(connection.address) ?? -1) < this.#own.revision;
  }

  async #push(connection: ConnectionActor): Promise<void> {
    const { identifySendBytes, identifyWithRecordBytes } = this.#environment.limits;
    const options = {
      address: `${connection.address}/identify-push`,
      open: (signal: AbortSignal) => this.#swarm.openStreamOn(connection, [IDENTIFY_PUSH_PROTOCOL], { signal }),
      message: () => {
        this.told(connection.address);
        return encodeIdentify(this.#own.message, identifySendBytes, identifyWithRecordBytes);
      },
    };
    // A peer that does not take it hears of us when it asks; its connection tells what became of it.
    await pushIdentify(this.#environment, options).catch(() => this.told(connection.address));
    if (!connection.isOpen) this.#told.delete(connection.address);
  }

  async #hear(stream: ProtocolStream): Promise<void> {
    const { id, remotePeer } = stream.connection;
    if (!this.#mayPush(id)) {
      const { identifyPushesPerWindow: pushes, identifyPushWindowMs: windowMs } = this.#environment.limits;
      const what = `more than ${pushes} identify pushes within ${windowMs} ms`;
      throw new EngineError('ERR_IDENTIFY_PUSH_FLOOD', 'remote', what);
    }
    const options = { remotePeer, address: `${stream.address}/identify` };
    const result = await receiveIdentifyPush(this.#environment, stream, options);
    this.#environment.turns.post(() => this.#identify.pushed(id, result));
  }

  #mayPush(connection: string): boolean {
    const { identifyPushesPerWindow, identifyPushWindowMs } = this.#environment.limits;
    const nowMs = this.#environment.turns.nowMs;
    const window = this.#windows.get(connection);
    if (window === undefined || nowMs - window.beganAtMs >= identifyPushWindowMs) {
      this.#windows.set(connection, { beganAtMs: nowMs, pushes: 1 });
      return true;
    }
    window.pushes++;
    return window.pushes <= identifyPushesPerWindow;
  }
}

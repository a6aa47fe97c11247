/** The ping monitor: pings each connected peer now and then, keeps the round-trip time, and ends what answers no more. */
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { PING_PROTOCOL, pingPeer } from '../protocols/ping-handler.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { SwarmActor } from './swarm-actor.js';
import { EngineError, type ErrorCode } from '../../errors.js';
import { pingMonitorMachine } from '../../machines/ping-monitor.js';

/** How a node pings by itself. */
export interface PingMonitorOptions {
  /** From a ping to the next one. Default `limits.pingMonitorMs`. */
  readonly intervalMs?: number;
  /** Pings in a row that fail before the connection is closed. Default `limits.pingMonitorFailures`. */
  readonly maxFailures?: number;
}

/** What a monitor tells. */
export interface PingMonitorListener {
  measured(peer: string, roundTripMs: number): void;
  lost(connection: ConnectionActor, error: EngineError): void;
}

/** A rest is up to this share longer or shorter: pings of many connections are not to come at once. */
const JITTER = 0.1;

/** One monitor for each open connection. */
export class PingMonitor {
  readonly #environment: Environment;
  readonly #swarm: SwarmActor;
  readonly #intervalMs: number;
  readonly #maxFailures: number;
  readonly #listener: PingMonitorListener;
  readonly #monitors = new Map<ConnectionActor, ConnectionMonitor>();

  constructor(environment: Environment, swarm: SwarmActor, options: PingMonitorOptions, listener: PingMonitorListener) {
    this.#environment = environment;
    this.#swarm = swarm;
    this.#intervalMs = options.intervalMs ?? environment.limits.pingMonitorMs;
    this.#maxFailures = options.maxFailures ?? environment.limits.pingMonitorFailures;
    this.#listener = listener;
    if (!(this.#intervalMs > 0) || !Number.isSafeInteger(this.#maxFailures) || this.#maxFailures < 1) {
      const what = 'pingMonitor: intervalMs is above 0 and maxFailures a positive integer';
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
    }
    swarm.events$.subscribe((event) => {
      if (event.type === 'connection.opened') this.#watch(event.connection);
      else if (event.type === 'connection.closed') this.#monitors.get(event.connection)?.stop();
    });
  }

  #watch(connection: ConnectionActor): void {
    const monitor = new ConnectionMonitor(this.#environment, {
      address: `${connection.address}/ping-monitor`,
      maxFailures: this.#maxFailures,
      restMs: () => this.#restMs(),
      ping: (signal) => this.#ping(connection, signal),
      measured: (roundTripMs) => this.#listener.measured(connection.secured?.remotePeer ?? '', roundTripMs),
      ended: (error) => {
        this.#monitors.delete(connection);
        if (error?.code === 'ERR_PING_MONITOR_LOST') this.#listener.lost(connection, error);
      },
    });
    this.#monitors.set(connection, monitor);
    monitor.start();
  }

  #restMs(): number {
    const [high = 0, low = 0] = this.#environment.random.bytes('ping.monitor', 2);
    return Math.round(this.#intervalMs * (1 + JITTER * ((2 * (256 * high + low)) / 65_535 - 1)));
  }

  async #ping(connection: ConnectionActor, signal: AbortSignal): Promise<number> {
    const stream = await this.#swarm.openStreamOn(connection, [PING_PROTOCOL], { signal });
    for await (const roundTripMs of pingPeer(this.#environment, stream)) return roundTripMs;
    throw new EngineError('ERR_PING_ENDED', 'remote', 'no ping was answered');
  }
}

/** What one monitor is made of. */
export interface ConnectionMonitorOptions {
  readonly address: string;
  readonly maxFailures: number;
  restMs(): number;
  /** One ping; resolves with the round-trip time. */
  ping(signal: AbortSignal): Promise<number>;
  measured(roundTripMs: number): void;
  /** It pings no more: `error` says why, where it is not that the connection is gone. */
  ended(error?: EngineError): void;
}

/** The monitor of one connection. */
export class ConnectionMonitor {
  readonly #environment: Environment;
  readonly #options: ConnectionMonitorOptions;
  readonly #machine: MachineActor<typeof pingMonitorMachine>;
  readonly #pinging = new AbortController();

  constructor(environment: Environment, options: ConnectionMonitorOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#machine = spawnMachine(environment, pingMonitorMachine, {
      address: options.address,
      input: { maxFailures: options.maxFailures, restMs: options.restMs() },
      perform: (effect) => {
        switch (effect.type) {
          case 'open.ping':
            this.#ping();
            return;
          case 'report.ended':
            this.#end();
            return;
          case 'report.failed':
            this.#end(this.#failure(effect.code));
            return;
          default:
            effect satisfies never;
        }
      },
      broken: (error) => this.#end(error),
    });
  }

  /** Begins with a rest. */
  start(): void {
    this.#machine.start();
  }

  /** The connection is gone. */
  stop(): void {
    this.#machine.send({ type: 'local.stop' });
  }

  #ping(): void {
    const { turns } = this.#environment;
    this.#options.ping(this.#pinging.signal).then(
      (roundTripMs) =>
        turns.post(() => {
          if (this.#machine.done) return;
          this.#options.measured(roundTripMs);
          this.#machine.send({ type: 'ping.echoed', restMs: this.#options.restMs() });
        }),
      (thrown: unknown) =>
        turns.post(() => {
          if (this.#machine.done) return;
          const isUnsupported = thrown instanceof EngineError && thrown.code === 'ERR_MULTISTREAM_NO_OVERLAP';
          if (isUnsupported) this.#machine.send({ type: 'ping.unsupported' });
          else this.#machine.send({ type: 'ping.failed', restMs: this.#options.restMs() });
        }),
    );
  }

  #end(error?: EngineError): void {
    this.#pinging.abort();
    this.#options.ended(error);
  }

  #failure(code: ErrorCode): EngineError {
    const { maxFailures } = this.#options;
    const lost = code === 'ERR_PING_MONITOR_LOST';
    const message = lost ? `${maxFailures} pings in a row were not answered` : 'heard what it does not expect';
    return new EngineError(code, lost ? 'remote' : 'engine', `ping monitor: ${message}`, {
      details: {
        machine: this.#machine.machine,
        state: this.#machine.stays.at(-2)?.state ?? '',
        lastEvent: this.#machine.lastEvent,
        timeline: [...this.#machine.stays],
      },
    });
  }
}

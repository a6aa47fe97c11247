/** One dial of one peer, shared by all who ask for it meanwhile: performs what the dial machine orders. */
import { EngineError, toEngineError } from '../../errors.js';
import { dialMachine, type DialEffect } from '../../machines/dial.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** What a dial needs. */
export interface DialOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `dial:3`. */
  readonly address: string;
  /** Addresses to try, best first; at least one. */
  readonly addresses: readonly string[];
  /** Starts connecting; the attempt hears of the result through `opened` and `failed`. */
  connect(address: string, attempt: DialAttempt): ConnectionActor;
  /** The attempt is over. */
  onDone(): void;
}

interface Waiter {
  resolve(connection: ConnectionActor): void;
  reject(error: EngineError): void;
}

/** A dial under way. */
export class DialAttempt {
  readonly #options: DialOptions;
  readonly #machine: MachineActor<typeof dialMachine>;
  readonly #waiters = new Set<Waiter>();
  readonly #failures: EngineError[] = [];
  #connecting: ConnectionActor | undefined;
  #opened: ConnectionActor | undefined;
  #started = false;

  constructor(options: DialOptions) {
    this.#options = options;
    this.#machine = spawnMachine(options.environment, dialMachine, {
      address: options.address,
      input: { addressCount: options.addresses.length },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#settle(error),
    });
  }

  /** Joins the attempt, which the first one starts; an aborted signal leaves it, and the last one to leave cancels it. */
  join(signal?: AbortSignal): Promise<ConnectionActor> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiters.delete(waiter);
        reject(new EngineError('ERR_ABORTED', 'local', 'the dial was cancelled', { cause: signal?.reason }));
        if (this.#waiters.size === 0) this.cancel();
      };
      const waiter: Waiter = {
        resolve: (connection) => {
          signal?.removeEventListener('abort', abort);
          resolve(connection);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      if (this.#started) return;
      // After the waiter is in place: an attempt can fail in the very turn in which it starts.
      this.#started = true;
      this.#options.environment.turns.post(() => this.#machine.start());
    });
  }

  /** Gives up; everybody who waits hears `ERR_ABORTED`. */
  cancel(): void {
    this.#options.environment.turns.post(() => this.#machine.send({ type: 'local.cancel' }));
  }

  /** The connection under way is open. */
  opened(connection: ConnectionActor): void {
    this.#connecting = undefined;
    this.#opened = connection;
    this.#machine.send({ type: 'connection.opened' });
  }

  /** The connection under way failed. */
  failed(error: EngineError): void {
    this.#connecting = undefined;
    this.#failures.push(error);
    this.#machine.send({ type: 'connection.failed' });
  }

  #perform(effect: DialEffect): void {
    switch (effect.type) {
      case 'dial.address': {
        const address = this.#options.addresses[effect.index] ?? '';
        try {
          this.#connecting = this.#options.connect(address, this);
        } catch (thrown) {
          this.failed(toEngineError(thrown, 'ERR_DIAL_FAILED', 'local', `dialing ${address}`));
        }
        return;
      }
      case 'cancel.address':
        this.#connecting?.close();
        return;
      case 'report.connected':
        this.#settle(undefined);
        return;
      case 'report.failed':
        this.#settle(this.#failureOf(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  /** One address: its own error. Several: one error with all of them as cause, and the last one's details. */
  #failureOf(code: EngineError['code']): EngineError {
    const last = this.#failures.at(-1);
    if (last === undefined) return new EngineError(code, 'local', 'the dial was cancelled');
    if (code !== 'ERR_DIAL_FAILED' || this.#failures.length === 1) return last;
    const each = this.#failures.map((error, index) => `${this.#options.addresses[index] ?? ''}: ${error.message}`);
    return new EngineError(code, 'remote', `all ${each.length} addresses failed: ${each.join('; ')}`, {
      cause: new AggregateError(this.#failures),
      details: last.details,
    });
  }

  #settle(error: EngineError | undefined): void {
    const opened = this.#opened;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    this.#options.onDone();
    for (const waiter of waiters) {
      if (opened !== undefined && error === undefined) waiter.resolve(opened);
      else waiter.reject(error ?? new EngineError('ERR_DIAL_FAILED', 'remote', 'the dial failed'));
    }
  }
}

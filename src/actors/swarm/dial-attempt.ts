/** One dial of one peer, shared by all who ask for it meanwhile: performs what the dial machine orders. */
import { EngineError, toEngineError } from '../../errors.js';
import { dialMachine, type DialEffect } from '../../machines/dial.js';
import type { ConnectionActor } from '../connection/connection-actor.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { RankedAddress } from './dial-rank.js';
import type { DialSlots } from './dial-slots.js';

/** How the dial of one address ended. */
export type AddressOutcome = 'opened' | 'failed' | 'lost';

/** What a dial needs. */
export interface DialOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `dial:3`. */
  readonly address: string;
  /** What is dialed, in the words of who asked: addresses, maybe with names. */
  readonly named: readonly string[];
  /**
   * Finds the addresses to try, in the order of their turns, at least one; calls exactly one of the two back, at once or
   * later, unless cancelled by what it answers.
   */
  find(onFound: (addresses: readonly RankedAddress[]) => void, onFailed: (error: EngineError) => void): () => void;
  readonly slots: DialSlots;
  /** Starts connecting; the attempt hears of the result through `opened` and `failed`. */
  connect(address: string, attempt: DialAttempt): ConnectionActor;
  /** An address has an outcome: a connection, an error, or another one was faster. */
  onOutcome(address: string, outcome: AddressOutcome, error?: EngineError): void;
  /** The attempt is over, with a connection or without. */
  onDone(opened: ConnectionActor | undefined): void;
}

interface Waiter {
  resolve(connection: ConnectionActor): void;
  reject(error: EngineError): void;
}

/** An address that is begun. */
interface Begun {
  readonly address: string;
  connection?: ConnectionActor;
  release: () => void;
}

/** A dial under way. */
export class DialAttempt {
  readonly #options: DialOptions;
  #addresses: readonly RankedAddress[] = [];
  /** Absent while the addresses are looked for. */
  #machine: MachineActor<typeof dialMachine> | undefined;
  #cancelFinding: () => void = () => undefined;
  readonly #waiters = new Set<Waiter>();
  readonly #failures: { readonly address: string; readonly error: EngineError }[] = [];
  readonly #pending = new Set<Begun>();
  readonly #lost = new WeakSet<ConnectionActor>();
  #opened: ConnectionActor | undefined;
  #started = false;

  constructor(options: DialOptions) {
    this.#options = options;
  }

  /** Address in the actor tree, e.g. `dial:3`. */
  get address(): string {
    return this.#options.address;
  }

  /** Whether `address` is among those that it was asked for. */
  includes(address: string): boolean {
    return this.#options.named.includes(address);
  }

  /** Whether `connection` was cancelled because another address was faster: no failure that anybody needs to hear of. */
  hasLost(connection: ConnectionActor): boolean {
    return this.#lost.has(connection);
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
      this.#options.environment.turns.post(() => this.#start());
    });
  }

  /** Gives up; everybody who waits hears `ERR_ABORTED`. */
  cancel(): void {
    this.#options.environment.turns.post(() => {
      if (this.#machine === undefined) this.#cancelFinding();
      else this.#machine.send({ type: 'local.cancel' });
    });
  }

  /** A connection under way is open. */
  opened(connection: ConnectionActor): void {
    const begun = this.#take(connection);
    if (begun === undefined || this.#machine?.done === true) {
      // Another one was open in the same moment.
      connection.close();
      return;
    }
    this.#options.onOutcome(begun.address, 'opened');
    this.#opened = connection;
    this.#machine?.send({ type: 'connection.opened' });
  }

  /** A connection under way failed; one that was given up is not under way. */
  failed(connection: ConnectionActor, error: EngineError): void {
    const begun = this.#take(connection);
    if (begun !== undefined) this.#failed(begun, error);
  }

  #start(): void {
    this.#cancelFinding = this.#options.find(
      (addresses) => this.#dial(addresses),
      (error) => this.#settle(error),
    );
  }

  #dial(addresses: readonly RankedAddress[]): void {
    const { environment, address } = this.#options;
    const { dialsPerPeer, dialTimeoutMs } = environment.limits;
    this.#addresses = addresses;
    const machine = spawnMachine(environment, dialMachine, {
      address,
      input: {
        delaysMs: addresses.map(({ delayMs }) => delayMs),
        maxAtOnce: dialsPerPeer,
        timeoutMs: dialTimeoutMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#settle(error),
    });
    this.#machine = machine;
    machine.start();
    if (machine.state === 'dialing' && machine.context.begun < addresses.length)
      machine.send({ type: 'addresses.more' });
  }

  #perform(effect: DialEffect): void {
    switch (effect.type) {
      case 'dial.address':
        this.#begin(this.#addresses[effect.index]?.address ?? '');
        return;
      case 'cancel.rest':
        this.#cancelRest();
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

  #begin(address: string): void {
    const begun: Begun = { address, release: () => undefined };
    this.#pending.add(begun);
    try {
      const release = this.#options.slots.take(() => this.#connect(begun));
      if (this.#pending.has(begun)) begun.release = release;
      else release();
    } catch (thrown) {
      this.#refused(begun, thrown);
    }
  }

  #connect(begun: Begun): void {
    try {
      begun.connection = this.#options.connect(begun.address, this);
    } catch (thrown) {
      this.#refused(begun, thrown);
    }
  }

  #refused(begun: Begun, thrown: unknown): void {
    if (!this.#pending.delete(begun)) return;
    begun.release();
    this.#failed(begun, toEngineError(thrown, 'ERR_DIAL_FAILED', 'local', `dialing ${begun.address}`));
  }

  #failed({ address }: Begun, error: EngineError): void {
    this.#options.onOutcome(address, 'failed', error);
    this.#failures.push({ address, error });
    this.#machine?.send({ type: 'connection.failed' });
  }

  #take(connection: ConnectionActor): Begun | undefined {
    const begun = [...this.#pending].find((one) => one.connection === connection);
    if (begun === undefined) return undefined;
    this.#pending.delete(begun);
    begun.release();
    return begun;
  }

  #cancelRest(): void {
    const rest = [...this.#pending];
    this.#pending.clear();
    for (const { address, connection, release } of rest) {
      release();
      if (connection === undefined) continue;
      if (this.#opened !== undefined) {
        this.#lost.add(connection);
        this.#options.onOutcome(address, 'lost');
      }
      connection.close();
    }
  }

  /** One address: its own error. Several: one error with all of them as cause, and the last one's details. */
  #failureOf(code: EngineError['code']): EngineError {
    const { limits } = this.#options.environment;
    const addresses = this.#addresses;
    const last = this.#failures.at(-1)?.error;
    const errors = this.#failures.map(({ error }) => error);
    if (code === 'ERR_DIAL_TIMEOUT') {
      const what = `none of ${addresses.length} addresses led to a connection within ${limits.dialTimeoutMs} ms`;
      return new EngineError(code, 'remote', what, { cause: new AggregateError(errors) });
    }
    if (code !== 'ERR_DIAL_FAILED' || last === undefined) {
      return new EngineError(code, 'local', 'the dial was cancelled');
    }
    if (addresses.length === 1) return last;
    const each = this.#failures.map(({ address, error }) => `${address}: ${error.message}`);
    return new EngineError(code, 'remote', `all ${each.length} addresses failed: ${each.join('; ')}`, {
      cause: new AggregateError(errors),
      details: last.details,
    });
  }

  #settle(error: EngineError | undefined): void {
    const opened = this.#opened;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    this.#options.onDone(opened);
    for (const waiter of waiters) {
      if (opened !== undefined && error === undefined) waiter.resolve(opened);
      else waiter.reject(error ?? new EngineError('ERR_DIAL_FAILED', 'remote', 'the dial failed'));
    }
  }
}

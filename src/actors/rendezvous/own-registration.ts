/** One registration of this node at a point, held until it is stopped: see the machine. */
import { EngineError, toEngineError, type ErrorCode } from '../../errors.js';
import {
  rendezvousRegistrationMachine,
  type RendezvousRegistrationEffect,
} from '../../machines/rendezvous-registration.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** Who asks the point. */
export interface RegistrationRequests {
  /** Answers the seconds that it lasts. */
  register(namespace: string, ttlSeconds: number | undefined): Promise<number>;
  unregister(namespace: string): Promise<void>;
}

/** What is registered, and who hears of it. */
export interface OwnRegistrationOptions {
  readonly namespace: string;
  readonly ttlSeconds: number | undefined;
  /** A renewal failed; it is tried again. */
  onDelayed(error: EngineError): void;
  /** It is held no more. */
  onOver(): void;
}

/** Holds a registration. All but the two promises is called inside turns. */
export class OwnRegistration {
  /** Resolves when the point has taken it for the first time; rejects where that fails or it is stopped before. */
  readonly taken: Promise<void>;
  /** Resolves when it is held no more and the point has been told, or could not be. */
  readonly over: Promise<void>;
  readonly #environment: Environment;
  readonly #requests: RegistrationRequests;
  readonly #options: OwnRegistrationOptions;
  readonly #machine: MachineActor<typeof rendezvousRegistrationMachine>;
  #settle!: { readonly taken: () => void; readonly failed: (error: EngineError) => void };
  #finish!: () => void;
  #lastError: EngineError | undefined;
  /** Whether the point has taken it, once the last request is answered. */
  #sent: Promise<boolean> = Promise.resolve(false);
  #wasTaken = false;
  #goodbye: Promise<void> = Promise.resolve();

  constructor(environment: Environment, requests: RegistrationRequests, options: OwnRegistrationOptions) {
    this.#environment = environment;
    this.#requests = requests;
    this.#options = options;
    this.taken = new Promise((taken, failed) => (this.#settle = { taken, failed }));
    this.taken.catch(() => undefined);
    this.over = new Promise((resolve) => (this.#finish = resolve));
    this.#machine = spawnMachine(environment, rendezvousRegistrationMachine, {
      address: `rendezvous/${options.namespace}`,
      input: { retryMs: environment.limits.rendezvousRetryMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#end(error),
    });
  }

  start(): void {
    this.#machine.start();
  }

  changed(): void {
    this.#machine.send({ type: 'local.change' });
  }

  stop(): void {
    this.#machine.send({ type: 'local.stop' });
  }

  #perform(effect: RendezvousRegistrationEffect): void {
    switch (effect.type) {
      case 'send.register':
        this.#register();
        return;
      case 'send.unregister':
        this.#goodbye = this.#sayGoodbye().catch(() => undefined);
        return;
      case 'report.registered':
        this.#settle.taken();
        return;
      case 'report.delayed':
        if (this.#lastError !== undefined) this.#options.onDelayed(this.#lastError);
        return;
      case 'report.stopped':
        this.#end(new EngineError('ERR_RENDEZVOUS_STOPPED', 'local', 'the registration was ended'));
        return;
      case 'report.failed':
        this.#end(this.#errorOf(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #register(): void {
    const { namespace, ttlSeconds } = this.#options;
    const { turns } = this.#environment;
    const sent = this.#requests.register(namespace, ttlSeconds);
    this.#sent = sent.then(
      () => (this.#wasTaken = true),
      () => this.#wasTaken,
    );
    sent.then(
      (seconds) =>
        turns.post(() => this.#machine.send({ type: 'point.registered', renewalMs: this.#renewalMs(seconds) })),
      (thrown: unknown) =>
        turns.post(() => {
          this.#lastError = toEngineError(thrown, 'ERR_RENDEZVOUS_ENDED', 'remote', String(thrown));
          this.#machine.send({ type: 'point.failed', code: this.#lastError.code });
        }),
    );
  }

  /** Behind a request that is under way: what it brings about is to be taken back too. */
  async #sayGoodbye(): Promise<void> {
    if (await this.#sent) await this.#requests.unregister(this.#options.namespace);
  }

  #errorOf(code: ErrorCode): EngineError {
    const known = this.#lastError;
    return known?.code === code ? known : new EngineError(code, 'engine', 'the registration broke');
  }

  /** Some time before the end; not sooner than a retry, whatever life a point gives. */
  #renewalMs(seconds: number): number {
    const { rendezvousRenewBeforeMs, rendezvousRetryMs } = this.#environment.limits;
    const lifeMs = seconds * 1000;
    return Math.max(rendezvousRetryMs, lifeMs - Math.min(rendezvousRenewBeforeMs, lifeMs / 4));
  }

  #end(error: EngineError): void {
    this.#settle.failed(error);
    this.#options.onOver();
    void this.#goodbye.then(this.#finish);
  }
}

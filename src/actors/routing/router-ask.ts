/** Asks one router for one call: passes its answers on, and ends it at its time. */
import { Subscription, type Observable } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import { routerAskMachine, type RouterAskEffect } from '../../machines/router-ask.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** One router, and who hears of it. */
export interface RouterAskOptions<Answer> {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `routing:3/dht`. */
  readonly address: string;
  /** Name of the router. */
  readonly name: string;
  readonly timeoutMs: number;
  /** Begins the work; may throw. */
  readonly ask: () => Observable<Answer>;
  readonly onAnswer: (answer: Answer) => void;
  /** The last word; `error` where it did not end in good order. */
  readonly onEnded: (error?: EngineError) => void;
}

/** One router at work. */
export class RouterAsk<Answer> {
  readonly #options: RouterAskOptions<Answer>;
  readonly #machine: MachineActor<typeof routerAskMachine>;
  readonly #subscription = new Subscription();
  #cause: EngineError | undefined;

  constructor(options: RouterAskOptions<Answer>) {
    this.#options = options;
    this.#machine = spawnMachine(options.environment, routerAskMachine, {
      address: options.address,
      input: { timeoutMs: options.timeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => {
        this.#subscription.unsubscribe();
        options.onEnded(error);
      },
    });
  }

  /** Begins; `onEnded` follows once. */
  start(): void {
    this.#machine.start();
  }

  /** Nobody waits any more: `onEnded` hears `ERR_ABORTED`. */
  cancel(): void {
    this.#machine.send({ type: 'local.cancel' });
  }

  #perform(effect: RouterAskEffect): void {
    switch (effect.type) {
      case 'ask.router':
        // What answers at once answers inside this turn, after the machine has started.
        this.#options.environment.turns.post(() => this.#ask());
        return;
      case 'drop.router':
        this.#subscription.unsubscribe();
        return;
      case 'report.finished':
        this.#options.onEnded();
        return;
      case 'report.failed':
        this.#options.onEnded(this.#failure(effect.code));
        return;
      default:
        effect satisfies never;
    }
  }

  #ask(): void {
    if (this.#machine.done) return;
    const { ask, name, onAnswer, environment } = this.#options;
    const { turns } = environment;
    const failed = (thrown: unknown): void => {
      this.#cause = toEngineError(thrown, 'ERR_ROUTING_FAILED', 'remote', `${name}: ${String(thrown)}`);
      this.#machine.send({ type: 'router.failed', code: this.#cause.code });
    };
    try {
      this.#subscription.add(
        ask().subscribe({
          // A router may answer from outside a turn.
          next: (answer) =>
            turns.post(() => {
              if (this.#machine.done) return;
              this.#machine.send({ type: 'router.answered' });
              onAnswer(answer);
            }),
          error: (thrown: unknown) => turns.post(() => failed(thrown)),
          complete: () => turns.post(() => this.#machine.send({ type: 'router.completed' })),
        }),
      );
      // It may have been dropped while it was subscribed to.
      if (this.#machine.done) this.#subscription.unsubscribe();
    } catch (thrown) {
      failed(thrown);
    }
  }

  #failure(code: EngineError['code']): EngineError {
    const { name, timeoutMs } = this.#options;
    const { machine, state, stays: timeline } = this.#machine;
    if (this.#cause !== undefined) return this.#cause.withDetails({ machine, state, timeline });
    const what = code === 'ERR_ROUTING_TIMEOUT' ? `did not end within ${timeoutMs} ms` : 'was asked in vain';
    const blame = code === 'ERR_ROUTING_TIMEOUT' ? 'remote' : code === 'ERR_ABORTED' ? 'local' : 'engine';
    return new EngineError(code, blame, `${name} ${what}`, { details: { machine, state, timeline } });
  }
}

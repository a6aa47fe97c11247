/** Works off changes in batches: after a pause, one batch at a time, and once more for what came meanwhile. */
import { EngineError } from '../../errors.js';
import { changeBatchMachine } from '../../machines/change-batch.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** What a batch is made of. */
export interface ChangeBatchOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `peers/writer`. */
  readonly address: string;
  readonly pauseMs: number;
  /** Does the work; a rejection has it done again after the pause. */
  work(): Promise<void>;
}

/** A worker. */
export class ChangeBatch {
  readonly #options: ChangeBatchOptions;
  readonly #machine: MachineActor<typeof changeBatchMachine>;
  #isRunning = false;
  #working: Promise<void> = Promise.resolve();

  constructor(options: ChangeBatchOptions) {
    this.#options = options;
    const { environment, address, pauseMs } = options;
    this.#machine = spawnMachine(environment, changeBatchMachine, {
      address,
      input: { pauseMs },
      perform: (effect) => {
        switch (effect.type) {
          case 'do.work':
            this.#work();
            return;
          case 'report.stopped':
            return;
          case 'report.failed':
            environment.reportBroken(
              new EngineError(effect.code, 'engine', `${address} heard what it does not expect`),
            );
            return;
          default:
            effect satisfies never;
        }
      },
      broken: (error) => environment.reportBroken(error),
    });
  }

  /** Begins to take changes. */
  start(): void {
    this.#options.environment.turns.post(() => {
      this.#isRunning = true;
      this.#machine.start();
    });
  }

  /** Something has changed. Call inside a turn. */
  changed(): void {
    if (this.#isRunning) this.#machine.send({ type: 'local.change' });
  }

  /** No work begins any more; resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#options.environment.turns.post(() => {
      if (this.#isRunning) this.#machine.send({ type: 'local.stop' });
      this.#isRunning = false;
    });
    await this.#working;
  }

  #work(): void {
    const { environment } = this.#options;
    const say = (type: 'work.done' | 'work.failed') => (): void =>
      environment.turns.post(() => this.#machine.send({ type }));
    this.#working = this.#options.work().then(say('work.done'), say('work.failed'));
  }
}

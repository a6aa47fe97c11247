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

/** A worker; begins with the first change. */
export class ChangeBatch {
  readonly #options: ChangeBatchOptions;
  readonly #machine: MachineActor<typeof changeBatchMachine>;
  #started = false;
  #stopped = false;
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
            environment.reportBroken(new EngineError(effect.code, 'engine', `${address} heard what it does not expect`));
            return;
          default:
            effect satisfies never;
        }
      },
      broken: (error) => environment.reportBroken(error),
    });
  }

  /** Something has changed. Call inside a turn. */
  changed(): void {
    if (this.#stopped) return;
    if (!this.#started) {
      this.#started = true;
      this.#machine.start();
    }
    this.#machine.send({ type: 'local.change' });
  }

  /** No work begins any more; resolves when what is under way is done. */
  async stop(): Promise<void> {
    this.#options.environment.turns.post(() => {
      if (this.#started) this.#machine.send({ type: 'local.stop' });
      this.#stopped = true;
    });
    await this.#working;
  }

  #work(): void {
    const { environment, work } = this.#options;
    const say = (type: 'work.done' | 'work.failed') => (): void =>
      environment.turns.post(() => this.#machine.send({ type }));
    this.#working = work.call(this.#options).then(say('work.done'), say('work.failed'));
  }
}

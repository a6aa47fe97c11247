/** Blocks of one session on their way into the store, and who waits until all are there. */
import type { EngineError } from '../../errors.js';

/** Counts what is under way. */
export class FlushGate {
  #underWay = 0;
  #failure: EngineError | undefined;
  #waiting: { readonly resolve: () => void; readonly reject: (error: EngineError) => void }[] = [];

  /** A block goes to the store. */
  enter(): void {
    this.#underWay++;
  }

  /** Blocks are in the store. */
  leave(count: number): void {
    this.#underWay -= count;
    if (this.#underWay > 0) return;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** A block did not get there: nothing that is said of the others can make up for it. */
  fail(error: EngineError): void {
    this.#underWay--;
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Resolves when nothing is under way; rejects when a block did not get there. */
  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

/**
 * Where a node is plugged into the network: whether its machine is up, and how fast it works. It outlives the node's
 * incarnations: a machine that was restarted answers for the sockets of the one before.
 */
import type { Agenda, CancelWork } from './agenda.js';

/** The machine a node runs on. */
export class NodePort {
  /** Whether the machine answers at all. */
  isUp = true;
  /** Time that each piece of work takes, in milliseconds; the next one waits for it. */
  slowMs = 0;
  /** Before the beginning: at any time, what is due at that very time has to come first. */
  #busyUntilMs = -1;
  /** Which life of the node this is: work for an earlier one is dropped. */
  #life = 0;
  readonly #agenda: Agenda;

  constructor(
    agenda: Agenda,
    readonly name: string,
  ) {
    this.#agenda = agenda;
  }

  /** Runs what has come for the node: now, or on a slow machine when what came before is done. Order is kept. */
  run(work: () => void): void {
    const { nowMs } = this.#agenda;
    if (this.slowMs === 0 && this.#busyUntilMs < nowMs) {
      work();
      return;
    }
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + this.slowMs;
    this.#agenda.at(this.#busyUntilMs, this.inThisLife(work));
  }

  /** As {@link run}, after what happens now, or after a while. */
  runLater(work: () => void, delayMs = 0): CancelWork {
    const alive = this.inThisLife(work);
    return this.#agenda.after(
      delayMs,
      this.inThisLife(() => this.run(alive)),
    );
  }

  /** The node dies: nothing that was planned for it happens. */
  endLife(): void {
    this.#life++;
    this.#busyUntilMs = -1;
  }

  /** Whether the life that begins now still lasts, whenever it is asked: what a dead node asks for does not happen. */
  lifeGate(): () => boolean {
    const life = this.#life;
    return () => life === this.#life;
  }

  /** The same work, which does nothing once the node has died. */
  inThisLife(work: () => void): () => void {
    const lasts = this.lifeGate();
    return () => {
      if (lasts()) work();
    };
  }
}

/**
 * Sends the data of a session's streams, in turns: one frame of each stream that has data and window, then the next. It
 * works at the end of a turn, hands the secure channel a bounded amount at once, and stops while the connection is
 * congested: so a bulk stream starves no other, and the outbox ends near its mark.
 */
import type { Environment } from '../environment.js';

/** What can be pumped. */
export interface Pumpable {
  /** Kept by the pump: whether this one stands in its line. */
  inLine: boolean;
  /** Whether there is something to send now. */
  readonly isSendable: boolean;
  readonly queuedBytes: number;
  /** Sends one frame; answers its length. */
  pump(): number;
}

/** The round of one session's streams. */
export class StreamPump {
  readonly #environment: Environment;
  #line: Pumpable[] = [];
  #isCongested = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Puts a stream at the end of the line, unless it stands there. */
  add(stream: Pumpable): void {
    const isUrgent = stream.queuedBytes > this.#environment.limits.gatherBytes;
    if (stream.inLine) {
      if (isUrgent) this.#ask(true);
      return;
    }
    stream.inLine = true;
    this.#line.push(stream);
    this.#ask(isUrgent);
  }

  /** The connection's outbox passed its mark. */
  congested(): void {
    this.#isCongested = true;
  }

  /** It has room again. */
  drained(): void {
    this.#isCongested = false;
    this.#ask();
  }

  /** Forgets everybody. */
  clear(): void {
    this.#line = [];
    this.#isCongested = true;
  }

  #ask(isUrgent = false): void {
    // The stage at which secure channels seal: what is pumped now is sealed next, and a channel that then passes the
    // outbox's mark says so before this runs again.
    if (this.#line.length === 0 || this.#isCongested) return;
    this.#environment.turns.flushLater('seal', this.#pump, isUrgent);
  }

  readonly #pump = (): void => {
    let budget = this.#environment.limits.pumpBytes;
    while (budget > 0 && !this.#isCongested) {
      const stream = this.#line.shift();
      if (stream === undefined) {
        // What is pushed onto and shifted from keeps its room: an idle session needs none.
        this.#line = [];
        return;
      }
      stream.inLine = false;
      budget -= stream.pump();
      if (stream.isSendable) this.add(stream);
    }
    this.#ask();
  };
}

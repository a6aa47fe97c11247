/**
 * The one stream of a connection without a muxer. Nothing on the wire opens or ends it but the connection itself, so its
 * machine's word is taken: nothing leaves before it is open, and nothing in a step of the world after the one that ended
 * or dropped it.
 */
import type { TransitionNotice } from '../../../actors/environment.js';
import type { ConnectionMessage } from '../../../messages.js';
import type { StreamLedger } from './stream-books.js';
import type { Report } from './watch.js';

/** Where a stream is: `undefined` in the map before it begins. */
interface Life {
  readonly state: 'open' | 'ended';
  /** The step of the world in which it came here. */
  readonly step: number;
}

/** Checks `stream.id` and `stream.afterEnd` where there is no muxer. */
export class SoleLedger implements StreamLedger {
  readonly #report: Report;
  readonly #stepOf: () => number;
  readonly #lives = new Map<string, Life>();

  /** `stepOf`: the number of the world's present step. What a turn sent is heard at its end, in the same step. */
  constructor(report: Report, stepOf: () => number) {
    this.#report = report;
    this.#stepOf = stepOf;
  }

  /** Takes a step of a machine. */
  step(node: string, { actor, machine, from, to }: TransitionNotice): void {
    if (machine !== 'soleStream') return;
    const key = `${node} ${actor}`;
    if (from === '') this.#lives.delete(key);
    const known = this.#lives.get(key);
    const isOpen = /^(?:open|halfClosedRemote)\./.test(to);
    if (isOpen && known === undefined) this.#lives.set(key, { state: 'open', step: this.#stepOf() });
    // A half that the machine has ended stays so.
    if (!isOpen && to !== 'unused' && known?.state !== 'ended') {
      this.#lives.set(key, { state: 'ended', step: this.#stepOf() });
    }
  }

  hear(node: string, { connection, direction, event, length }: ConnectionMessage): void {
    if (direction === 'inbound' || event !== undefined) return;
    const actor = `${connection}/stream`;
    const life = this.#lives.get(`${node} ${actor}`);
    if (life === undefined) {
      this.#report({ invariant: 'stream.id', node, actor, message: `${length} bytes leave before it was opened` });
    } else if (life.state === 'ended' && this.#stepOf() > life.step) {
      this.#report({ invariant: 'stream.afterEnd', node, actor, message: `${length} bytes of data follow the end` });
    }
  }

  forget(node: string): void {
    for (const key of this.#lives.keys()) if (key.startsWith(`${node} `)) this.#lives.delete(key);
  }
}

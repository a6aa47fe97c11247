/** The questions of one query that are under way. */
import type { KadMessage } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import type { KadRequester } from './network.js';

/** What becomes of a question; told in a turn, one of them. */
export interface AskOutcome {
  readonly answered: (answer: KadMessage) => void;
  readonly failed: (thrown: unknown) => void;
}

/** Asks, and gives up what is under way when the query is over. */
export class QueryAsks {
  readonly #environment: Environment;
  readonly #requester: Pick<KadRequester, 'ask'>;
  readonly #underWay = new Set<AbortController>();

  constructor(environment: Environment, requester: Pick<KadRequester, 'ask'>) {
    this.#environment = environment;
    this.#requester = requester;
  }

  /** Asks a peer. `sent` is called when the request is on its way. */
  ask(peer: string, message: KadMessage, outcome: AskOutcome, sent?: () => void): void {
    const abort = new AbortController();
    this.#underWay.add(abort);
    const settled = (act: () => void): void =>
      this.#environment.turns.post(() => {
        this.#underWay.delete(abort);
        act();
      });
    const refused = (thrown: unknown): void => settled(() => outcome.failed(thrown));
    try {
      this.#requester
        .ask(peer, message, { signal: abort.signal, ...(sent && { sent }) })
        .then((answer) => settled(() => outcome.answered(answer)), refused);
    } catch (thrown) {
      refused(thrown);
    }
  }

  /** Gives up all of them. */
  abort(): void {
    for (const abort of this.#underWay) abort.abort();
  }
}

/** Looks for providers of what a session wants and nobody connected is known to have, and connects with them. */
import type { CID } from 'multiformats/cid';
import { Subscription, type Observable } from 'rxjs';
import { providerSearchMachine, type ProviderSearchEffect } from '../../machines/provider-search.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** Finds who has content, and reaches them: the routers and the swarm of a node. */
export interface ProviderSource {
  /** Peers said to have it, by peer id. May emit outside a turn. */
  find(cid: CID): Observable<string>;
  /** Connects with one of them; how that ended is told by its connection. Never rejects. */
  connect(peer: string): Promise<void>;
}

/** The session that is searched for. */
export interface SearchedSession {
  readonly number: number;
  /** The oldest of its open wants. */
  readonly oldestWant: CID | undefined;
  addPeer(peer: string): void;
}

/** The search of one session. */
export class ProviderSearch {
  readonly #environment: Environment;
  readonly #session: SearchedSession;
  readonly #source: ProviderSource;
  readonly #isAlone: () => boolean;
  readonly #machine: MachineActor<typeof providerSearchMachine>;
  #search = new Subscription();

  /** `isAlone`: whether no peer is connected that could be asked. */
  constructor(environment: Environment, session: SearchedSession, source: ProviderSource, isAlone: () => boolean) {
    const { providerSearchDelayMs, providerSearchPauseMs, providerSearchMaxPauseMs } = environment.limits;
    this.#environment = environment;
    this.#session = session;
    this.#source = source;
    this.#isAlone = isAlone;
    this.#machine = spawnMachine(environment, providerSearchMachine, {
      address: `bitswap/session:${session.number}/search`,
      input: {
        delayMs: providerSearchDelayMs,
        pauseMs: providerSearchPauseMs,
        maxPauseMs: providerSearchMaxPauseMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: () => this.#drop(),
    });
    this.#machine.start();
  }

  /** The session asks everybody: nobody is known to have what it wants. */
  discovering(): void {
    this.#send('session.discovering');
    if (this.#isAlone()) this.urge();
  }

  /** Nobody is connected that could be asked: there is nothing to wait for. */
  urge(): void {
    this.#send('local.urge');
  }

  /** Somebody has it. */
  fetching(): void {
    this.#send('session.fetching');
  }

  /** The session is over. */
  ended(): void {
    this.#send('session.ended');
  }

  #send(type: 'session.discovering' | 'local.urge' | 'session.fetching' | 'session.ended' | 'search.ended'): void {
    if (!this.#machine.done) this.#machine.send({ type });
  }

  #perform(effect: ProviderSearchEffect): void {
    switch (effect.type) {
      case 'begin.search':
        this.#begin();
        return;
      case 'drop.search':
        this.#drop();
        return;
      case 'report.finished':
      case 'report.failed':
        // The session tells how it ended.
        return;
      default:
        effect satisfies never;
    }
  }

  #begin(): void {
    const { turns, limits } = this.#environment;
    const cid = this.#session.oldestWant;
    const search = new Subscription();
    this.#search = search;
    const ended = (): void => {
      turns.post(() => {
        if (search === this.#search) this.#send('search.ended');
      });
    };
    // All is delivered in the meantime: the session says so, or wants something again.
    if (cid === undefined) {
      ended();
      return;
    }
    const found = new Set<string>();
    search.add(
      this.#source.find(cid).subscribe({
        next: (peer) => {
          if (found.has(peer)) return;
          found.add(peer);
          turns.post(() => {
            if (search !== this.#search) return;
            // The hint first: it counts as soon as the connection is there.
            this.#session.addPeer(peer);
            void this.#source.connect(peer);
          });
          if (found.size < limits.providersPerSearch) return;
          search.unsubscribe();
          ended();
        },
        complete: ended,
        // Routers that fail are told by the router; the search goes on after its pause.
        error: ended,
      }),
    );
  }

  #drop(): void {
    this.#search.unsubscribe();
    this.#search = new Subscription();
  }
}

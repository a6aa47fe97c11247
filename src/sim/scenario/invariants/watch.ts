/**
 * The watch over a run: it hears every message and every step of every node, hands them to the invariants, and keeps the
 * first failure, which ends the run.
 */
import type { TransitionNotice } from '../../../actors/environment.js';
import type { EngineError } from '../../../errors.js';
import type { ConnectionMessage, Layer } from '../../../messages.js';
import type { InvariantId, SimulationFailure } from '../failure.js';
import { FinalStates } from './final-states.js';
import { MplexLedger } from './mplex-ledger.js';
import { SoleLedger } from './sole-ledger.js';
import { SpdyLedger } from './spdy-ledger.js';
import type { StreamLedger } from './stream-books.js';
import { StreamPrefixes } from './stream-prefixes.js';
import { YamuxLedger } from './yamux-ledger.js';

/** Where something was seen: a node in one of its lives, and an actor of it. */
export interface Place {
  readonly node: string;
  readonly actor: string;
}

/** What an invariant that is broken says. The machine and its state are looked up where they are not given. */
export interface Violation extends Place {
  readonly invariant: InvariantId;
  readonly message: string;
  readonly machine?: string;
  readonly state?: string;
}

/** Reports a violation. */
export type Report = (violation: Violation) => void;

/** A node as the watch needs it; `Host` is one. */
export interface WatchedHost {
  readonly messages$: Observable<ConnectionMessage>;
  readonly transitions$: Observable<TransitionNotice>;
  readonly broken$: Observable<EngineError>;
}

/** The part of RxJS's Observable that is used here. */
interface Observable<Value> {
  subscribe(next: (value: Value) => void): { unsubscribe(): void };
}

/** Where an actor is. */
interface Standing {
  readonly machine: string;
  readonly state: string;
}

/** Watches the nodes of one world. */
export class Watch {
  /** What has gone wrong first. */
  failure: SimulationFailure | undefined;
  readonly #nowMs: () => number;
  readonly #standings = new Map<string, Standing>();
  /** By the layer of their muxer; without one it is the stream's own. */
  readonly #ledgers: Readonly<Partial<Record<Layer, StreamLedger>>>;
  readonly #sole: SoleLedger;
  readonly #prefixes: StreamPrefixes;
  readonly #finals: FinalStates;
  #frames = 0;
  #steps = 0;

  /** `nowMs` is the world's clock, `stepOf` the number of its present step. */
  constructor(nowMs: () => number, stepOf: () => number) {
    this.#nowMs = nowMs;
    this.#sole = new SoleLedger(this.report, stepOf);
    this.#ledgers = {
      yamux: new YamuxLedger(this.report),
      mplex: new MplexLedger(this.report),
      spdy: new SpdyLedger(this.report),
      stream: this.#sole,
    };
    this.#prefixes = new StreamPrefixes(this.report);
    this.#finals = new FinalStates(this.report);
  }

  /** Messages and steps seen. */
  get counts(): { readonly messages: number; readonly steps: number } {
    return { messages: this.#frames, steps: this.#steps };
  }

  /**
   * Watches a node from its birth on. `wireOf` tells which wire a connection runs on: a name that both ends share.
   * Returns what ends the watch, when the node has died.
   */
  attach(node: string, host: WatchedHost, wireOf: (connection: string) => WireEnd | undefined): () => void {
    const wires = new Map<string, WireEnd | undefined>();
    const wire = (connection: string): WireEnd | undefined => {
      if (!wires.has(connection)) wires.set(connection, wireOf(connection));
      return wires.get(connection);
    };
    const subscriptions = [
      host.messages$.subscribe((message) => this.#hear(node, message, wire)),
      host.transitions$.subscribe((notice) => this.#step(node, notice)),
      host.broken$.subscribe((error) => this.#broke(node, error)),
    ];
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      this.#forget(node);
    };
  }

  /** Reports a violation; only the first one counts. */
  readonly report: Report = ({ invariant, message, node, actor, machine, state }) => {
    const standing = this.#standings.get(`${node} ${actor}`);
    this.failure ??= {
      invariant,
      machine: machine ?? standing?.machine ?? 'none',
      state: state ?? standing?.state ?? 'none',
      node,
      actor,
      atMs: this.#nowMs(),
      message,
    };
  };

  #hear(node: string, message: ConnectionMessage, wireOf: (connection: string) => WireEnd | undefined): void {
    this.#frames++;
    const ledger = this.#ledgers[message.layer];
    if (ledger === undefined) return;
    const end = wireOf(message.connection);
    ledger.hear(node, message, end);
    if (end !== undefined && message.stream !== undefined) this.#prefixes.hear(node, message, end);
  }

  #step(node: string, notice: TransitionNotice): void {
    this.#steps++;
    const { actor, machine, to } = notice;
    this.#sole.step(node, notice);
    const key = `${node} ${actor}`;
    if (this.#finals.step(node, notice)) this.#standings.delete(key);
    else this.#standings.set(key, { machine, state: to });
  }

  #broke(node: string, error: EngineError): void {
    const { machine = 'none', state = 'none', address = node } = error.details;
    const message = `${error.code}: ${error.message}`;
    this.report({ invariant: 'engine.broken', node, actor: address, machine, state, message });
  }

  #forget(node: string): void {
    for (const key of this.#standings.keys()) if (key.startsWith(`${node} `)) this.#standings.delete(key);
    for (const ledger of Object.values(this.#ledgers)) ledger.forget(node);
    this.#finals.forget(node);
  }
}

/** One end of a connection's wire. */
export interface WireEnd {
  /** A name that both ends share and no other connection has. */
  readonly wire: string;
  readonly role: 'dialer' | 'listener';
}

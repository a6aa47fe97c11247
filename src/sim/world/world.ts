/**
 * A world: whole nodes in one process, on one clock that moves only from one event to the next. The same seed and the
 * same calls give the same run, to the byte. Between two events every promise that can settle does, so that no result
 * depends on how many microtasks something takes.
 *
 * While a world runs, callbacks that take time, timers or chance from the process instead of the world are refused with
 * `ERR_SIMULATION_AMBIENT` (see `platform/ambient-guard.ts` for what is seen).
 */
import { portableCiphers } from '../../crypto/portable-ciphers.js';
import { EngineError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import { AmbientGuard } from '../../platform/ambient-guard.js';
import { runDrained } from '../../platform/drained-steps.js';
import { nodeCiphers } from '../../platform/node-ciphers.js';
import type { Ciphers, Clock, RandomSource, TraceSink, Transport } from '../../ports.js';
import { SeededRandom } from '../seeded-random.js';
import { Agenda, roundMs, type CancelWork } from './agenda.js';
import type { LinkOptions } from './link-options.js';
import { SimNetwork } from './network.js';
import { NodeClock } from './node-clock.js';
import { SimNode, type SimNodeOptions } from './sim-node.js';
import { withSharedResults } from './shared-results.js';
import { insecureToyCiphers } from './toy-ciphers.js';

/** `real`: JavaScript alone; `native`: node:crypto; `toy`: insecure fakes, the fastest. */
export type WorldCiphers = 'real' | 'native' | 'toy';

/** How a world is made. */
export interface WorldOptions {
  readonly seed: number | string;
  /** Default `native`. With `native` and `real`, key operations that two nodes have in common are done once. */
  readonly ciphers?: WorldCiphers;
  /** What every link is like, unless it is set apart. Default: 1 ms, nothing else. */
  readonly links?: Partial<LinkOptions>;
  /** Where the trace of a node goes; asked once for each name. Default: nowhere. */
  readonly traceFor?: (nodeName: string) => TraceSink | undefined;
  /** Lets the world go on, or holds it between two events. What happens is the same. Default: it goes on. */
  readonly gate?: WorldGate | undefined;
}

/** Who can hold a world. */
export interface WorldGate {
  /** Whether the next event, at `dueMs` of the world, may happen now; asked before each. */
  admits(dueMs: number): boolean;
  /** Resolves when {@link admits} is worth asking again. */
  opened(): Promise<void>;
}

/** What a world lends to a node that is not its own. */
export interface WorldPorts {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly ciphers: Ciphers;
  readonly transports: readonly Transport[];
  /** Runs work in an event of its own: for answers of stores, which have to come in the world's order. */
  readonly defer: (work: () => void) => void;
}

/** What is left when it should not be. */
export interface Leak {
  readonly node: string;
  readonly liveActors: number;
  /** Resource scopes that count something still, with what they count. */
  readonly scopes: readonly string[];
}

const CIPHERS: Readonly<Record<WorldCiphers, () => Ciphers>> = {
  real: () => withSharedResults(portableCiphers),
  native: () => withSharedResults(nodeCiphers),
  toy: () => insecureToyCiphers,
};
/** Longest virtual time that closing all nodes may take: flushing and time-outs of closing are far below. */
const CLOSE_WITHIN_MS = 120_000;
const QUIET_WITHIN_MS = 600_000;

/** Nodes, a network, and time. Only one of `run`, `until`, `quiesce` and `close` at a time. */
export class World {
  readonly seed: string;
  readonly network: SimNetwork;
  /** Randomness for what is done to the world: by label, apart from that of the nodes. */
  readonly random: SeededRandom;
  readonly #agenda = new Agenda();
  readonly #options: WorldOptions;
  readonly #nodes = new Map<string, SimNode>();
  readonly #traces = new Map<string, TraceSink | undefined>();
  readonly #ciphers: Ciphers;
  readonly #guard = new AmbientGuard();
  #failure: { readonly thrown: unknown } | undefined;
  #isRunning = false;
  #steps = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.seed = String(options.seed);
    this.#ciphers = CIPHERS[options.ciphers ?? 'native']();
    this.random = new SeededRandom(`${this.seed}/world`);
    this.network = new SimNetwork(this.#agenda, `${this.seed}/network`, options.links);
  }

  /** Time of the world, in milliseconds from its beginning. */
  get nowMs(): number {
    return this.#agenda.nowMs;
  }

  /** Events that have happened. */
  get steps(): number {
    return this.#steps;
  }

  // ------------------------------------------------------------ nodes

  /** Adds a node and begins its first life; it listens on `/memory/<name>` when the world next runs. */
  addNode(name: string, options: SimNodeOptions = {}): SimNode {
    if (this.#nodes.has(name)) throw invalid(`there is a node ${name} already`);
    const node = new SimNode(
      name,
      {
        agenda: this.#agenda,
        network: this.network,
        seed: this.seed,
        ciphers: this.#ciphers,
        trace: this.#traceOf(name),
      },
      options,
    );
    this.#nodes.set(name, node);
    return node;
  }

  /**
   * The world's ports for a node that somebody else makes (a recorded one, a scripted peer): they go by the name as those
   * of {@link addNode} do, but the world neither starts nor stops that node. The same random source, asked twice, starts
   * anew.
   */
  portsFor(name: string): WorldPorts {
    const port = this.network.port(name);
    return {
      clock: new NodeClock(this.#agenda, port),
      random: new SeededRandom(`${this.seed}/${name}`),
      ciphers: this.#ciphers,
      transports: [this.network.transportOf(name)],
      defer: (work) => void port.runLater(work),
    };
  }

  /** A node by its name. Throws `ERR_INVALID_ARGUMENT` for one that was never added. */
  node(name: string): SimNode {
    const node = this.#nodes.get(name);
    if (node === undefined) throw invalid(`there is no node ${name}`);
    return node;
  }

  /** All nodes, dead ones too, in the order of their adding. */
  get nodes(): readonly SimNode[] {
    return [...this.#nodes.values()];
  }

  // ------------------------------------------------------------ time

  /**
   * Does something at a time of the world. What it throws, or rejects with, ends the run: `run`, `until` and `quiesce`
   * reject with it.
   */
  at(atMs: number, work: () => void | Promise<void>): CancelWork {
    const timer = this.#agenda.clock.setTimer(() => {
      Promise.resolve(work()).catch((thrown: unknown) => this.#fail(thrown));
    }, roundMs(atMs));
    return () => this.#agenda.clock.clearTimeout(timer);
  }

  /** Lets everything happen up to a time, which it is then. */
  async run({ untilMs }: { readonly untilMs: number }): Promise<void> {
    await this.#drive(() => {
      const dueMs = this.#agenda.clock.nextDueMs;
      return dueMs !== undefined && dueMs <= untilMs;
    });
    const leftMs = untilMs - this.nowMs;
    if (leftMs > 0) this.#agenda.clock.advance(leftMs);
  }

  /**
   * Lets everything happen until `predicate` holds, which is asked when all that is due at one time is done. Rejects with
   * `ERR_SIMULATION_STALLED` when it does not hold within this much virtual time, or nothing is left to happen.
   */
  async until(predicate: () => boolean, { withinMs }: { readonly withinMs: number }): Promise<void> {
    const endMs = this.nowMs + withinMs;
    let holds = false;
    await this.#drive(() => {
      const dueMs = this.#agenda.clock.nextDueMs;
      if (dueMs === this.nowMs) return true;
      holds = predicate();
      return !holds && dueMs !== undefined && dueMs <= endMs;
    });
    if (holds) return;
    const why =
      this.#agenda.clock.nextDueMs === undefined
        ? 'nothing is left to happen'
        : `it did not come about within ${withinMs} ms`;
    throw new EngineError('ERR_SIMULATION_STALLED', 'local', why);
  }

  /** What a promise resolves to, while everything happens that it waits for. Rejects as {@link until} does. */
  async during<Value>(promise: Promise<Value>, { withinMs = QUIET_WITHIN_MS } = {}): Promise<Value> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.until(() => isSettled, { withinMs });
    return promise;
  }

  /**
   * Lets everything happen until nothing is under way: no bytes on a link, no answer of a store. Timers (keep-alives,
   * time-outs, plans of {@link at}) and what faults hold back do not count. Rejects with `ERR_SIMULATION_STALLED`.
   */
  quiesce({ withinMs = QUIET_WITHIN_MS }: { readonly withinMs?: number } = {}): Promise<void> {
    return this.until(() => this.#agenda.underWay === 0, { withinMs });
  }

  /**
   * Stops every node that lives and lets them close. Answers which nodes have machine actors left, which is a bug of the
   * engine. Rejects with `ERR_SIMULATION_STALLED` where a node does not close.
   */
  async close(): Promise<readonly Leak[]> {
    this.network.calm();
    const lives = this.nodes.filter(({ isUp }) => isUp).map((node) => ({ name: node.name, host: node.host }));
    const stopped = Promise.all(this.nodes.map((node) => node.stop()));
    await this.during(stopped, { withinMs: CLOSE_WITHIN_MS });
    return lives
      .map(({ name, host }) => ({ node: name, liveActors: host.liveActors, scopes: scopesInUse(host) }))
      .filter(({ liveActors, scopes }) => liveActors > 0 || scopes.length > 0);
  }

  /** Fires one event after another while `goesOn`, everything settled between them. */
  async #drive(goesOn: () => boolean): Promise<void> {
    if (this.#isRunning) throw invalid('the world runs already: wait for it first');
    this.#isRunning = true;
    const { gate } = this.#options;
    let isHeld: boolean;
    const step = (): boolean => {
      if (this.#failure !== undefined || this.#guard.violation !== undefined || !goesOn()) return false;
      const dueMs = gate && this.#agenda.clock.nextDueMs;
      // Who holds the world looks at real time, and tells others.
      if (dueMs !== undefined && this.#guard.outside(() => gate?.admits(dueMs)) === false) {
        isHeld = true;
        return false;
      }
      this.#steps++;
      return this.#agenda.clock.fireNext();
    };
    try {
      do {
        isHeld = false;
        await runDrained(step, { onEnter: () => this.#guard.install(), onLeave: () => this.#guard.restore() });
        if (isHeld) await gate?.opened();
      } while (isHeld);
    } finally {
      this.#isRunning = false;
    }
    if (this.#guard.violation !== undefined) throw this.#guard.violation;
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  #fail(thrown: unknown): void {
    this.#failure ??= { thrown };
  }

  #traceOf(name: string): TraceSink | undefined {
    if (!this.#traces.has(name)) this.#traces.set(name, this.#options.traceFor?.(name));
    return this.#traces.get(name);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}

/** Scopes that count something, e.g. `system {"streamsInbound":1}`; none may when no connection is left. */
function scopesInUse(host: Host): readonly string[] {
  const { system, transient, peers, protocols, connections } = host.resources();
  const inUse = Object.entries({ system, transient }).flatMap(([name, { usage }]) => {
    const counted = Object.entries(usage).filter(([, count]) => count !== 0);
    return counted.length === 0 ? [] : [`${name} ${JSON.stringify(Object.fromEntries(counted))}`];
  });
  return [...inUse, ...Object.keys({ ...peers, ...protocols, ...connections })];
}

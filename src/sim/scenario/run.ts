/**
 * Runs a scenario: its operations and faults at their times, every invariant watched; then the calm, in which everything
 * that was promised has to come true; then the end, after which nothing may be left.
 */
import { portableCiphers } from '../../crypto/portable-ciphers.js';
import { EngineError } from '../../errors.js';
import type { Host } from '../../host/host.js';
import { nodeCiphers } from '../../platform/node-ciphers.js';
import type { Ciphers } from '../../ports.js';
import type { TraceWriter } from '../../trace/writer.js';
import { insecureToyCiphers } from '../world/toy-ciphers.js';
import { World, type WorldGate } from '../world/world.js';
import { signatureOf, type InvariantId, type SimulationFailure } from './failure.js';
import { Faults, type InjectedFault } from './faults.js';
import { watchedMuxer } from './invariants/buffers.js';
import { CorruptionWatch } from './invariants/corruption.js';
import { Watch } from './invariants/watch.js';
import { watchedCiphers } from './invariants/watched-ciphers.js';
import { Wires } from './invariants/wires.js';
import { nodeName, type CipherChoice, type OperationKind, type Scenario } from './scenario.js';
import { Workload, type Outcomes } from './workload.js';

/** How a scenario ended. */
export interface SimulationResult {
  readonly scenario: Scenario;
  /** What went wrong first; absent when all went well. */
  readonly failure?: SimulationFailure | undefined;
  /** When it ended, in milliseconds of the world's clock, and how much of that was calm. */
  readonly endedAtMs: number;
  readonly calmMs: number;
  /** How operations ended, by kind. */
  readonly outcomes: Readonly<Partial<Record<OperationKind, Outcomes>>>;
  /** What was seen: messages between handlers, steps of machines, events of the world, changed bytes. */
  readonly seen: {
    readonly messages: number;
    readonly steps: number;
    readonly events: number;
    readonly corruptions: number;
  };
}

/** Options of {@link runScenario}. */
export interface RunOptions {
  /** Takes the records of every node and of the world. */
  readonly trace?: TraceWriter | undefined;
  /** Who can hold the run between two events. */
  readonly gate?: WorldGate | undefined;
  /** Is given what can be done to the run while it is held. */
  readonly onControl?: ((control: RunControl) => void) | undefined;
}

/** What can be done to a run from outside. */
export interface RunControl {
  /** Time of the world, in milliseconds from its beginning, and events that have happened. */
  readonly nowMs: number;
  readonly steps: number;
  /** A fault now; marked in the trace. Throws `ERR_INVALID_ARGUMENT`. Not while an event is happening. */
  inject(fault: InjectedFault): void;
}

const CIPHERS: Readonly<Record<CipherChoice, Ciphers>> = {
  native: nodeCiphers,
  real: portableCiphers,
  toy: insecureToyCiphers,
};

/** What is done to a world besides its scenario. It lets time pass itself: `world.run`, `world.until`. */
export type WorldBody = (world: World) => Promise<void>;

/**
 * Runs a scenario to its end or its first failure. Rejects only where the world itself cannot go on: with
 * `ERR_SIMULATION_AMBIENT`, where code takes time or chance from the process, and with what `body` throws.
 */
export async function runScenario(
  scenario: Scenario,
  options: RunOptions = {},
  body?: WorldBody,
): Promise<SimulationResult> {
  return new Run(scenario, options).toItsEnd(body);
}

/** One run. */
class Run {
  readonly #scenario: Scenario;
  readonly #trace: TraceWriter | undefined;
  readonly #world: World;
  readonly #watch: Watch;
  readonly #workload: Workload;
  readonly #faults: Faults;
  readonly #corruption: CorruptionWatch;
  readonly #wires = new Wires();
  readonly #endWatch = new Map<string, () => void>();

  constructor(scenario: Scenario, { trace, gate, onControl }: RunOptions) {
    this.#scenario = scenario;
    this.#trace = trace;
    const { latencyMs, jitterMs, bandwidthBytesPerSecond, lossChance, chunking } = scenario.network;
    this.#world = new World({
      seed: scenario.seed,
      links: { latencyMs, jitterMs, bandwidthBytesPerSecond, lossChance, chunking },
      traceFor: (name) => this.#wires.sinkFor(name, trace?.sinkFor(name)),
      gate,
    });
    this.#watch = new Watch(
      () => this.#world.nowMs,
      () => this.#world.steps,
    );
    this.#workload = new Workload(scenario, this.#world, this.#watch);
    this.#corruption = new CorruptionWatch(this.#world.network, this.#watch.report);
    this.#faults = new Faults(this.#world, (node, keepStore) => {
      this.#endWatch.get(nodeName(node))?.();
      this.#workload.crashed(node, keepStore);
    });
    onControl?.(this.#control());
  }

  async toItsEnd(body: WorldBody | undefined): Promise<SimulationResult> {
    this.#plan();
    await body?.(this.#world);
    await this.#storm();
    const stormMs = this.#world.nowMs;
    if (this.#watch.failure === undefined) await this.#calm();
    const endedAtMs = this.#world.nowMs;
    if (this.#watch.failure === undefined) await this.#end();
    const { failure, counts } = this.#watch;
    if (failure !== undefined) this.#mark('failure', { signature: signatureOf(failure), ...failure });
    return {
      scenario: this.#scenario,
      failure,
      endedAtMs,
      calmMs: endedAtMs - stormMs,
      outcomes: this.#workload.outcomes,
      seen: { ...counts, events: this.#world.steps, corruptions: this.#corruption.count },
    };
  }

  #plan(): void {
    const { nodes, ciphers, security, muxer = 'yamux', operations, faults } = this.#scenario;
    this.#mark('scenario', { scenario: this.#scenario });
    const watched = watchedCiphers(CIPHERS[ciphers], this.#watch.report);
    for (let node = 0; node < nodes; node++) {
      const name = nodeName(node);
      const onHost = (host: Host): void => this.#attach(name, host);
      this.#world.addNode(name, {
        ciphers: watched,
        security: [security],
        muxers: [muxer],
        // mplex has no ping of its own: without this one a peer that is gone without a word is never missed.
        pingMonitor: muxer === 'mplex',
        watchMuxer: (protocol) => watchedMuxer(protocol, name, this.#watch.report),
        testProtocols: true,
        onHost,
      });
    }
    for (const fault of faults) {
      this.#world.at(fault.atMs, () => {
        this.#mark('fault', fault);
        this.#faults.begin(fault);
      });
    }
    for (const operation of operations) {
      this.#world.at(operation.atMs, () => {
        this.#mark('operation', operation);
        this.#workload.begin(operation);
      });
    }
  }

  /** Operations and faults. */
  async #storm(): Promise<void> {
    const { durationMs } = this.#scenario;
    if (durationMs > this.#world.nowMs) await this.#until(durationMs, () => false);
  }

  /** All is healed: what was promised comes true. */
  async #calm(): Promise<void> {
    this.#mark('calm', {});
    this.#faults.calm();
    this.#workload.beginCalm();
    const isSettled = (): boolean => this.#workload.isSettled && this.#corruption.isSettled;
    await this.#until(this.#world.nowMs + this.#scenario.calmMs, isSettled);
    if (isSettled()) return;
    this.#workload.reportUnsettled();
    this.#corruption.reportUnsettled();
  }

  /** Every node is closed, and nothing is left of it. */
  async #end(): Promise<void> {
    const report = (node: string, state: string, message: string, invariant: InvariantId = 'actor.leak'): void =>
      this.#watch.report({ invariant, node, actor: 'node', machine: 'node', state, message });
    try {
      for (const { node, liveActors, scopes } of await this.#world.close()) {
        if (liveActors > 0) report(node, 'closed', `${liveActors} machine actors live on`);
        if (scopes.length > 0) report(node, 'closed', `counted still: ${scopes.join(', ')}`, 'resources.leak');
      }
    } catch (thrown) {
      if (!(thrown instanceof EngineError) || thrown.code !== 'ERR_SIMULATION_STALLED') throw thrown;
      report('world', 'closing', `a node does not close: ${thrown.message}`);
    }
  }

  /** Lets everything happen until a time, a failure, or what is waited for. */
  async #until(endMs: number, isThere: () => boolean): Promise<void> {
    // Something always happens at the end, so that the wait for it is never a stall.
    this.#world.at(endMs, () => undefined);
    const isOver = (): boolean => this.#watch.failure !== undefined || this.#world.nowMs >= endMs || isThere();
    await this.#world.until(isOver, { withinMs: endMs - this.#world.nowMs + 1 });
  }

  #attach(name: string, host: Host): void {
    this.#endWatch.set(
      name,
      this.#watch.attach(name, host, (connection) => this.#wires.of(name, connection)),
    );
    // Without a muxer who was asked has to dial back to answer: everybody knows where everybody is, as from a book.
    if (this.#scenario.muxer === 'none') this.#world.at(this.#world.nowMs, () => this.#introduce(name, host));
  }

  #introduce(name: string, host: Host): void {
    for (let node = 0; node < this.#scenario.nodes; node++) {
      const other = this.#world.node(nodeName(node));
      // A node that is dead by now has forgotten it with everything else.
      if (other.name !== name) host.peers.merge(other.peerId, { addresses: [other.address] }).catch(() => undefined);
    }
  }

  #control(): RunControl {
    const [world, faults] = [this.#world, this.#faults];
    return {
      get nowMs() {
        return world.nowMs;
      },
      get steps() {
        return world.steps;
      },
      inject: (fault) => {
        faults.inject(fault);
        this.#mark('injected', fault);
      },
    };
  }

  #mark(type: string, data: Readonly<Record<string, unknown>>): void {
    const name = type === 'scenario' ? 'simulation:scenario' : 'simulation:marker';
    this.#trace?.sinkFor('world').record({ name, actor: 'node', timeMs: this.#world.nowMs, data: { type, ...data } });
  }
}

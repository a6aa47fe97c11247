/**
 * A simulated network as a source: it runs while somebody looks, in step with real time or as fast as it can, and can be
 * held, stepped and harmed. What happens follows from the scenario and the faults that were injected, and from nothing
 * else: pauses change no byte of its trace.
 */
import { EngineError, toEngineError } from '../errors.js';
import type { Breakpoint, InspectAbility, InspectCommand, InspectFault } from '../inspect/contract.js';
import type { InspectFeed, InspectSource, InspectWatcher } from '../inspect/source.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports.js';
import { runScenario, type RunControl, type Scenario, type SimulationResult } from '../sim/scenario/index.js';
import { worldTraceHeader } from '../sim/world/world-trace.js';
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import { parseTraceRecord } from '../trace/reader.js';
import { TraceWriter } from '../trace/writer.js';
import { Breakpoints } from './breakpoints.js';
import { defaultScenario } from './default-scenario.js';
import { GrowingFeed } from './growing-feed.js';
import { SimulationGate } from './simulation-gate.js';

/** How a simulation is looked at. */
export interface SimulationSourceOptions {
  /** Default: four nodes that share a file over bitswap, with one crash and one slow link. */
  readonly scenario?: Scenario;
  /** Seed of the default scenario. Default 1. */
  readonly seed?: number;
  /** Real time, for the pace. */
  readonly clock: Clock;
  /** Virtual time over real time; 0: as fast as it can. Default 10. */
  readonly speed?: number;
  /** Default: no. */
  readonly startPaused?: boolean;
  /** Nothing real is touched, so that control is allowed by default. */
  readonly allowControl?: boolean;
}

/** A source that runs. */
export interface SimulationSource extends InspectSource {
  order(command: InspectCommand): Promise<unknown>;
  /** Begins to run; watching does so too. */
  start(): void;
  /** How it ended. Rejects as `simulate` does. */
  readonly finished: Promise<SimulationResult>;
  /** Ends it where it is; nothing of it goes on, and `finished` stays open. */
  close(): void;
}

/** Where a simulation is after an order of control. */
export interface SimulationPlace {
  readonly timeMs: number;
  /** Events that have happened. */
  readonly steps: number;
  /** Records so far. */
  readonly records: number;
  readonly ended: boolean;
}

const DEFAULT_SPEED = 10;

interface Settle {
  resolve(result: SimulationResult): void;
  reject(thrown: unknown): void;
}

/** A simulation as a source. Orders that are not allowed reject with `ERR_INSPECT_READ_ONLY`. */
export function simulationSource(options: SimulationSourceOptions): SimulationSource {
  return new Simulating(options);
}

class Simulating implements SimulationSource {
  readonly kind = 'simulation';
  readonly title: string;
  readonly header: TraceHeader;
  readonly finished: Promise<SimulationResult>;
  readonly #scenario: Scenario;
  readonly #allowControl: boolean;
  readonly #records: TraceRecord[] = [];
  readonly #watchers = new Map<GrowingFeed, InspectWatcher>();
  readonly #breakpoints = new Breakpoints();
  readonly #gate: SimulationGate;
  /** Faults that wait for the end of the event that is happening. */
  readonly #faults: (() => void)[] = [];
  /** Orders that are answered when the world is held again. */
  #steppers: (() => void)[] = [];
  #control: RunControl | undefined;
  readonly #settle: Settle;
  #pausedWhy: string | undefined;
  #isStarted = false;
  #hasEnded = false;

  constructor({ scenario, seed = 1, clock, speed = DEFAULT_SPEED, ...rest }: SimulationSourceOptions) {
    this.#scenario = scenario ?? defaultScenario(seed);
    this.#allowControl = rest.allowControl ?? true;
    this.title = `simulation of seed ${this.#scenario.seed}`;
    const { nodes, ciphers } = this.#scenario;
    this.header = worldTraceHeader({
      title: this.title,
      seed: this.#scenario.seed,
      // Nothing of it is secret: every key follows from the seed.
      class: 'replayable',
      plaintext: true,
      config: { nodes, ciphers },
    });
    this.#gate = new SimulationGate(clock, speed, rest.startPaused ?? false, {
      onBoundary: () => this.#boundary(),
      onPaused: (why) => this.#paused(why),
      onResumed: () => this.#resumed(),
    });
    let settle: Settle = { resolve: () => undefined, reject: () => undefined };
    this.finished = new Promise((resolve, reject) => (settle = { resolve, reject }));
    // Who cares waits for it; nobody has to.
    this.finished.catch(() => undefined);
    this.#settle = settle;
  }

  get abilities(): readonly InspectAbility[] {
    return this.#allowControl ? ['control'] : [];
  }

  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const writer = new TraceWriter(this.header, { write: (line) => this.#take(line) });
    const onControl = (control: RunControl): void => {
      this.#control = control;
    };
    runScenario(this.#scenario, { trace: writer, gate: this.#gate, onControl }).then(
      (result) => this.#ended(() => this.#settle.resolve(result)),
      (thrown: unknown) => {
        const { code, message } = toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', String(thrown));
        for (const watcher of this.#watchers.values()) watcher.notice('stopped', `${code}: ${message}`);
        this.#ended(() => this.#settle.reject(thrown));
      },
    );
  }

  watch(watcher: InspectWatcher): InspectFeed {
    const feed = new GrowingFeed(this.#records, watcher, () => void this.#watchers.delete(feed));
    this.#watchers.set(feed, watcher);
    this.start();
    if (this.#pausedWhy !== undefined) watcher.paused(this.#place().timeMs, this.#pausedWhy);
    if (this.#hasEnded) feed.end();
    return feed;
  }

  async order(command: InspectCommand): Promise<unknown> {
    if (!CONTROL.has(command.name)) {
      throw new EngineError('ERR_INSPECT_UNSUPPORTED', 'remote', `${command.name}: a simulation cannot do that`);
    }
    if (!this.#allowControl) {
      throw new EngineError('ERR_INSPECT_READ_ONLY', 'remote', `${command.name}: the simulation is not to be touched`);
    }
    this.start();
    switch (command.name) {
      case 'pause':
        return this.#until(() => this.#gate.pause('ordered'), this.#gate.isPaused);
      case 'step':
        return this.#until(() => this.#step(command.timeMs), false);
      case 'resume':
        this.#gate.resume(speedOf(command.speed));
        return this.#place();
      case 'breakpoints':
        this.#setBreakpoints(command.breakpoints);
        return this.#place();
      case 'inject':
        return this.#inject(command.fault);
      default:
        return undefined;
    }
  }

  close(): void {
    this.#gate.close();
    this.#answerSteppers();
  }

  #step(timeMs: number | undefined): void {
    if (timeMs !== undefined && !(Number.isFinite(timeMs) && timeMs > 0)) {
      throw invalid(`a step is one event, or a time above 0 ms, not ${timeMs}`);
    }
    this.#gate.step(timeMs === undefined ? undefined : this.#place().timeMs + timeMs);
  }

  #setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    if (breakpoints.length > LIMITS.inspectBreakpoints) {
      throw invalid(`at most ${LIMITS.inspectBreakpoints} breakpoints can be set`);
    }
    this.#breakpoints.set(breakpoints);
  }

  /** Between two events, that is now where the world is held, and else as soon as the present one is over. */
  #inject(fault: InspectFault): Promise<SimulationPlace> {
    if (this.#hasEnded) return Promise.reject(invalid('the simulation has ended'));
    return new Promise((resolve, reject) => {
      const strike = (): void => {
        try {
          this.#control?.inject(fault);
          resolve(this.#place());
        } catch (thrown) {
          reject(toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', String(thrown)));
        }
      };
      if (this.#gate.isHeld) strike();
      else this.#faults.push(strike);
      this.#feed();
    });
  }

  /** Where it is when the world is held again, or has ended. */
  #until(act: () => void, isThere: boolean): Promise<SimulationPlace> {
    if (isThere || this.#hasEnded) return Promise.resolve(this.#place());
    return new Promise((resolve) => {
      this.#steppers.push(() => resolve(this.#place()));
      act();
    });
  }

  #place(): SimulationPlace {
    const { nowMs = 0, steps = 0 } = this.#control ?? {};
    return {
      timeMs: Math.max(nowMs, this.#gate.reachedMs),
      steps,
      records: this.#records.length,
      ended: this.#hasEnded,
    };
  }

  #take(line: string): void {
    // The header is known.
    if (line.startsWith('{"file_schema"')) return;
    const record = parseTraceRecord(line, this.#records.length);
    this.#records.push(record);
    const why = this.#breakpoints.at(record);
    if (why !== undefined) this.#gate.pause(why);
    if (this.#records.length === LIMITS.inspectSimulationRecords) this.#gate.pause('as many records as are kept');
  }

  #boundary(): void {
    for (const strike of this.#faults.splice(0)) strike();
    this.#feed();
  }

  #feed(): void {
    for (const feed of this.#watchers.keys()) feed.grown();
  }

  #paused(why: string): void {
    this.#pausedWhy = why;
    const { timeMs, steps } = this.#place();
    for (const watcher of this.#watchers.values()) {
      watcher.paused(timeMs, why);
      watcher.gauges(timeMs, [{ name: 'events', value: steps, unit: 'count' }]);
    }
    this.#answerSteppers();
  }

  #resumed(): void {
    this.#pausedWhy = undefined;
    for (const watcher of this.#watchers.values()) watcher.resumed();
  }

  #answerSteppers(): void {
    for (const answer of this.#steppers.splice(0)) answer();
  }

  #ended(settle: () => void): void {
    this.#hasEnded = true;
    this.#feed();
    for (const feed of this.#watchers.keys()) feed.end();
    for (const strike of this.#faults.splice(0)) strike();
    this.#answerSteppers();
    settle();
  }
}

const CONTROL: ReadonlySet<InspectCommand['name']> = new Set(['pause', 'resume', 'step', 'breakpoints', 'inject']);

function speedOf(speed: number | undefined): number | undefined {
  if (speed === undefined || (Number.isFinite(speed) && speed >= 0)) return speed;
  throw invalid(`a speed is 0 or more, not ${speed}`);
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}

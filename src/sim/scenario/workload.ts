/**
 * The workload of a scenario: performs its operations on the nodes, remembers what was promised, and in the calm asks for
 * it again until it has come true.
 */
import { EngineError } from '../../errors.js';
import type { World } from '../world/world.js';
import type { Watch } from './invariants/watch.js';
import { addFile, dialAny, exchangeEcho, fetchFile, pingNode, type AddedFile } from './operations.js';
import { nodeName, type Operation, type OperationKind, type Scenario } from './scenario.js';

/** How the operations of one kind ended. */
export interface Outcomes {
  done: number;
  failed: number;
  /** The node was down, or there was nothing to fetch yet. */
  skipped: number;
  /** The node died meanwhile. */
  lost: number;
  /** Failures by their codes. */
  readonly codes: Record<string, number>;
}

/** An operation that has begun. */
interface Running {
  readonly operation: Operation;
  readonly beganAtMs: number;
}

/** A fetch that has to come true. */
interface Promised {
  readonly node: number;
  readonly file: number;
  isKept: boolean;
  /** Code of its last failure. */
  lastCode: string;
}

/** Pause before a promised fetch that failed in the calm is asked for again. */
const RETRY_MS = 1_000;
/** What an echo without a muxer may take. */
const PATIENCE_MS = 60_000;

/** Performs operations. */
export class Workload {
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #watch: Watch;
  readonly #files = new Map<number, AddedFile>();
  readonly #running = new Set<Running>();
  readonly #promised = new Map<string, Promised>();
  readonly #outcomes: Partial<Record<OperationKind, Outcomes>> = {};
  #isCalm = false;

  constructor(scenario: Scenario, world: World, watch: Watch) {
    this.#scenario = scenario;
    this.#world = world;
    this.#watch = watch;
  }

  /** How operations ended so far, by kind. */
  get outcomes(): Readonly<Partial<Record<OperationKind, Outcomes>>> {
    return this.#outcomes;
  }

  /** Whether every operation has ended and every promise that can be kept was. */
  get isSettled(): boolean {
    return this.#running.size === 0 && this.#open().length === 0;
  }

  /** Begins an operation; it ends by itself. */
  begin(operation: Operation): void {
    const outcomes = (this.#outcomes[operation.kind] ??= { done: 0, failed: 0, skipped: 0, lost: 0, codes: {} });
    if (operation.kind === 'fetch') this.#promise(operation.node, operation.file);
    if (!this.#isPossible(operation)) {
      outcomes.skipped++;
      return;
    }
    const running: Running = { operation, beganAtMs: this.#world.nowMs };
    this.#running.add(running);
    this.#perform(operation).then(
      () => {
        if (this.#running.delete(running)) outcomes.done++;
      },
      (thrown: unknown) => {
        if (!this.#running.delete(running)) return;
        outcomes.failed++;
        const code = this.#codeOf(operation, thrown);
        outcomes.codes[code] = (outcomes.codes[code] ?? 0) + 1;
      },
    );
  }

  /** A node has died: what it was doing is lost, and with its store what it held. */
  crashed(node: number, keepStore: boolean): void {
    for (const running of this.#running) {
      if (running.operation.node !== node) continue;
      this.#running.delete(running);
      const outcomes = this.#outcomes[running.operation.kind];
      if (outcomes !== undefined) outcomes.lost++;
    }
    if (keepStore) return;
    for (const { holders } of this.#files.values()) holders.delete(node);
  }

  /** All is well from now on: every promise that was not kept is asked for until it is. */
  beginCalm(): void {
    this.#isCalm = true;
    for (const promised of this.#open()) this.#keep(promised);
  }

  /** What has not come about when the calm is over. */
  reportUnsettled(): void {
    const [running] = this.#running;
    const [promised] = this.#open();
    if (running !== undefined) {
      const { operation, beganAtMs } = running;
      const { kind, node } = operation;
      const message = `${kind} began at ${Math.round(beganAtMs)} ms and has not ended: ${JSON.stringify(operation)}`;
      this.#watch.report({
        invariant: 'liveness.operation',
        node: nodeName(node),
        actor: kind,
        machine: kind,
        state: 'running',
        message,
      });
    } else if (promised !== undefined) {
      const { node, file, lastCode } = promised;
      const holders = [...(this.#files.get(file)?.holders ?? [])].map(nodeName).join(', ');
      const message = `file ${file} was never fetched, though ${holders} has it; last failure: ${lastCode}`;
      this.#watch.report({
        invariant: 'liveness.fetch',
        node: nodeName(node),
        actor: `fetch of file ${file}`,
        machine: 'fetch',
        state: lastCode,
        message,
      });
    }
  }

  // ------------------------------------------------------------ operations

  #isPossible(operation: Operation): boolean {
    if (!this.#world.node(nodeName(operation.node)).isUp) return false;
    return operation.kind !== 'fetch' || (this.#files.get(operation.file)?.holders.size ?? 0) > 0;
  }

  async #perform(operation: Operation): Promise<void> {
    const node = this.#world.node(nodeName(operation.node));
    const { host } = node;
    switch (operation.kind) {
      case 'add': {
        const { cid, bytes } = await addFile(host, this.#scenario.seed, operation);
        // The node may have died meanwhile, and come back with an empty store.
        if (node.isUp && node.host === host)
          this.#files.set(operation.file, { cid, bytes, holders: new Set([operation.node]) });
        return;
      }
      case 'fetch':
        return this.#fetch(operation.node, operation.file);
      case 'dial':
        await host.dial(this.#addressOf(operation.target));
        return;
      case 'disconnect':
        host.disconnect(this.#world.node(nodeName(operation.target)).peerId);
        return;
      case 'identify':
        await host.identify(this.#addressOf(operation.target));
        return;
      case 'ping':
        return pingNode(host, this.#addressOf(operation.target), operation.count);
      case 'echo':
      case 'abandon': {
        const { seed, muxer } = this.#scenario;
        const problem = await exchangeEcho(host, this.#addressOf(operation.target), seed, operation, (stream) => {
          // Without a muxer nothing asks whether a silent peer is there: who uses the stream has to give it up.
          if (muxer === 'none')
            this.#world.at(this.#world.nowMs + PATIENCE_MS, () => {
              if (node.isUp) stream.reset();
            });
        });
        if (problem !== undefined) this.#reportBytes('echo.bytes', operation, problem);
        return;
      }
      default:
        operation satisfies never;
    }
  }

  async #fetch(node: number, file: number): Promise<void> {
    const added = this.#files.get(file);
    const simNode = this.#world.node(nodeName(node));
    const { host } = simNode;
    if (added === undefined) return;
    const others = [...added.holders].filter((holder) => holder !== node);
    if (!added.holders.has(node))
      await dialAny(
        host,
        others.map((other) => this.#addressOf(other)),
        this.#isCalm,
      );
    const peers = others.map((other) => this.#world.node(nodeName(other)).peerId);
    const problem = await fetchFile(host, added, peers);
    if (problem !== undefined) {
      this.#reportBytes('content.bytes', { kind: 'fetch', atMs: 0, node, file }, problem);
      return;
    }
    const promised = this.#promised.get(`${node} ${file}`);
    if (promised !== undefined) promised.isKept = true;
    if (simNode.isUp && simNode.host === host) added.holders.add(node);
  }

  #addressOf(node: number): string {
    return this.#world.node(nodeName(node)).address;
  }

  #reportBytes(invariant: 'content.bytes' | 'echo.bytes', operation: Operation, message: string): void {
    const { kind } = operation;
    const node = nodeName(operation.node);
    this.#watch.report({ invariant, node, actor: kind, machine: kind, state: 'done', message });
  }

  /** The code of a failure; what is no error of the engine's, or is its own fault, is a bug. */
  #codeOf({ kind, node }: Operation, thrown: unknown): string {
    if (thrown instanceof EngineError && thrown.blame !== 'engine') return thrown.code;
    const state = thrown instanceof EngineError ? thrown.code : 'strange error';
    const message = `${kind} rejected with ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`;
    const where = { node: nodeName(node), actor: kind, machine: kind };
    this.#watch.report({ invariant: 'engine.broken', ...where, state, message });
    return state;
  }

  // ------------------------------------------------------------ promises

  #promise(node: number, file: number): void {
    const key = `${node} ${file}`;
    if (!this.#promised.has(key)) this.#promised.set(key, { node, file, isKept: false, lastCode: 'not tried' });
  }

  /** Promises that are not kept and could be. */
  #open(): Promised[] {
    return [...this.#promised.values()].filter(
      ({ isKept, file }) => !isKept && (this.#files.get(file)?.holders.size ?? 0) > 0,
    );
  }

  #keep(promised: Promised): void {
    this.#fetch(promised.node, promised.file).then(
      () => undefined,
      (thrown: unknown) => {
        const { node, file } = promised;
        promised.lastCode = this.#codeOf({ kind: 'fetch', atMs: 0, node, file }, thrown);
        this.#world.at(this.#world.nowMs + RETRY_MS, () => this.#keep(promised));
      },
    );
  }
}

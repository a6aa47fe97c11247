/**
 * Makes a failing scenario small: what is left still fails in the same way, and nothing more can be taken out of it.
 *
 * First what comes after the failure goes. Then delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input"): halves, quarters, ... of the faults and operations are taken out while the same failure
 * stays. Nodes are merged, unused ones dropped, and what is left open falls back to neutral values.
 */
import { signatureOf, type FailureSignature, type SimulationFailure } from './failure.js';
import {
  NEUTRAL_NETWORK,
  nodesOf,
  type Fault,
  type NetworkConditions,
  type Operation,
  type Scenario,
} from './scenario.js';

/** What {@link shrink} needs to know. */
export interface ShrinkOptions {
  /** Runs a candidate: how it fails, or `undefined`. */
  readonly run: (scenario: Scenario) => Promise<SimulationFailure | undefined>;
  /** Runs at the most; what is smallest by then is the result. Default 500. */
  readonly maxRuns?: number;
  /** Hears of each smaller scenario. */
  readonly onSmaller?: (scenario: Scenario, runs: number) => void;
}

/** What is left of a failing scenario. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly failure: SimulationFailure;
  readonly runs: number;
  /** Whether nothing more could be taken out; `false` when the runs were used up. */
  readonly isMinimal: boolean;
}

const DEFAULT_RUNS = 500;
/** A file or stream is not made smaller than this: below it nothing becomes simpler. */
const SMALLEST_BYTES = 1;

/** The smallest scenario found that fails as `failure` does. */
export async function shrink(scenario: Scenario, failure: SimulationFailure, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(scenario, failure, options);
  await search.try(cutAfter(scenario, failure));
  for (let before = -1; before !== search.accepted && !search.isOver;) {
    before = search.accepted;
    await reduceList(search, 'faults');
    await reduceList(search, 'operations');
    for (const candidates of [mergedNodes, fewerNodes, neutralNetworks, simplerOperations, simplerFaults, earlier]) {
      await reduceBy(search, candidates);
    }
  }
  return { scenario: search.best, failure: search.failure, runs: search.runs, isMinimal: !search.isOver };
}

/** The smallest failing scenario so far, and what the search for it has cost. */
class Search {
  best: Scenario;
  failure: SimulationFailure;
  runs = 0;
  accepted = 0;
  readonly #signature: FailureSignature;
  readonly #options: ShrinkOptions;
  readonly #tried = new Set<string>();

  constructor(scenario: Scenario, failure: SimulationFailure, options: ShrinkOptions) {
    this.best = scenario;
    this.failure = failure;
    this.#signature = signatureOf(failure);
    this.#options = options;
    this.#tried.add(JSON.stringify(scenario));
  }

  get isOver(): boolean {
    return this.runs >= (this.#options.maxRuns ?? DEFAULT_RUNS);
  }

  /** Runs a candidate; keeps it where it fails in the same way. */
  async try(candidate: Scenario): Promise<boolean> {
    const text = JSON.stringify(candidate);
    if (this.isOver || this.#tried.has(text)) return false;
    this.#tried.add(text);
    this.runs++;
    const failure = await this.#options.run(candidate);
    if (failure === undefined || signatureOf(failure) !== this.#signature) return false;
    this.best = candidate;
    this.failure = failure;
    this.accepted++;
    this.#options.onSmaller?.(candidate, this.runs);
    return true;
  }
}

/** Nothing after the failure has led to it. A failure in the calm keeps all that came before. */
function cutAfter(scenario: Scenario, { atMs }: SimulationFailure): Scenario {
  if (atMs >= scenario.durationMs) return scenario;
  return {
    ...scenario,
    operations: scenario.operations.filter((operation) => operation.atMs <= atMs),
    faults: scenario.faults.filter((fault) => fault.atMs <= atMs),
    durationMs: Math.ceil(atMs) + 1,
  };
}

/** Delta debugging of one list: parts of it are taken out, smaller ones each round, until single ones are needed. */
async function reduceList(search: Search, list: 'operations' | 'faults'): Promise<void> {
  let size = search.best[list].length;
  while (size >= 1 && !search.isOver) {
    let removed = false;
    for (let end = search.best[list].length; end > 0; end -= size) {
      const items: readonly (Operation | Fault)[] = search.best[list];
      const kept = [...items.slice(0, Math.max(0, end - size)), ...items.slice(end)];
      if (await search.try({ ...search.best, [list]: kept })) removed = true;
    }
    // A smaller list may let go of what it needed before; single ones are tried until none goes.
    if (!removed || size > 1) size = size === 1 ? 0 : Math.ceil(size / 2);
  }
}

/** Tries candidates made from the best one, anew after each that was kept, until none is. */
async function reduceBy(search: Search, candidatesOf: (best: Scenario) => Iterable<Scenario>): Promise<void> {
  for (let kept = true; kept && !search.isOver;) {
    kept = false;
    for (const candidate of candidatesOf(search.best)) {
      if (!(await search.try(candidate))) continue;
      kept = true;
      break;
    }
  }
}

// ---------------------------------------------------------------- candidates

/** Each used node played by each lower one. */
function* mergedNodes(scenario: Scenario): Iterable<Scenario> {
  const used = usedNodes(scenario);
  for (const from of [...used].reverse()) {
    for (const to of used) if (to < from) yield renamed(scenario, (node) => (node === from ? to : node));
  }
}

/** Without the nodes that nothing speaks of. */
function* fewerNodes(scenario: Scenario): Iterable<Scenario> {
  const used = usedNodes(scenario);
  if (used.length === scenario.nodes || used.length === 0) return;
  // Numbers are names, and names are seeds: where renaming loses the failure, at least the nodes above go.
  yield { ...renamed(scenario, (node) => used.indexOf(node)), nodes: used.length };
  const highest = used.at(-1) ?? 0;
  if (highest + 1 < scenario.nodes) yield { ...scenario, nodes: highest + 1 };
}

function* neutralNetworks(scenario: Scenario): Iterable<Scenario> {
  yield { ...scenario, security: 'noise' };
  yield { ...scenario, muxer: 'yamux' };
  yield { ...scenario, network: NEUTRAL_NETWORK };
  for (const name of Object.keys(NEUTRAL_NETWORK) as (keyof NetworkConditions)[]) {
    if (scenario.network[name] === NEUTRAL_NETWORK[name]) continue;
    yield { ...scenario, network: { ...scenario.network, [name]: NEUTRAL_NETWORK[name] } };
  }
}

/** Each operation with less to do. */
function* simplerOperations(scenario: Scenario): Iterable<Scenario> {
  for (const [index, operation] of scenario.operations.entries()) {
    for (const simpler of simplerForms(operation)) {
      yield { ...scenario, operations: scenario.operations.with(index, simpler) };
    }
  }
}

function* simplerForms(operation: Operation): Iterable<Operation> {
  if (operation.kind === 'ping' && operation.count > 1) yield { ...operation, count: 1 };
  if (!('sizeBytes' in operation) || operation.sizeBytes <= SMALLEST_BYTES) return;
  yield { ...operation, sizeBytes: SMALLEST_BYTES };
  yield { ...operation, sizeBytes: Math.ceil(operation.sizeBytes / 2) };
}

/** Each fault shorter. */
function* simplerFaults(scenario: Scenario): Iterable<Scenario> {
  for (const [index, fault] of scenario.faults.entries()) {
    if (!('forMs' in fault) || fault.forMs < 2) continue;
    yield { ...scenario, faults: scenario.faults.with(index, { ...fault, forMs: Math.floor(fault.forMs / 2) }) };
  }
}

/** Everything sooner, in steps that keep the order, and the calm right after it. */
function* earlier(scenario: Scenario): Iterable<Scenario> {
  const first = Math.min(...[...scenario.operations, ...scenario.faults].map(({ atMs }) => atMs));
  if (first > 0 && Number.isFinite(first)) {
    const sooner = <Item extends { readonly atMs: number }>(item: Item): Item => ({ ...item, atMs: item.atMs - first });
    const { operations, faults, durationMs } = scenario;
    yield {
      ...scenario,
      operations: operations.map(sooner),
      faults: faults.map(sooner),
      durationMs: Math.max(1, durationMs - first),
    };
  }
  const half = Math.floor(scenario.durationMs / 2);
  const isAfter = ({ atMs }: { readonly atMs: number }): boolean => atMs > half;
  if (half >= 1 && !scenario.operations.some(isAfter) && !scenario.faults.some(isAfter)) {
    yield { ...scenario, durationMs: half };
  }
}

function usedNodes({ operations, faults }: Scenario): number[] {
  return [...new Set([...operations, ...faults].flatMap(nodesOf))].sort((left, right) => left - right);
}

/** The scenario with other numbers for its nodes; what would happen between a node and itself is left out. */
function renamed(scenario: Scenario, rename: (node: number) => number): Scenario {
  const isPossible = (item: Operation | Fault): boolean =>
    'group' in item || new Set(nodesOf(item)).size === nodesOf(item).length;
  const again = <Item extends Operation | Fault>(item: Item): Item => ({
    ...item,
    ...('node' in item ? { node: rename(item.node) } : {}),
    ...('target' in item ? { target: rename(item.target) } : {}),
    ...('from' in item ? { from: rename(item.from), to: rename(item.to) } : {}),
    ...('group' in item ? { group: [...new Set(item.group.map(rename))] } : {}),
  });
  return {
    ...scenario,
    operations: scenario.operations.map(again).filter(isPossible),
    faults: scenario.faults.map(again).filter(isPossible),
  };
}

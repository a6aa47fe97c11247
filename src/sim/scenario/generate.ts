/**
 * Makes a scenario from a seed. The seed first picks what kind of run it is: which faults are on at all, how often they
 * come, how large files are, what the links are like. So quiet runs and violent ones are both drawn, and a fault that
 * would hide another one is away in half of the runs (swarm testing).
 */
import type { MuxerName } from '../../chain-protocols.js';
import { Choices } from './choices.js';
import {
  CALM_MS,
  inOrder,
  SCENARIO_FORMAT,
  type CipherChoice,
  type Fault,
  type FaultKind,
  type NetworkConditions,
  type Operation,
  type Scenario,
  type SecurityChoice,
} from './scenario.js';

/** What {@link generate} leaves to its caller; everything else follows from the seed. */
export interface GenerateOptions {
  /** Default 5. */
  readonly nodes?: number;
  readonly ciphers?: CipherChoice;
  /** Default 60 000: when the calm begins. */
  readonly durationMs?: number;
  /** Operations of each node besides adding its file. Default 4. */
  readonly operationsPerNode?: number;
  /** The faults that the seed may pick from. Default: all. */
  readonly faults?: readonly FaultKind[];
  /** What the seed may pick from to carry streams. Default: all, yamux most often. */
  readonly muxers?: readonly [MuxerName, ...MuxerName[]];
}

const DEFAULT_NODES = 5;
const DEFAULT_DURATION_MS = 60_000;
const DEFAULT_OPERATIONS = 4;
/** Wide enough for a few windows of a stream and some blocks of a file. */
const LARGEST_BYTES = 3 * 1024 * 1024;
const SMALLEST_LARGE_BYTES = 256 * 1024;

/** What notices a changed byte, the commonest most often. */
const SEALED: readonly [SecurityChoice, ...SecurityChoice[]] = ['noise', 'noise', 'tls', 'secio'];

const MUXERS: readonly [MuxerName, ...MuxerName[]] = ['yamux', 'yamux', 'yamux', 'mplex', 'spdy', 'none'];

/** Every fault there is. */
export const FAULT_KINDS: readonly FaultKind[] = [
  'slow',
  'partition',
  'clog',
  'reset',
  'halfOpen',
  'silence',
  'finish',
  'corrupt',
  'crash',
  'skew',
  'busy',
  'storeFailure',
  'intruder',
];

/** The scenario of a seed: the same one for the same options, always. */
export function generate(seed: number, options: GenerateOptions = {}): Scenario {
  const choices = new Choices(`scenario/${seed}`);
  const nodes = options.nodes ?? DEFAULT_NODES;
  const durationMs = options.durationMs ?? DEFAULT_DURATION_MS;
  const muxer = choices.pick('muxer', options.muxers ?? MUXERS);
  // Without a muxer the end of a transport is the end of its stream: nobody can tell a false one.
  const kinds = (options.faults ?? FAULT_KINDS).filter((kind) => muxer !== 'none' || kind !== 'finish');
  const faults = inOrder(faultsOf(choices, nodes, durationMs, kinds));
  const isCorrupted = faults.some(({ kind }) => kind === 'corrupt');
  return {
    format: SCENARIO_FORMAT,
    seed,
    nodes,
    ciphers: options.ciphers ?? 'native',
    security: choices.pick('security', isCorrupted ? SEALED : ['plaintext', ...SEALED]),
    muxer,
    network: networkOf(choices),
    operations: inOrder(operationsOf(choices, nodes, durationMs, options.operationsPerNode ?? DEFAULT_OPERATIONS)),
    faults,
    durationMs,
    calmMs: CALM_MS,
  };
}

function networkOf(choices: Choices): NetworkConditions {
  return {
    latencyMs: choices.pick('network/latency', [0, 1, 5, 20, 80]),
    jitterMs: choices.pick('network/jitter', [0, 0, 2, 50]),
    bandwidthBytesPerSecond: choices.pick('network/bandwidth', [0, 0, 1_000_000, 10_000_000]),
    lossChance: choices.pick('network/loss', [0, 0, 0.02]),
    chunking: choices.pick('network/chunking', ['whole', 'cut', 'joined', 'mixed']),
  };
}

// ---------------------------------------------------------------- operations

function operationsOf(choices: Choices, nodes: number, durationMs: number, each: number): Operation[] {
  const operations: Operation[] = [];
  const largeShare = choices.pick('files/large', [0.1, 0.1, 0.4]);
  const sizeOf = (label: string): number =>
    choices.chance(`${label}/large`, largeShare)
      ? choices.size(label, SMALLEST_LARGE_BYTES, LARGEST_BYTES)
      : choices.size(label, 0, SMALLEST_LARGE_BYTES);
  // Files come early, so that most fetches have something to ask for; a fetch that comes first has to wait.
  for (let node = 0; node < nodes; node++) {
    const atMs = choices.whole(`add/${node}`, 0, Math.floor(durationMs / 6));
    operations.push({ kind: 'add', atMs, node, file: node, sizeBytes: sizeOf(`add/${node}/size`) });
  }
  if (nodes < 2) return operations;
  const { timeOf, targetOf } = habitsOf(choices, nodes, durationMs);
  const kinds = KINDS.filter((kind) => kind === 'fetch' || choices.chance(`operations/${kind}`, 0.6));
  for (let node = 0; node < nodes; node++) {
    for (let index = 0; index < each; index++) {
      const label = `operation/${node}/${index}`;
      const [atMs, target] = [timeOf(label), targetOf(label, node)];
      const kind = kinds[choices.whole(`${label}/kind`, 0, kinds.length - 1)] ?? 'fetch';
      operations.push(operationOf(kind, atMs, node, target, () => sizeOf(`${label}/size`)));
    }
  }
  return operations;
}

/**
 * When and whom nodes ask: at any time, or in bursts; anybody, or in half of the cases the same one. Streams meet on one
 * connection only where several of a node's operations have one target at one time.
 */
function habitsOf(
  choices: Choices,
  nodes: number,
  durationMs: number,
): {
  readonly timeOf: (label: string) => number;
  readonly targetOf: (label: string, node: number) => number;
} {
  const bursts = choices.pick('operations/bursts', [0, 0, 1, 2, 4]);
  const star = choices.chance('operations/star', 0.5) ? choices.whole('operations/star/node', 0, nodes - 1) : undefined;
  return {
    timeOf: (label) => {
      if (bursts === 0) return choices.whole(`${label}/at`, 0, durationMs - 1);
      const burst = choices.whole(`${label}/burst`, 0, bursts - 1);
      const beganMs = choices.whole(`operations/burst/${burst}`, 0, durationMs - 1);
      return Math.min(durationMs - 1, beganMs + choices.size(`${label}/at`, 0, BURST_MS));
    },
    targetOf: (label, node) =>
      star !== undefined && star !== node && choices.chance(`${label}/star`, 0.5)
        ? star
        : (node + choices.whole(`${label}/target`, 1, nodes - 1)) % nodes,
  };
}

/** How long a burst lasts. */
const BURST_MS = 3_000;

const KINDS = ['fetch', 'dial', 'identify', 'ping', 'echo', 'abandon', 'disconnect'] as const;

function operationOf(
  kind: (typeof KINDS)[number],
  atMs: number,
  node: number,
  target: number,
  sizeOf: () => number,
): Operation {
  switch (kind) {
    case 'fetch':
      return { kind, atMs, node, file: target };
    case 'ping':
      return { kind, atMs, node, target, count: 3 };
    case 'echo':
    case 'abandon':
      return { kind, atMs, node, target, sizeBytes: sizeOf() };
    case 'dial':
    case 'disconnect':
    case 'identify':
      return { kind, atMs, node, target };
    default:
      return kind satisfies never;
  }
}

// ---------------------------------------------------------------- faults

function faultsOf(choices: Choices, nodes: number, durationMs: number, kinds: readonly FaultKind[]): Fault[] {
  if (choices.chance('faults/none', 0.1)) return [];
  const faults: Fault[] = [];
  for (const kind of kinds) {
    if (!choices.chance(`faults/${kind}`, 0.5)) continue;
    const count = choices.whole(`faults/${kind}/count`, 1, Math.max(2, Math.ceil(nodes / 2)));
    for (let index = 0; index < count; index++) {
      const fault = faultOf(choices, `${kind}/${index}`, kind, nodes, durationMs);
      if (fault !== undefined) faults.push(fault);
    }
  }
  return faults;
}

const INTRUSIONS = ['garbage', 'garbageAfterGreeting', 'proposals', 'nothing'] as const;

/** One fault; `undefined` where it takes two nodes and there is one. */
function faultOf(
  choices: Choices,
  label: string,
  kind: FaultKind,
  nodes: number,
  durationMs: number,
): Fault | undefined {
  const atMs = choices.whole(`${label}/at`, 0, durationMs - 1);
  const forMs = choices.size(`${label}/for`, 10, durationMs / 2);
  const node = choices.whole(`${label}/node`, 0, nodes - 1);
  if (kind === 'crash') {
    const [keepStore, silent] = [choices.chance(`${label}/keepStore`, 0.7), choices.chance(`${label}/silent`, 0.5)];
    return { kind, atMs, node, keepStore, silent, forMs };
  }
  if (kind === 'skew') {
    const skewMs = choices.whole(`${label}/skew`, -86_400_000, 86_400_000);
    return { kind, atMs, node, percent: choices.pick(`${label}/percent`, [50, 90, 100, 110, 200]), skewMs, forMs };
  }
  if (kind === 'busy') return { kind, atMs, node, slowMs: choices.size(`${label}/slow`, 1, 20), forMs };
  if (kind === 'storeFailure') {
    return { kind, atMs, node, what: choices.pick(`${label}/what`, ['reads', 'writes', 'all', 'full']), forMs };
  }
  if (nodes < 2) return undefined;
  const to = (node + choices.whole(`${label}/to`, 1, nodes - 1)) % nodes;
  switch (kind) {
    case 'slow': {
      const latencyMs = choices.size(`${label}/latency`, 10, 5_000);
      return { kind, atMs, from: node, to, latencyMs, bandwidthBytesPerSecond: 10_000, forMs };
    }
    case 'partition': {
      const isolates = choices.chance(`${label}/isolates`, 0.5);
      const all = Array.from({ length: nodes }, (_, index) => index);
      const group = isolates ? [node] : choices.some(`${label}/group`, all);
      return { kind, atMs, group, direction: choices.pick(`${label}/direction`, ['both', 'in', 'out']), forMs };
    }
    case 'clog':
      return { kind, atMs, from: node, to, forMs };
    case 'reset':
      return { kind, atMs, from: node, to, midFrame: choices.chance(`${label}/midFrame`, 0.5) };
    case 'intruder': {
      const how = choices.pick(`${label}/how`, INTRUSIONS);
      return { kind, atMs, from: node, to, how };
    }
    case 'halfOpen':
    case 'silence':
    case 'finish':
    case 'corrupt':
      return { kind, atMs, from: node, to };
    default:
      return kind satisfies never;
  }
}

/** What the first screen answers: who is there, in which states, what failed, what is stuck and since when. */
import type { TraceRecord } from '../trace/format.js';
import { shortAddress } from '../trace/tools/addresses.js';
import { stepAt, type TraceStore } from './trace-store.js';

/** One actor of the tree, or a part of an address that is none itself. */
export interface ActorNode {
  readonly address: string;
  /** Last part of the address. */
  readonly name: string;
  readonly machines: readonly {
    readonly machine: string;
    readonly state: string;
    readonly sinceMs: number;
    readonly isDone: boolean;
  }[];
  readonly children: readonly ActorNode[];
  /** Records of it and of all below it, up to the moment. */
  readonly records: number;
}

/** A failure that the trace tells. */
export interface ToldFailure {
  readonly seq: number;
  readonly timeMs: number;
  readonly actor: string;
  readonly code: string;
}

export interface Overview {
  readonly counts: Readonly<Record<'records' | 'actors' | 'connections' | 'streams' | 'failures', number>>;
  readonly tree: readonly ActorNode[];
  readonly failures: readonly ToldFailure[];
  /** Machines that are not done and have waited longest, the longest first. */
  readonly waiting: readonly {
    readonly actor: string;
    readonly machine: string;
    readonly state: string;
    readonly sinceMs: number;
  }[];
}

/** Waiting machines told. */
const WAITING_TOLD = 20;
/** Failures told, the newest. */
const FAILURES_TOLD = 500;

/** The overview at the moment of record `upTo`. `isFinal` says whether a machine is done in a state. */
export function overviewOf(
  store: TraceStore,
  upTo: number,
  isFinal: (machine: string, state: string) => boolean,
): Overview {
  const nowMs = store.records[store.positionAt(upTo)]?.time ?? 0;
  const roots = new Map<string, GrowingNode>();
  const waiting: { actor: string; machine: string; state: string; sinceMs: number }[] = [];
  let connections = 0;
  let streams = 0;
  let actors = 0;
  for (const { address, firstSeq, seqs, machines } of store.actors.values()) {
    if (firstSeq > upTo) continue;
    actors += 1;
    const node = nodeAt(roots, address);
    node.own += seqs.length;
    for (const life of machines) {
      const step = stepAt(life, upTo);
      if (step === undefined) continue;
      const isDone = isFinal(life.machine, step.to);
      const sinceMs = nowMs - step.time;
      node.machines.push({ machine: life.machine, state: step.to, sinceMs, isDone });
      if (isDone) continue;
      if (life.machine === 'connection') connections += 1;
      if (life.machine.endsWith('Stream')) streams += 1;
      waiting.push({ actor: address, machine: life.machine, state: step.to, sinceMs });
    }
  }
  const failures = failuresOf(store, upTo);
  waiting.sort((one, other) => other.sinceMs - one.sinceMs);
  return {
    counts: { records: store.positionAt(upTo) + 1, actors, connections, streams, failures: failures.length },
    tree: [...roots.values()].map(settled),
    failures: failures.slice(-FAILURES_TOLD),
    waiting: waiting.slice(0, WAITING_TOLD),
  };
}

/** The code of the error that a record tells, where it tells one. */
export function failureCodeOf({ name, data }: TraceRecord): string | undefined {
  const { error, code } = data;
  if (name === 'assert:failed' && typeof code === 'string') return code;
  if (typeof error === 'string') return error;
  const told = (error as { $error?: { code?: unknown } } | undefined)?.$error?.code;
  return typeof told === 'string' ? told : undefined;
}

function failuresOf(store: TraceStore, upTo: number): ToldFailure[] {
  const failures: ToldFailure[] = [];
  const end = store.positionAt(upTo);
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record === undefined) continue;
    const code = failureCodeOf(record);
    if (code !== undefined) {
      failures.push({
        seq: record.seq,
        timeMs: record.time - store.firstTime,
        actor: shortAddress(record.actor),
        code,
      });
    }
  }
  return failures;
}

interface GrowingNode {
  readonly address: string;
  readonly name: string;
  readonly machines: { machine: string; state: string; sinceMs: number; isDone: boolean }[];
  readonly children: Map<string, GrowingNode>;
  own: number;
}

function nodeAt(roots: Map<string, GrowingNode>, address: string): GrowingNode {
  let level = roots;
  let node: GrowingNode | undefined;
  let path = '';
  for (const name of address.split('/').slice(1)) {
    path += `/${name}`;
    node = level.get(name);
    if (node === undefined)
      level.set(name, (node = { address: path, name, machines: [], children: new Map(), own: 0 }));
    level = node.children;
  }
  return node ?? { address, name: address, machines: [], children: new Map(), own: 0 };
}

function settled({ address, name, machines, children, own }: GrowingNode): ActorNode {
  const settledChildren = [...children.values()].map(settled);
  const records = settledChildren.reduce((sum, child) => sum + child.records, own);
  return { address, name, machines, children: settledChildren, records };
}

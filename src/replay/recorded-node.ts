/** A node that is recorded from its first moment: what it is made of, what comes in, what goes out. */
import { createNode, type CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import { peerOptionsOf } from '../host/peer-options.js';
import { defaultTransports } from '../platform/default-transports.js';
import { drain } from '../platform/drain.js';
import { NodeHttpClient } from '../platform/http-client.js';
import { openRepo } from '../platform/repo.js';
import { systemClock } from '../platform/system-clock.js';
import { systemRandom } from '../platform/system-random.js';
import { systemResolver } from '../platform/system-resolver.js';
import { udpDatagrams } from '../platform/udp-datagrams.js';
import { createTraceFile } from '../platform/trace-file.js';
import { engineVersions } from '../platform/versions.js';
import { MemoryBlockStore, MemoryDataStore } from '../sim/memory-store.js';
import { SeededRandom } from '../sim/seeded-random.js';
import type { TraceClass, TraceHeader } from '../trace/format.js';
import { assertMayRecord, SECRET_MARK, traceHeader } from '../trace/header.js';
import { Recorder, type Defer } from '../trace/recording/recorder.js';
import { TraceWriter, type TraceOutput } from '../trace/writer.js';
import { ApiRecorder } from './api-recorder.js';
import { configOf } from './node-config.js';
import { recordPorts } from './recorded-ports.js';
import { assertRecordable } from './routing-config.js';

/**
 * How a node is recorded. Everything else is as in `createNode`, but that a repo lends its stores alone to a replayable
 * recording (the identity follows from the seed), and that a recorded node does nothing about peers unasked that is not
 * asked for here (`identify`, `peerstore`, `relayV1`, `pingMonitor`): what is recorded is what the test is about.
 */
export interface RecordOptions extends Omit<CreateNodeOptions, 'trace'> {
  /** A file (`.trace.jsonl`, `.gz` for a packed one), or where lines go. */
  readonly to: string | TraceOutput;
  /**
   * `replayable` (default): the node's identity and every other secret follow from `seed`, so the trace can be given
   * away and replayed. `redacted`: nothing secret in it, not to be replayed. `full`: the secrets themselves.
   */
  readonly class?: TraceClass;
  /** Default: 16 random bytes in hex, which the header tells. */
  readonly seed?: string;
  /** A private key given in class `replayable` stands in the trace: say that it is made for tests. */
  readonly testIdentity?: boolean;
  /** Class `full` writes keys into the file: say that this is meant. */
  readonly unsafeIncludeSecrets?: boolean;
  /** Tells what passes inside the secure channels too, for exports. Default: no; a replay does not need it. */
  readonly plaintext?: boolean;
  /**
   * Tells observations too: queries, routing table and exchanges of blocks as the inspector shows them. A replay neither needs
   * nor compares them. Default: yes.
   */
  readonly observations?: boolean;
  readonly title?: string;
  /** Lets what is ready run before an answer of a store; for virtual time. Default: a turn of the event loop. */
  readonly defer?: Defer;
}

/** A node and its recording. */
export interface RecordedNode {
  /** As its embedder uses it: every call is recorded. */
  readonly node: Host;
  /** Stops the node and ends the file. */
  readonly close: () => Promise<void>;
}

/**
 * Makes a node and records it.
 * @throws EngineError `ERR_INVALID_ARGUMENT` where the class and the secrets do not fit together; `ERR_TRACE_NOT_REPLAYABLE`
 *   for routers, validators and discovery of the embedder's own, which no trace holds, unless the class is redacted; whatever
 *   `createNode` rejects with.
 */
export async function recordedNode(options: RecordOptions): Promise<RecordedNode> {
  const traceClass = options.class ?? 'replayable';
  checkSecrets(options, traceClass);
  if (traceClass !== 'redacted') assertRecordable(options);
  const seed = traceClass === 'replayable' ? (options.seed ?? freshSeed()) : undefined;
  const repo = options.repo === undefined ? undefined : await openRepo(options.repo);
  const privateKey = options.privateKey ?? (seed === undefined ? await repo?.identityKey.get() : undefined);
  const nodeOptions: Omit<RecordOptions, 'repo'> & { repo?: string } = { ...options };
  delete nodeOptions.repo; // it is open already, and lends its parts below
  if (privateKey !== undefined) Object.assign(nodeOptions, { privateKey });
  const file = typeof options.to === 'string' ? createTraceFile(options.to) : undefined;
  const release = async () => {
    await repo?.close();
    await file?.close();
  };
  try {
    const clock = options.clock ?? systemClock;
    // Read once: two readings of a clock that tells whole milliseconds may lie one apart.
    const wallOriginMs = Math.round(clock.wallTime() - clock.now());
    const header = headerOf(nodeOptions, traceClass, seed, wallOriginMs);
    const writer = new TraceWriter(header, file ?? (options.to as TraceOutput));
    const recorder = new Recorder(writer, clock, options.defer ?? ((work) => void drain().then(work)));
    const ports = recordPorts(recorder, {
      clock,
      wallOriginMs,
      random: seed === undefined ? (options.random ?? systemRandom) : new SeededRandom(seed),
      transports: options.transports ?? defaultTransports(options.limits),
      blocks: options.blocks ?? repo?.blocks ?? new MemoryBlockStore(),
      data: options.data ?? repo?.data ?? new MemoryDataStore(),
      resolver: options.resolver ?? systemResolver,
      http:
        options.http ?? (options.routing === undefined ? undefined : new NodeHttpClient({ limits: options.limits })),
      datagrams: options.datagrams ?? udpDatagrams,
    });
    const api = new ApiRecorder(recorder);
    const host = await createNode({
      ...ofNode(nodeOptions),
      ...peerOptionsOf(options),
      ...(options.gater === undefined ? {} : { gater: api.gater(options.gater) }),
      ...ports,
      trace: recorder,
    });
    const node = api.node(host);
    // Stopping is a call like the others: a replay has to make it too.
    return { node, close: () => node.stop().then(release) };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

/** What says how it is recorded; the rest is the node's. */
const OF_RECORDING: ReadonlySet<string> = new Set<Exclude<keyof RecordOptions, keyof CreateNodeOptions>>([
  'to',
  'class',
  'seed',
  'testIdentity',
  'unsafeIncludeSecrets',
  'plaintext',
  'observations',
  'title',
  'defer',
]);

function ofNode(options: Partial<RecordOptions>): CreateNodeOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !OF_RECORDING.has(name)));
}

function headerOf(
  options: RecordOptions,
  traceClass: TraceClass,
  seed: string | undefined,
  wallOriginMs: number,
): TraceHeader {
  const isReplayed = traceClass !== 'redacted';
  return traceHeader({
    title: options.title ?? 'swarmchart node',
    vantagePoint: 'node',
    class: traceClass,
    detail: traceClass === 'redacted' ? 'frames' : 'digests',
    seed,
    clock: options.clock === undefined ? 'real' : 'virtual',
    versions: engineVersions(),
    config: { ...configOf(options, isReplayed), wall_origin_ms: isReplayed ? wallOriginMs : undefined },
    plaintext: options.plaintext ?? false,
    observations: options.observations ?? true,
  });
}

function checkSecrets(
  { to, privateKey, testIdentity, unsafeIncludeSecrets }: RecordOptions,
  traceClass: TraceClass,
): void {
  if (traceClass === 'replayable' && privateKey !== undefined && testIdentity !== true) {
    const what = 'a replayable trace holds the private key: leave it out, or say testIdentity if it is made for tests';
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
  }
  assertMayRecord(typeof to === 'string' ? to : SECRET_MARK, traceClass, unsafeIncludeSecrets);
}

function freshSeed(): string {
  return Array.from(systemRandom.bytes('trace seed', 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

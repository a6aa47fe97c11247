/**
 * Fixtures: connections that were recorded once and are replayed ever after, without the peer, without a network.
 * The modes are those of `fixture-mode.ts`.
 */
import { createNode, type CreateNodeOptions } from '../create-node.js';
import { EngineError } from '../errors.js';
import type { Host } from '../host/host.js';
import { environmentVariable, fixtureExists, fixturePath, writeFixture } from '../platform/fixture-files.js';
import { readTraceFile } from '../platform/trace-file.js';
import { recordedNode, replayTrace, type Rechunk, type RecordOptions, type ReplayLevel } from '../replay/index.js';
import type { Trace } from '../trace/format.js';
import { parseTrace } from '../trace/reader.js';
import { assertMayRecord } from '../trace/header.js';
import type { Chunking } from './chunkings.js';
import { refuseFakeTimers } from './fake-timers.js';
import { fixtureSettings } from './fixture-mode.js';
import { changesSince } from './staleness.js';
import { TraceView } from './trace-view.js';

/** How a fixture is recorded: as `createNode`, with the seed from which all secrets follow. */
export interface FixtureOptions extends Omit<RecordOptions, 'to' | 'class' | 'seed'> {
  /** Every key and nonce of the node follows from it. Default 1. */
  readonly seed?: number | string;
  /** `full` writes the secrets themselves, and takes `unsafeIncludeSecrets` and `.SECRET` in the name. */
  readonly class?: 'replayable' | 'full';
  /** How much the replay has to repeat. Default `bytes`. */
  readonly level?: ReplayLevel;
}

/** How a fixture is replayed. */
export interface ReplayFixtureOptions {
  /** How much has to be the same. Default `bytes`. */
  readonly level?: ReplayLevel;
  /** Cuts what the peer sent anew; see `chunkings`. */
  readonly rechunk?: Rechunk | Chunking;
}

/** What the body of a recording is given. */
export interface Recording {
  /** The recorded node. It is stopped when the body has ended. */
  readonly node: Host;
  /** Makes another node on real sockets, to talk to where there is no other peer; it is stopped after the recorded one. */
  readonly peer: (options?: CreateNodeOptions) => Promise<Host>;
}

/**
 * Replays `fixture`; where the mode says so, first records it: makes a node from `options` and runs `body`, which talks
 * to a real peer. In mode `replay`, hence in every CI, `body` is not run. What was recorded is replayed before it is
 * kept, and nothing is kept when `body` throws.
 *
 * ```ts
 * const trace = await record('secio.trace.jsonl', { security: ['secio'], listen: [] }, async ({ node }) => {
 *   await node.dial('/ip4/127.0.0.1/tcp/4001/p2p/Qm...');
 * });
 * ```
 * @throws EngineError `ERR_FIXTURE_MISSING`, `ERR_FIXTURE_DIFFERS` (the engine does something else now),
 *   `ERR_FIXTURE_STALE` (the same, and machines or engine are not those of the recording), `ERR_TRACE_INVALID`,
 *   `ERR_TRACE_VERSION`, `ERR_FAKE_TIMERS`; whatever `body` throws.
 */
export async function record(
  fixture: string | URL,
  options: FixtureOptions,
  body: (recording: Recording) => unknown,
): Promise<TraceView> {
  refuseFakeTimers('record');
  const { mode } = fixtureSettings();
  const path = fixturePath(fixture);
  const replaying: ReplayFixtureOptions = options.level === undefined ? {} : { level: options.level };
  if (mode === 'record' || (mode !== 'replay' && !fixtureExists(path))) return makeFixture(path, options, body);
  if (mode !== 'update') return replayFixture(path, replaying);
  try {
    return await replayFixture(path, replaying);
  } catch (thrown) {
    if (!(thrown instanceof EngineError)) throw thrown;
    return makeFixture(path, options, body);
  }
}

/**
 * Replays `fixture` and answers what the replay did. Never writes. Throws as {@link record}.
 *
 * ```ts
 * test.each(chunkings(20))('$name', async ({ cut }) => {
 *   expect(await replay('fixtures/secio.trace.jsonl', { rechunk: cut })).toNegotiate('/secio/1.0.0');
 * });
 * ```
 */
export async function replay(fixture: string | URL, options: ReplayFixtureOptions = {}): Promise<TraceView> {
  refuseFakeTimers('replay');
  return replayFixture(fixturePath(fixture), options);
}

/**
 * Replays a trace that a test holds itself, line by line, as an exported test does. Throws as {@link record}.
 *
 * ```ts
 * const trace = await replayLines(TRACE);
 * ```
 */
export async function replayLines(lines: readonly string[], options: ReplayFixtureOptions = {}): Promise<TraceView> {
  refuseFakeTimers('replayLines');
  return replayed(parseTrace(`${lines.join('\n')}\n`), 'the trace', options);
}

/** A trace file as a view, without replaying it: also redacted ones. Throws as {@link record}. */
export async function readTrace(fixture: string | URL): Promise<TraceView> {
  return TraceView.of(await readFixture(fixturePath(fixture)));
}

async function replayFixture(path: string, options: ReplayFixtureOptions): Promise<TraceView> {
  return replayed(await readFixture(path), path, options);
}

/** `name`: what the trace is called where it does not replay. */
async function replayed(trace: Trace, name: string, { level, rechunk }: ReplayFixtureOptions): Promise<TraceView> {
  const cut = typeof rechunk === 'object' ? rechunk.cut : rechunk;
  const {
    ok,
    trace: replay,
    difference,
  } = await replayTrace(trace, {
    ...(level === undefined ? {} : { level }),
    ...(cut === undefined ? {} : { rechunk: cut }),
  });
  if (ok) return TraceView.of(replay);
  const report = difference?.report ?? 'the replay does not say where';
  const changes = changesSince(trace.header);
  if (changes.length > 0) {
    const list = changes.map((change) => `  ${change}`).join('\n');
    throw new EngineError(
      'ERR_FIXTURE_STALE',
      'local',
      `${name} is stale; since it was recorded\n${list}\n\n${report}`,
    );
  }
  const cutting = typeof rechunk === 'object' ? ` (${rechunk.name})` : '';
  throw new EngineError('ERR_FIXTURE_DIFFERS', 'local', `${name} does not replay${cutting}\n\n${report}`);
}

async function readFixture(path: string): Promise<Trace> {
  if (!fixtureExists(path)) {
    const asked = environmentVariable('SWARMCHART_TRACE');
    const why = fixtureSettings().isCi
      ? 'a CI records nothing: record it elsewhere with SWARMCHART_TRACE=missing and commit it'
      : `fixtures are replayed${asked === undefined ? '' : ` (SWARMCHART_TRACE=${asked})`}: record() with SWARMCHART_TRACE=missing makes it`;
    throw new EngineError('ERR_FIXTURE_MISSING', 'local', `there is no fixture ${path}; ${why}`);
  }
  const trace = await readTraceFile(path);
  if (trace.truncated) throw new EngineError('ERR_TRACE_INVALID', 'local', `${path} breaks off in its last line`);
  return trace;
}

async function makeFixture(
  path: string,
  options: FixtureOptions,
  body: (recording: Recording) => unknown,
): Promise<TraceView> {
  const { level, seed = 1, ...recording } = options;
  assertMayRecord(path, options.class ?? 'replayable', options.unsafeIncludeSecrets);
  const lines: string[] = [];
  const recorded = await recordedNode({
    ...recording,
    seed: String(seed),
    title: recording.title ?? path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1),
    to: { write: (line) => void lines.push(line) },
  });
  const peers: Host[] = [];
  const peer = async (ofPeer: CreateNodeOptions = {}): Promise<Host> => {
    const made = await createNode(ofPeer);
    peers.push(made);
    return made;
  };
  try {
    await body({ node: recorded.node, peer });
  } finally {
    await recorded.close();
    await Promise.all(peers.map((made) => made.stop()));
  }
  const text = lines.join('');
  const trace = parseTrace(text);
  const { ok, difference } = await replayTrace(trace, level === undefined ? {} : { level });
  if (!ok) {
    const why = `${path} is not written: what was recorded does not replay\n\n${difference?.report ?? ''}`;
    throw new EngineError('ERR_FIXTURE_DIFFERS', 'local', why);
  }
  await writeFixture(path, text);
  return TraceView.of(trace);
}

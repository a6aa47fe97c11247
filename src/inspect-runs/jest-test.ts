/**
 * A connection of a trace as one jest test that holds all it needs: the trace inside, replayed on the swarmchart of the
 * project, with what it came to. A CommonJS file, which jest runs without any set-up, in a project of ES modules too.
 */
import { EngineError } from '../errors.js';
import type { ExportedFile } from '../inspect/contract.js';
import { LIMITS } from '../limits.js';
import { replayTrace } from '../replay/replayer.js';
import { assertReplayable } from '../replay/stage.js';
import { SeededRandom } from '../sim/seeded-random.js';
import { pathOf, type ActorLife } from '../testing/actor-lives.js';
import { GAP } from '../testing/alignment.js';
import { TraceView } from '../testing/trace-view.js';
import type { Trace } from '../trace/format.js';
import { cutConnection } from '../trace/tools/cut/index.js';
import { traceText } from '../trace/writer.js';

/** How a test is exported. */
export interface JestTestOptions {
  /** The node whose connection it is, where the trace tells of several. */
  readonly node?: string | undefined;
}

/** Paths of machines that a test expects at most: the rest is in the replay. */
const MACHINES_EXPECTED = 40;
/** Entries of one expected list. */
const ENTRIES_EXPECTED = 200;

/**
 * The test of `connection` (`conn:N`), or of the whole trace. It is replayed here first, so that what is handed out passes.
 * @throws EngineError `ERR_TRACE_NOT_REPLAYABLE` (redacted, partial, of several nodes, or a connection that follows from
 *   what came on another one), `ERR_REPLAY_DIVERGED`, `ERR_INVALID_ARGUMENT` (no such connection, or it is too large).
 */
export async function jestTestOf(
  trace: Trace,
  connection?: string,
  { node }: JestTestOptions = {},
): Promise<ExportedFile> {
  assertReplayable(trace);
  const randomOf = (seed: string): SeededRandom => new SeededRandom(seed);
  const cut = connection === undefined ? undefined : cutConnection(trace, connection, { randomOf, node });
  const kept = cut?.trace ?? trace;
  const lines = traceText(kept).trimEnd().split('\n');
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  if (bytes > LIMITS.exportedTestBytes) {
    const smaller = connection === undefined ? ': choose a connection' : '';
    const what = `the test would hold ${bytes} bytes of trace, more than ${LIMITS.exportedTestBytes}${smaller}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
  }
  const { ok, trace: replayed, difference } = await replayTrace(kept);
  if (!ok) {
    const [first] = cut?.entangled ?? [];
    if (first !== undefined) {
      const what = `${connection} follows from what came on another connection, from record ${first.seq} on: export the whole trace`;
      throw new EngineError('ERR_TRACE_NOT_REPLAYABLE', 'local', what);
    }
    throw new EngineError('ERR_REPLAY_DIVERGED', 'local', difference?.report ?? 'the trace does not replay');
  }
  const name = connection ?? 'connection';
  return {
    fileName: `${name.replaceAll(/[^\w-]+/g, '-')}.test.cjs`,
    mediaType: 'text/javascript',
    text: fileOf(titleOf(kept), lines, TraceView.of(replayed)),
  };
}

function fileOf(title: string, lines: readonly string[], view: TraceView): string {
  return [
    '/**',
    ` * ${title}: recorded once, and replayed here on the swarmchart of this project,`,
    ' * byte for byte, without the peer and without a network. Run it with jest.',
    ' */',
    "const { assertTrace, replayLines } = require('swarmchart/testing');",
    '',
    `describe(${quoted(title)}, () => {`,
    '  let trace;',
    '  beforeAll(async () => {',
    '    trace = await replayLines(TRACE);',
    '  });',
    '',
    ...agreementLines(view),
    ...frameLines(view),
    ...machineLines(view),
    ...outcomeLines(view),
    '});',
    '',
    '// What was recorded: the header, then a record in each line.',
    '// prettier-ignore',
    'const TRACE = [',
    ...lines.map((line) => `  ${quoted(line)},`),
    '];',
    '',
  ].join('\n');
}

/** Tests begin with what replays at all, so that a trace that says nothing else has one. */
function agreementLines({ agreements }: TraceView): readonly string[] {
  const protocols = [...new Set(agreements.map(({ protocol }) => protocol))].slice(0, ENTRIES_EXPECTED);
  return testLines('replays byte for byte, and agrees on the same protocols', [
    'expect(trace.records.length).toBeGreaterThan(0);',
    ...protocols.map((protocol) => `assertTrace.toNegotiate(trace, ${quoted(protocol)});`),
  ]);
}

function frameLines(view: TraceView): readonly string[] {
  return view.connections.slice(0, MACHINES_EXPECTED).flatMap((address) => {
    const own = view.connection(address);
    return (['sent', 'received'] as const).flatMap((direction) => {
      const frames = own.frames({ direction }).map(({ text }) => text);
      if (frames.length === 0) return [];
      return testLines(`frames ${direction} on ${address}`, [
        `assertTrace.toSendFrames(trace.connection(${quoted(address)}), [`,
        ...expected(frames).map((frame) => `  ${quoted(frame)},`),
        `], { direction: '${direction}' });`,
      ]);
    });
  });
}

function machineLines({ lives }: TraceView): readonly string[] {
  const lines = lives
    .filter((life) => pathOf(life).length > 0)
    .slice(0, MACHINES_EXPECTED)
    .flatMap((life: ActorLife) => {
      const states = expected(pathOf(life).map(({ state }) => state)).map(quoted);
      const options = `{ actor: ${quoted(life.address)}, machine: ${quoted(life.machine)} }`;
      return [`assertTrace.toTakePath(trace, [${states.join(', ')}], ${options});`];
    });
  return lines.length === 0 ? [] : testLines('every machine takes the same path', lines);
}

function outcomeLines({ errors }: TraceView): readonly string[] {
  const codes = [...new Set(errors.map(({ code }) => code))];
  return testLines(codes.length === 0 ? 'nothing fails' : 'fails as it did', [
    `expect([...new Set(trace.errors.map(({ code }) => code))]).toEqual([${codes.map(quoted).join(', ')}]);`,
  ]);
}

function testLines(name: string, body: readonly string[]): readonly string[] {
  return [`  test(${quoted(name)}, () => {`, ...body.map((line) => `    ${line}`), '  });', ''];
}

/** A long list is expected up to a point. */
function expected(entries: readonly string[]): readonly string[] {
  return entries.length <= ENTRIES_EXPECTED ? entries : [...entries.slice(0, ENTRIES_EXPECTED), GAP];
}

/** A title stands in a comment and in a name: what could end either is left out. */
function titleOf({ header }: Trace): string {
  const title = header.title.replaceAll(/[^\p{L}\p{N} .,:;()_\-+#]/gu, ' ').trim();
  return title === '' ? 'a recorded connection' : title.slice(0, ENTRIES_EXPECTED);
}

/** A literal of JavaScript, whatever is in it. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `'${escaped.replaceAll(/[\n\r\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
}

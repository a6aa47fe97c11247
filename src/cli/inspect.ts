/** `swarmchart inspect`: serves the inspector's page for a trace, or shows the same as lines. */
import { basename } from 'node:path';
import { EngineError } from '../errors.js';
import { replaySource } from '../inspect-runs/replay-source.js';
import type { ExportedFile, InspectCommand } from '../inspect/contract.js';
import { exportHtml } from '../inspect/export-html.js';
import { openFileSource, type FileSourceLimits, type TraceText } from '../inspect/file-source.js';
import type { RecordChoice } from '../inspect/record-choice.js';
import type { InspectSource } from '../inspect/source.js';
import { readInspectAssets } from '../platform/inspect-assets.js';
import { inspectorOf } from '../platform/inspect-address.js';
import { connectToRpc } from '../platform/rpc-socket.js';
import { readTraceFile, readTraceText } from '../platform/trace-file.js';
import { traceTextOf } from '../platform/trace-stream.js';
import type { Command, Words } from './command.js';
import { linesOutput, statelyOutput, tellLive, tellSource, type RecordOutput } from './inspect-lines.js';
import { PORT_MAX, serveUntilInterrupted, tellInspector } from './inspect-serving.js';
import { REPO_OPTION, repoFolder } from './node-options.js';
import { printJson, printLine } from './output.js';

export const inspectCommand: Command = {
  name: 'inspect',
  usage: '[TRACE] [OTHER]',
  positionals: [0, 2],
  options: {
    ...REPO_OPTION,
    port: { type: 'string', value: 'PORT', help: 'where the page is served, on loopback (default: a free one)' },
    actor: { type: 'string', value: 'GLOB', help: 'only these actors, e.g. "conn:1*" or "*/noise"' },
    from: { type: 'string', value: 'MS', help: 'only from so many milliseconds after the first record on' },
    to: { type: 'string', value: 'MS', help: 'only up to so many milliseconds after the first record' },
    'allow-control': { type: 'boolean', help: 'let the page hold, step and disturb what it looks at' },
    open: { type: 'boolean', help: 'open the page in the browser' },
    live: {
      type: 'string',
      value: 'URL',
      optional: true,
      help: "with --tui or --stately: a running node's inspector (default: the one of the repo's daemon)",
    },
    tui: { type: 'boolean', help: 'no page: a ladder of lines on standard output, or with --json the records' },
    name: { type: 'string', value: 'GLOB', help: 'with --tui: only records of these names, e.g. "io:*"' },
    stately: {
      type: 'string',
      value: 'WS',
      help: 'send every step to a relay of the Stately inspector, e.g. ws://localhost:8080',
    },
    'stately-remote': { type: 'boolean', help: 'let that relay be on another machine' },
  },
  examples: [
    'swarmchart inspect run.trace.jsonl',
    'swarmchart inspect before.trace.jsonl after.trace.jsonl       (compares them)',
    'swarmchart inspect --tui --live',
    'swarmchart inspect run.trace.jsonl --stately ws://localhost:8080',
    'swarmchart inspect huge.trace.jsonl.gz --actor "conn:7*" --from 1000 --to 2000',
  ],
  async run(words) {
    const isTold = words.flag('tui') || words.text('stately') !== undefined;
    const [path] = words.positionals;
    const live = words.text('live');
    if (live !== undefined && isTold && path === undefined) {
      return tellLive(live === '' ? await daemonInspector(words) : live, choiceOf(words), await outputOf(words));
    }
    if (path === undefined) return explain(words);
    // A page keeps so many records; lines and relays keep none.
    const source = await sourceOf(words, isTold ? { inspectPageRecords: Infinity } : {});
    if (isTold) return tellSource(source, await outputOf(words));
    return serveUntilInterrupted({
      source,
      port: words.number('port', 0, 0, PORT_MAX),
      allowControl: words.flag('allow-control'),
      opens: words.flag('open'),
      json: words.flag('json'),
    });
  },
};

/** The trace files that the words name, as a source. */
async function sourceOf(words: Words, limits: Partial<FileSourceLimits>): Promise<InspectSource> {
  const [path = '', other] = words.positionals;
  const texts: [TraceText, ...TraceText[]] = [{ id: 'main', open: traceTextOf(path) }];
  if (other !== undefined) texts.push({ id: 'other', open: traceTextOf(other) });
  const choice = choiceOf(words);
  const shown = await openFileSource(texts, {
    choice,
    limits,
    abilities: ['export'],
    order: (command) => exportPage(command, path),
  });
  // A part of a trace is shown, but what is run is the whole of it.
  return replaySource(() => readTraceFile(path), { over: shown });
}

/** The page with the trace inside. */
async function exportPage(command: InspectCommand, path: string): Promise<ExportedFile> {
  if (command.name !== 'export' || command.what !== 'html') {
    throw new EngineError('ERR_INSPECT_UNSUPPORTED', 'local', `${command.name}: a trace file does not do that`);
  }
  const text = exportHtml(await readInspectAssets(), await readTraceText(path));
  return { fileName: `${basename(path).replace(/\.trace\.jsonl(?:\.gz)?$/, '')}.html`, mediaType: 'text/html', text };
}

async function outputOf(words: Words): Promise<RecordOutput> {
  const stately = words.text('stately');
  return stately === undefined
    ? linesOutput(words.flag('json'), words.text('name'))
    : statelyOutput(stately, words.flag('stately-remote'));
}

async function daemonInspector(words: Words): Promise<string> {
  const repo = repoFolder(words);
  const url = await inspectorOf(repo);
  if (url !== undefined) return url;
  const what = `no daemon of ${repo} serves an inspector: start it with swarmchart daemon --inspect, or give --live URL`;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}

/** What the words choose of a trace. */
export function choiceOf(words: Words): RecordChoice {
  return { actor: words.text('actor'), fromMs: millisecondsOf(words, 'from'), toMs: millisecondsOf(words, 'to') };
}

function millisecondsOf(words: Words, name: string): number | undefined {
  const text = words.text(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `--${name} takes milliseconds, got "${text}"`);
}

async function explain(words: Words): Promise<number> {
  const repo = repoFolder(words);
  const url = await inspectorOf(repo);
  if (url !== undefined) {
    tellInspector(url, words.flag('json'));
    return 0;
  }
  const isRunning = await connectToRpc(repo).then(
    ({ channel }) => {
      channel.destroy();
      return true;
    },
    () => false,
  );
  const daemon = isRunning
    ? `A daemon runs on ${repo} without an inspector: stop it, and start it with swarmchart daemon --inspect,\n` +
      'or put "inspect": true into its swarmchart.json.\n'
    : '';
  const how = `Nothing to look at is named.
${daemon}
  swarmchart inspect FILE.trace.jsonl       a trace: swarmchart record FILE -- COMMAND writes one
  swarmchart daemon --inspect [PORT]        a node that runs, live
  npm start                                 a demo that ends with a trace to look at`;
  if (words.flag('json')) printJson({ ok: false, daemon: isRunning, why: how });
  else printLine(how);
  return 2;
}

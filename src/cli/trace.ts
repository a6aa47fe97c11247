/**
 * `swarmchart trace`: reads a trace for people (show, cause), says what failed in it (explain), cuts a fixture out of one
 * (cut), compares two (diff), and exports it.
 */
import { writeFile } from 'node:fs/promises';
import { EngineError } from '../errors.js';
import { diffLines } from '../inspect/diff-lines.js';
import { diffTraces } from '../inspect/diff.js';
import { explainFailures, explainText } from '../inspect/explain/index.js';
import { exportHtml } from '../inspect/export-html.js';
import { jestTestOf } from '../inspect-runs/jest-test.js';
import { atPath } from '../platform/file-errors.js';
import { readInspectAssets } from '../platform/inspect-assets.js';
import { readTraceFile, readTraceText, writeTraceText } from '../platform/trace-file.js';
import { replayTrace } from '../replay/replayer.js';
import { SeededRandom } from '../sim/seeded-random.js';
import { captureOf } from '../trace/export/capture.js';
import { luaDissector } from '../trace/export/lua/dissector.js';
import { qlogTextOf } from '../trace/export/qlog.js';
import type { Trace } from '../trace/format.js';
import { causesOf } from '../trace/tools/causes.js';
import { cutConnection } from '../trace/tools/cut/index.js';
import { causeLines, ladderOf, selectRecords } from '../trace/tools/show.js';
import { traceText } from '../trace/writer.js';
import type { Command, Words } from './command.js';
import { printJson, printLine, printNote } from './output.js';

const ACTIONS: Readonly<Record<string, (words: Words) => Promise<number>>> = {
  show,
  cause,
  explain,
  cut,
  diff,
  export: exportTrace,
};

export const traceCommand: Command = {
  name: 'trace',
  usage: 'show|cause|explain|cut|diff|export FILE [SEQ|OTHER]',
  positionals: [1, 3],
  options: {
    actor: { type: 'string', value: 'GLOB', help: 'show: only these actors, e.g. "conn:1*" or "*/noise"' },
    name: { type: 'string', value: 'GLOB', help: 'show: only records of these names, e.g. "io:*"' },
    connection: { type: 'string', value: 'conn:N', help: 'cut, export --jest: the connection to keep' },
    pcapng: { type: 'boolean', help: 'export: a capture for Wireshark, wire and plaintext, states in comments' },
    html: { type: 'boolean', help: "export: the inspector's page with the trace inside, one file for any browser" },
    qlog: { type: 'boolean', help: 'export: qlog as JSON text sequences (.sqlog)' },
    jest: { type: 'boolean', help: 'export: a jest test that holds the trace, or one connection of it' },
    lua: { type: 'boolean', help: 'export: the Wireshark dissector for our captures; takes no FILE' },
    node: { type: 'string', value: 'NAME', help: 'export, cut: whose side, where a trace tells of several nodes' },
    output: { type: 'string', short: 'o', value: 'OUT', help: 'where to write; cut and export need it' },
  },
  examples: [
    'swarmchart trace show run.trace.jsonl --actor "conn:1*"',
    'swarmchart trace cause run.trace.jsonl 412',
    'swarmchart trace explain run.trace.jsonl',
    'swarmchart trace cut run.trace.jsonl --connection conn:1 -o one.trace.jsonl',
    'swarmchart trace diff before.trace.jsonl after.trace.jsonl',
    'swarmchart trace export run.trace.jsonl --pcapng -o run.pcapng',
    'swarmchart trace export run.trace.jsonl --html -o run.html',
    'swarmchart trace export run.trace.jsonl --jest --connection conn:2 -o handshake.test.cjs',
    'swarmchart trace export --lua -o swarmchart.lua',
    'tshark -X lua_script:swarmchart.lua -r run.pcapng -V',
  ],
  async run(words) {
    const [action = ''] = words.positionals;
    const run = ACTIONS[action];
    if (run === undefined) throw wrong(`there is no "trace ${action}": ${Object.keys(ACTIONS).join(', ')}`);
    return run(words);
  },
};

async function show(words: Words): Promise<number> {
  const trace = await readTrace(words);
  const records = selectRecords(trace, { actor: words.text('actor'), name: words.text('name') });
  if (words.flag('json')) for (const record of records) printJson(record);
  else for (const line of ladderOf(trace, records)) printLine(line);
  if (records.length < trace.records.length) printNote(`${records.length} of ${trace.records.length} records`);
  return 0;
}

async function cause(words: Words): Promise<number> {
  const trace = await readTrace(words);
  const seq = Number(words.positionals[2]);
  if (!Number.isInteger(seq)) throw wrong('trace cause takes the number of a record: trace cause FILE SEQ');
  const chain = causesOf(trace, seq);
  if (words.flag('json')) for (const record of chain) printJson(record);
  else for (const line of causeLines(trace, chain)) printLine(line);
  return 0;
}

/** What failed, why, and what to change; a line of JSON for each failure with --json. */
async function explain(words: Words): Promise<number> {
  const { records, header } = await readTrace(words);
  const explanations = explainFailures(records, header);
  for (const [index, each] of explanations.entries()) {
    if (words.flag('json')) printJson(each);
    else printLine(`${index === 0 ? '' : '\n'}${explainText(each)}`);
  }
  if (explanations.length === 0) printNote('nothing failed in this trace');
  return 0;
}

async function cut(words: Words): Promise<number> {
  const output = outputOf(words);
  const trace = await readTrace(words);
  const connection = words.text('connection');
  if (connection === undefined) throw wrong('trace cut takes --connection conn:N');
  const randomOf = (seed: string): SeededRandom => new SeededRandom(seed);
  const { trace: kept, entangled } = cutConnection(trace, connection, { randomOf, node: words.text('node') });
  await writeTraceText(output, traceText(kept));
  const replay =
    kept.header.engine.class === 'redacted' || kept.header.engine.partial === true
      ? undefined
      : await replayTrace(kept);
  const [first] = entangled;
  if (words.flag('json')) {
    printJson({
      output,
      records: kept.records.length,
      of: trace.records.length,
      replays: replay?.ok,
      entangled: first?.seq,
    });
    return 0;
  }
  printLine(`${output}: ${kept.records.length} of ${trace.records.length} records`);
  if (replay?.ok === true) printLine('it replays byte for byte');
  if (first !== undefined) {
    printNote(`record ${first.seq} (${first.name}) follows from what came on another connection: it is left out`);
  }
  if (replay?.difference !== undefined) printNote(`it does not replay by itself:\n${replay.difference.report}`);
  return 0;
}

async function diff(words: Words): Promise<number> {
  const other = words.positionals[2];
  if (other === undefined) throw wrong('trace diff takes two files: trace diff A B');
  const [left, right] = [await readTrace(words), await readTraceFile(other)];
  const found = diffTraces(left, right);
  if (words.flag('json')) printJson(found);
  else for (const line of diffLines(found, left, right)) printLine(line);
  return found.same ? 0 : 1;
}

async function exportTrace(words: Words): Promise<number> {
  const output = outputOf(words);
  const [kind, ...more] = ['pcapng', 'qlog', 'lua', 'html', 'jest'].filter((name) => words.flag(name));
  if (kind === undefined || more.length > 0)
    throw wrong('trace export takes one of --pcapng, --qlog, --lua, --html, --jest');
  if (kind === 'lua') await write(output, luaDissector());
  else if (kind === 'html') {
    await write(output, exportHtml(await readInspectAssets(), await readTraceText(fileOf(words))));
  } else if (kind === 'qlog') await write(output, qlogTextOf(await readTraceText(fileOf(words))));
  else if (kind === 'jest') {
    const { text } = await jestTestOf(await readTrace(words), words.text('connection'), { node: words.text('node') });
    await write(output, text);
  } else {
    const node = words.text('node');
    const trace = await readTrace(words);
    await write(output, captureOf(trace, node === undefined ? {} : { node }));
    if (!trace.records.some(({ name }) => name === 'io:bytes_sent' || name === 'io:bytes_received')) {
      printNote('the trace holds no bytes: the capture is empty');
    } else if (trace.header.engine.class === 'redacted') {
      printNote('the trace is redacted: the packets have their lengths and states, and no data');
    } else if (trace.header.engine.plaintext !== true) {
      printNote('the trace holds no plaintext: the capture shows the wire alone (record it with plaintext)');
    }
  }
  if (words.flag('json')) printJson({ output, kind });
  else printLine(output);
  return 0;
}

async function readTrace(words: Words): Promise<Trace> {
  const trace = await readTraceFile(fileOf(words));
  if (trace.truncated) printNote('the last line breaks off: it is left out');
  return trace;
}

function write(path: string, content: string | Iterable<Uint8Array>): Promise<void> {
  return atPath(path, writeFile(path, content));
}

function fileOf(words: Words): string {
  const file = words.positionals[1];
  if (file === undefined) throw wrong(`trace ${words.positionals[0] ?? ''} takes a FILE`);
  return file;
}

function outputOf(words: Words): string {
  const output = words.text('output');
  if (output === undefined) throw wrong(`trace ${words.positionals[0] ?? ''} takes -o OUT`);
  return output;
}

function wrong(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', `${what} (see: swarmchart trace --help)`);
}

/** `swarmchart trace` as a user calls it, on a trace that was just recorded. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { explainFailures } from '../../src/inspect/explain/index.js';
import { parseTrace } from '../../src/trace/reader.js';
import { swarmchart } from '../support/command-line.js';
import { temporaryFolder } from '../support/live-node.js';
import { addressOf, peerOf, recordedText } from '../trace/support/recorded.js';
import { readPcapng } from '../trace/support/pcapng-reader.js';

let text = '';
beforeAll(async () => {
  const remotes = [await peerOf('noise'), await peerOf('noise')];
  text = await recordedText({ plaintext: true }, async (node) => {
    for (const remote of remotes) {
      await node.dial(addressOf(remote));
      await node.identify(remote.peerId);
    }
  });
});

/** The trace in a file, and the path of a file beside it. */
const files = (name: string): { trace: string; output: string } => {
  const folder = temporaryFolder();
  const trace = join(folder, 'run.trace.jsonl');
  writeFileSync(trace, text);
  return { trace, output: join(folder, name) };
};

describe('show and cause', () => {
  test('a ladder, and records as JSON', async () => {
    const { trace } = files('');
    const shown = await swarmchart('trace', 'show', trace, '--actor', 'conn:2/noise', '--name', 'actor:*');
    expect(shown.code).toBe(0);
    const lines = shown.stdout.trimEnd().split('\n').slice(4);
    expect(lines.map((line) => line.replace(/^.*\| {5}/, '').trim())).toEqual([
      'noiseHandshake starts in idle',
      'noiseHandshake idle -> dialing.awaitingMessage2  on local.dial',
      'noiseHandshake dialing.awaitingMessage2 -> dialing.openingMessage2  on wire.message',
      'noiseHandshake dialing.openingMessage2 -> dialing.verifyingPayload  on crypto.opened',
      'noiseHandshake dialing.verifyingPayload -> secured  on crypto.verified',
    ]);
    expect(shown.stderr).toContain(`5 of ${parseTrace(text).records.length} records`);
    const json = await swarmchart('trace', 'show', trace, '--name', 'io:opened', '--json');
    const opened = json.stdout.trimEnd().split('\n');
    expect(opened.map((line) => (JSON.parse(line) as { actor: string }).actor)).toEqual([
      '/node/swarm/conn:2',
      '/node/swarm/conn:4',
    ]);
  });

  test('what failed, and why', async () => {
    const file = fileURLToPath(new URL('../replay/fixtures/stream-no-overlap.trace.jsonl', import.meta.url));
    const { code, stdout } = await swarmchart('trace', 'explain', file);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'ERR_MULTISTREAM_NO_OVERLAP: Nothing in common',
      '  why          The peer 12D3KooWQmZYUPU39YqdihBQb4NoFfRRf9o3kE3pjBDWQscum1TG answered "na" to the only protocol that this side proposed: /echo/1.0.0.',
      "  whose fault  the peer's",
      '  who          conn:2/yamux/3/multistream, record #91',
      '  died in      multistreamDialer, state awaitingReply, which led to noOverlap',
      '  offered      /echo/1.0.0',
    ]);
    expect(stdout).toContain('\n  try          Register a handler for /echo/1.0.0 on the peer, or update it.\n');
    expect(stdout).toContain('\n  chain        #86 #87 #88 #89 #91\n');
    const json = await swarmchart('trace', 'explain', file, '--json');
    const told = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(told[0]).toMatchObject({ code: 'ERR_MULTISTREAM_NO_OVERLAP', seq: 91 });
    const { records, header } = parseTrace(readFileSync(file, 'utf8'));
    expect(told).toEqual(JSON.parse(JSON.stringify(explainFailures(records, header))));
    expect(json.code).toBe(0);
    const whole = await swarmchart('trace', 'explain', files('').trace);
    expect([whole.code, whole.stdout]).toEqual([0, '']);
    expect(whole.stderr).toContain('nothing failed in this trace');
  });

  test('the way from a byte to a state', async () => {
    const { trace } = files('');
    const secured = parseTrace(text).records.find(({ data }) => data['to'] === 'secured');
    const { code, stdout } = await swarmchart('trace', 'cause', trace, String(secured?.seq));
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(/conn:2: received \d+ bytes/);
    expect(lines.at(-1)).toContain('noiseHandshake dialing.verifyingPayload -> secured  on crypto.verified');
  });
});

describe('cut', () => {
  test('one connection, which replays', async () => {
    const { trace, output } = files('one.trace.jsonl.gz');
    const { code, stdout } = await swarmchart('trace', 'cut', trace, '--connection', 'conn:4', '-o', output);
    expect([code, stdout.split('\n')[1]]).toEqual([0, 'it replays byte for byte']);
    expect((await swarmchart('replay', output)).code).toBe(0);
  });
});

describe('export', () => {
  test('a capture, with the inside of the channel', async () => {
    const { trace, output } = files('run.pcapng');
    expect(await swarmchart('trace', 'export', trace, '--pcapng', '-o', output)).toMatchObject({ code: 0, stderr: '' });
    const { packets } = readPcapng(readFileSync(output));
    expect(new Set(packets.map(({ interfaceName }) => interfaceName))).toEqual(new Set(['wire', 'decrypted']));
  });

  test('a jest test that holds one connection, or the whole trace', async () => {
    const { trace, output } = files('handshake.test.cjs');
    const whole = await swarmchart('trace', 'export', trace, '--jest', '-o', output, '--json');
    expect([whole.code, JSON.parse(whole.stdout)]).toEqual([0, { output, kind: 'jest' }]);
    // The trace inside is the one that was given, line by line.
    const inside = (source: string): string[] =>
      [...source.matchAll(/^ {2}'(\{.*\})',$/gm)].map(([, line]) => line ?? '');
    expect(inside(readFileSync(output, 'utf8'))).toHaveLength(text.trimEnd().split('\n').length);
    const one = await swarmchart('trace', 'export', trace, '--jest', '--connection', 'conn:4', '-o', output);
    expect(one).toMatchObject({ code: 0, stdout: `${output}\n`, stderr: '' });
    const source = readFileSync(output, 'utf8');
    // It is CommonJS that parses, and needs nothing but the package.
    expect(() => new Script(source)).not.toThrow();
    expect([...source.matchAll(/require\('([^']*)'\)/g)].map(([, name]) => name)).toEqual(['swarmchart/testing']);
    expect(source).toContain("assertTrace.toNegotiate(trace, '/noise');");
    expect(source).toContain('conn:4');
    // Of the two connections one is left, numbered anew as a cut numbers it.
    expect(new Set(source.match(/\/node\/swarm\/conn:\d+/g)).size).toBe(1);
    const none = await swarmchart('trace', 'export', trace, '--jest', '--connection', 'conn:9', '-o', output);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('the trace has no connection "conn:9"')]);
  });

  test('one HTML file with the page and the trace inside, which loads nothing', async () => {
    const { trace, output } = files('run.html');
    const end = await swarmchart('trace', 'export', trace, '--html', '-o', output);
    expect(end).toMatchObject({ code: 0, stdout: `${output}\n`, stderr: '' });
    const html = readFileSync(output, 'utf8');
    const [, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(html) ?? [];
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-[\w+/=]+'; /);
    const scripts = [...html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)].map(([, words, body]) => [
      words,
      body,
    ]);
    expect(scripts.map(([words]) => words?.trim())).toEqual([
      'type="application/json" id="swarmchart-trace"',
      'type="module"',
    ]);
    const withoutScripts = html.replaceAll(/(<script\b[^>]*>)[\s\S]*?<\/script>/g, '$1');
    expect(withoutScripts.match(/<[a-z]+\b[^>]*\b(?:src|href)="(?!data:)/g)).toBeNull();
    const { header, records } = parseTrace(text);
    expect(JSON.parse(scripts[0]?.[1] ?? '')).toEqual(
      JSON.parse(
        JSON.stringify({ contract: 1, trace: { id: 'main', title: header.title, header }, records, truncated: false }),
      ),
    );
  });

  test('a redacted trace says what its capture lacks', async () => {
    const { trace, output } = files('run.pcapng');
    writeFileSync(trace, text.replace('"class":"replayable"', '"class":"redacted"'));
    const { stderr } = await swarmchart('trace', 'export', trace, '--pcapng', '-o', output);
    expect(stderr).toContain('the trace is redacted');
  });

  test('qlog, and the dissector without a file', async () => {
    const { trace, output } = files('run.sqlog');
    expect((await swarmchart('trace', 'export', trace, '--qlog', '-o', output)).code).toBe(0);
    expect(readFileSync(output, 'utf8').split('\u001e')).toHaveLength(text.split('\n').length);
    expect((await swarmchart('trace', 'export', '--lua', '-o', output)).code).toBe(0);
    expect(readFileSync(output, 'utf8')).toContain('Proto("swarmchart", "libp2p")');
  });
});

describe('words that make no sense', () => {
  test.each([
    [['trace'], 'is missing'],
    [['trace', 'sing'], 'there is no "trace sing": show, cause, explain, cut, diff, export'],
    [['trace', 'show'], 'trace show takes a FILE'],
    [['trace', 'cause', 'FILE', 'x'], 'takes the number of a record'],
    [['trace', 'cause', 'FILE', '999999'], 'the trace has records 0 to'],
    [['trace', 'cut', 'FILE', '--connection', 'conn:2'], 'takes -o OUT'],
    [['trace', 'cut', 'FILE', '-o', 'OUT'], 'takes --connection'],
    [['trace', 'cut', 'FILE', '-o', 'OUT', '--connection', 'conn:9'], 'the trace has no connection "conn:9"'],
    [['trace', 'export', 'FILE', '-o', 'OUT'], 'takes one of'],
    [['trace', 'export', 'FILE', '-o', 'OUT', '--qlog', '--pcapng'], 'takes one of'],
    [['trace', 'export', 'FILE', '-o', 'OUT', '--pcapng', '--node', 'n9'], 'no node "n9" among node'],
  ])('%j', async (words, why) => {
    const { trace, output } = files('out');
    const args = words.map((word) => (word === 'FILE' ? trace : word === 'OUT' ? output : word));
    const { code, stderr } = await swarmchart(...args);
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  });

  test('a file that is no trace is told by line', async () => {
    const { trace } = files('');
    writeFileSync(trace, text.replace('"seq":3,', '"seq":4,'));
    const { code, stderr } = await swarmchart('trace', 'show', trace);
    expect([code, stderr.split('\n')[0]]).toEqual([
      1,
      'ERR_TRACE_INVALID: trace line 5: record 4 where 3 has to follow: lines are missing or moved',
    ]);
  });

  test('a last line that breaks off is left out, and told', async () => {
    const { trace } = files('');
    writeFileSync(trace, text.slice(0, -7));
    const { code, stderr } = await swarmchart('trace', 'show', trace);
    expect([code, stderr]).toEqual([0, 'the last line breaks off: it is left out\n']);
  });
});

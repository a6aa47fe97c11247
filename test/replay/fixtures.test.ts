/**
 * The committed fixtures: recordings with live peers and one of each failure. Every one replays byte for byte as it was
 * recorded and however its chunks are cut, and comes to what the table says.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readTraceFile, readTraceText } from '../../src/platform/trace-file.js';
import { SWARMCHART_VERSION } from '../../src/platform/versions.js';
import { replayTrace } from '../../src/replay/index.js';
import { chunkings } from '../../src/testing/chunkings.js';
import { changesSince } from '../../src/testing/staleness.js';
import type { Trace } from '../../src/trace/format.js';
import { outcomeOf } from './outcome.js';
import { FAILED } from './outcomes/failed.js';
import { LIVE } from './outcomes/live.js';
import { MPLEX } from './outcomes/mplex.js';
import { NO_MUXER } from './outcomes/no-muxer.js';
import { SERVICES } from './outcomes/services.js';
import { SPDY } from './outcomes/spdy.js';
import { TLS } from './outcomes/tls.js';

const FOLDER = fileURLToPath(new URL('fixtures/', import.meta.url));
const FILES = readdirSync(FOLDER).sort();
const OUTCOMES = { ...LIVE, ...FAILED, ...MPLEX, ...NO_MUXER, ...SERVICES, ...SPDY, ...TLS };
const FILE_BYTES = 64 * 1024;
const nameOf = (file: string): string => file.replace(/\.trace\.jsonl(?:\.gz)?$/, '');

/** Another one in every run; a failure names it, and the variable brings it back. */
const SEED = process.env['SWARMCHART_SEED'] ?? String(Date.now());
const RANDOM_CUTS = 20;

test('the folder holds the fixtures of the table, and nothing else', () => {
  expect(FILES.map(nameOf).sort()).toEqual(Object.keys(OUTCOMES).sort());
});

describe.each(FILES)('%s', (file) => {
  const replayed = async (trace: Trace, cut?: ReturnType<typeof chunkings>[number]) => {
    const result = await replayTrace(trace, cut === undefined ? {} : { rechunk: cut.cut });
    const changes = changesSince(trace.header).join(', ');
    const note = changes === '' ? '' : ` (since it was recorded: ${changes})`;
    // With the report, which says where, and not only that something differs.
    if (!result.ok) throw new Error(`${cut?.name ?? 'as recorded'}${note}: ${result.difference?.report ?? ''}`);
    return result.trace;
  };

  test('replays as recorded, and comes to what the table says', async () => {
    const trace = await readTraceFile(`${FOLDER}${file}`);
    const expected = OUTCOMES[nameOf(file)];
    const machine = expected?.path.split(':')[0] ?? '';
    expect(outcomeOf(await replayed(trace), machine)).toEqual(expected);
  });

  test('replays however it is cut', async () => {
    const trace = await readTraceFile(`${FOLDER}${file}`);
    const random = chunkings(14 + RANDOM_CUTS, SEED).slice(14);
    expect(random.length).toBe(RANDOM_CUTS);
    for (const cut of random) await replayed(trace, cut);
  });

  test('was recorded with the machines of today', async () => {
    const { header } = await readTraceFile(`${FOLDER}${file}`);
    const machines = changesSince(header).filter((change) => change.startsWith('machine '));
    expect(machines.filter(isNoNewMachine)).toEqual([]);
  });

  test('holds test identities, and nothing of the machine it was recorded on', async () => {
    const text = await readTraceText(`${FOLDER}${file}`);
    const { header, records } = await readTraceFile(`${FOLDER}${file}`);
    expect(header.engine).toMatchObject({ class: 'replayable', seed: `fixture ${nameOf(file)}` });
    expect(header.engine.config).not.toHaveProperty('private_key');
    expect(records.filter(({ name, data }) => name === 'random:drawn' && 'data' in data)).toEqual([]);
    expect(/"\/(?:home|root|tmp|usr|var|work|Users|opt|etc)\/|[A-Z]:\\\\|file:\/\//.exec(text)?.[0]).toBeUndefined();
    expect(text.includes(hostname())).toBe(false);
    const addresses = [...text.matchAll(/\/(?:ip4|ip6|dns[46a-z]*)\/[^/"\s]+/g)].map(([address]) => address);
    expect([...new Set(addresses)].filter((address) => !LOCAL.test(address))).toEqual([]);
    expect(readFileSync(`${FOLDER}${file}`).length).toBeLessThan(FILE_BYTES);
  });
});

/** A machine that came since decided nothing in a trace. */
const isNoNewMachine = (change: string): boolean => !/^machine \w+ is new$/.test(change);

/** Loopback, made-up addresses of private networks, and names of nobody (RFC 2606). */
const LOCAL = /^\/(?:ip4\/127\.0\.0\.1|ip4\/10\.0\.0\.\d|ip6\/::1|ip6\/fd00::\d|dns(?:4|addr)\/[a-z.]+\.example)$/;

describe('a fixture of another engine', () => {
  const FILE = `${FOLDER}noise-bad-signature.trace.jsonl`;

  test('says which machine is another one', async () => {
    const { header } = await readTraceFile(FILE);
    const machines = { ...header.engine.machines, noiseHandshake: '00', gone: '11' };
    expect(changesSince({ engine: { ...header.engine, machines } }).filter(isNoNewMachine)).toEqual([
      'machine gone is gone',
      'machine noiseHandshake has changed',
    ]);
  });

  test('replays all the same where only the version is another one', async () => {
    const trace = await readTraceFile(FILE);
    const versions = { ...trace.header.engine.versions, swarmchart: '0.0.1' };
    const header = { ...trace.header, engine: { ...trace.header.engine, versions } };
    expect(changesSince(header).filter(isNoNewMachine)).toEqual([`swarmchart is ${SWARMCHART_VERSION}, it was 0.0.1`]);
    expect((await replayTrace({ ...trace, header })).difference?.report).toBeUndefined();
  });
});

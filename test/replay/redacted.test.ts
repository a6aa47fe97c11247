/** Recordings that are not replayed: each is of class redacted, and reaches a machine that no fixture reaches. */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { readTraceFile, readTraceText } from '../../src/platform/trace-file.js';
import { machineHashes } from '../../src/trace/machine-hash.js';
import { outcomeOf } from './outcome.js';

const FOLDER = fileURLToPath(new URL('redacted/', import.meta.url));
const FILE_BYTES = 64 * 1024;

/** The file, the machine that it is there for, and its way. */
const REDACTED: readonly (readonly [file: string, machine: string, path: string])[] = [
  [
    'delegated-routing-served-to-helia.trace.jsonl.gz',
    'httpRoutingAnswer',
    'httpRoutingAnswer: searching, answering, completed',
  ],
];

test('the folder holds the recordings of the table, and nothing else', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(REDACTED.map(([file]) => file));
});

test.each(REDACTED)('%s', async (file, machine, path) => {
  const { header, records } = await readTraceFile(`${FOLDER}${file}`);
  expect(header.engine.class).toBe('redacted');
  expect(header.engine.machines[machine]).toBe(machineHashes()[machine]);
  expect(outcomeOf({ header, records }, machine).path).toBe(path);
  const text = await readTraceText(`${FOLDER}${file}`);
  expect(/"\/(?:home|root|tmp|usr|var|work|Users|opt|etc)\/|[A-Z]:\\\\|file:\/\//.exec(text)?.[0]).toBeUndefined();
  expect(text.includes(hostname())).toBe(false);
  expect(text.match(/\/(?:ip4\/(?!127\.0\.0\.1)|ip6\/)[^/"\s]+/)).toBeNull();
  expect(readFileSync(`${FOLDER}${file}`).length).toBeLessThan(FILE_BYTES);
});

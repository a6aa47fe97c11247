/** The wall clock in recordings: a replay reads what the recorded node read, and judges certificates by it. */
import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { replayTrace } from '../../src/replay/index.js';
import type { Trace } from '../../src/trace/format.js';

const FILE = fileURLToPath(new URL('fixtures/tls-dialed-js-libp2p.trace.jsonl', import.meta.url));

function startedAt(trace: Trace, wallMs: number): Trace {
  const { header } = trace;
  const config = { ...header.engine.config, wall_origin_ms: wallMs };
  return { ...trace, header: { ...header, engine: { ...header.engine, config } } };
}

test('the wall time of its beginning is told', async () => {
  const { header } = await readTraceFile(FILE);
  expect(header.engine.config['wall_origin_ms']).toBeGreaterThan(Date.UTC(2026, 0));
});

test('a replay at another time refuses the certificate, and says where it goes another way', async () => {
  const trace = await readTraceFile(FILE);
  const { ok, difference } = await replayTrace(startedAt(trace, 0));
  expect(ok).toBe(false);
  expect(difference?.report).toContain('tlsClient');
});

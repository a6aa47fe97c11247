/** Traces come from elsewhere: whatever stands in one is explained or left alone, and no text obeys a terminal. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { explainFailures, explainText } from '../../../src/inspect/explain/index.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import type { TraceRecord } from '../../../src/trace/format.js';
import { parseTrace } from '../../../src/trace/reader.js';
import { draft, traceOf } from '../../trace/support/traces.js';

const SEED = process.env['SWARMCHART_SEED'] ?? String(Date.now());
const ROUNDS = 80;
const JUNK: readonly unknown[] = [
  null,
  -1,
  1e308,
  '',
  'constructor',
  '__proto__',
  '\u001b[2J<script>alert(1)</script>',
  'x'.repeat(100_000),
  [],
  [null, [], {}],
  { $error: { code: 'ERR_NO_SUCH_CODE' } },
  { $error: null },
  { type: 'identify.identified', protocols: 'none' },
];

const fixture = (name: string) =>
  parseTrace(readFileSync(new URL(`../../replay/fixtures/${name}.trace.jsonl`, import.meta.url), 'utf8'));

test.each(['multistream-no-overlap', 'secio-no-common-suite', 'dial-failed', 'yamux-window-exceeded', 'stream-reset'])(
  '%s with junk in its fields',
  (name) => {
    const { records, header } = fixture(name);
    const random = new SeededRandom(`${SEED}/${name}`);
    const below = (bound: number): number => {
      const [high = 0, low = 0] = random.bytes('junk', 2);
      return (high * 256 + low) % bound;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const spoilt: TraceRecord[] = records.map((record) => {
        if (below(6) > 0) return record;
        const fields = Object.keys(record.data);
        const field = fields[below(Math.max(1, fields.length))] ?? 'machine';
        const actor = below(8) === 0 ? '' : record.actor;
        return { ...record, actor, data: { ...record.data, [field]: JUNK[below(JUNK.length)] } };
      });
      try {
        for (const explanation of explainFailures(spoilt, header)) {
          // eslint-disable-next-line no-control-regex -- control characters are what must not be there
          expect(explainText(explanation)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
          expect(JSON.stringify(explanation).length).toBeLessThan(50_000);
        }
      } catch (thrown) {
        throw new Error(`SWARMCHART_SEED=${SEED}, round ${round}`, { cause: thrown });
      }
    }
  },
);

test('causes that lead forward or round do not hold it up', () => {
  const { records, header } = fixture('noise-timeout');
  const round = records.map((record) => ({ ...record, cause: (record.seq + 1) % records.length }));
  expect(() => explainFailures(round, header)).not.toThrow();
});

test('markup in names stays text', () => {
  const evil = '<img src=x onerror=alert(1)>\u001b]0;owned\u0007';
  const { records, header } = traceOf([
    draft('api:called', 'api', { call: 1, target: 'node', method: 'dial', arguments: [evil] }),
    draft('api:returned', 'api', {
      call: 1,
      error: { $error: { code: 'ERR_DIAL_NO_ADDRESS', blame: 'local', message: `no address is known for ${evil}` } },
    }),
  ]);
  const [explanation] = explainFailures(records, header);
  expect(explanation?.cause).toBe(`No address is known for ${evil}.`);
  const text = explanation === undefined ? '' : explainText(explanation);
  expect(text).toContain('<img src=x onerror=alert(1)>?]0;owned?.');
});

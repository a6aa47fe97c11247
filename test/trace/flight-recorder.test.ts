/** The flight recorder: what it keeps, what it lets go, and that its tape is a trace that reads. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerLine } from '../../src/trace/writer.js';
import { parseTrace } from '../../src/trace/reader.js';
import { FlightRecorder } from '../../src/trace/tools/flight-recorder.js';
import { draft, headerOf } from './support/traces.js';

const header = headerOf({ class: 'redacted', detail: 'frames' });
const lineLength = (seq: number): number =>
  `${JSON.stringify({ seq, time: 0, name: 'a:b', group_id: '/node/x', data: {} })}\n`.length;
const tapeOf = (recorder: FlightRecorder): string => [...recorder.tape()].join('');

describe('the bound', () => {
  const ten = Array.from({ length: 10 }, (_, seq) => lineLength(seq)).reduce((sum, length) => sum + length);

  test('everything is kept at it, and the oldest record is gone past it', () => {
    const at = new FlightRecorder(header, ten);
    const past = new FlightRecorder(header, ten - 1);
    for (let index = 0; index < 10; index++) {
      at.record(draft('a:b', 'x'));
      past.record(draft('a:b', 'x'));
    }
    expect({ count: at.count, dropped: at.dropped, bytes: at.bytes }).toEqual({ count: 10, dropped: 0, bytes: ten });
    expect({ count: past.count, dropped: past.dropped }).toEqual({ count: 9, dropped: 1 });
  });

  test('a record that is longer than the bound is still the last one', () => {
    const recorder = new FlightRecorder(header, 10);
    recorder.record(draft('a:b', 'x'));
    recorder.record(draft('a:b', 'x', { text: 'y'.repeat(100) }));
    expect(parseTrace(tapeOf(recorder)).records.map(({ data }) => data)).toEqual([{ text: 'y'.repeat(100) }]);
  });

  test('memory stays bounded over a hundred thousand records', () => {
    const recorder = new FlightRecorder(header, 5_000);
    for (let index = 0; index < 100_000; index++) recorder.record(draft('a:b', 'x', { index }));
    expect(recorder.bytes).toBeLessThanOrEqual(5_000);
    expect(recorder.count + recorder.dropped).toBe(100_000);
    const { records } = parseTrace(tapeOf(recorder));
    expect(records.at(-1)?.data).toEqual({ index: 99_999 });
    expect(records[0]?.data).toEqual({ index: recorder.dropped });
  });
});

describe('the tape', () => {
  test('begins at 0 again, keeps causes that are there, and says how much is gone', () => {
    const recorder = new FlightRecorder(header, 3 * lineLength(0) + 30);
    recorder.record(draft('a:b', 'x'));
    recorder.record(draft('a:b', 'x'));
    recorder.record(draft('a:b', 'x', {}, 0));
    recorder.record(draft('a:b', 'x', {}, 2));
    const trace = parseTrace(tapeOf(recorder));
    expect(trace.header.engine).toMatchObject({ class: 'redacted', partial: true, dropped: 1 });
    expect(trace.records.map(({ seq, cause }) => ({ seq, cause }))).toEqual([
      { seq: 0, cause: undefined },
      { seq: 1, cause: undefined },
      { seq: 2, cause: 1 },
    ]);
  });

  test('is of the moment that it was asked for, whatever is recorded before it is read', () => {
    const recorder = new FlightRecorder(header, 10_000);
    recorder.record(draft('a:b', 'x', { index: 0 }));
    const tape = recorder.tape();
    for (let index = 1; index < 1_000; index++) recorder.record(draft('a:b', 'x', { index }));
    expect(parseTrace([...tape].join('')).records.map(({ data }) => data)).toEqual([{ index: 0 }]);
  });

  test('reads as a trace after any records under any bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.tuple(fc.string({ maxLength: 60 }), fc.nat()), { maxLength: 60 }),
        (maxBytes, records) => {
          const recorder = new FlightRecorder(header, maxBytes);
          for (const [index, [text, back]] of records.entries()) {
            recorder.record(draft('a:b', 'x', { index, text }, index === 0 ? undefined : back % index));
          }
          const { header: read, records: kept } = parseTrace(tapeOf(recorder));
          const dropped = read.engine.dropped ?? 0;
          expect(kept.map(({ data }) => data['index'])).toEqual(records.map((_, index) => index).slice(dropped));
          for (const { seq, cause } of kept) {
            const [, back] = records[seq + dropped] ?? ['', 0];
            const was = seq + dropped === 0 ? undefined : back % (seq + dropped);
            expect(cause).toBe(was === undefined || was < dropped ? undefined : was - dropped);
          }
        },
      ),
    );
  });

  test('of nothing is a header alone', () => {
    const recorder = new FlightRecorder(header, 100);
    const { engine } = header;
    expect(tapeOf(recorder)).toBe(headerLine({ ...header, engine: { ...engine, partial: true, dropped: 0 } }));
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { stepAt, TraceStore } from '../../src/inspect/trace-store.js';
import { parseTrace } from '../../src/trace/reader.js';

const FIXTURE = 'test/replay/fixtures/noise-dialed-kubo.trace.jsonl';
const trace = parseTrace(readFileSync(FIXTURE, 'utf8'));
const whole = (recordsMax?: number): TraceStore => {
  const store = new TraceStore(trace.header, recordsMax);
  store.append(trace.records);
  return store;
};

describe('a recorded handshake', () => {
  test('is found by number and by time', () => {
    const store = whole();
    expect(store.records).toEqual(trace.records);
    for (const [position, record] of trace.records.entries()) {
      expect(store.at(record.seq)).toBe(record);
      expect(store.positionAt(record.seq)).toBe(position);
      expect(store.records[store.positionAtTime(record.time)]?.time).toBe(record.time);
    }
    expect(store.at(-1)).toBeUndefined();
    expect(store.positionAt(-1)).toBe(-1);
    expect(store.at(trace.records.length)).toBeUndefined();
    expect(store.positionAt(1e9)).toBe(trace.records.length - 1);
  });

  test('knows where every machine was at every record', () => {
    const store = whole();
    const noise = [...store.machines()].find(({ machine }) => machine === 'noiseHandshake');
    expect(noise?.steps.map(({ to }) => to)).toEqual([
      'idle',
      'dialing.awaitingMessage2',
      'dialing.openingMessage2',
      'dialing.verifyingPayload',
      'secured',
    ]);
    let expected: string | undefined;
    for (const { seq, name, actor, data } of trace.records) {
      if (name === 'actor:transition' && actor === noise?.actor && data['machine'] === 'noiseHandshake') {
        expected = String(data['to']);
      }
      expect(noise && stepAt(noise, seq)?.to).toBe(expected);
    }
  });

  test('links causes and what follows', () => {
    const store = whole();
    for (const { seq, cause } of trace.records) {
      const chain = store.causesOf(seq).map((record) => record.seq);
      expect(chain.at(-1)).toBe(seq);
      if (cause !== undefined) {
        expect(chain.at(-2)).toBe(cause);
        expect(store.followersOf(cause)).toContain(seq);
      }
    }
  });

  test.each([1, 7, 50])('grows by %i records as it stands whole', (size) => {
    const store = new TraceStore(trace.header);
    for (let at = 0; at < trace.records.length; at += size) store.append(trace.records.slice(at, at + size));
    expect(store.records).toEqual(trace.records);
    expect([...store.actors]).toEqual([...whole().actors]);
  });
});

describe('bounds', () => {
  const records = trace.records.slice(0, 65);

  test('what is at the bound is kept, and an eighth goes one past it', () => {
    const store = new TraceStore(trace.header, 64);
    store.append(records.slice(0, 64));
    expect([store.records.length, store.letGo]).toEqual([64, 0]);
    store.append(records.slice(64));
    expect([store.records.length, store.letGo]).toEqual([56, 9]);
    expect(store.records[0]?.seq).toBe(9);
    expect([...store.actors.values()].flatMap(({ seqs }) => seqs).sort((a, b) => a - b)).toEqual(
      records.slice(9).map(({ seq }) => seq),
    );
  });

  test('records that were left out are counted, and those that come again are not taken', () => {
    const store = new TraceStore(trace.header);
    store.append(records.slice(0, 3));
    store.append(records.slice(10, 12));
    store.append(records.slice(0, 12));
    expect([store.records.map(({ seq }) => seq), store.letGo]).toEqual([[0, 1, 2, 10, 11], 7]);
  });
});

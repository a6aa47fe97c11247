import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { connectionBytes, messageAt, stepsOfByte, type ByteSide } from '../../../src/inspect/bytes/connection-bytes.js';
import { TraceStore } from '../../../src/inspect/trace-store.js';
import { parseTrace } from '../../../src/trace/reader.js';

const FOLDER = 'test/replay/fixtures';
const storeOf = (name: string): TraceStore => {
  const trace = parseTrace(readFileSync(`${FOLDER}/${name}.trace.jsonl`, 'utf8'));
  const store = new TraceStore(trace.header);
  store.append(trace.records);
  return store;
};
const connectionsOf = (store: TraceStore): readonly string[] =>
  [...store.actors.keys()].filter((address) => /\/conn:\d+$/.test(address));

/** Each message with what its frame says. */
const told = (store: TraceStore, connection: string, side: ByteSide): readonly string[] => {
  const direction = connectionBytes(store, connection, side);
  return direction.messages.map(({ layer, start, end, frameSeq }) => {
    const data = store.at(frameSeq ?? -1)?.data;
    const event = data?.['event'] as Record<string, unknown> | undefined;
    const says = event === undefined ? '' : ` ${String(event['text'] ?? event['type'])}`;
    return `${start}-${end} ${layer} -> ${data === undefined ? 'none' : `${String(data['layer'])}${says}`}`;
  });
};

test('a noise handshake with Kubo: every message is joined with its frame', () => {
  const store = storeOf('noise-dialed-kubo');
  const [connection = ''] = connectionsOf(store);
  expect(told(store, connection, 'received').slice(0, 5)).toEqual([
    '0-20 multistream -> multistream /multistream/1.0.0',
    '20-28 multistream -> multistream /noise',
    expect.stringMatching(/^28-\d+ noise -> noise noise\.handshake$/),
    expect.stringMatching(/^\d+-\d+ noise -> noise$/),
    expect.stringMatching(/^\d+-\d+ noise -> noise$/),
  ]);
  expect(told(store, connection, 'sent').slice(0, 4)).toEqual([
    '0-20 multistream -> multistream multistream.messages',
    '20-28 multistream -> multistream multistream.messages',
    expect.stringMatching(/^28-62 noise -> noise noise\.handshake$/),
    expect.stringMatching(/^62-\d+ noise -> noise noise\.handshake$/),
  ]);
});

test('a byte of the second noise message leads to the steps that it caused', () => {
  const store = storeOf('noise-dialed-kubo');
  const [connection = ''] = connectionsOf(store);
  const received = connectionBytes(store, connection, 'received');
  const steps = stepsOfByte(store, received, 40)
    .filter(({ data }) => data['machine'] === 'noiseHandshake')
    .map(({ data }) => data['to']);
  expect(steps).toEqual(['dialing.openingMessage2', 'dialing.verifyingPayload', 'secured']);
});

describe('every fixture', () => {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.trace.jsonl'))
    .map((name) => name.replace('.trace.jsonl', ''));

  test.each(names)('%s: chunks, fields and messages cover the bytes without holes', (name) => {
    const store = storeOf(name);
    for (const connection of connectionsOf(store)) {
      for (const side of ['received', 'sent'] as const) {
        const { bytes, chunks, fields, messages, isRedacted } = connectionBytes(store, connection, side);
        if (isRedacted) continue;
        for (const runs of [chunks, fields, messages]) {
          let at = 0;
          for (const { start, end } of runs) {
            expect(start).toBe(at);
            at = end;
          }
          expect(at).toBe(bytes.length);
        }
        if (bytes.length > 0) expect(messageAt({ messages } as never, bytes.length - 1)).toBe(messages.at(-1));
      }
    }
  });

  test.each(names)('%s: what was written whole before security is joined with the frame that says the same', (name) => {
    const store = storeOf(name);
    for (const connection of connectionsOf(store)) {
      const { bytes, messages } = connectionBytes(store, connection, 'sent');
      for (const { layer, start, end, frameSeq } of messages) {
        if (layer !== 'multistream' || frameSeq === undefined) continue;
        const event = store.at(frameSeq)?.data['event'] as { lines?: string[] } | undefined;
        const line = new TextDecoder().decode(bytes.subarray(start + 1, end - 1));
        expect(event?.lines ?? [line]).toContain(line);
      }
    }
  });
});

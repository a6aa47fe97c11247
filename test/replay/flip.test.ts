/** A trace that was touched is not believed: any bit of what came in, turned over, makes the replay leave its trace. */
import { describe, expect, test } from '@jest/globals';
import { createNode, type SecurityName } from '../../src/create-node.js';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { fromHex, toHex } from '../../src/trace/values.js';

async function handshake(security: SecurityName): Promise<Trace> {
  const remote = await createNode({ security: [security] });
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, security: [security], listen: [], seed: 'flip test' });
  await node.dial(remote.addresses[0] ?? '');
  await node.identify(remote.peerId);
  await close();
  await remote.stop();
  return parseTrace(lines.join(''));
}

function flipped(trace: Trace, target: TraceRecord, at: number, bit: number): Trace {
  const records = trace.records.map((record) => {
    if (record !== target) return record;
    const raw = record.data['raw'] as { readonly length: number; readonly data: string };
    const bytes = fromHex(raw.data);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    return { ...record, data: { ...record.data, raw: { ...raw, data: toHex(bytes) } } };
  });
  return { ...trace, records };
}

describe.each(['noise', 'secio', 'plaintext'] as const)('%s', (security) => {
  test('every byte of the handshake and identify', async () => {
    const trace = await handshake(security);
    const unnoticed: string[] = [];
    let index = 0;
    for (const record of trace.records.filter(({ name }) => name === 'io:bytes_received')) {
      const { length } = record.data['raw'] as { readonly length: number };
      for (let at = 0; at < length; at++) {
        const bit = index++ % 8;
        const { ok, difference } = await replayTrace(flipped(trace, record, at, bit));
        // Found when the byte has been read, by name and in the state that read it.
        const where = `record ${record.seq} byte ${at} bit ${bit}`;
        if (ok || difference === undefined) unnoticed.push(where);
        else if (difference.seq < record.seq || difference.state === '')
          unnoticed.push(`${where}: ${difference.report}`);
      }
    }
    expect(unnoticed).toEqual([]);
  });
});

/**
 * The bytes of one direction of a connection, joined with the records that they belong to: which read or write brought a
 * byte, which message it is part of, which frame that message became, and which step followed.
 */
import type { TraceRecord } from '../../trace/format.js';
import { rawBytesOf } from '../../trace/tools/raw-bytes.js';
import { fromHex } from '../../trace/values.js';
import { stepsBehind } from './consequences.js';
import { fieldsOf, type ByteField } from './byte-fields.js';
import type { TraceStore } from '../trace-store.js';

/** Which way, seen from the node. */
export type ByteSide = 'received' | 'sent';

/** One read or write. */
export interface ByteChunk {
  readonly seq: number;
  readonly start: number;
  /** Behind its last byte. */
  readonly end: number;
}

/** One message of a layer: a run of fields. */
export interface ByteMessage {
  readonly layer: string;
  readonly start: number;
  readonly end: number;
  /** The frame that it became, or was made from, where the trace tells it. */
  readonly frameSeq: number | undefined;
}

/** One direction of a connection. */
export interface ConnectionBytes {
  readonly side: ByteSide;
  readonly bytes: Uint8Array;
  readonly chunks: readonly ByteChunk[];
  readonly fields: readonly ByteField[];
  readonly messages: readonly ByteMessage[];
  /** Why there is nothing to show: the trace holds lengths alone. */
  readonly isRedacted: boolean;
  /** Bytes that came after those kept. */
  readonly leftOut: number;
}

/** Bytes of a direction that are taken apart; what is negotiated stands at its beginning. */
export const BYTES_TAKEN_APART = 1024 * 1024;

/** One direction of the connection at an address such as `/node/swarm/conn:2`. */
export function connectionBytes(store: TraceStore, connection: string, side: ByteSide): ConnectionBytes {
  const wanted = side === 'sent' ? 'io:bytes_sent' : 'io:bytes_received';
  const chunks: ByteChunk[] = [];
  const pieces: string[] = [];
  let at = 0;
  let leftOut = 0;
  let isRedacted = false;
  for (const seq of store.actors.get(connection)?.seqs ?? []) {
    const record = store.at(seq);
    if (record?.name !== wanted) continue;
    const { length, data } = rawBytesOf(record.data);
    if (data === undefined && length > 0) isRedacted = true;
    if (at + length > BYTES_TAKEN_APART) {
      leftOut += length;
      continue;
    }
    chunks.push({ seq, start: at, end: at + length });
    pieces.push(data ?? '');
    at += length;
  }
  const bytes = isRedacted ? new Uint8Array(0) : fromHex(pieces.join(''));
  const fields = fieldsOf(bytes);
  const runs = messagesOf(fields);
  const frames = side === 'received' ? framesRead(store, chunks, runs) : framesWritten(store, connection, runs);
  const messages = runs.map((run, index) => ({ ...run, frameSeq: frames[index] }));
  return { side, bytes, chunks, fields, messages, isRedacted, leftOut };
}

/** The message that holds the byte at `at`. */
export function messageAt({ messages }: ConnectionBytes, at: number): ByteMessage | undefined {
  return messages.find(({ start, end }) => start <= at && at < end);
}

/** The steps that followed from the message at a byte: what the byte caused. */
export function stepsOfByte(store: TraceStore, direction: ConnectionBytes, at: number): readonly TraceRecord[] {
  const frame = messageAt(direction, at)?.frameSeq;
  const chunk = direction.chunks.find(({ start, end }) => start <= at && at < end)?.seq;
  const seq = frame ?? chunk;
  return seq === undefined ? [] : stepsBehind(store, seq);
}

type Run = Omit<ByteMessage, 'frameSeq'>;

/** What a message of each layer begins with. */
const BEGINNINGS =
  /^(?:multistream length|secio length|noise length|tls record of|plaintext length|yamux version|mplex \w+ stream)/;

function messagesOf(fields: readonly ByteField[]): readonly Run[] {
  const runs: { layer: string; start: number; end: number }[] = [];
  for (const { start, end, name } of fields) {
    const layer = name.split(' ')[0] ?? '';
    const last = runs.at(-1);
    if (last === undefined || BEGINNINGS.test(name) || last.layer !== layer) runs.push({ layer, start, end });
    else last.end = end;
  }
  return runs;
}

/** Frames that say something by themselves, and stand for no bytes of their own. */
const WITHOUT_BYTES = /^(?:multistream\.selected|\w+\.secured|\w+\.unproven|stream\.\w+|transport\.\w+)$/;

function isWireFrame({ name, data }: TraceRecord): boolean {
  if (name !== 'frame:decoded' && name !== 'frame:encoded') return false;
  const type = (data['event'] as Readonly<Record<string, unknown>> | undefined)?.['type'];
  return typeof type !== 'string' || !WITHOUT_BYTES.test(type);
}

/** For each message, the frame that was decoded when its last byte came. */
function framesRead(
  store: TraceStore,
  chunks: readonly ByteChunk[],
  runs: readonly Run[],
): readonly (number | undefined)[] {
  const found: (number | undefined)[] = runs.map(() => undefined);
  let next = 0;
  for (const { seq, end } of chunks) {
    const byLayer = new Map<string, number[]>();
    for (const frame of framesBehind(store, seq)) {
      const layer = String(frame.data['layer']);
      const known = byLayer.get(layer);
      if (known === undefined) byLayer.set(layer, [frame.seq]);
      else known.push(frame.seq);
    }
    for (; next < runs.length; next += 1) {
      const run = runs[next];
      if (run === undefined || run.end > end) break;
      const frames = byLayer.get(run.layer);
      // Several secure frames that were opened at once are told as one: the last that is told stands for the rest.
      found[next] = frames !== undefined && frames.length > 1 ? frames.shift() : frames?.[0];
    }
  }
  return found;
}

function framesBehind(store: TraceStore, root: number): readonly TraceRecord[] {
  const found: TraceRecord[] = [];
  const pending = [...store.followersOf(root)];
  for (let at = 0; at < pending.length && found.length < 4_000; at += 1) {
    const seq = pending[at];
    const record = seq === undefined ? undefined : store.at(seq);
    if (record === undefined) continue;
    if (isWireFrame(record) && record.name === 'frame:decoded') found.push(record);
    pending.push(...store.followersOf(record.seq));
  }
  return found.sort((one, other) => one.seq - other.seq);
}

/** For each message, the frame that was encoded into it: those of the outermost layer stand one after another. */
function framesWritten(store: TraceStore, connection: string, runs: readonly Run[]): readonly (number | undefined)[] {
  const frames: { seq: number; start: number; end: number }[] = [];
  let at = 0;
  for (const layer of ['multistream', 'noise', 'tls', 'secio', 'plaintext']) {
    for (const seq of store.actors.get(`${connection}/${layer}`)?.seqs ?? []) {
      const record = store.at(seq);
      if (record?.name !== 'frame:encoded' || record.data['stream'] !== undefined) continue;
      if (typeof record.data['length'] === 'number') frames.push({ seq, start: 0, end: record.data['length'] });
    }
  }
  frames.sort((one, other) => one.seq - other.seq);
  for (const frame of frames) {
    frame.start = at;
    at += frame.end;
    frame.end = at;
  }
  return runs.map(({ start }) => frames.find((frame) => frame.start <= start && start < frame.end)?.seq);
}

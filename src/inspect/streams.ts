/**
 * The streams of a trace: in which state each was when, what passed, and how much credit either side had. Credit is
 * counted from frames: what a peer was granted, less what was sent; nothing but frames and grants is needed, so that
 * this stands for redacted traces too.
 */
import { connectionOf } from '../trace/tools/addresses.js';
import { LIMITS } from '../limits.js';
import type { TraceRecord } from '../trace/format.js';
import type { TraceStore } from './trace-store.js';

/** A state that a stream was in. */
export interface StreamSpan {
  readonly state: string;
  readonly fromMs: number;
  /** Where it is still in it: the moment. */
  readonly toMs: number;
  readonly seq: number;
}

/** Credit at a moment. */
export interface CreditPoint {
  readonly timeMs: number;
  /** What we may still send. */
  readonly sendBytes: number;
  /** What the peer may still send. */
  readonly receiveBytes: number;
  readonly seq: number;
}

/** One stream. */
export interface StreamLife {
  /** Address of the stream's actor. */
  readonly actor: string;
  readonly connection: string;
  readonly stream: number;
  readonly machine: string;
  readonly protocol: string | undefined;
  readonly spans: readonly StreamSpan[];
  readonly state: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** How long sending waited for credit. */
  readonly blockedMs: number;
  /** Of what the windows held; empty where the muxer has none. */
  readonly credit: readonly CreditPoint[];
  readonly error: string | undefined;
}

interface GrowingStream extends StreamLife {
  machine: string;
  protocol: string | undefined;
  spans: StreamSpan[];
  state: string;
  sentBytes: number;
  receivedBytes: number;
  blockedMs: number;
  credit: CreditPoint[];
  error: string | undefined;
  sendBytes: number;
  receiveBytes: number;
}

/** Points of credit kept of a stream; beyond it every second one is let go. */
const CREDIT_POINTS = 4_000;

/** The first part of a stream machine's states in which sending waits for credit. */
const BLOCKED = /windowExhausted/;

/** What the two sides have at the start, by the muxer's layer. */
const INITIAL_BYTES: Readonly<Partial<Record<string, number>>> = {
  yamux: LIMITS.yamuxInitialWindowBytes,
  spdy: LIMITS.spdyInitialWindowBytes,
};
/** A frame's header, which its encoded length counts. */
const HEADER_BYTES: Readonly<Partial<Record<string, number>>> = { yamux: 12, spdy: 8 };

const STREAM = /^(.*\/conn:\d+)\/(yamux|mplex|spdy|stream)\/(\d+)(?:\/|$)/;

/** Every stream up to the moment of record `upTo`, in the order of their opening. */
export function streamsOf(store: TraceStore, upTo: number): readonly StreamLife[] {
  const streams = new Map<string, GrowingStream>();
  /** By connection and number: multistream does not say which muxer carries it. */
  const protocols = new Map<string, string>();
  const end = store.positionAt(upTo);
  const nowMs = store.records[end]?.time ?? 0;
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record === undefined) continue;
    if (record.name === 'actor:transition') takeStep(streams, record);
    else if (record.name === 'frame:decoded' || record.name === 'frame:encoded') takeFrame(streams, protocols, record);
    else if (record.name === 'seen:credit') takeCredit(streams, record);
    else if (record.name === 'seen:passed') takePassed(streams, record);
  }
  return [...streams.values()].map((stream) => {
    stream.protocol = protocols.get(`${stream.connection} ${stream.stream}`);
    return settled(stream, nowMs);
  });
}

function streamAt(
  streams: Map<string, GrowingStream>,
  connection: string,
  layer: string,
  stream: number,
): GrowingStream {
  const actor = `${connection}/${layer}/${stream}`;
  let life = streams.get(actor);
  if (life === undefined) {
    const initial = INITIAL_BYTES[layer] ?? 0;
    life = {
      actor,
      connection,
      stream,
      machine: '',
      protocol: undefined,
      spans: [],
      state: '',
      sentBytes: 0,
      receivedBytes: 0,
      blockedMs: 0,
      credit: [],
      error: undefined,
      sendBytes: initial,
      receiveBytes: initial,
    };
    streams.set(actor, life);
  }
  return life;
}

function takeStep(streams: Map<string, GrowingStream>, { actor, seq, time, data }: TraceRecord): void {
  const match = STREAM.exec(actor);
  if (match === null) return;
  const [, connection = '', layer = '', number = ''] = match;
  const machine = String(data['machine']);
  if (!machine.endsWith('Stream')) return;
  const stream = streamAt(streams, connection, layer, Number(number));
  stream.machine = machine;
  stream.state = String(data['to']);
  const last = stream.spans.at(-1);
  if (last !== undefined) {
    if (last.state === stream.state) return;
    stream.spans[stream.spans.length - 1] = { ...last, toMs: time };
    if (BLOCKED.test(last.state)) stream.blockedMs += time - last.fromMs;
  }
  stream.spans.push({ state: stream.state, fromMs: time, toMs: time, seq });
}

function takeFrame(
  streams: Map<string, GrowingStream>,
  protocols: Map<string, string>,
  { actor, seq, time, name, data }: TraceRecord,
): void {
  const connection = connectionOf(actor)?.address;
  const number = data['stream'];
  const layer = String(data['layer']);
  if (connection === undefined || typeof number !== 'number') return;
  const event = data['event'] as Readonly<Record<string, unknown>> | undefined;
  if (event?.['type'] === 'multistream.selected') protocols.set(`${connection} ${number}`, String(event['protocol']));
  if (layer === 'multistream' || layer === 'protocol') return;
  const stream = streamAt(streams, connection, layer, number);
  if (typeof data['error'] === 'string') stream.error = data['error'];
  const length = typeof data['length'] === 'number' ? data['length'] : 0;
  const isOutbound = name === 'frame:encoded';
  if (event === undefined) {
    const bytes = Math.max(0, isOutbound ? length - (HEADER_BYTES[layer] ?? 0) : length);
    if (isOutbound) {
      stream.sentBytes += bytes;
      stream.sendBytes -= bytes;
    } else {
      stream.receivedBytes += bytes;
      stream.receiveBytes -= bytes;
    }
    point(stream, layer, time, seq);
  } else if (event['type'] === 'yamux.windowUpdate' && typeof event['length'] === 'number') {
    if (isOutbound) stream.receiveBytes += event['length'];
    else stream.sendBytes += event['length'];
    point(stream, layer, time, seq);
  }
}

/** Credit that no frame tells of. */
function takeCredit(streams: Map<string, GrowingStream>, { actor, seq, time, data }: TraceRecord): void {
  const connection = connectionOf(actor)?.address;
  const { stream: number, bytes, direction } = data;
  const layer = /\/(yamux|spdy)(?:\/|$)/.exec(actor)?.[1];
  if (connection === undefined || layer === undefined || typeof number !== 'number' || typeof bytes !== 'number')
    return;
  const stream = streamAt(streams, connection, layer, number);
  if (direction === 'received') stream.sendBytes += bytes;
  else if (direction === 'dropped') stream.receiveBytes -= bytes;
  else return;
  point(stream, layer, time, seq);
}

/** What passed while frames of data were left out. */
function takePassed(streams: Map<string, GrowingStream>, { actor, seq, time, data }: TraceRecord): void {
  const connection = connectionOf(actor)?.address;
  const { stream: number } = data;
  const layer = /\/(yamux|mplex|spdy|stream)$/.exec(actor)?.[1];
  if (connection === undefined || layer === undefined || typeof number !== 'number') return;
  const [sent, frames, received] = [data['sent'], data['sent_records'], data['received']].map((value) =>
    typeof value === 'number' ? value : 0,
  ) as [number, number, number];
  const stream = streamAt(streams, connection, layer, number);
  const sentBytes = Math.max(0, sent - frames * (HEADER_BYTES[layer] ?? 0));
  stream.sentBytes += sentBytes;
  stream.sendBytes -= sentBytes;
  stream.receivedBytes += received;
  stream.receiveBytes -= received;
  point(stream, layer, time, seq);
}

function point(stream: GrowingStream, layer: string, timeMs: number, seq: number): void {
  if (INITIAL_BYTES[layer] === undefined) return;
  const { sendBytes, receiveBytes, credit } = stream;
  credit.push({ timeMs, sendBytes, receiveBytes, seq });
  if (credit.length > CREDIT_POINTS) stream.credit = credit.filter((_, index) => index % 2 === 0);
}

function settled(stream: GrowingStream, nowMs: number): StreamLife {
  const last = stream.spans.at(-1);
  const spans = last === undefined ? [] : [...stream.spans.slice(0, -1), { ...last, toMs: nowMs }];
  const waits = last !== undefined && BLOCKED.test(last.state) ? nowMs - last.fromMs : 0;
  return { ...stream, spans, blockedMs: stream.blockedMs + waits };
}

/** Who is at the other end of each connection, and where a trace has seen both ends. */
import { connectionOf, nodeOf } from '../trace/tools/addresses.js';
import type { TraceRecord } from '../trace/format.js';
import type { TraceStore } from './trace-store.js';
import { someText, textOf } from './values.js';

/** One connection as the trace tells it. */
export interface LinkEnd {
  /** Address of the connection, e.g. `/node/swarm/conn:2`. */
  readonly connection: string;
  readonly node: string;
  /** `dialer` or `listener`; empty where its opening was not told. */
  readonly role: string;
  readonly local: string;
  readonly remote: string;
  readonly openedMs: number;
  readonly closedMs: number | undefined;
  /** Peer id that the security handshake proved. */
  readonly peer: string | undefined;
  /** Security and muxer agreed on. */
  readonly security: string | undefined;
  readonly muxer: string | undefined;
  /** Address of the other end's connection, where the same trace has it. */
  readonly twin: string | undefined;
}

interface GrowingEnd extends LinkEnd {
  closedMs: number | undefined;
  peer: string | undefined;
  security: string | undefined;
  muxer: string | undefined;
  twin: string | undefined;
}

/** Every connection of a trace up to a record, by address. */
export function linksOf(store: TraceStore, upTo: number): ReadonlyMap<string, LinkEnd> {
  const links = new Map<string, GrowingEnd>();
  const byEnds = new Map<string, GrowingEnd>();
  const end = store.positionAt(upTo);
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record === undefined) continue;
    const connection = connectionOf(record.actor)?.address;
    if (connection === undefined) continue;
    let link = links.get(connection);
    if (link === undefined || record.name === 'io:opened') {
      link = endOf(connection, record, link);
      links.set(connection, link);
      if (record.name === 'io:opened') findTwin(byEnds, link);
    }
    learn(link, record);
  }
  return links;
}

function endOf(connection: string, { data, time, name }: TraceRecord, known: GrowingEnd | undefined): GrowingEnd {
  const isOpening = name === 'io:opened';
  return {
    connection,
    node: nodeOf(connection),
    role: isOpening ? textOf(data['role']) : '',
    local: isOpening ? textOf(data['local']) : '',
    remote: isOpening ? textOf(data['remote']) : '',
    openedMs: known?.openedMs ?? time,
    closedMs: undefined,
    peer: undefined,
    security: undefined,
    muxer: undefined,
    twin: undefined,
  };
}

/** The end that was opened from our remote to our local address, and has no twin yet. */
function findTwin(byEnds: Map<string, GrowingEnd>, link: GrowingEnd): void {
  if (link.local === '' || link.remote === '') return;
  const twin = byEnds.get(`${link.remote} ${link.local}`);
  if (twin === undefined || twin.twin !== undefined || twin.node === link.node) {
    byEnds.set(`${link.local} ${link.remote}`, link);
    return;
  }
  twin.twin = link.connection;
  link.twin = twin.connection;
}

function learn(link: GrowingEnd, { name, time, data }: TraceRecord): void {
  if (name === 'io:closed') link.closedMs = time;
  if (name === 'seen:connection') {
    link.peer ??= someText(data['peer']);
    link.security ??= someText(data['security']);
    link.muxer ??= someText(data['muxer']);
  }
  if (name !== 'frame:decoded' && name !== 'frame:encoded') return;
  const layer = textOf(data['layer']);
  const event = data['event'] as Readonly<Record<string, unknown>> | undefined;
  if (event?.['type'] === `${layer}.secured`) {
    link.peer = someText(event['peer']);
    link.security = layer;
    link.muxer ??= someText(event['muxer']);
  } else if (MUXERS.has(layer)) link.muxer ??= layer;
}

const MUXERS: ReadonlySet<string> = new Set(['yamux', 'mplex', 'spdy']);

/** The network as the trace knows it: nodes, peers and what is open between them, and the k-buckets of each table. */
import { rawBytesOf } from '../trace/tools/raw-bytes.js';
import { nodeOf } from '../trace/tools/addresses.js';
import { linksOf } from './links.js';
import type { TraceStore } from './trace-store.js';
import { someNumber } from './values.js';

/** A node or a peer. */
export interface SwarmMember {
  readonly id: string;
  /** Whether the trace sees inside it. */
  readonly isOurs: boolean;
  readonly connections: number;
}

/** What is, or was, open between two members. */
export interface SwarmEdge {
  /** Address of a connection; of the dialer's where both are told. */
  readonly connection: string;
  /** Members' ids. */
  readonly from: string;
  readonly to: string;
  readonly security: string;
  readonly muxer: string;
  readonly openedMs: number;
  readonly isOpen: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface Swarm {
  readonly members: readonly SwarmMember[];
  readonly edges: readonly SwarmEdge[];
}

/** The network at the moment of record `upTo`. */
export function swarmOf(store: TraceStore, upTo: number): Swarm {
  const links = linksOf(store, upTo);
  const bytes = bytesOf(store, upTo);
  const counts = new Map<string, number>();
  const ours = new Set<string>();
  const edges: SwarmEdge[] = [];
  const nodes = new Set(
    [...store.actors.values()].filter(({ firstSeq }) => firstSeq <= upTo).map(({ address }) => nodeOf(address)),
  );
  for (const node of nodes) if (node !== '' && node !== 'world') ours.add(node);
  for (const link of links.values()) {
    const twin = link.twin === undefined ? undefined : links.get(link.twin);
    if (twin !== undefined && link.role === 'listener') continue;
    const other = twin?.node ?? link.peer ?? link.remote;
    const passed = bytes.get(link.connection);
    const isOpen = link.closedMs === undefined && twin?.closedMs === undefined;
    edges.push({
      connection: link.connection,
      from: link.node,
      to: other === '' ? link.connection : other,
      security: link.security ?? '',
      muxer: link.muxer ?? '',
      openedMs: link.openedMs,
      isOpen,
      sentBytes: passed?.sent ?? 0,
      receivedBytes: passed?.received ?? 0,
    });
    if (!isOpen) continue;
    for (const id of [link.node, other]) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const ids = new Set([...ours, ...edges.flatMap(({ from, to }) => [from, to])]);
  const members = [...ids].map((id) => ({ id, isOurs: ours.has(id), connections: counts.get(id) ?? 0 }));
  return { members, edges };
}

function bytesOf(store: TraceStore, upTo: number): ReadonlyMap<string, { sent: number; received: number }> {
  const passed = new Map<string, { sent: number; received: number }>();
  const end = store.positionAt(upTo);
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record === undefined) continue;
    const isWrite = record.name === 'io:bytes_sent';
    const isSum = record.name === 'seen:passed' && record.data['stream'] === undefined;
    if (!isWrite && !isSum && record.name !== 'io:bytes_received') continue;
    const { length } = isSum ? { length: 0 } : rawBytesOf(record.data);
    const known = passed.get(record.actor) ?? { sent: 0, received: 0 };
    passed.set(record.actor, known);
    if (isSum) {
      known.sent += someNumber(record.data['sent']) ?? 0;
      known.received += someNumber(record.data['received']) ?? 0;
    } else if (isWrite) known.sent += length;
    else known.received += length;
  }
  return passed;
}

/** A peer of a k-bucket. */
export interface BucketPeer {
  readonly peer: string;
  readonly isQuestionable: boolean;
  readonly sinceMs: number;
  readonly seq: number;
}

/** The table of one DHT. */
export interface BucketMap {
  /** Address of the DHT, e.g. `/node/dht`. */
  readonly actor: string;
  /** By shared bits, ascending; empty ones left out. */
  readonly buckets: readonly { readonly bucket: number; readonly peers: readonly BucketPeer[] }[];
  readonly peers: number;
}

/** The tables at the moment of record `upTo`. */
export function bucketMapsOf(store: TraceStore, upTo: number): readonly BucketMap[] {
  const tables = new Map<string, Map<string, BucketPeer & { readonly bucket: number }>>();
  const end = store.positionAt(upTo);
  for (let index = 0; index <= end; index += 1) {
    const record = store.records[index];
    if (record?.name !== 'seen:table') continue;
    const { change, peer, bucket, by } = record.data;
    if (typeof peer !== 'string' || typeof bucket !== 'number') continue;
    const table = tables.get(record.actor) ?? new Map<string, BucketPeer & { readonly bucket: number }>();
    tables.set(record.actor, table);
    const known = table.get(peer);
    const entry = { peer, bucket, isQuestionable: false, sinceMs: record.time, seq: record.seq };
    if (change === 'added') table.set(peer, entry);
    else if (change === 'questionable') table.set(peer, { ...(known ?? entry), isQuestionable: true, seq: record.seq });
    else if (change === 'confirmed') table.set(peer, { ...(known ?? entry), isQuestionable: false, seq: record.seq });
    else {
      table.delete(peer);
      if (change === 'replaced' && typeof by === 'string') table.set(by, { ...entry, peer: by });
    }
  }
  return [...tables].map(([actor, table]) => {
    const buckets = new Map<number, BucketPeer[]>();
    for (const { bucket, ...peer } of table.values()) {
      const peers = buckets.get(bucket) ?? [];
      buckets.set(bucket, peers);
      peers.push(peer);
    }
    return {
      actor,
      peers: table.size,
      buckets: [...buckets].sort(([one], [other]) => one - other).map(([bucket, peers]) => ({ bucket, peers })),
    };
  });
}

/** One peer's entry kept within its bounds: whatever is told of a peer, and by whom, it costs no more than these bytes. */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { KnownAddress, PeerEntry } from '../../wire/peer-entry.js';

/** Bounds of one entry. */
export type EntryLimits = Pick<
  Limits,
  'peerstoreAddresses' | 'peerstoreBytesPerPeer' | 'peerstoreMetadataKeys' | 'peerstoreMetadataBytes'
>;

/** An entry beside its texts: objects, map slots and numbers. */
const ENTRY_BYTES = 256;
const ADDRESS_BYTES = 64;
const TEXT_BYTES = 16;

/** What an entry costs in memory, near enough. */
export function sizeOf(entry: PeerEntry): number {
  let size = ENTRY_BYTES + (entry.publicKey?.length ?? 0);
  size += (entry.agentVersion?.length ?? 0) + (entry.protocolVersion?.length ?? 0);
  for (const { address } of entry.addresses) size += ADDRESS_BYTES + address.length;
  for (const protocol of entry.protocols) size += TEXT_BYTES + protocol.length;
  for (const [key, value] of Object.entries(entry.metadata)) size += 2 * TEXT_BYTES + key.length + value.length;
  return size;
}

/** The entry with what does not fit left out: protocols from the end, then addresses from the worst. */
export function bounded(entry: PeerEntry, limits: EntryLimits): PeerEntry {
  let over = sizeOf(entry) - limits.peerstoreBytesPerPeer;
  if (over <= 0 && entry.addresses.length <= limits.peerstoreAddresses) return entry;
  const protocols = [...entry.protocols];
  while (over > 0 && protocols.length > 0) over -= TEXT_BYTES + (protocols.pop()?.length ?? 0);
  const addresses: KnownAddress[] = entry.addresses.slice(0, limits.peerstoreAddresses);
  while (over > 0 && addresses.length > 0) over -= ADDRESS_BYTES + (addresses.pop()?.address.length ?? 0);
  return { ...entry, protocols, addresses };
}

/** Throws `ERR_INVALID_ARGUMENT` for free values that are too many or too long. */
export function checkMetadata(metadata: Readonly<Record<string, Uint8Array>>, limits: EntryLimits): void {
  const entries = Object.entries(metadata);
  const { peerstoreMetadataKeys: keys, peerstoreMetadataBytes: bytes } = limits;
  if (entries.length > keys) throw invalid(`a peer has at most ${keys} keys of metadata, got ${entries.length}`);
  for (const [key, value] of entries) {
    if (key.length + value.length > bytes) throw invalid(`metadata "${key.slice(0, 32)}" has more than ${bytes} bytes`);
  }
}

function invalid(message: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
}

/** Which record a name gets next, and when that is due: arithmetic over what is known, with no state of its own. */
import type { Identity } from '../../crypto/identity.js';
import { compareIpnsRecords, sealIpnsRecord, type IpnsDraft } from '../../crypto/ipns-record.js';
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { OwnIpnsEntry } from '../../wire/ipns-own.js';
import type { Found } from './network-record.js';
import type { OwnRecord } from './own-records.js';

/** How a record is to be published. */
export interface PublishTerms {
  /** A content path in canonical text. */
  readonly value: string;
  readonly lifeMs: number;
  readonly ttlMs: number;
  readonly v2Only: boolean;
  /** Instead of the next one. */
  readonly sequence?: bigint | undefined;
}

/** What is known of a name. */
export interface NameFacts {
  readonly own: OwnRecord | undefined;
  /** Without it nothing can be signed. */
  readonly identity: Identity | undefined;
  /** What the network holds, as far as it has said. */
  readonly network: Found | undefined;
  /** Whether the network has said all that it knows. */
  readonly isNetworkKnown: boolean;
  /** What is stored does not decode: the last number is not known from there. */
  readonly damage: EngineError | undefined;
  /** By the wall clock. */
  readonly nowMs: number;
  readonly limits: Limits;
}

/**
 * The entry of what is asked for; its number is one above all that are known. It is due at once: the next time is set when
 * somebody has taken it. Throws `ERR_IPNS_SEQUENCE`, `ERR_IPNS_DAMAGED`, and what `sealIpnsRecord` throws.
 */
export function publishedEntry(facts: NameFacts, terms: PublishTerms): OwnIpnsEntry {
  const { value, lifeMs, ttlMs, v2Only } = terms;
  const { nowMs } = facts;
  const sequence = sequenceFor(facts, terms.sequence);
  const record = sealed(facts, { value, sequence, validUntilMs: nowMs + lifeMs, ttlMs, v2Only });
  return { record, dueMs: nowMs, lifeMs, ttlMs, v2Only, superseded: false };
}

/** The same record with a later end; as it is, where there is no key. */
export function renewedEntry(facts: NameFacts, { entry, read }: OwnRecord): OwnIpnsEntry {
  const { identity, nowMs } = facts;
  if (identity === undefined) return entry;
  const { value, sequence, ttlMs = entry.ttlMs } = read;
  const validUntilMs = Math.max(read.validUntilMs, nowMs + entry.lifeMs);
  return {
    ...entry,
    record: sealed(facts, { value, sequence, validUntilMs, ttlMs, v2Only: entry.v2Only }),
    dueMs: nowMs,
  };
}

/** Whether somebody else who holds the key has published since: a higher number, or another value that wins. */
export function isSuperseded({ own, network }: Pick<NameFacts, 'own' | 'network'>): boolean {
  if (own === undefined || network === undefined) return false;
  const { read, entry } = own;
  if (compareIpnsRecords(network, { record: read, bytes: entry.record }) <= 0) return false;
  return network.record.sequence > read.sequence || network.record.value !== read.value;
}

/** From one time that a record goes out to the next. */
export function renewalMs(lifeMs: number, { ipnsRepublishMs }: Pick<Limits, 'ipnsRepublishMs'>): number {
  return Math.min(ipnsRepublishMs, lifeMs / 2);
}

/**
 * How long a record rests until it is due, or is looked at again; 0 when it is due, `undefined` when it never is.
 * `startLeftMs`: nothing goes out before.
 */
export function pauseMs(
  { own, identity, nowMs, limits }: Pick<NameFacts, 'own' | 'identity' | 'nowMs' | 'limits'>,
  startLeftMs: number,
): number | undefined {
  if (own === undefined || own.entry.superseded) return undefined;
  if (identity === undefined && own.read.validUntilMs <= nowMs) return undefined;
  const leftMs = own.entry.dueMs - nowMs;
  // Farther away than it was ever set: the wall clock has gone back, and says nothing of when that was.
  const isOdd = leftMs > renewalMs(own.entry.lifeMs, limits);
  return Math.min(Math.max(isOdd ? 0 : leftMs, startLeftMs, 0), limits.ipnsCheckMs);
}

function sequenceFor({ own, network, isNetworkKnown, damage }: NameFacts, wanted: bigint | undefined): bigint {
  if (damage !== undefined && wanted === undefined && !isNetworkKnown) throw damage;
  const known = [own?.read.sequence, network?.record.sequence].filter((one) => one !== undefined);
  const last = known.reduce((highest, one) => (one > highest ? one : highest), -1n);
  if (wanted === undefined || wanted > last) return wanted ?? last + 1n;
  throw new EngineError('ERR_IPNS_SEQUENCE', 'local', `there is a record with number ${last}, this one has ${wanted}`);
}

function sealed({ identity, limits }: NameFacts, draft: IpnsDraft): Uint8Array {
  if (identity === undefined) throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'a record without a key');
  return sealIpnsRecord(identity, draft, limits);
}

/** Signed peer records: ours sealed, those of others opened. */
import { EngineError, toEngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import type { Ciphers } from '../ports.js';
import {
  decodeEnvelope,
  decodePeerRecord,
  encodeEnvelope,
  encodePeerRecord,
  RUST_PEER_RECORD,
  signedBytes,
  STANDARD_PEER_RECORD,
  type PeerRecordDialect,
} from '../wire/peer-record.js';
import type { Identity } from './identity.js';
import { verifyWith } from './keys.js';
import { peerIdFromBytes, peerIdFromPublicKey, peerIdToBytes } from './peer-id.js';
import { sameBytes } from './private-keys.js';

/** What a record proves. */
export interface PeerRecord {
  readonly peer: string;
  readonly sequence: bigint;
  /** Multiaddr texts. */
  readonly addresses: readonly string[];
  readonly dialect: PeerRecordDialect['name'];
}

const DIALECTS: readonly PeerRecordDialect[] = [STANDARD_PEER_RECORD, RUST_PEER_RECORD];

/** A record of these addresses, signed. Throws `ERR_INVALID_ARGUMENT` for an address that is no multiaddr. */
export function sealPeerRecord(
  identity: Identity,
  sequence: bigint,
  addresses: readonly string[],
  { domain, payloadType }: PeerRecordDialect = STANDARD_PEER_RECORD,
): Uint8Array {
  const payload = encodePeerRecord({ peerId: peerIdToBytes(identity.peerId), sequence, addresses });
  const signature = identity.signer.sign(signedBytes(domain, payloadType, payload));
  return encodeEnvelope({ publicKey: identity.publicKeyProtobuf, payloadType, payload, signature });
}

/**
 * What a record says, once it is known to be by the peer that it is about, in either dialect.
 * Throws `ERR_PEER_RECORD_INVALID` with the reason: no record, another purpose, another peer, a wrong signature.
 */
export function openPeerRecord(
  ciphers: Ciphers,
  bytes: Uint8Array,
  limits: Pick<Limits, 'identifyAddresses'> = LIMITS,
): PeerRecord {
  try {
    const { publicKey, payloadType, payload, signature } = decodeEnvelope(bytes);
    const dialect = DIALECTS.find((one) => sameBytes(one.payloadType, payloadType));
    if (dialect === undefined) throw invalid('the envelope holds something else');
    const { peerId, sequence, addresses } = decodePeerRecord(payload, limits);
    const peer = peerIdFromBytes(peerId);
    // Cheap tests first: a signature costs most.
    if (peerIdFromPublicKey(publicKey) !== peer) throw invalid('it is signed by another peer than it is about');
    if (!verifyWith(ciphers, publicKey, signedBytes(dialect.domain, payloadType, payload), signature)) {
      throw invalid('its signature does not verify');
    }
    return { peer, sequence, addresses, dialect: dialect.name };
  } catch (thrown) {
    if (thrown instanceof EngineError && thrown.code === 'ERR_PEER_RECORD_INVALID') throw thrown;
    const { message } = toEngineError(thrown, 'ERR_PEER_RECORD_INVALID', 'remote', String(thrown));
    throw invalid(message, thrown);
  }
}

function invalid(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_PEER_RECORD_INVALID', 'remote', `signed peer record: ${why}`, { cause });
}

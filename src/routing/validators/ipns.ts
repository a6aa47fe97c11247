/** The validator of `/ipns/` keys: records by the key that the name stands for, of which the newest counts. */
import { compareIpnsRecords, openIpnsRecord, readIpnsRecord, type IpnsRecord } from '../../crypto/ipns-record.js';
import { peerOfRoutingKey } from '../../crypto/ipns-name.js';
import { EngineError } from '../../errors.js';
import { LIMITS, type Limits } from '../../limits.js';
import type { Ciphers } from '../../ports.js';
import type { ValueValidator } from '../router.js';

/** What validators need of a node. */
export interface ValidatorOptions {
  readonly ciphers: Ciphers;
  /** Milliseconds since 1970, asked at each validation. */
  readonly wallTime: () => number;
  readonly limits?: Pick<Limits, 'ipnsRecordBytes'>;
}

interface Candidate {
  readonly record: IpnsRecord;
  readonly bytes: Uint8Array;
}

/**
 * Validates by `openIpnsRecord`, whose codes it throws, and `ERR_PEER_ID_INVALID` for a key that is no name. A value that does
 * not even decode is the worst of those to select from.
 */
export function ipnsValidator({ ciphers, wallTime, limits = LIMITS }: ValidatorOptions): ValueValidator {
  const candidateOf = (bytes: Uint8Array): Candidate | undefined => {
    try {
      return { record: readIpnsRecord(bytes, limits), bytes };
    } catch {
      return undefined;
    }
  };
  return {
    validate(key, value) {
      openIpnsRecord(ciphers, peerOfRoutingKey('ipns', key), value, wallTime(), limits);
    },
    select(_key, values) {
      if (values.length === 0) throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'no values to select from');
      let best: { readonly index: number; readonly candidate: Candidate } | undefined;
      for (const [index, bytes] of values.entries()) {
        const candidate = candidateOf(bytes);
        if (candidate === undefined) continue;
        if (best === undefined || compareIpnsRecords(candidate, best.candidate) > 0) best = { index, candidate };
      }
      return best?.index ?? 0;
    },
  };
}

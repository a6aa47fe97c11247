/** The validator of `/pk/` keys: the public key whose hash the key names. All that are valid are the same key. */
import { peerOfRoutingKey } from '../../crypto/ipns-name.js';
import { peerIdFromPublicKey } from '../../crypto/peer-id.js';
import { EngineError } from '../../errors.js';
import type { ValueValidator } from '../router.js';

/**
 * Throws `ERR_PEER_ID_INVALID` for a key that names no peer, and `ERR_PK_MISMATCH` for bytes that are no public key (libp2p
 * keys protobuf) or another one.
 */
export const pkValidator: ValueValidator = {
  validate(key, value) {
    const peer = peerOfRoutingKey('pk', key);
    let owner: string;
    try {
      owner = peerIdFromPublicKey(value);
    } catch (cause) {
      throw mismatch(`the value under /pk/ of ${peer} is no public key`, cause);
    }
    if (owner !== peer) throw mismatch(`the public key under /pk/ of ${peer} is that of ${owner}`);
  },
  select(_key, values) {
    if (values.length === 0) throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'no values to select from');
    return 0;
  },
};

function mismatch(what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_PK_MISMATCH', 'remote', what, { cause });
}

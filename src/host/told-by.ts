/** What an identify answer adds to what is known of a peer: signed addresses where there are any, claimed ones else. */
import type { Environment } from '../actors/environment.js';
import type { IdentifyResult } from '../actors/protocols/identify-handler.js';
import type { Told } from '../actors/peers/peerstore.js';
import { parsePeerId } from '../crypto/peer-id.js';
import { openPeerRecord, type PeerRecord } from '../crypto/peer-record.js';
import { EngineError, toEngineError } from '../errors.js';
import { splitPeerAddress } from '../wire/multiaddr.js';

/** What was told, and why a signed record was not believed. */
export interface ToldBy {
  readonly told: Told;
  readonly refused?: EngineError;
}

/** Takes an answer of `peer` apart; `isWhole`: empty lists mean that there is nothing, and not that nothing changed. */
export function toldBy(environment: Environment, peer: string, result: IdentifyResult, isWhole: boolean): ToldBy {
  const { publicKey, protocols, agentVersion, protocolVersion, listenAddresses, signedPeerRecord } = result;
  const { record, refused } = recordIn(environment, peer, signedPeerRecord);
  const addresses = transportsOf(
    peer,
    (record?.addresses ?? listenAddresses).slice(0, 2 * environment.limits.peerstoreAddresses),
  );
  const told: Told = {
    ...(publicKey === undefined ? {} : { publicKey }),
    ...(isWhole || protocols.length > 0 ? { protocols } : {}),
    ...(agentVersion === undefined ? {} : { agentVersion }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(isWhole || record !== undefined || addresses.length > 0 ? { addresses } : {}),
    ...(record === undefined ? {} : { sequence: record.sequence }),
  };
  return { told, ...(refused === undefined ? {} : { refused }) };
}

function recordIn(
  { ciphers, limits }: Environment,
  peer: string,
  bytes: Uint8Array | undefined,
): { readonly record?: PeerRecord; readonly refused?: EngineError } {
  if (bytes === undefined || bytes.length === 0) return {};
  try {
    const record = openPeerRecord(ciphers, bytes, limits);
    if (record.peer === peer) return { record };
    const what = `signed peer record: it is about ${record.peer}, sent by ${peer}`;
    return { refused: new EngineError('ERR_PEER_RECORD_INVALID', 'remote', what) };
  } catch (thrown) {
    return { refused: toEngineError(thrown, 'ERR_PEER_RECORD_INVALID', 'remote', 'signed peer record: no good') };
  }
}

/** Without the peer's id; addresses that name another peer at their end are not this one's. */
function transportsOf(peer: string, addresses: readonly string[]): readonly string[] {
  return addresses.flatMap((address) => {
    try {
      const { transport, peer: named } = splitPeerAddress(address);
      return named === undefined || parsePeerId(named) === peer ? [transport] : [];
    } catch {
      return [];
    }
  });
}

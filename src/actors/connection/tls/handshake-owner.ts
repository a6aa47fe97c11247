/** What a TLS handshake tells, and whom. */
import type { TlsRecordCipher } from '../../../crypto/tls-record-cipher.js';
import type { EngineError, FailureDetails, StateStay } from '../../../errors.js';
import type { TlsRecordReader } from './record-reader.js';

/** What a finished handshake hands over. */
export interface TlsHandshakeResult {
  readonly remotePeer: string;
  readonly remotePublicKeyProtobuf: Uint8Array;
  readonly muxer: string | undefined;
  readonly agreed: Readonly<Record<string, string>>;
  readonly sending: TlsRecordCipher;
  readonly records: TlsRecordReader;
}

/** Whom a handshake tells. */
export interface TlsHandshakeOwner {
  /** Sends records; `names` are the messages in them. */
  send(chunks: readonly Uint8Array[], names: readonly string[]): void;
  /** A message came; it is not judged yet. */
  onMessage(name: string, bytes: Uint8Array): void;
  onSecured(result: TlsHandshakeResult): void;
  onFailed(error: EngineError, farewell: readonly Uint8Array[] | undefined): void;
}

/** Where a handshake is and how it came there, for a failure report. */
export function tlsDetails(machine: string, stays: readonly StateStay[], peer: string | undefined): FailureDetails {
  const last = stays.at(-1);
  return {
    machine,
    state: last?.state ?? 'start',
    lastEvent: last?.event ?? 'start',
    timeline: [...stays],
    ...(peer === undefined ? {} : { peer }),
  };
}

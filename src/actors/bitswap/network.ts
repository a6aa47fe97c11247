/** What bitswap asks of the swarm: who is connected, and streams to them. */
import type { Observable } from 'rxjs';
import type { BitswapVersion } from '../../wire/bitswap.js';
import type { ProtocolStream } from '../stream/protocol-stream.js';

/** Connected peers and streams to them; peers are named by their peer id in text. */
export interface BitswapNetwork {
  /** Connected peers, each once however many connections it has. */
  peers(): readonly string[];
  /** A connection with a peer opened, or one of several closed: what failed so far may go now. Emits inside a turn. */
  readonly connected$: Observable<string>;
  /** A peer's last connection closed. Emits inside a turn. */
  readonly disconnected$: Observable<string>;
  /** Opens a stream for the first of `protocols` that the peer speaks; rejects with an EngineError. */
  openStream(peer: string, protocols: readonly string[]): Promise<ProtocolStream>;
  /** What the peer said in identify that it speaks; `undefined` while that is not known. */
  protocolsOf(peer: string): readonly string[] | undefined;
}

/** The protocol ids spoken, best first, with the version of their messages. */
const VERSIONS: Readonly<Record<string, BitswapVersion>> = {
  '/ipfs/bitswap/1.2.0': '1.2.0',
  '/ipfs/bitswap/1.1.0': '1.1.0',
  '/ipfs/bitswap/1.0.0': '1.0.0',
  '/ipfs/bitswap': '1.0.0',
};

/** Protocol ids to propose and to handle, best first. */
export const BITSWAP_PROTOCOLS: readonly string[] = Object.keys(VERSIONS);

/** Version of the messages on a stream of this protocol. */
export function bitswapVersion(protocol: string): BitswapVersion {
  return VERSIONS[protocol] ?? '1.0.0';
}

/** The best version that a peer speaking `protocols` has, or `undefined` when it has none. */
export function bestVersion(protocols: readonly string[]): BitswapVersion | undefined {
  const protocol = BITSWAP_PROTOCOLS.find((candidate) => protocols.includes(candidate));
  return protocol === undefined ? undefined : bitswapVersion(protocol);
}

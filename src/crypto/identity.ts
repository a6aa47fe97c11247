/** Who a node is: its peer id, the key that proves it, and that key as handshakes carry it. */
import type { Signer } from '../ports.js';

/** Who we are. */
export interface Identity {
  /** Canonical peer id text. */
  readonly peerId: string;
  readonly signer: Signer;
  /** Our public key in the libp2p keys protobuf, as it goes into handshakes. */
  readonly publicKeyProtobuf: Uint8Array;
}

/** All that is fuzzed. A new codec or handler is one more row in one of these tables. */
import { ADDRESS_TARGETS } from './addresses.js';
import { BITSWAP_TARGETS } from './bitswap.js';
import { DECODER_TARGETS } from './decoders.js';
import { MUXER_TARGETS } from './muxers.js';
import { NEGOTIATION_TARGETS } from './negotiation.js';
import { PEERSTORE_TARGETS } from './peerstore.js';
import { PROTOCOL_TARGETS } from './protocols.js';
import { SECURITY_TARGETS } from './security.js';
import { NODE_TARGETS } from './node.js';
import { OPERATION_TARGETS } from './stream-operations.js';
import type { FuzzTarget } from './target.js';

export const TARGETS: readonly FuzzTarget[] = [
  ...DECODER_TARGETS,
  ...ADDRESS_TARGETS,
  ...NEGOTIATION_TARGETS,
  ...SECURITY_TARGETS,
  ...MUXER_TARGETS,
  ...OPERATION_TARGETS,
  ...PROTOCOL_TARGETS,
  ...BITSWAP_TARGETS,
  ...PEERSTORE_TARGETS,
  ...NODE_TARGETS,
];

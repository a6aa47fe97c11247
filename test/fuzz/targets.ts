/** All that is fuzzed. A new codec or handler is one more row in one of these tables. */
import { DECODER_TARGETS } from './decoders.js';
import { ADDRESS_TARGETS } from './addresses.js';
import type { FuzzTarget } from './target.js';

export const TARGETS: readonly FuzzTarget[] = [...DECODER_TARGETS, ...ADDRESS_TARGETS];

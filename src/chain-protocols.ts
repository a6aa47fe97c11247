/** What can take a slot of a connection's chain, by short name: what options, the command line and traces say. */
import { mplexProtocol } from './actors/connection/mplex/muxer.js';
import type { MuxerProtocol } from './actors/connection/muxer.js';
import { noMuxer } from './actors/connection/none/muxer.js';
import { noiseProtocol } from './actors/connection/noise/handler.js';
import { plaintextProtocol } from './actors/connection/plaintext/handler.js';
import { unprovenPlaintextProtocol } from './actors/connection/plaintext/unproven.js';
import { secioProtocol } from './actors/connection/secio/handler.js';
import type { SecurityProtocol } from './actors/connection/security.js';
import { spdyProtocol } from './actors/connection/spdy/muxer.js';
import { tlsProtocol } from './actors/connection/tls/handler.js';
import { yamuxProtocol } from './actors/connection/yamux/muxer.js';

/** The security slot. */
export const SECURITY = {
  noise: noiseProtocol,
  tls: tlsProtocol,
  secio: secioProtocol,
  plaintext: plaintextProtocol,
  /** `/plaintext/1.0.0`: neither encrypts nor says or proves who anybody is. */
  'unsafe-plaintext-1': unprovenPlaintextProtocol,
} as const satisfies Record<string, SecurityProtocol>;

/** The muxer slot. */
export const MUXERS = {
  yamux: yamuxProtocol,
  mplex: mplexProtocol,
  spdy: spdyProtocol,
  none: noMuxer,
} as const satisfies Record<string, MuxerProtocol>;

/** The security protocols by their short names. */
export type SecurityName = keyof typeof SECURITY;
/** The muxers by their short names. */
export type MuxerName = keyof typeof MUXERS;

export const SECURITY_NAMES = Object.keys(SECURITY) as readonly SecurityName[];
export const MUXER_NAMES = Object.keys(MUXERS) as readonly MuxerName[];

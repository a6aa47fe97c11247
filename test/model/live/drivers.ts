/** Every driver, in the order of the catalogue. */
import { bitswapInboundDriver } from './bitswap-inbound.js';
import { bitswapOutboundDriver } from './bitswap-outbound.js';
import { bitswapSessionDriver } from './bitswap-session.js';
import { connectionDriver } from './connection.js';
import { dialDriver } from './dial.js';
import type { LiveDriver } from './driver.js';
import { identifyDriver } from './identify.js';
import { multistreamDialerDriver, multistreamListenerDriver } from './multistream.js';
import { noiseDriver } from './noise.js';
import { pingDriver } from './ping.js';
import { plaintextDriver } from './plaintext.js';
import { secioDriver } from './secio.js';
import { tlsClientDriver, tlsServerDriver } from './tls.js';
import { yamuxSessionDriver } from './yamux-session.js';
import { yamuxStreamDriver } from './yamux-stream.js';

export const DRIVERS: readonly LiveDriver[] = [
  dialDriver,
  connectionDriver,
  multistreamDialerDriver,
  multistreamListenerDriver,
  noiseDriver,
  secioDriver,
  tlsClientDriver,
  tlsServerDriver,
  plaintextDriver,
  yamuxSessionDriver,
  yamuxStreamDriver,
  identifyDriver,
  pingDriver,
  bitswapSessionDriver,
  bitswapOutboundDriver,
  bitswapInboundDriver,
];

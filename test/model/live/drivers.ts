/** Every driver, in the order of the catalogue. */
import { bitswapInboundDriver } from './bitswap-inbound.js';
import { bitswapOutboundDriver } from './bitswap-outbound.js';
import { bitswapSessionDriver } from './bitswap-session.js';
import { changeBatchDriver } from './change-batch.js';
import { connectionTrimDriver } from './connection-trim.js';
import { connectionDriver } from './connection.js';
import { dialDriver } from './dial.js';
import type { LiveDriver } from './driver.js';
import { identifyDriver } from './identify.js';
import { multistreamDialerDriver, multistreamLazyDialerDriver, multistreamListenerDriver } from './multistream.js';
import { multistreamAskerDriver } from './multistream-asker.js';
import { identifyPushDriver } from './identify-push.js';
import { keepAliveDriver } from './keep-alive.js';
import { mplexSessionDriver } from './mplex-session.js';
import { mplexStreamDriver } from './mplex-stream.js';
import { noiseDriver } from './noise.js';
import { pingDriver } from './ping.js';
import { pingMonitorDriver } from './ping-monitor.js';
import { plaintextDriver } from './plaintext.js';
import { provideRegionDriver } from './provide-region.js';
import { provideSweepDriver } from './provide-sweep.js';
import { relayV1Driver } from './relay-v1.js';
import { resolutionDriver } from './resolution.js';
import { secioDriver } from './secio.js';
import { soleStreamDriver } from './sole-stream.js';
import { spdySessionDriver } from './spdy-session.js';
import { spdyStreamDriver } from './spdy-stream.js';
import { tlsClientDriver, tlsServerDriver } from './tls.js';
import { yamuxSessionDriver } from './yamux-session.js';
import { yamuxStreamDriver } from './yamux-stream.js';

export const DRIVERS: readonly LiveDriver[] = [
  dialDriver,
  resolutionDriver,
  connectionDriver,
  keepAliveDriver,
  connectionTrimDriver,
  multistreamDialerDriver,
  multistreamLazyDialerDriver,
  multistreamListenerDriver,
  multistreamAskerDriver,
  noiseDriver,
  secioDriver,
  tlsClientDriver,
  tlsServerDriver,
  plaintextDriver,
  yamuxSessionDriver,
  yamuxStreamDriver,
  mplexSessionDriver,
  mplexStreamDriver,
  spdySessionDriver,
  spdyStreamDriver,
  soleStreamDriver,
  identifyDriver,
  identifyPushDriver,
  pingDriver,
  pingMonitorDriver,
  relayV1Driver,
  changeBatchDriver,
  bitswapSessionDriver,
  bitswapOutboundDriver,
  bitswapInboundDriver,
  provideSweepDriver,
  provideRegionDriver,
];

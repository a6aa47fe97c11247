/** Every driver, in the order of the catalogue. */
import { bitswapInboundDriver } from './bitswap-inbound.js';
import { bitswapOutboundDriver } from './bitswap-outbound.js';
import { bitswapSessionDriver } from './bitswap-session.js';
import { changeBatchDriver } from './change-batch.js';
import { connectionTrimDriver } from './connection-trim.js';
import { connectionDriver } from './connection.js';
import { crossedDialsDriver } from './crossed-dials.js';
import { dialDriver } from './dial.js';
import type { LiveDriver } from './driver.js';
import { httpRoutingAnswerDriver } from './http-routing-answer.js';
import { httpRoutingRequestDriver } from './http-routing-request.js';
import { identifyPushDriver } from './identify-push.js';
import { identifyDriver } from './identify.js';
import { ipnsPublishDriver } from './ipns-publish.js';
import { ipnsResolveDriver } from './ipns-resolve.js';
import { kadInboundDriver } from './kad-inbound.js';
import { kadQueryDriver } from './kad-query.js';
import { kadRequestDriver } from './kad-request.js';
import { keepAliveDriver } from './keep-alive.js';
import { mdnsAnswerDriver, mdnsQueryDriver } from './mdns.js';
import { mplexSessionDriver } from './mplex-session.js';
import { mplexStreamDriver } from './mplex-stream.js';
import { multistreamAskerDriver } from './multistream-asker.js';
import { multistreamDialerDriver, multistreamLazyDialerDriver, multistreamListenerDriver } from './multistream.js';
import { noiseDriver } from './noise.js';
import { pingMonitorDriver } from './ping-monitor.js';
import { pingDriver } from './ping.js';
import { plaintextDriver } from './plaintext.js';
import { provideRegionDriver } from './provide-region.js';
import { provideSweepDriver } from './provide-sweep.js';
import { providerSearchDriver } from './provider-search.js';
import { relayV1Driver } from './relay-v1.js';
import { rendezvousAnswerDriver, rendezvousRequestDriver } from './rendezvous-exchange.js';
import { rendezvousRegistrationDriver } from './rendezvous-registration.js';
import { resolutionDriver } from './resolution.js';
import { randomWalkDriver, routerAskDriver, routingCallDriver } from './routing.js';
import { secioDriver } from './secio.js';
import { soleStreamDriver } from './sole-stream.js';
import { spdySessionDriver } from './spdy-session.js';
import { spdyStreamDriver } from './spdy-stream.js';
import { tableUpkeepDriver } from './table-upkeep.js';
import { tlsClientDriver, tlsServerDriver } from './tls.js';
import { trackerAnnounceDriver, udpTrackerDriver } from './tracker.js';
import { yamuxSessionDriver } from './yamux-session.js';
import { yamuxStreamDriver } from './yamux-stream.js';

export const DRIVERS: readonly LiveDriver[] = [
  dialDriver,
  resolutionDriver,
  connectionDriver,
  keepAliveDriver,
  connectionTrimDriver,
  crossedDialsDriver,
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
  rendezvousRequestDriver,
  rendezvousAnswerDriver,
  rendezvousRegistrationDriver,
  changeBatchDriver,
  routingCallDriver,
  routerAskDriver,
  randomWalkDriver,
  bitswapSessionDriver,
  providerSearchDriver,
  bitswapOutboundDriver,
  bitswapInboundDriver,
  kadQueryDriver,
  tableUpkeepDriver,
  kadRequestDriver,
  kadInboundDriver,
  ipnsPublishDriver,
  ipnsResolveDriver,
  mdnsQueryDriver,
  mdnsAnswerDriver,
  udpTrackerDriver,
  trackerAnnounceDriver,
  httpRoutingRequestDriver,
  httpRoutingAnswerDriver,
  provideSweepDriver,
  provideRegionDriver,
];

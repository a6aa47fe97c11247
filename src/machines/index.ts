/**
 * The catalogue of machines: what is drawn, inspected and covered by tests. One entry a machine, in the order in which a
 * connection meets them.
 */
import type { AnyStateMachine } from 'xstate';
import { bitswapInboundMachine } from './bitswap-inbound.js';
import { bitswapOutboundMachine } from './bitswap-outbound.js';
import { bitswapSessionMachine } from './bitswap-session.js';
import { changeBatchMachine } from './change-batch.js';
import { connectionMachine } from './connection.js';
import { dialMachine } from './dial.js';
import { httpRoutingAnswerMachine } from './http-routing-answer.js';
import { httpRoutingRequestMachine } from './http-routing-request.js';
import { identifyMachine } from './identify.js';
import { identifyPushMachine } from './identify-push.js';
import { connectionTrimMachine } from './connection-trim.js';
import { crossedDialsMachine } from './crossed-dials.js';
import { kadQueryMachine } from './kad-query.js';
import { kadInboundMachine } from './kad-inbound.js';
import { kadRequestMachine } from './kad-request.js';
import { ipnsPublishMachine } from './ipns-publish.js';
import { ipnsResolveMachine } from './ipns-resolve.js';
import { keepAliveMachine } from './keep-alive.js';
import { mdnsAnswerMachine } from './mdns-answer.js';
import { mdnsQueryMachine } from './mdns-query.js';
import { mplexSessionMachine } from './mplex-session.js';
import { mplexStreamMachine } from './mplex-stream.js';
import { multistreamAskerMachine } from './multistream-asker.js';
import { multistreamDialerMachine } from './multistream-dialer.js';
import { multistreamLazyDialerMachine } from './multistream-lazy-dialer.js';
import { multistreamListenerMachine } from './multistream-listener.js';
import { noiseHandshakeMachine } from './noise-handshake.js';
import { pingMachine } from './ping.js';
import { pingMonitorMachine } from './ping-monitor.js';
import { plaintextExchangeMachine } from './plaintext-exchange.js';
import { providerSearchMachine } from './provider-search.js';
import { randomWalkMachine } from './random-walk.js';
import { provideRegionMachine } from './provide-region.js';
import { provideSweepMachine } from './provide-sweep.js';
import { relayV1Machine } from './relay-v1.js';
import { rendezvousAnswerMachine } from './rendezvous-answer.js';
import { rendezvousRegistrationMachine } from './rendezvous-registration.js';
import { rendezvousRequestMachine } from './rendezvous-request.js';
import { resolutionMachine } from './resolution.js';
import { routerAskMachine } from './router-ask.js';
import { routingCallMachine } from './routing-call.js';
import { secioHandshakeMachine } from './secio-handshake.js';
import { soleStreamMachine } from './sole-stream.js';
import { spdySessionMachine } from './spdy-session.js';
import { spdyStreamMachine } from './spdy-stream.js';
import { tableUpkeepMachine } from './table-upkeep.js';
import { tlsClientMachine } from './tls-client.js';
import { tlsServerMachine } from './tls-server.js';
import { trackerAnnounceMachine } from './tracker-announce.js';
import { udpTrackerMachine } from './udp-tracker.js';
import { yamuxSessionMachine } from './yamux-session.js';
import { yamuxStreamMachine } from './yamux-stream.js';

/** One machine, with what it decides in a few words and the specification whose words it uses. */
export interface CatalogueEntry {
  readonly machine: AnyStateMachine;
  readonly decides: string;
  readonly spec: string;
}

/** Every machine of the engine. */
export const MACHINES: readonly CatalogueEntry[] = [
  entry(dialMachine, 'which addresses of a peer are tried, and when', 'RFC 8305; libp2p/specs connections/README.md'),
  entry(resolutionMachine, 'whether the names of a dial have led to addresses', 'multiformats/multiaddr DNSADDR.md'),
  entry(connectionMachine, 'how far a connection is, from connect to close', 'libp2p/specs connections/README.md'),
  entry(keepAliveMachine, 'when a kept peer is dialed again', 'libp2p/go-libp2p core/connmgr (peering)'),
  entry(connectionTrimMachine, 'when connections are trimmed', 'libp2p/go-libp2p p2p/net/connmgr'),
  entry(
    crossedDialsMachine,
    'whether one of two connections from dials that crossed goes',
    'libp2p/go-libp2p p2p/net/swarm (best connection)',
  ),
  entry(multistreamDialerMachine, 'what is proposed next', 'multiformats/multistream-select'),
  entry(multistreamLazyDialerMachine, 'whether what was taken for agreed is', 'multiformats/multistream-select'),
  entry(multistreamListenerMachine, 'what a proposal is answered with', 'multiformats/multistream-select'),
  entry(multistreamAskerMachine, 'in which form the peer lists what it speaks', 'multiformats/multistream-select'),
  entry(noiseHandshakeMachine, 'which noise message is legal now', 'libp2p/specs noise/README.md'),
  entry(secioHandshakeMachine, 'which secio message is legal now', 'libp2p/specs secio/README.md'),
  entry(tlsClientMachine, 'which message of a TLS server is legal now', 'RFC 8446; libp2p/specs tls/tls.md'),
  entry(tlsServerMachine, 'which message of a TLS client is legal now', 'RFC 8446; libp2p/specs tls/tls.md'),
  entry(plaintextExchangeMachine, 'whether the Exchange has come', 'libp2p/specs plaintext/README.md'),
  entry(yamuxSessionMachine, 'whether streams are taken, and whether the peer lives', 'libp2p/specs yamux/README.md'),
  entry(yamuxStreamMachine, 'which directions of a stream are open', 'libp2p/specs yamux/README.md'),
  entry(mplexSessionMachine, 'whether streams are taken', 'libp2p/specs mplex/README.md'),
  entry(mplexStreamMachine, 'which directions of a stream are open', 'libp2p/specs mplex/README.md'),
  entry(spdySessionMachine, 'whether streams are taken, and whether the peer lives', 'draft-mbelshe-httpbis-spdy-00'),
  entry(spdyStreamMachine, 'which directions of a stream are open', 'draft-mbelshe-httpbis-spdy-00'),
  entry(
    soleStreamMachine,
    'which halves of a connection without a muxer are open',
    'libp2p/specs connections/README.md',
  ),
  entry(identifyMachine, 'whether the peer has said who it is', 'libp2p/specs identify/README.md'),
  entry(identifyPushMachine, 'whether the peer has heard what changed', 'libp2p/specs identify/README.md'),
  entry(pingMachine, 'whether the echo is the one that is due', 'libp2p/specs ping/ping.md'),
  entry(pingMonitorMachine, 'whether the peer still answers', 'libp2p/specs ping/ping.md'),
  entry(relayV1Machine, 'how one that is no relay answers', 'libp2p/specs relay/circuit-v1.md'),
  entry(rendezvousRequestMachine, 'whether the point has answered, and how', 'libp2p/specs rendezvous/README.md'),
  entry(rendezvousAnswerMachine, 'what a peer asks of a point', 'libp2p/specs rendezvous/README.md'),
  entry(rendezvousRegistrationMachine, 'when a registration is renewed', 'libp2p/specs rendezvous/README.md'),
  entry(changeBatchMachine, 'when gathered changes are worked off', 'none: writing peers, pushing identify'),
  entry(routingCallMachine, 'which tier of routers is asked', 'libp2p/specs (content and peer routing)'),
  entry(routerAskMachine, 'whether a router still answers', 'libp2p/specs (content and peer routing)'),
  entry(randomWalkMachine, 'when a random key is looked up', 'libp2p/specs kad-dht/README.md'),
  entry(bitswapSessionMachine, 'whether blocks are looked for or fetched', 'specs.ipfs.tech bitswap-protocol'),
  entry(providerSearchMachine, 'when providers are looked for', 'boxo bitswap/client (session provider search)'),
  entry(bitswapOutboundMachine, 'whether messages to a peer may go', 'specs.ipfs.tech bitswap-protocol'),
  entry(bitswapInboundMachine, 'whether a peer’s stream is read', 'specs.ipfs.tech bitswap-protocol'),
  entry(kadQueryMachine, 'who is asked next, and when a query is over', 'libp2p/specs kad-dht/README.md'),
  entry(tableUpkeepMachine, 'when the routing table is filled and refreshed', 'libp2p/specs kad-dht/README.md'),
  entry(kadRequestMachine, 'whether a peer of the DHT has answered', 'libp2p/specs kad-dht/README.md'),
  entry(kadInboundMachine, 'what a peer’s requests to the DHT meet', 'libp2p/specs kad-dht/README.md'),
  entry(ipnsPublishMachine, 'when a record of ours goes out, and how far it is', 'specs.ipfs.tech ipns-record'),
  entry(ipnsResolveMachine, 'whether a better record is waited for', 'specs.ipfs.tech ipns-record'),
  entry(mdnsQueryMachine, 'when the local network is asked who is there', 'libp2p/specs discovery/mdns.md; RFC 6762'),
  entry(mdnsAnswerMachine, 'when a question of the local network is answered', 'RFC 6762'),
  entry(udpTrackerMachine, 'whether a tracker has answered, and what is sent it again', 'BEP 15'),
  entry(trackerAnnounceMachine, 'when a tracker is told again that we have something', 'BEP 3'),
  entry(httpRoutingRequestMachine, 'how far a delegated request is', 'specs.ipfs.tech http-routing-v1'),
  entry(httpRoutingAnswerMachine, 'how a search for a client ends', 'specs.ipfs.tech http-routing-v1'),
  entry(provideSweepMachine, 'when a region of the key space is provided', 'libp2p/go-libp2p-kad-dht provider'),
  entry(provideRegionMachine, 'how far a region that is provided is', 'libp2p/go-libp2p-kad-dht provider'),
];

function entry(machine: AnyStateMachine, decides: string, spec: string): CatalogueEntry {
  return { machine, decides, spec };
}

export {
  bitswapInboundMachine,
  bitswapOutboundMachine,
  bitswapSessionMachine,
  changeBatchMachine,
  connectionMachine,
  connectionTrimMachine,
  crossedDialsMachine,
  dialMachine,
  httpRoutingAnswerMachine,
  httpRoutingRequestMachine,
  identifyMachine,
  identifyPushMachine,
  kadQueryMachine,
  kadInboundMachine,
  kadRequestMachine,
  ipnsPublishMachine,
  ipnsResolveMachine,
  keepAliveMachine,
  mdnsAnswerMachine,
  mdnsQueryMachine,
  mplexSessionMachine,
  mplexStreamMachine,
  multistreamAskerMachine,
  multistreamDialerMachine,
  multistreamLazyDialerMachine,
  multistreamListenerMachine,
  noiseHandshakeMachine,
  pingMachine,
  pingMonitorMachine,
  plaintextExchangeMachine,
  providerSearchMachine,
  randomWalkMachine,
  provideRegionMachine,
  provideSweepMachine,
  relayV1Machine,
  rendezvousAnswerMachine,
  rendezvousRegistrationMachine,
  rendezvousRequestMachine,
  resolutionMachine,
  routerAskMachine,
  routingCallMachine,
  secioHandshakeMachine,
  soleStreamMachine,
  spdySessionMachine,
  spdyStreamMachine,
  tableUpkeepMachine,
  tlsClientMachine,
  tlsServerMachine,
  trackerAnnounceMachine,
  udpTrackerMachine,
  yamuxSessionMachine,
  yamuxStreamMachine,
};

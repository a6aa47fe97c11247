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
import { identifyMachine } from './identify.js';
import { identifyPushMachine } from './identify-push.js';
import { connectionTrimMachine } from './connection-trim.js';
import { keepAliveMachine } from './keep-alive.js';
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
import { provideRegionMachine } from './provide-region.js';
import { provideSweepMachine } from './provide-sweep.js';
import { relayV1Machine } from './relay-v1.js';
import { resolutionMachine } from './resolution.js';
import { secioHandshakeMachine } from './secio-handshake.js';
import { soleStreamMachine } from './sole-stream.js';
import { spdySessionMachine } from './spdy-session.js';
import { spdyStreamMachine } from './spdy-stream.js';
import { tlsClientMachine } from './tls-client.js';
import { tlsServerMachine } from './tls-server.js';
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
  entry(changeBatchMachine, 'when gathered changes are worked off', 'none: writing peers, pushing identify'),
  entry(bitswapSessionMachine, 'whether blocks are looked for or fetched', 'specs.ipfs.tech bitswap-protocol'),
  entry(bitswapOutboundMachine, 'whether messages to a peer may go', 'specs.ipfs.tech bitswap-protocol'),
  entry(bitswapInboundMachine, 'whether a peer’s stream is read', 'specs.ipfs.tech bitswap-protocol'),
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
  dialMachine,
  identifyMachine,
  identifyPushMachine,
  keepAliveMachine,
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
  provideRegionMachine,
  provideSweepMachine,
  relayV1Machine,
  resolutionMachine,
  secioHandshakeMachine,
  soleStreamMachine,
  spdySessionMachine,
  spdyStreamMachine,
  tlsClientMachine,
  tlsServerMachine,
  yamuxSessionMachine,
  yamuxStreamMachine,
};

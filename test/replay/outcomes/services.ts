/** What came of the recordings of routing and discovery, and of what a node does about peers unasked. */
import type { Outcome } from '../outcome.js';

export const SERVICES: Readonly<Record<string, Outcome>> = {
  'connections-trimmed': {
    ends: 'dial connected, connected; connection closed, closed; multistreamLazyDialer confirmed, confirmed; noiseHandshake secured, secured; yamuxSession closed, closed; yamuxStream closed, closed, closed, closed; multistreamDialer selected, selected; multistreamListener selected, selected; identify identified, identified; connectionTrim relaxed',
    agreed:
      '/noise, /yamux/1.0.0, /noise, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1',
    errors: '',
    path: 'connectionTrim: trimming, awaitingCheck, trimming, awaitingCheck, trimming, relaxed',
  },
  'delegated-routing-asked-helia': {
    ends: 'providerSearch finished; bitswapSession finished; routingCall finished; routerAsk finished; httpRoutingRequest finished; dial connected; connection closed; multistreamLazyDialer confirmed; noiseHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed, closed; multistreamDialer selected, selected; multistreamListener selected, selected; identify identified; bitswapInbound finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/bitswap/1.2.0 on 3, /ipfs/bitswap/1.2.0 on 4',
    errors: '',
    path: 'httpRoutingRequest: idle, connecting, awaitingHead, streaming, finished',
  },
  'dht-asked-js-libp2p': {
    ends: 'changeBatch stopped; tableUpkeep stopped; dial connected, connected, connected; connection closed, closed, closed; provideSweep stopped; randomWalk stopped; multistreamLazyDialer confirmed, confirmed, confirmed, confirmed, confirmed, confirmed, confirmed, confirmed; noiseHandshake secured, secured, secured; yamuxSession disposed, disposed, disposed; yamuxStream closed, closed, sessionEnded, closed, sessionEnded, closed, sessionEnded, closed, closed, sessionEnded, resetByPeer, sessionEnded, sessionEnded; multistreamDialer selected, selected, selected, selected, selected; multistreamListener selected, selected, selected; identify identified, identified, identified; kadQuery exhausted, exhausted, exhausted, exhausted, exhausted, exhausted, exhausted; kadRequest done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done; routingCall finished, finished, finished, finished; routerAsk finished, finished, finished, finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /noise, /noise, /yamux/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/kad/1.0.0 on 5, /ipfs/kad/1.0.0 on 5, /ipfs/kad/1.0.0 on 5, /ipfs/kad/1.0.0 on 7',
    errors: 'ERR_STREAM_RESET, ERR_CONNECTION_CLOSED',
    path: 'kadQuery: iterating, followingUp, exhausted',
  },
  'dht-served-to-js-libp2p': {
    ends: 'changeBatch stopped; tableUpkeep stopped; dial connected, connected, connected; connection closed, closed, closed; provideSweep stopped; multistreamLazyDialer confirmed, confirmed, confirmed, confirmed; noiseHandshake secured, secured, secured; yamuxSession disposed, disposed, disposed; yamuxStream closed, closed, sessionEnded, closed, closed, sessionEnded, closed, sessionEnded, closed, closed, closed, closed, closed, closed; multistreamDialer selected, selected, selected, selected, selected; multistreamListener selected, selected, selected, selected, selected, selected, selected, selected; identify identified, identified, identified; kadQuery exhausted, exhausted, exhausted, exhausted, exhausted, exhausted, finished; kadRequest done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done; provideRegion done; kadInbound finished, finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/ping/1.0.0 on 4, /noise, /noise, /yamux/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/ping/1.0.0 on 4, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/ping/1.0.0 on 4, /ipfs/kad/1.0.0 on 6, /ipfs/kad/1.0.0 on 8',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'kadInbound: awaitingRequest, answering, awaitingRequest, finished',
  },
  'dials-crossed': {
    ends: 'dial connected; connection closed, closed; multistreamListener selected, selected, selected; multistreamLazyDialer confirmed; noiseHandshake secured, secured; yamuxSession closed, closed; yamuxStream closed, closed, closed, closed; multistreamDialer selected, selected; crossedDials dropped; identify identified, identified',
    agreed:
      '/noise, /noise, /yamux/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2',
    errors: '',
    path: 'crossedDials: settling, judging, dropped',
  },
  'dnsaddr-resolved': {
    ends: 'resolution resolved; dial connected; connection closed; multistreamLazyDialer confirmed; noiseHandshake secured; yamuxSession disposed; yamuxStream sessionEnded; multistreamDialer ended',
    agreed: '/noise, /yamux/1.0.0',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'resolution: resolving, resolved',
  },
  'identify-push-to-js-libp2p': {
    ends: 'changeBatch stopped; dial connected; connection closed; multistreamLazyDialer confirmed, left, confirmed; noiseHandshake secured; yamuxSession disposed; pingMonitor stopped; yamuxStream closed, closed, resetByPeer, closed, sessionEnded; multistreamDialer selected; multistreamListener selected; identify identified; multistreamAsker listed; identifyPush pushed; ping finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/id/push/1.0.0 on 5, /ipfs/ping/1.0.0 on 7',
    errors: 'ERR_STREAM_RESET, ERR_CONNECTION_CLOSED',
    path: 'changeBatch: resting, gathering, working.once, resting, stopped',
  },
  'ipns-over-js-libp2p': {
    ends: 'changeBatch stopped; tableUpkeep stopped; dial connected, connected, connected; connection closed, closed, closed; provideSweep stopped; multistreamLazyDialer confirmed, confirmed, confirmed, confirmed, confirmed, confirmed, confirmed; noiseHandshake secured, secured, secured; yamuxSession disposed, disposed, disposed; yamuxStream closed, closed, sessionEnded, closed, sessionEnded, closed, sessionEnded, closed, closed, sessionEnded, sessionEnded, sessionEnded; multistreamDialer selected, selected, selected, selected, selected; multistreamListener selected, selected, selected; identify identified, identified, identified; kadQuery exhausted, exhausted, exhausted, exhausted, exhausted, exhausted, exhausted, exhausted; kadRequest done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done, done; ipnsResolve resolved; routingCall finished, finished, finished; routerAsk finished, finished, finished; ipnsPublish stopped',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /noise, /noise, /yamux/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/kad/1.0.0 on 3, /ipfs/kad/1.0.0 on 5, /ipfs/kad/1.0.0 on 5, /ipfs/kad/1.0.0 on 5',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'ipnsPublish: considering, idle, considering, asking, writing, putting, resting, stopped',
  },
  'mdns-with-js-libp2p': {
    ends: 'mdnsAnswer stopped, stopped; mdnsQuery stopped; routingCall finished; routerAsk finished',
    agreed: '',
    errors: '',
    path: 'mdnsQuery: opening, settling, waiting, stopped',
  },
  'peer-kept-connected': {
    ends: 'keepAlive released; dial connected, exhausted, exhausted, connected; connection failed, failed, failed, closed; multistreamLazyDialer confirmed, confirmed; noiseHandshake secured, secured; yamuxSession disposed, disposed; yamuxStream sessionEnded, sessionEnded; multistreamDialer ended, ended',
    agreed: '/noise, /yamux/1.0.0, /noise, /yamux/1.0.0',
    errors: 'ERR_TRANSPORT_ENDED, ERR_TRANSPORT_REFUSED (remote), ERR_CONNECTION_CLOSED',
    path: 'keepAlive: dialing, connected, awaitingRetry, dialing, awaitingRetry, dialing, awaitingRetry, dialing, connected, released',
  },
  'relay-v1-asked': {
    ends: 'dial connected; connection closed; multistreamLazyDialer confirmed; plaintextExchange secured; multistreamDialer selected, selected; yamuxSession closed; yamuxStream closed, closed; multistreamListener selected; relayV1 refused; identify identified',
    agreed: '/plaintext/2.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /libp2p/circuit/relay/0.1.0 on 2',
    errors: '',
    path: 'relayV1: awaitingQuestion, refused',
  },
  'rendezvous-asked': {
    ends: 'routingCall finished, finished; routerAsk finished, finished; dial connected; connection closed; multistreamLazyDialer confirmed, confirmed, confirmed, left; noiseHandshake secured; yamuxSession disposed; yamuxStream closed, closed, closed, closed, closed, sessionEnded; multistreamDialer selected, selected; multistreamListener selected; identify identified; rendezvousRequest answered, answered, answered; rendezvousRegistration stopped',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /rendezvous/1.0.0 on 3, /rendezvous/1.0.0 on 5, /rendezvous/1.0.0 on 7, /rendezvous/1.0.0 on 9',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'rendezvousRegistration: registering, registered, stopped',
  },
  'rendezvous-point': {
    ends: 'changeBatch stopped; connection closed, closed; multistreamListener selected, selected, selected, selected, selected, selected, selected, selected; noiseHandshake secured, secured; yamuxSession closed, closed; yamuxStream closed, closed, closed, closed, closed, closed, closed, closed; multistreamDialer selected, selected; rendezvousAnswer served, served, served, served; identify identified, identified',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /rendezvous/1.0.0 on 3, /ipfs/id/1.0.0 on 2, /noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /rendezvous/1.0.0 on 3, /ipfs/id/1.0.0 on 2, /rendezvous/1.0.0 on 5, /rendezvous/1.0.0 on 5',
    errors: '',
    path: 'rendezvousAnswer: awaitingRequest, served',
  },
  'trackers-of-bittorrent-tracker': {
    ends: 'routingCall finished, finished; routerAsk finished, finished; udpTracker answered, answered, answered, answered; dial connected, exhausted; connection closed, failed, failed; multistreamListener selected, selected; multistreamLazyDialer confirmed, confirmed; noiseHandshake secured, secured, ended; yamuxSession closed; yamuxStream closed, closed; multistreamDialer selected; trackerAnnounce stopped, stopped; identify identified',
    agreed: '/noise, /noise, /yamux/1.0.0, /noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1',
    errors: '',
    path: 'trackerAnnounce: announcing, resting, leaving, stopped',
  },
};

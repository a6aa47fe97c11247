/** What came of the recordings with live peers, and of joining a swarm of 2018. */
import type { Outcome } from '../outcome.js';

export const LIVE: Readonly<Record<string, Outcome>> = {
  'bitswap-fetched-from-helia': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected; noiseHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded, closed; multistreamListener selected, selected; identify identified; bitswapSession finished; bitswapInbound finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/bitswap/1.2.0 on 3, /ipfs/bitswap/1.2.0 on 4',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'bitswapSession: idle, discovering, fetching, idle, finished',
  },
  'bitswap-fetched-from-kubo': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected; noiseHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded, sessionEnded; multistreamListener selected, selected; identify identified; bitswapSession finished; bitswapInbound reset',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/bitswap/1.2.0 on 3, /ipfs/bitswap/1.2.0 on 4',
    errors: 'ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'bitswapSession: idle, discovering, fetching, idle, finished',
  },
  'bitswap-served-to-helia': {
    ends: 'connection closed; multistreamListener selected, selected, selected; noiseHandshake secured; yamuxSession transportLost; bitswapOutbound stopped; yamuxStream closed, closed, closed, sessionEnded; multistreamDialer selected, selected; identify identified; bitswapInbound finished',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/bitswap/1.2.0 on 3, /ipfs/bitswap/1.2.0 on 4',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'bitswapInbound: reading, finished',
  },
  'noise-accepted-js-libp2p': {
    ends: 'connection closed; multistreamListener selected, selected, selected; noiseHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: '',
    path: 'noiseHandshake: idle, listening.awaitingMessage1, listening.openingMessage1, listening.awaitingMessage3, listening.openingMessage3, listening.verifyingPayload, secured',
  },
  'noise-accepted-kubo': {
    ends: 'connection failed; multistreamListener selected, selected, selected; noiseHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, resetByPeer; multistreamDialer selected; identify identified',
    agreed: '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_STREAM_RESET, ERR_TRANSPORT_ENDED',
    path: 'noiseHandshake: idle, listening.awaitingMessage1, listening.openingMessage1, listening.awaitingMessage3, listening.openingMessage3, listening.verifyingPayload, secured',
  },
  'noise-dialed-js-libp2p': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected; noiseHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded; multistreamListener selected; identify identified; ping finished',
    agreed: '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'noiseHandshake: idle, dialing.awaitingMessage2, dialing.openingMessage2, dialing.verifyingPayload, secured',
  },
  'noise-dialed-kubo': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected; noiseHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded; multistreamListener selected; identify identified; ping finished',
    agreed: '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'noiseHandshake: idle, dialing.awaitingMessage2, dialing.openingMessage2, dialing.verifyingPayload, secured',
  },
  'plaintext-accepted-js-libp2p': {
    ends: 'connection closed; multistreamListener selected, selected, selected, selected; plaintextExchange secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/plaintext/2.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: '',
    path: 'plaintextExchange: awaitingExchange, verifyingExchange, secured',
  },
  'plaintext-dialed-js-libp2p': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; plaintextExchange secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, sessionEnded; multistreamListener selected; identify identified; ping finished',
    agreed: '/plaintext/2.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'plaintextExchange: awaitingExchange, verifyingExchange, secured',
  },
  'secio-accepted-go-secio-ed25519-p384': {
    ends: 'connection failed; multistreamListener selected, selected, selected, selected; secioHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-accepted-go-secio-rsa-p256': {
    ends: 'connection failed; multistreamListener selected, selected, selected, selected; secioHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.held, verifyingExchange.held, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-accepted-go-secio-secp256k1-p521': {
    ends: 'connection failed; multistreamListener selected, selected, selected, selected; secioHandshake secured; yamuxSession disposed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.held, checkingNonce.held, secured',
  },
  'secio-accepted-js-secio-ed25519-p384': {
    ends: 'connection failed; multistreamListener selected, ended; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: '',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-accepted-js-secio-rsa-p256': {
    ends: 'connection failed; multistreamListener selected, ended; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: '',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-accepted-js-secio-secp256k1-p521': {
    ends: 'connection failed; multistreamListener selected, ended; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: '',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-go-secio-ed25519-p384': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; secioHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamListener selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.held, verifyingExchange.held, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-go-secio-rsa-p256': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; secioHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamListener selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-go-secio-secp256k1-p521': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; secioHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed; multistreamListener selected; identify identified',
    agreed: '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.held, verifyingExchange.held, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-js-secio-ed25519-p384': {
    ends: 'dial exhausted; connection failed; multistreamDialer selected, noOverlap; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: 'ERR_MULTISTREAM_NO_OVERLAP (remote)',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.held, verifyingExchange.held, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-js-secio-rsa-p256': {
    ends: 'dial exhausted; connection failed; multistreamDialer selected, noOverlap; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: 'ERR_MULTISTREAM_NO_OVERLAP (remote)',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'secio-dialed-js-secio-secp256k1-p521': {
    ends: 'dial exhausted; connection failed; multistreamDialer selected, noOverlap; secioHandshake secured',
    agreed: '/secio/1.0.0',
    errors: 'ERR_MULTISTREAM_NO_OVERLAP (remote)',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.sent, verifyingExchange.sent, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'swarm-join-2018': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected, selected; secioHandshake secured; yamuxSession closed; bitswapOutbound stopped; yamuxStream closed, closed, closed, closed, closed, closed; multistreamListener selected, selected, selected; identify identified',
    agreed:
      '/secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/kad/1.0.0 on 3, /ipfs/kad/1.0.0 on 4, /libp2p/circuit/relay/0.1.0 on 5, /libp2p/circuit/relay/0.1.0 on 6',
    errors: '',
    path: 'secioHandshake: awaitingPropose, selectingSuite, awaitingExchange.held, verifyingExchange.held, awaitingNonce.sent, checkingNonce.sent, secured',
  },
  'two-connections-and-a-store': {
    ends: 'dial connected; connection closed, closed; multistreamDialer selected, selected, selected, selected, selected; noiseHandshake secured; yamuxSession closed, disposed; bitswapOutbound stopped, stopped; yamuxStream closed, closed, closed, closed, closed, closed, resetLocally, resetByPeer, sessionEnded; bitswapSession finished; multistreamListener selected, selected, selected, selected, selected, selected, selected; identify identified, identified; bitswapInbound finished, stopped; secioHandshake secured',
    agreed:
      '/noise, /yamux/1.0.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/bitswap/1.2.0 on 3, /ipfs/bitswap/1.2.0 on 4, /secio/1.0.0, /yamux/1.0.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/bitswap/1.2.0 on 3, /ipfs/ping/1.0.0 on 5, /ipfs/bitswap/1.2.0 on 4',
    errors: 'ERR_STREAM_RESET, ERR_CONNECTION_CLOSED',
    path: 'connection: upgrading.connecting, upgrading.negotiatingSecurity, upgrading.handshaking, upgrading.negotiatingMuxer, open, draining, closed',
  },
};

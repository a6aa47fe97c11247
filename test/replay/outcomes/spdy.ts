/** What came of the recordings of SPDY: with js-libp2p 0.26, and one of each failure of a session. */
import type { Outcome } from '../outcome.js';

export const SPDY: Readonly<Record<string, Outcome>> = {
  'spdy-accepted-js-libp2p-0.26-plaintext-1': {
    ends: 'connection closed; multistreamListener selected, selected, selected, selected; spdySession closed; spdyStream closed, resetByPeer, closed; multistreamDialer selected; identify identified; bitswapOutbound stopped',
    agreed: '/plaintext/1.0.0, /spdy/3.1.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /echo/1.0.0 on 3',
    errors: 'ERR_STREAM_RESET',
    path: 'spdyStream: open.windowOpen, halfClosedRemote.windowOpen, closed',
  },
  'spdy-bad-compression': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_COMPRESSION',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-bad-dictionary': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_DICTIONARY',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-bad-frame': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_FRAME',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-bad-headers': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_HEADERS',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-bad-stream-id': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_STREAM_ID',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-bad-version': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_BAD_VERSION',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-dialed-js-libp2p-0.26-plaintext-1': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded, closed, sessionEnded, closed, sessionEnded; multistreamListener selected, selected, selected; identify identified',
    agreed:
      '/plaintext/1.0.0, /spdy/3.1.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 4, /echo/1.0.0 on 3, /ipfs/id/1.0.0 on 6',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'spdyStream: open.windowOpen, open.draining, halfClosedLocal.receiving, halfClosedLocal.awaitingFin, sessionEnded',
  },
  'spdy-dialed-js-libp2p-0.26-secio': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; secioHandshake secured; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded, closed, sessionEnded, closed, sessionEnded; multistreamListener selected, selected, ended; identify identified',
    agreed:
      '/secio/1.0.0, /spdy/3.1.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 4, /echo/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'spdyStream: open.windowOpen, sessionEnded',
  },
  'spdy-flood': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_FLOOD',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-frame-too-large': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_FRAME_TOO_LARGE',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-go-away': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession goneAway; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_GO_AWAY',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, goneAway',
  },
  'spdy-headers-too-large': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_HEADERS_TOO_LARGE',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-keep-alive': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession silent; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_KEEPALIVE',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, live.streams.open|live.keepAlive.awaitingPeer, silent',
  },
  'spdy-not-served': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession closed; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_GO_AWAY',
    path: 'spdyStream: open.windowOpen, sessionEnded',
  },
  'spdy-replied-twice': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded, repliedTwice',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_UNEXPECTED, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'spdyStream: open.windowOpen, repliedTwice',
  },
  'spdy-stream-reset': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded, resetByPeer',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_STREAM_RESET, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'spdyStream: open.windowOpen, resetByPeer',
  },
  'spdy-stream-window-overflow': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded, violated',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_WINDOW_OVERFLOW, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'spdyStream: open.windowOpen, violated',
  },
  'spdy-too-many-streams': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended; plaintextExchange secured; spdySession disposed; bitswapOutbound stopped; spdyStream sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0',
    errors: 'ERR_SPDY_TOO_MANY_STREAMS (local), ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'spdyStream: open.windowOpen, sessionEnded',
  },
  'spdy-window-exceeded': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded, sessionEnded; multistreamListener ended',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_WINDOW_EXCEEDED',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
  'spdy-window-overflow': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; spdySession violated; bitswapOutbound stopped; spdyStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /spdy/3.1.0, /echo/1.0.0 on 3',
    errors: 'ERR_SPDY_WINDOW_OVERFLOW',
    path: 'spdySession: live.streams.open|live.keepAlive.resting, violated',
  },
};

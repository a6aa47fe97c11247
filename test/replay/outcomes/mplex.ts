/** What came of the recordings of mplex: with live peers, and one of each failure. */
import type { Outcome } from '../outcome.js';

export const MPLEX: Readonly<Record<string, Outcome>> = {
  'mplex-bad-header': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession violated; bitswapOutbound stopped; mplexStream resetLocally, resetLocally',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_BAD_HEADER',
    path: 'mplexSession: live.open, violated',
  },
  'mplex-bad-stream-id': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession violated; bitswapOutbound stopped; mplexStream resetLocally, resetLocally, resetLocally; multistreamListener ended',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_BAD_STREAM_ID',
    path: 'mplexSession: live.open, violated',
  },
  'mplex-message-too-large': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession violated; bitswapOutbound stopped; mplexStream resetLocally, resetLocally',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_MESSAGE_TOO_LARGE',
    path: 'mplexSession: live.open, violated',
  },
  'mplex-name-too-long': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession violated; bitswapOutbound stopped; mplexStream resetLocally, resetLocally',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_NAME_TOO_LONG',
    path: 'mplexSession: live.open, violated',
  },
  'mplex-queue-full': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession disposed; bitswapOutbound stopped; mplexStream resetLocally, overflowed',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_QUEUE_FULL, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'mplexStream: open.writing, overflowed',
  },
  'mplex-stream-reset': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession disposed; bitswapOutbound stopped; mplexStream resetLocally, resetByPeer',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_STREAM_RESET, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'mplexStream: open.writing, resetByPeer',
  },
  'mplex-too-many-streams': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, ended; plaintextExchange secured; mplexSession disposed; bitswapOutbound stopped; mplexStream resetLocally, resetLocally',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0',
    errors:
      'ERR_MPLEX_TOO_MANY_STREAMS (local), ERR_CONNECTION_CLOSED, ERR_MULTISTREAM_ENDED (remote), ERR_TRANSPORT_ENDED',
    path: 'mplexSession: live.open, live.goingAway, disposed',
  },
  'mplex-transport-ended': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession transportLost; bitswapOutbound stopped; mplexStream sessionEnded, sessionEnded',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'mplexSession: live.open, transportLost',
  },
  'mplex-unexpected': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, ended, selected; plaintextExchange secured; mplexSession disposed; bitswapOutbound stopped; mplexStream resetLocally, unexpected',
    agreed: '/plaintext/2.0.0, /mplex/6.7.0, /echo/1.0.0 on 3',
    errors: 'ERR_MPLEX_UNEXPECTED, ERR_CONNECTION_CLOSED, ERR_TRANSPORT_ENDED',
    path: 'mplexStream: open.writing, halfClosedRemote.writing, unexpected',
  },
  'noise-accepted-js-libp2p-mplex': {
    ends: 'connection closed; multistreamListener selected, selected, selected; noiseHandshake secured; mplexSession closed; bitswapOutbound stopped; mplexStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/noise, /mplex/6.7.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /ipfs/ping/1.0.0 on 3',
    errors: '',
    path: 'mplexSession: live.open, closed',
  },
  'noise-dialed-js-libp2p-mplex': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected; noiseHandshake secured; mplexSession disposed; bitswapOutbound stopped; mplexStream closed, closed, resetLocally; multistreamListener selected; identify identified; ping finished',
    agreed: '/noise, /mplex/6.7.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /ipfs/ping/1.0.0 on 3',
    errors: 'ERR_CONNECTION_CLOSED',
    path: 'mplexSession: live.open, live.goingAway, disposed',
  },
  'secio-accepted-js-secio-mplex': {
    ends: 'connection closed; multistreamListener selected, selected, selected, selected; secioHandshake secured; mplexSession closed; bitswapOutbound stopped; mplexStream closed, closed, closed; multistreamDialer selected; identify identified',
    agreed: '/secio/1.0.0, /mplex/6.7.0, /ipfs/id/1.0.0 on 1, /ipfs/id/1.0.0 on 2, /echo/1.0.0 on 3',
    errors: '',
    path: 'mplexSession: live.open, closed',
  },
  'secio-dialed-js-secio-mplex': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected, selected, selected; secioHandshake secured; mplexSession closed; bitswapOutbound stopped; mplexStream closed, closed, closed; multistreamListener selected; identify identified',
    agreed: '/secio/1.0.0, /mplex/6.7.0, /ipfs/id/1.0.0 on 2, /ipfs/id/1.0.0 on 1, /echo/1.0.0 on 3',
    errors: '',
    path: 'mplexSession: live.open, closed',
  },
};

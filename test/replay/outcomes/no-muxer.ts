/** What came of the recordings without a muxer: with the libraries of 2020, and of each failure. */
import type { Outcome } from '../outcome.js';

export const NO_MUXER: Readonly<Record<string, Outcome>> = {
  'secio-dialed-js-secio-no-muxer': {
    ends: 'dial connected; connection closed; multistreamDialer selected, selected; secioHandshake secured; soleStream closed; bitswapOutbound stopped',
    agreed: '/secio/1.0.0, /echo/1.0.0 on 1',
    errors: '',
    path: 'soleStream: unused, open.writing, halfClosedLocal.receiving, halfClosedLocal.awaitingEnd, closed',
  },
  'secio-accepted-js-secio-no-muxer': {
    ends: 'connection closed; multistreamListener selected, selected; secioHandshake secured; soleStream closed; bitswapOutbound stopped',
    agreed: '/secio/1.0.0, /echo/1.0.0 on 1',
    errors: '',
    path: 'soleStream: unused, open.writing, halfClosedRemote.writing, closed',
  },
  'no-muxer-no-overlap': {
    ends: 'dial connected; connection failed; multistreamDialer selected, noOverlap; plaintextExchange secured; soleStream resetLocally; bitswapOutbound stopped',
    agreed: '/plaintext/2.0.0',
    errors: 'ERR_STREAM_RESET, ERR_MULTISTREAM_NO_OVERLAP (remote)',
    path: 'soleStream: unused, open.writing, resetLocally',
  },
  'no-muxer-transport-dropped': {
    ends: 'dial connected; connection failed; multistreamDialer selected, selected; plaintextExchange secured; soleStream sessionEnded; bitswapOutbound stopped',
    agreed: '/plaintext/2.0.0, /echo/1.0.0 on 1',
    errors: 'ERR_TRANSPORT_ENDED',
    path: 'soleStream: unused, open.writing, sessionEnded',
  },
};

import { spdyProtocol } from '../../../../src/actors/connection/spdy/muxer.js';
import { LIMITS } from '../../../../src/limits.js';
import { describeMuxer } from '../../muxer-suite.js';

describeMuxer('spdy', spdyProtocol, {
  windows: true,
  goAway: true,
  ping: true,
  windowBytes: LIMITS.spdyInitialWindowBytes,
  goAwayCode: 'ERR_SPDY_GO_AWAY',
});

import { mplexProtocol } from '../../../../src/actors/connection/mplex/muxer.js';
import { describeMuxer } from '../../muxer-suite.js';

describeMuxer('mplex', mplexProtocol, { windows: false, goAway: false, ping: false });

import { yamuxProtocol } from '../../../../src/actors/connection/yamux/muxer.js';
import { describeMuxer } from '../../muxer-suite.js';

describeMuxer('yamux', yamuxProtocol, { windows: true, goAway: true, ping: true });

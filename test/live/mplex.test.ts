/** Today's js-libp2p and that of 2020 as judges of mplex: by the early muxer of noise, by multistream, and under secio. */
import { liveMplexSuite } from '../support/live-mplex-suite.js';

liveMplexSuite('js-libp2p over noise, which agrees on mplex early', {
  peer: 'js-modern',
  flags: ['--muxer', 'mplex'],
  security: 'noise',
  id: '/noise',
});

liveMplexSuite('js-libp2p over plaintext, where multistream agrees on mplex', {
  peer: 'js-modern',
  flags: ['--muxer', 'mplex', '--security', 'plaintext'],
  security: 'plaintext',
  id: '/plaintext/2.0.0',
});

liveMplexSuite('js-libp2p 0.28 over secio', {
  peer: 'js-secio',
  flags: ['--key', 'ed25519'],
  security: 'secio',
  id: '/secio/1.0.0',
});

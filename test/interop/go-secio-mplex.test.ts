/** go-mplex 0.1 (go-libp2p 0.9) as the judge of mplex, under secio, in both directions. */
import { liveMplexSuite } from '../support/live-mplex-suite.js';
import { suiteFor } from '../support/live-suites.js';

const suite = await suiteFor('go-secio');

suite('go-libp2p 0.9', () => {
  liveMplexSuite('over secio', {
    peer: 'go-secio',
    flags: ['--key', 'ed25519', '--muxer', 'mplex'],
    security: 'secio',
    id: '/secio/1.0.0',
  });
});

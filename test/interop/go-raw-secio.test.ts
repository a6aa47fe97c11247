/** go-libp2p-secio as the judge of secio alone: identities, suites, and its own reading of a secret with leading zeros. */
import { GO_KEY_PAIRS } from '../support/live-keys.js';
import { suiteFor } from '../support/live-suites.js';
import { rawSecioSuite } from '../support/raw-secio-suite.js';

const suite = await suiteFor('go-secio');

suite('go-libp2p-secio', () => {
  rawSecioSuite({ peer: 'go-secio', keys: GO_KEY_PAIRS, dialed: 300, accepted: 300, acceptedAtOnce: 1 });
});

/** The matrix with Kubo and with go-libp2p of 2020. */
import { suiteFor } from '../support/live-suites.js';
import { CELLS } from '../matrix/cells.js';
import { cellTests } from '../matrix/cell-suite.js';

for (const name of ['go-modern', 'go-secio'] as const) {
  cellTests(
    CELLS.filter(({ peer }) => peer === name),
    await suiteFor(name),
  );
}

/** The matrix with the peers that npm installs, and with ourselves. */
import { describe } from '@jest/globals';
import { cellTests } from './cell-suite.js';
import { CELLS } from './cells.js';

cellTests(
  CELLS.filter(({ peer }) => !peer.startsWith('go-')),
  describe,
);

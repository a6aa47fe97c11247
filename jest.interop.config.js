/** The Go peers: a suite of its own, because it needs a toolchain that a machine with Node alone lacks. */
import base from './jest.config.js';

export default {
  ...base,
  roots: ['<rootDir>/test/interop'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
  // Each suite builds or starts a peer that wants the cores for itself.
  maxWorkers: 1,
};

/** Jest runs the TypeScript sources as native ES modules; types are checked by `npm run typecheck`, not here. */
export default {
  testEnvironment: 'node',
  // A bound against hanging, far above what a test takes: a busy machine must not fail a test.
  testTimeout: 120_000,
  // Every core: most suites wait for peers in other processes now and then, and one alone takes twice as long as two beside.
  maxWorkers: '100%',
  // A worker keeps something of every suite that it ran: beyond this it is started anew, long before the heap is full.
  workerIdleMemoryLimit: '1500MB',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/interop/'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/test/(peers/.*|compliance)/node_modules'],
  extensionsToTreatAsEsm: ['.ts'],
  // Counts what the suites cover of the machines, where it is asked for: see the file.
  ...(process.env.SWARMCHART_COVERAGE ? { setupFilesAfterEnv: ['<rootDir>/test/support/coverage-setup.ts'] } : {}),
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

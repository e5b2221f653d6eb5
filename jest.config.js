/** Tests run as the server does: ESM, types stripped (by swc here, by Node in production). */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/test/support/postgres_setup.mjs',
  globalTeardown: '<rootDir>/test/support/postgres_teardown.mjs',
  testSequencer: '<rootDir>/test/support/slowest_first.cjs',
  maxWorkers: 2,
  testTimeout: 30_000,
}

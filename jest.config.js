import { availableParallelism } from 'node:os';
import { join } from 'node:path';

// What grpc-js writes to the console by itself says nothing that a test does not see.
process.env.GRPC_VERBOSITY ??= 'NONE';
// The threads and processes that tests start need not compile the same modules each time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node');

// One jest for every suite; `make test` leaves out tests/compose, which wants a Docker engine: npm test -- tests/compose
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{clients,services}/*/test/**/*.test.ts', '<rootDir>/tests/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript', decorators: false }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  transformIgnorePatterns: ['/node_modules/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  testTimeout: 60_000,
  // At least two processes: in a single one, what a test file leaves running would disturb all that follow.
  maxWorkers: Math.max(2, availableParallelism() - 1),
};

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { alone } from './test/e2e/platforms.mjs';

/** Runs every suite as ESM: Nest 12 is ESM only. */
const suites = {
  testEnvironment: 'node',
  rootDir: import.meta.dirname,
  testMatch: ['<rootDir>/{apps,libs,test}/**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@app/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // An ES module that a CommonJS package requires: plain Node 20 can, jest cannot.
  transformIgnorePatterns: ['/node_modules/(?!content-disposition/)'],
  transform: {
    'node_modules/content-disposition/.+\\.js$': [
      '@swc/jest',
      { jsc: { target: 'es2022' }, module: { type: 'commonjs' } },
    ],
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** @param {Record<string, string>} specs names of end-to-end specs, with reasons */
function files(specs) {
  return Object.keys(specs).map((spec) => {
    const file = `test/e2e/${spec}.spec.ts`;
    if (!existsSync(join(suites.rootDir, file))) throw new Error(`${file} of platforms.mjs is not there`);
    return `<rootDir>/${file}`;
  });
}

const embedded = {
  ...suites,
  displayName: 'embedded',
  testPathIgnorePatterns: ['/node_modules/', ...files(alone.aws)],
};

/** The end-to-end suites once more, on tables, keys and parameters of an account (test/support/aws). */
const aws = {
  ...suites,
  displayName: 'aws',
  testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...files(alone.embedded)],
  globals: { phiTestPlatform: 'aws' },
  globalSetup: '<rootDir>/test/support/dynamodb-local.ts',
  testEnvironment: '<rootDir>/test/support/aws/account-environment.mjs',
};

export default {
  // `npm test` runs the first, `npm run test:aws` the second.
  projects: process.env.TEST_PLATFORM === 'aws' ? [aws] : [embedded],
  maxWorkers: 2,
  // Each suite leaves its ES modules behind in its worker: after a hundred of them it would hold 4 GB and collect garbage most of the time.
  workerIdleMemoryLimit: '1GB',
  // Ends what hangs; how fast something has to be stands in its own test.
  testTimeout: 60000,
};

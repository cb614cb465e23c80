const { existsSync } = require('node:fs');

const transform = { '^.+\\.(ts|js|mjs)$': ['@swc/jest', { jsc: { target: 'es2023' } }] };
// Packages that are published as ES modules only.
const transformIgnorePatterns = ['node_modules/(?!(temporal-polyfill|temporal-utils)/)'];
const common = {
  testEnvironment: '<rootDir>/test/support/environment.js',
  transform,
  transformIgnorePatterns,
  // What `npm run build` leaves has packages of the same names.
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/**
 * Real machines need packages of the system's. Where they are not there is one project less, and this says so;
 * `.ci/run` installs them, and leaves nothing out.
 */
const INSTALL = 'examples/control-plane-qemu/install.sh';
const canRunMachines =
  process.env.SUNSET_QEMU === 'required' ||
  existsSync(`${__dirname}/examples/control-plane-qemu/.guest/initrd.gz`);
if (!canRunMachines && process.env.JEST_WORKER_ID === undefined)
  console.warn(`test/machines is left out: QEMU is not installed. On Debian: sudo sh ${INSTALL}`);

/** @type {import('jest').Config} */
module.exports = {
  testTimeout: 120_000,
  // Tests mostly wait for servers: two at a time, also where jest would leave a core free.
  maxWorkers: 2,
  // Jest keeps some 50 MB of each test file, and a large heap takes long to clean.
  workerIdleMemoryLimit: '700MB',
  projects: [
    {
      ...common,
      displayName: 'rules',
      testMatch: [
        '<rootDir>/test/domain/**/*.test.ts',
        '<rootDir>/test/api/**/*.test.ts',
        '<rootDir>/test/drivers/**/*.test.ts',
        '<rootDir>/test/*.test.ts',
      ],
    },
    {
      ...common,
      displayName: 'service',
      testMatch: ['<rootDir>/test/service/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    {
      // In a browser, on the servers of the service's tests.
      ...common,
      displayName: 'console',
      testMatch: ['<rootDir>/test/console/**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    ...(canRunMachines
      ? [
          {
            ...common,
            displayName: 'machines',
            testMatch: ['<rootDir>/test/machines/**/*.test.ts'],
            globalSetup: '<rootDir>/test/support/global-setup.ts',
            globalTeardown: '<rootDir>/test/support/global-teardown.ts',
          },
        ]
      : []),
  ],
};

import { readFileSync } from 'node:fs';

const typescript = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** The ES module packages of the lock file. Transforming only those halves the time of a run. */
function esmPackages() {
  const lock = JSON.parse(readFileSync(new URL('./package-lock.json', import.meta.url)));
  const isEsm = (folder) => {
    try {
      return JSON.parse(readFileSync(new URL(`./${folder}/package.json`, import.meta.url))).type === 'module';
    } catch {
      return false; // an optional package of another platform
    }
  };
  const folders = Object.keys(lock.packages).filter((key) => key.includes('node_modules/') && isEsm(key));
  return [...new Set(folders.map((folder) => folder.split('node_modules/').pop()))];
}

const shared = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/quiet-log.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json'],
  transform: { '^.+\\.ts$': typescript, '^.+\\.m?js$': '<rootDir>/scripts/jest-esm-to-cjs.cjs' },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmPackages().join('|')})/)(?!.*\\.mjs$)`],
  moduleNameMapper: { '^@manifold/(.*)$': '<rootDir>/libs/$1/src/index.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
};

/**
 * The files of test/e2e that `npm run test:replicas` leaves out. It runs all others against two processes on MongoDB and Redis behind a
 * proxy without affinity, all but the tests that are `itOnOne`.
 */
const NOT_ON_REPLICAS = [
  // start two replicas themselves, whatever they are told
  ...['secrets-at-rest', 'session-limits', 'tenants'],
  // copy the file of SQLite
  ...['backup', 'earlier-database'],
  // counts what one process starts at a time
  'many-servers',
  // have no gateway, or one that a demonstration starts, or that of a newcomer
  ...['admin-database', 'integration-app-demo', 'paragon-demo', 'readme'],
];
const isReplicated = Number(process.env.MANIFOLD_TEST_REPLICAS ?? 1) > 1;

const project = (displayName, folders, { leftOut = [], testRegex = '\\.spec\\.ts$' } = {}) => ({
  ...shared,
  displayName,
  rootDir: import.meta.dirname,
  roots: folders.map((folder) => `<rootDir>/${folder}`),
  testRegex,
  testPathIgnorePatterns: leftOut.map((name) => `/${name}\\.spec\\.ts$`),
});

export default {
  rootDir: '.',
  // Only ends what hangs: no test is to fail because the machine is busy.
  testTimeout: 600_000,
  // One worker per core, where jest would leave one core free. A third one for two cores saves a sixth of the time, but each spec takes longer.
  maxWorkers: '100%',
  // A test that fails may leave a client that reconnects for ever: the run has to end all the same.
  forceExit: true,
  projects: [
    project('unit', ['apps', 'libs', 'test/support', 'test/simulators', 'test/deploy']),
    project('e2e', ['test/e2e'], { leftOut: isReplicated ? NOT_ON_REPLICAS : [] }),
    // Only .ci/run runs these: several replicas, gateways that are killed again and again, the real registries.
    project('ci', ['test/ci', 'test/escape', 'libs/transport'], {
      testRegex: '(/test/(ci|escape)/.*|/crossing)\\.spec\\.ts$',
    }),
  ],
};

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
 * What looks at a gateway as its clients do. `npm run test:replicas` runs it against two processes on MongoDB and Redis behind a proxy
 * without affinity, all but the tests that are `itOnOne`. The other files look into the one process that there is (its database file,
 * its children, how it starts and stops), start two by themselves, or need no gateway.
 */
const ON_REPLICAS = [
  'api-client',
  'api-document',
  'auth-access',
  'auth-api-keys',
  'auth-development',
  'auth-tokens',
  'cancellation',
  'chat-sessions',
  'clients',
  'durability',
  'egress',
  'foreign-sites',
  'hosting',
  'http-servers',
  'http-sse',
  'integration-app',
  'legacy-posts',
  'legacy-sessions',
  'limits',
  'log-lines',
  'modern-era',
  'oauth',
  'oauth-tools',
  'observability',
  'package-lifecycle',
  'packages',
  'paragon-access',
  'paragon-calls',
  'paragon-setup-page',
  'paragon-tools',
  'progress',
  'public-names',
  'public-pages',
  'python-packages',
  'relay-asking',
  'relay-resume',
  'rest-bad-input',
  'rest-fuzz',
  'rest-servers',
  'rest-tools',
  'secrets',
  'server-stream',
  'servers-document',
  'session-restart',
  'smoke',
  'stdio-servers',
  'tools',
  'traces',
  'trust-proxy',
  'views',
];
const isReplicated = Number(process.env.MANIFOLD_TEST_REPLICAS ?? 1) > 1;

export default {
  rootDir: '.',
  // Only ends what hangs: no test is to fail because the machine is busy.
  testTimeout: 120_000,
  // Half of the time is waiting for sockets and processes: one worker per core, where jest would leave one core free.
  maxWorkers: '100%',
  // A test that fails may leave a client that reconnects for ever: the run has to end all the same.
  forceExit: true,
  projects: [
    {
      ...shared,
      displayName: 'unit',
      rootDir: import.meta.dirname,
      roots: [
        '<rootDir>/apps',
        '<rootDir>/libs',
        '<rootDir>/test/support',
        '<rootDir>/test/simulators',
        '<rootDir>/test/deploy',
      ],
      testRegex: '\\.spec\\.ts$',
    },
    {
      ...shared,
      displayName: 'e2e',
      rootDir: import.meta.dirname,
      roots: ['<rootDir>/test/e2e'],
      testRegex: isReplicated ? `/(${ON_REPLICAS.join('|')})\\.spec\\.ts$` : '\\.spec\\.ts$',
    },
  ],
};

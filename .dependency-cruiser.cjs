/** The import rules of docs/ARCHITECTURE.md. Run by `npm run imports`, which is a part of `npm test`. */
const PROVIDER_MAY_USE =
  'tool-provider|backend-api|cancellation|auth|rest|secrets|server-hosting|turns|yaml|oauth|egress|config|store|tenants|bus|leases|metrics|tracing|observability';
const SPEC_OR_TEST = '(\\.spec\\.ts$)|(/testing/)';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'a module that nobody imports and that imports nothing is dead',
      severity: 'error',
      from: { orphan: true, path: '^(apps|libs)/', pathNot: '\\.(spec|d)\\.ts$' },
      to: {},
    },
    {
      name: 'unreachable',
      comment: 'every source file is reachable from the gateway, one of its commands or a front door',
      severity: 'error',
      from: { path: '^apps/gateway/src/(main|admin|smoke)\\.ts$' },
      to: {
        reachable: false,
        path: '^(apps|libs)/',
        pathNot: SPEC_OR_TEST + '|\\.d\\.ts$|^apps/gateway/src/(main|admin|smoke)\\.ts$',
      },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPEC_OR_TEST },
      to: { path: '^(test|bench)/|\\.spec\\.ts$|/testing/' },
    },
    {
      name: 'providers-stay-apart',
      severity: 'error',
      from: { path: '^libs/providers/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^libs/', pathNot: `^libs/(providers/$1|${PROVIDER_MAY_USE})/` },
    },
    {
      name: 'only-the-composition-knows-providers',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/providers/|^apps/gateway/src/providers\\.ts$' },
      to: { path: '^libs/providers/' },
    },
    {
      name: 'libs-only-through-their-front-door',
      severity: 'error',
      from: { path: '^libs/((?:providers/)?[^/]+)/' },
      to: { path: '^libs/', pathNot: ['^libs/$1/', '^libs/(?:providers/)?[^/]+/src/index\\.ts$', '/testing/'] },
    },
    {
      name: 'apps-only-through-front-doors',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^libs/', pathNot: '^libs/(?:providers/)?[^/]+/src/index\\.ts$' },
    },
    {
      name: 'mcp-sdk-only-at-the-edges',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: ['^libs/(transport|oauth|providers/mcp-servers)/', '^apps/gateway/src/smoke/', SPEC_OR_TEST],
      },
      to: { path: 'node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'http-only-in-egress',
      comment: 'every outgoing request goes through the guarded client',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: ['^libs/egress/', SPEC_OR_TEST] },
      to: { path: '^(node:)?https?2?$|node_modules/(undici|axios|got|node-fetch)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'production-code-uses-production-dependencies',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: SPEC_OR_TEST },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'], pathNot: '^@manifold/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'require', 'default'],
    },
  },
};

/** The import rules of docs/ARCHITECTURE.md. Run by `npm run imports`, which is a part of `npm test`. */
const PROVIDER_MAY_USE = 'tool-provider|async|auth|rest|oauth|egress|config|store|tenants|metrics|observability';
/** Further libraries for the provider of registered servers: it is the registry that the others only call. */
const MCP_SERVERS_MAY_USE = `${PROVIDER_MAY_USE}|bus|secrets|server-model|mcp-client|mcp-hosting`;
const SPEC_OR_TEST = '(\\.spec\\.ts$)|(/testing/)';

/**
 * The folders of a library, lowest first: a folder imports itself and what stands before it. Those joined by `|` stand side by side and
 * do not know each other; the files beside the folders are above all of them, and no folder imports them.
 */
function inOrder(lib, order) {
  const steps = order.split(' ').map((step) => step.split('|'));
  return steps.flatMap((step, at) =>
    step.map((folder) => ({
      name: `order-of-${lib.split('/').at(-1)}`,
      severity: 'error',
      from: { path: `^libs/${lib}/src/${folder}/`, pathNot: SPEC_OR_TEST },
      to: {
        path: `^libs/${lib}/src/`,
        pathNot: `^libs/${lib}/src/(?:${[...steps.slice(0, at).flat(), folder].join('|')})/`,
      },
    })),
  );
}

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
      from: { path: '^libs/providers/([^/]+)/', pathNot: ['^libs/providers/mcp-servers/', SPEC_OR_TEST] },
      to: { path: '^libs/', pathNot: `^libs/(providers/$1|${PROVIDER_MAY_USE})/` },
    },
    {
      name: 'mcp-servers-stays-apart',
      severity: 'error',
      from: { path: '^libs/providers/mcp-servers/', pathNot: SPEC_OR_TEST },
      to: { path: '^libs/', pathNot: `^libs/(providers/mcp-servers|${MCP_SERVERS_MAY_USE})/` },
    },
    {
      name: 'mcp-client-without-nest',
      comment: 'the protocol towards servers runs without the framework, and knows neither records nor users',
      severity: 'error',
      from: { path: '^libs/mcp-client/src/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/|node_modules/@nestjs/',
        pathNot: '^libs/(mcp-client|async|config|egress|metrics|oauth|observability|tool-provider)/',
      },
    },
    {
      name: 'mcp-libraries-serve-registered-servers-only',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/(mcp-client|mcp-hosting|providers/mcp-servers)/' },
      to: { path: '^libs/(mcp-client|mcp-hosting)/' },
    },
    {
      name: 'contract-knows-no-http',
      severity: 'error',
      from: { path: '^libs/tool-provider/src/[^/]+\\.ts$', pathNot: ['/index\\.ts$', '\\.spec\\.ts$'] },
      to: { path: '^libs/tool-provider/src/backend-api/|^libs/egress/' },
    },
    ...inOrder('config', 'model groups'),
    ...inOrder('transport', 'json-rpc http streams sessions methods modern|legacy endpoints'),
    ...inOrder('tool-registry', 'uris catalogue listings|search|calls primitives'),
    ...inOrder('oauth', 'protocol clients discovery tokens flow browser'),
    ...inOrder('packages', 'model npm|python runtimes catalog|jobs installs rest'),
    ...inOrder('mcp-client', 'protocol json-rpc lists stdio|http legacy modern'),
    ...inOrder('mcp-hosting', 'model metadata dedicated singleton connections supervision'),
    ...inOrder('providers/mcp-servers', 'registry client-files calls consent rest'),
    {
      name: 'only-the-composition-knows-providers',
      severity: 'error',
      from: {
        path: '^(apps|libs)/',
        pathNot: '^libs/providers/|^apps/gateway/src/providers\\.ts$|^libs/mcp-hosting/.*\\.spec\\.ts$',
      },
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
        pathNot: ['^libs/(transport|mcp-client|providers/mcp-servers)/', '^apps/gateway/src/smoke/', SPEC_OR_TEST],
      },
      to: { path: 'node_modules/@modelcontextprotocol/' },
    },
    {
      name: 'oauth-client-only-in-oauth',
      comment: 'its own requests and errors need what libs/oauth puts around them: egress, and no tokens in causes',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/oauth/' },
      to: { path: 'node_modules/oauth4webapi/' },
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
    exclude: { path: '^(build|dist)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'require', 'default'],
    },
  },
};

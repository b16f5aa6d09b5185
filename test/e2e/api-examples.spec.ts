import type { OpenAPIV3 } from 'openapi-types';
import { mcpServer, NpmRegistrySimulator } from '../simulators/npm-registry/index.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';

/** REST operations with a body, in an order in which each finds what its example needs, and the values of their paths. */
const OPERATIONS: readonly [method: 'post' | 'put' | 'delete', path: string, value?: string][] = [
  ['post', '/mcp/tool/call'],
  ['post', '/mcp/servers'],
  ['put', '/mcp/servers/{name}', 'calendar'],
  ['put', '/mcp/servers/{name}/oauth/client', 'calendar'],
  ['put', '/mcp/servers/{name}/oauth/settings', 'calendar'],
  ['post', '/mcp/servers/{name}/oauth', 'calendar'],
  ['post', '/mcp/external/discover'],
  ['post', '/secrets/set'],
  ['post', '/secrets/confirm'],
  ['post', '/secrets/delete'],
  ['post', '/mcp/user/servers/{name}/install', 'everything'],
  ['put', '/mcp/user/servers/{name}/install', 'everything'],
  ['post', '/mcp/user/servers/{name}/secrets', 'everything'],
  ['post', '/mcp/user/servers/{name}/refresh', 'everything'],
  ['delete', '/mcp/user/servers/{name}/install', 'everything'],
  ['post', '/servers/import'],
  ['post', '/packages/install'],
  ['put', '/packages/{name}/upgrade', 'memory'],
  ['post', '/auth/keys'],
  ['post', '/tenants'],
  ['put', '/tenants/{id}', 'acme'],
  ['post', '/tenants/{id}/keys', 'acme'],
];

/** There is no server at the URL of the example: the request is understood, and no more. */
const ANSWERS: Readonly<Record<string, number>> = { '/mcp/external/discover': 503 };

/** Bodies that no example can have: a link that works once, and messages of MCP. */
const WITHOUT_EXAMPLE = [
  'post /oauth/connect/{server}',
  'post /mcp',
  'post /mcp/servers/{name}/mcp',
  'post /messages',
  'post /sse/messages',
];

const METHODS = ['post', 'put', 'delete'] as const;

describe('The examples of the API document', () => {
  let registry: NpmRegistrySimulator;
  let gateway: GatewayProcess;
  let document: OpenAPIV3.Document;

  beforeAll(async () => {
    registry = await NpmRegistrySimulator.start();
    for (const version of ['1.0.0', '1.1.0']) {
      await registry.publish(mcpServer({ name: '@modelcontextprotocol/server-memory', version }));
    }
    gateway = await GatewayProcess.start({ sampleServer: true, replicas: 1, env: { NPM_REGISTRY: registry.url } });
    document = (await (await fetch(`${gateway.url}/docs-json`)).json()) as OpenAPIV3.Document;
  });

  afterAll(async () => {
    await gateway.dispose();
    await registry.stop();
  });

  /** By media type. */
  const bodyOf = (method: (typeof METHODS)[number], path: string): Record<string, OpenAPIV3.MediaTypeObject> =>
    (document.paths[path]![method]!.requestBody as OpenAPIV3.RequestBodyObject).content;

  it(cites('operation.openapi', 'are there for each REST operation with a body'), () => {
    const withBody = Object.entries(document.paths).flatMap(([path, operations]) =>
      METHODS.filter((method) => operations?.[method]?.requestBody).map((method) => `${method} ${path}`),
    );
    const tested = OPERATIONS.map(([method, path]) => `${method} ${path}`);
    expect(withBody.sort()).toEqual([...tested, ...WITHOUT_EXAMPLE].sort());
    for (const [method, path] of OPERATIONS) {
      for (const { examples } of Object.values(bodyOf(method, path))) {
        expect(examples).toEqual({
          example: { summary: expect.stringMatching(/^Needs: /), value: expect.any(Object) },
        });
      }
    }
  });

  it(cites('operation.openapi', 'work as they are, one after another, on a fresh gateway in development'), async () => {
    const wrong: string[] = [];
    for (const [method, path, value = ''] of OPERATIONS) {
      const url = `${gateway.url}${path.replace(/\{\w+\}/, value)}`;
      for (const [mediaType, { examples }] of Object.entries(bodyOf(method, path))) {
        const body = JSON.stringify((examples!.example as OpenAPIV3.ExampleObject).value); // JSON is YAML, too
        const headers = { 'content-type': mediaType };
        const response = await fetch(url, { method: method.toUpperCase(), headers, body });
        const text = await response.text();
        const fits = path in ANSWERS ? response.status === ANSWERS[path] : response.ok;
        if (!fits) wrong.push(`${method} ${path} was answered ${response.status}: ${text}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from '@readme/openapi-parser';
import type { OpenAPIV3 } from 'openapi-types';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';

type Schema = Readonly<Record<string, unknown>> & {
  $ref?: string;
  properties?: Record<string, Schema>;
  required?: string[];
};

interface Operation {
  readonly security?: readonly object[];
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<
    string,
    { description: string; content?: Record<string, { schema: Schema }>; headers?: Record<string, object> }
  >;
}

interface ApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> };
}

/** The gateway as it is built, which also writes down the routes that Fastify knows. */
const WITH_ROUTES = join(import.meta.dirname, '../support/gateway-with-routes.mjs');

interface Route {
  readonly method: string;
  readonly url: string;
}

/** Where a browser lands by itself. */
const UNDOCUMENTED = ['/', '/favicon.ico'];

/** Statuses that say everything by themselves, or have a body that nobody reads. */
const BODILESS = ['202', '204', '302'];

/** Method, path, and what a problem document can be the answer to. 401, 403, 429 and 503 go for all of them. */
const REST_ROUTES: [method: string, path: string, problems: number[]][] = [
  ['get', '/mcp/tools', []],
  ['post', '/mcp/tool/call', [400, 404, 409, 413, 415, 502, 504]],
  ['get', '/mcp/sessions', []],
  ['get', '/mcp/servers', []],
  ['post', '/mcp/servers', [400, 409, 413, 415]],
  ['get', '/mcp/servers/{name}', [404]],
  ['put', '/mcp/servers/{name}', [400, 404, 409, 413, 415]],
  ['delete', '/mcp/servers/{name}', [404]],
  ['put', '/mcp/servers/{name}/enable', [404, 409]],
  ['put', '/mcp/servers/{name}/disable', [404, 409]],
  ['post', '/mcp/servers/{name}/refresh', [404, 409]],
  ['post', '/mcp/servers/{name}/oauth', [400, 404, 409, 413, 415]],
  ['get', '/mcp/servers/{name}/oauth', [400, 404]],
  ['delete', '/mcp/servers/{name}/oauth', [400, 404]],
  ['get', '/mcp/servers/{name}/oauth/client', [404]],
  ['put', '/mcp/servers/{name}/oauth/client', [400, 404, 413, 415]],
  ['delete', '/mcp/servers/{name}/oauth/client', [404]],
  ['get', '/mcp/servers/{name}/oauth/settings', [404]],
  ['put', '/mcp/servers/{name}/oauth/settings', [400, 404, 409, 413, 415]],
  ['delete', '/mcp/servers/{name}/oauth/settings', [404]],
  ['delete', '/mcp/servers/{name}/oauth/registration', [404]],
  ['post', '/mcp/external/discover', [400, 413, 415, 502]],
  ['get', '/auth/{provider}/login', [400, 404]],
  ['get', '/mcp/user/servers', [400]],
  ['get', '/mcp/user/servers/{name}', [400, 404]],
  ['get', '/mcp/user/servers/{name}/tools', [400, 404]],
  ['get', '/mcp/user/servers/{name}/install', [400, 404]],
  ['post', '/mcp/user/servers/{name}/install', [400, 404, 413, 415]],
  ['put', '/mcp/user/servers/{name}/install', [400, 404, 413, 415]],
  ['delete', '/mcp/user/servers/{name}/install', [400, 404, 413, 415]],
  ['post', '/mcp/user/servers/{name}/secrets', [400, 404, 413, 415]],
  ['post', '/mcp/user/servers/{name}/refresh', [400, 404, 413, 415]],
  ['get', '/mcp/servers/{name}/delete-impact', [404]],
  ['get', '/servers/export', []],
  ['post', '/servers/import', [400, 413, 415]],
  ['post', '/packages/install', [400, 409, 413, 415, 422, 502, 504]],
  ['get', '/packages', [400]],
  ['get', '/packages/catalog', [400]],
  ['get', '/packages/updates', [400, 404]],
  ['get', '/packages/by-name/{name}', [400, 404]],
  ['get', '/packages/by-id/{name}', [400, 404]],
  ['put', '/packages/upgrade-all', []],
  ['put', '/packages/{name}/upgrade', [400, 404, 409, 413, 415, 422, 502, 504]],
  ['put', '/packages/{name}/enable', [404]],
  ['put', '/packages/{name}/disable', [404]],
  ['delete', '/packages/{name}', [404, 409]],
  ['get', '/packages/jobs', []],
  ['get', '/packages/jobs/{id}', [404]],
  ['delete', '/packages/jobs/{id}', [404]],
  ['post', '/secrets/set', [400, 404, 413, 415]],
  ['post', '/secrets/delete', [400, 404, 413, 415]],
  ['post', '/secrets/confirm', [400, 404, 409, 413, 415]],
  ['post', '/auth/keys', [400, 409, 413, 415]],
  ['get', '/auth/keys', []],
  ['delete', '/auth/keys/{id}', [404]],
  ['get', '/tenants', []],
  ['post', '/tenants', [400, 409, 413, 415]],
  ['get', '/tenants/{id}', [404]],
  ['put', '/tenants/{id}', [400, 404, 409, 413, 415]],
  ['delete', '/tenants/{id}', [400, 404, 409]],
  ['post', '/tenants/{id}/keys', [400, 404, 409, 413, 415]],
  ['get', '/tenants/{id}/keys', [404]],
  ['delete', '/tenants/{id}/keys/{keyId}', [404]],
  ['get', '/metrics', []],
  ['get', '/audit', [400]],
  ['get', '/audit/export', [400]],
];

const MCP_ROUTES: [method: string, path: string, answer: string][] = [
  ['post', '/mcp', '200'],
  ['get', '/mcp', '200'],
  ['delete', '/mcp', '200'],
  ['post', '/mcp/servers/{name}/mcp', '200'],
  ['get', '/mcp/servers/{name}/mcp', '200'],
  ['delete', '/mcp/servers/{name}/mcp', '200'],
  ['get', '/sse', '200'],
  ['post', '/messages', '202'],
  ['post', '/sse/messages', '202'],
];

const STREAM_ROUTES = ['get /packages/jobs/{id}/events'];

/** Answers without `success`: another specification has fixed them, or they are kept as files. */
const PLAIN_ANSWERS: Readonly<Record<string, Schema>> = {
  '/metrics': { type: 'string' },
  '/audit/export': { type: 'string' },
  '/mcp/sessions': { type: 'object', additionalProperties: { type: 'string' } },
  '/servers/export': { required: ['version', 'servers'] },
};

const PUBLIC_ROUTES = [
  'get /livez',
  'get /readyz',
  'get /healthz',
  'get /.well-known/oauth-protected-resource',
  'get /.well-known/oauth-protected-resource/mcp',
  'get /.well-known/oauth-protected-resource/mcp/servers/{name}/mcp',
  'get /.well-known/oauth-protected-resource/sse',
  'get /oauth/client.json',
  'get /oauth/connect/{server}',
  'post /oauth/connect/{server}',
  'get /oauth/callback',
  'get /auth/{provider}/callback',
];

describe('The API document', () => {
  let gateway: GatewayProcess;
  let document: ApiDocument;
  let folder: string;
  let routes: Route[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manifold-routes-'));
    const env = { NODE_ENV: 'production', PUBLIC_DETAILS: 'true', ROUTES_FILE: join(folder, 'routes.json') };
    gateway = await GatewayProcess.start({ env, program: WITH_ROUTES });
    document = (await (await fetch(`${gateway.url}/docs-json`)).json()) as ApiDocument;
    routes = JSON.parse(readFileSync(env.ROUTES_FILE, 'utf8')) as Route[];
  });

  afterAll(async () => {
    await gateway.dispose();
    rmSync(folder, { recursive: true });
  });

  /** The schema itself, wherever it is. */
  function resolve(schema: Schema): Schema {
    if (schema.$ref === undefined) return schema;
    const keys = schema.$ref.replace(/^#\//, '').split('/');
    const found = keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
    if (found === undefined) throw new Error(`${schema.$ref} leads nowhere`);
    return resolve(found as Schema);
  }

  const operations = (): { method: string; path: string; operation: Operation }[] =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );

  const bodyOf = (method: string, path: string): Schema =>
    resolve(document.paths[path]![method]!.requestBody!.content['application/json']!.schema);

  it(cites('operation.openapi', 'lists every route of the gateway, and no other'), () => {
    const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    const expected = [...REST_ROUTES, ...MCP_ROUTES].map(([method, path]) => `${method} ${path}`);

    expect(listed.sort()).toEqual([...expected, ...STREAM_ROUTES, ...PUBLIC_ROUTES].sort());
  });

  it(cites('operation.openapi', 'describes how a URL and a header choose the view and the chat'), () => {
    const optional = (method: string, path: string) =>
      (document.paths[path]![method]!.parameters ?? [])
        .filter(({ required }) => !required)
        .map((parameter) => `${parameter.in} ${parameter.name}`);

    expect(optional('post', '/mcp')).toEqual(expect.arrayContaining(['query apps', 'query mode', 'header X-Chat-Id']));
    expect(optional('get', '/sse')).toEqual(expect.arrayContaining(['query apps', 'query mode']));
  });

  it(cites('operation.openapi-complete', 'is valid, and every reference in it leads somewhere'), async () => {
    const result = await validate(structuredClone(document) as unknown as OpenAPIV3.Document);
    expect(result).toMatchObject({ valid: true, warnings: [] });
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, $ref]) => $ref!);
    expect(references.length).toBeGreaterThan(100);
    for (const $ref of new Set(references)) expect(resolve({ $ref })).toBeDefined();
  });

  it(cites('operation.openapi-complete', 'has every route that Fastify serves, but those of the documentation'), () => {
    const served = routes
      .filter(({ method, url }) => method !== 'HEAD' && method !== 'OPTIONS' && !/^\/docs\b/.test(url))
      .filter(({ url }) => !UNDOCUMENTED.includes(url))
      .map(({ method, url }) => `${method.toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`);
    const listed = operations().map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(served)].sort()).toEqual(listed.sort());
  });

  it(cites('operation.openapi-complete', 'names each operation, once, and has a schema for each body'), () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(ids).toEqual(ids.map(() => expect.stringMatching(/^[a-z][A-Za-z0-9]+$/)));
    expect(new Set(ids).size).toBe(ids.length);
    const lacking = operations().flatMap(({ method, path, operation }) =>
      Object.entries(operation.responses)
        .filter(([status, { content }]) => !BODILESS.includes(status) && !hasSchemas(content) && !isEnd(method, path))
        .map(([status]) => `${method} ${path} ${status}`),
    );
    expect(lacking).toEqual([]);
    expect(operations().filter(({ operation }) => !operation.summary)).toEqual([]);
  });

  it(cites('operation.openapi-complete', 'has no object without a name in what REST takes and answers'), () => {
    const unnamed = operations().flatMap(({ method, path, operation }) =>
      [operation.requestBody, ...Object.values(operation.responses)]
        .flatMap((body) => Object.values(body?.content ?? {}))
        .filter(({ schema }) => schema.properties !== undefined)
        .map(() => `${method} ${path}`),
    );
    expect(unnamed).toEqual([]);
  });

  it(cites('operation.openapi-complete', 'says of each route whether it is public, as it is'), async () => {
    const wrong: string[] = [];
    for (const { method, path, operation } of operations()) {
      const url = `${gateway.url}${path.replace(/\{\w+\}/g, 'x')}`;
      const isPublic = (operation.security ?? []).length === 0;
      const response = await fetch(url, { method: method.toUpperCase(), redirect: 'manual' });
      await response.body?.cancel();
      if ((response.status !== 401) !== isPublic) wrong.push(`${method} ${path} ${response.status}`);
      if (!isPublic && !operation.responses['401']) wrong.push(`${method} ${path} does not say 401`);
    }
    expect(wrong).toEqual([]);
    const schemes = Object.keys(document.components.securitySchemes);
    const named = operations().flatMap(({ operation }) => (operation.security ?? []).flatMap(Object.keys));
    expect(new Set(named)).toEqual(new Set(schemes));
  });

  it.each(REST_ROUTES)(
    cites('operation.openapi', '%s %s has a described answer, and every error as a problem document'),
    (method, path, problems) => {
      const { responses, summary } = document.paths[path]![method]!;
      const { '200': answer, '202': accepted, '302': redirect, ...errors } = responses;
      expect(accepted === undefined || accepted.content).toBeTruthy();
      const schemas = Object.values(redirect ? {} : answer!.content!).map(({ schema }) => resolve(schema));

      expect(summary).toEqual(expect.any(String));
      const formats = path === '/servers/export' ? 2 : 1; // JSON, and YAML where that is asked for
      expect(schemas).toHaveLength(redirect ? 0 : formats);
      for (const schema of schemas) {
        expect(schema).toMatchObject(PLAIN_ANSWERS[path] ?? { required: expect.arrayContaining(['success']) });
      }
      expect(Object.keys(errors).map(Number)).toEqual([401, 403, 429, 503, ...problems].sort((a, b) => a - b));
      for (const [status, { content, description, headers }] of Object.entries(errors)) {
        expect(description).toMatch(/\w/);
        expect(Object.keys(headers ?? {})).toEqual(['429', '503'].includes(status) ? ['Retry-After'] : []);
        expect(content).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } },
        });
      }
    },
  );

  it.each(MCP_ROUTES)(
    cites('operation.openapi', '%s %s is answered %s, and errors are described'),
    (method, path, answer) => {
      const { responses, requestBody } = document.paths[path]![method]!;
      const { '401': unauthenticated, '429': limited, ...others } = responses;

      expect(Object.keys(others).filter((status) => status < '203')).toContain(answer);
      expect(others).not.toHaveProperty('201');
      for (const refusal of [unauthenticated!, limited!]) {
        expect(refusal.content).toHaveProperty(['application/problem+json']);
      }
      expect(limited!.headers).toHaveProperty('Retry-After');
      expect(others['503']!.headers).toHaveProperty('Retry-After');
      for (const [, { content }] of Object.entries(others).filter(([status]) => status >= '400')) {
        expect(resolve(content!['application/json']!.schema)).toMatchObject({ required: ['jsonrpc', 'error', 'id'] });
      }
      if (method === 'post')
        expect(resolve(requestBody!.content['application/json']!.schema)).toHaveProperty('properties');
    },
  );

  it.each<[string, string, string[], string[]]>([
    ['post', '/mcp/tool/call', ['serverName', 'methodName'], ['args', 'username']],
    [
      'post',
      '/mcp/servers',
      ['name'],
      ['transportType', 'command', 'args', 'env', 'url', 'headers', 'sessionId', 'reconnectionOptions', 'enabled'],
    ],
    [
      'put',
      '/mcp/servers/{name}',
      [],
      ['transportType', 'command', 'args', 'env', 'url', 'headers', 'sessionId', 'reconnectionOptions', 'enabled'],
    ],
    ['post', '/secrets/set', ['serverName', 'secretName', 'secretValue'], ['username']],
    ['post', '/secrets/delete', ['serverName', 'secretName'], ['username']],
    ['post', '/secrets/confirm', ['serverName', 'destination'], ['username']],
    ['post', '/auth/keys', ['name', 'roles'], ['issuer', 'expiresAt']],
  ])(cites('operation.openapi', 'the body of %s %s has its fields'), (method, path, required, optional) => {
    const { properties, required: needed = [] } = bodyOf(method, path);

    expect(Object.keys(properties!)).toEqual(expect.arrayContaining([...required, ...optional]));
    expect([...needed].sort()).toEqual([...required].sort());
    for (const property of Object.values(properties!)) expect(Object.keys(property)).not.toEqual([]);
  });

  it(cites('operation.openapi', 'describes the problem as it is sent'), async () => {
    const sent = (await (
      await fetch(`${gateway.url}/mcp/servers`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': await createApiKey(gateway, 'me', 'operator') },
        body: '{}',
      })
    ).json()) as Record<string, unknown>;
    const { properties, required } = document.components.schemas['ProblemDto']!;

    expect(Object.keys(properties!).sort()).toEqual(Object.keys(sent).sort());
    expect([...required!, 'errors'].sort()).toEqual(Object.keys(sent).sort());
  });

  it(cites('operation.openapi', 'demands a bearer token or an API key where the gateway does'), () => {
    expect(document.components.securitySchemes).toMatchObject({
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    });
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(operations)) {
        const isPublic = PUBLIC_ROUTES.includes(`${method} ${path}`);
        expect({ method, path, security }).toEqual({
          method,
          path,
          security: isPublic ? undefined : expect.arrayContaining([{ bearer: [] }, { apiKey: [] }]),
        });
      }
    }
  });

  it(cites('operation.openapi', 'has no reference that leads nowhere, and each operation id once'), () => {
    const references: string[] = [];
    JSON.stringify(document, (key, value: unknown) => {
      if (key === '$ref') references.push(value as string);
      return value;
    });
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((each) => each.operationId));

    expect(document.openapi).toMatch(/^3\./);
    expect(references.length).toBeGreaterThan(50);
    for (const $ref of references) expect(() => resolve({ $ref })).not.toThrow();
    expect(new Set(ids).size).toBe(ids.length);
  });
});

const hasSchemas = (content: Record<string, { schema: Schema }> | undefined): boolean => {
  const bodies = Object.values(content ?? {});
  return bodies.length > 0 && bodies.every(({ schema }) => Object.keys(schema ?? {}).length > 0);
};

/** MCP ends a session by a DELETE whose answer is empty. */
const isEnd = (method: string, path: string): boolean => method === 'delete' && /\/mcp$/.test(path);

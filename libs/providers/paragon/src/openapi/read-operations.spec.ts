import { ProviderError } from '@manifold/tool-provider';
import fc from '../../../../../test/support/fuzz.js';
import { OpenApiError } from './openapi-error.js';
import { NamedOperation, type ProxyRequest } from './operation.js';
import { readOperations } from './read-operations.js';

type Json = Record<string, unknown>;

const ORIGIN = { file: 'slack.json', integration: 'slack' };
const string = { type: 'string' };
const path = (name: string, more: Json = {}): Json => ({ name, in: 'path', required: true, schema: string, ...more });
const query = (name: string, more: Json = {}): Json => ({ name, in: 'query', schema: string, ...more });
const header = (name: string, more: Json = {}): Json => ({ name, in: 'header', schema: string, ...more });
const jsonBody = (schema: unknown, more: Json = {}): Json => ({ content: { 'application/json': { schema } }, ...more });

/** Reads a document. Returns its operations, and the reasons for those that are left out. */
async function read(paths: unknown, more: Json = {}) {
  const skipped: Record<string, string> = {};
  const faults: OpenApiError[] = [];
  const document = { openapi: '3.0.3', paths, ...more };
  const details = await readOperations(ORIGIN, document, (operation, fault) => {
    skipped[operation] = fault.message;
    faults.push(fault);
  });
  return { operations: details.map((one) => new NamedOperation(one.wantedName, one)), skipped, faults };
}

/** The one operation of a document; it must be good. */
async function operation(url: string, method: string, described: Json, more: Json = {}): Promise<NamedOperation> {
  const { operations, skipped } = await read({ [url]: { [method]: described } }, more);
  expect(skipped).toEqual({});
  return operations[0]!;
}

async function request(url: string, described: Json, params: Json): Promise<ProxyRequest> {
  return (await operation(url, 'get', described)).request({ params });
}

describe('the operations of an OpenAPI document', () => {
  it('are offered with their summary, description, parameters and body', async () => {
    const made = await operation('/users/{id}', 'post', {
      ...{ summary: 'Update a user', description: 'Changes its name.', operationId: 'update' },
      parameters: [path('id', { description: 'Whose' }), query('notify', { schema: { type: 'boolean' } })],
      requestBody: jsonBody(
        { type: 'object', properties: { name: string } },
        { required: true, description: 'New values' },
      ),
    });
    expect(made).toMatchObject({
      ...{ integration: 'slack', name: 'SLACK_UPDATE_A_USER', description: 'Update a user - Changes its name.' },
      inputSchema: {
        type: 'object',
        properties: {
          params: {
            type: 'object',
            properties: { id: { type: 'string', description: 'Whose' }, notify: { type: 'boolean' } },
            required: ['id'],
            additionalProperties: false,
          },
          body: { type: 'object', properties: { name: string }, description: 'New values' },
        },
        required: ['params', 'body'],
        additionalProperties: false,
      },
    });
    expect(made.request({ params: { id: 'a b', notify: false }, body: { name: 'x' } })).toEqual({
      ...{ integration: 'slack', method: 'POST', url: '/users/a%20b?notify=false', body: { name: 'x' } },
      headers: { 'content-type': 'application/json' },
    });
  });

  it('need neither parameters nor summary nor description', async () => {
    const made = await operation('/me', 'get', {});
    expect([made.name, made.description]).toEqual(['SLACK_GET_ME', 'GET /me']);
    expect(made.inputSchema).toEqual({ type: 'object', properties: {}, additionalProperties: false });
    expect(made.request({})).toEqual({ integration: 'slack', method: 'GET', url: '/me', headers: {} });
  });

  it('are offered for the five methods of the proxy, in the order of the document', async () => {
    const methods = Object.fromEntries(
      ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'].map((m) => [m, {}]),
    );
    const { operations, skipped } = await read({ '/b': methods, '/a': { get: {} }, 'x-internal': { get: {} } });
    const offered = operations.map((one) => one.request({})).map(({ method, url }) => `${method} ${url}`);
    expect(offered).toEqual(['GET /b', 'POST /b', 'PUT /b', 'PATCH /b', 'DELETE /b', 'GET /a']);
    expect(Object.keys(skipped)).toEqual(['HEAD /b', 'OPTIONS /b', 'TRACE /b']);
  });

  it('take the parameters of their path, and replace them by their own', async () => {
    const item = {
      parameters: [query('a', { description: 'path' }), query('b'), header('X-A', { required: true })],
      get: { parameters: [query('a', { description: 'own', required: true }), header('x-a')] },
    };
    const { operations } = await read({ '/': item });
    expect(operations[0]!.inputSchema).toMatchObject({
      properties: {
        params: {
          properties: { a: { type: 'string', description: 'own' }, b: string, 'x-a': string },
          required: ['a'],
        },
      },
    });
    expect(operations[0]!.request({ params: { a: '1', b: '2', 'x-a': '3' } })).toMatchObject({
      ...{ url: '/?a=1&b=2', headers: { 'x-a': '3' } },
    });
  });

  it('keep parameters of one name in several places apart', async () => {
    const made = await operation('/{id}', 'get', {
      parameters: [path('id'), query('id'), header('id'), query('id_query')],
    });
    const params = { id: '1', id_query: '2', id_header: '3', id_query_query: '4' };
    expect(made.request({ params })).toMatchObject({ url: '/1?id=2&id_query=4', headers: { id: '3' } });
  });

  it('offer no parameter that credentials or routing travel in', async () => {
    const names = [
      'Authorization',
      'Host',
      'X-Paragon-Credential',
      'x-paragon-proxy-url',
      'Cookie',
      'Accept',
      'Content-Type',
    ];
    const cookie = { name: 'session', in: 'cookie', required: true, schema: string };
    const parameters = [...names.map((name) => header(name, { required: true })), cookie];
    const made = await operation('/', 'get', { parameters });
    expect(made.inputSchema).toEqual({ type: 'object', properties: {}, additionalProperties: false });
    const sent = Object.fromEntries([...names, 'session'].map((name) => [name, 'x']));
    expect(made.request({ params: sent })).toMatchObject({ url: '/', headers: {} });
  });

  it('resolve references to paths, parameters, bodies and media types', async () => {
    const components = {
      pathItems: {
        Shared: { $ref: '#/components/pathItems/Real' },
        Real: {
          post: { $ref: 1, requestBody: { $ref: '#/components/requestBodies/B' } },
          parameters: [{ $ref: '#/components/parameters/P' }],
        },
      },
      parameters: { P: query('p') },
      requestBodies: { B: jsonBody({ $ref: '#/components/schemas/S' }, { required: true }) },
      schemas: { S: { type: 'integer' } },
    };
    const { operations, skipped } = await read({ '/': { $ref: '#/components/pathItems/Shared' } }, { components });
    expect(skipped).toEqual({});
    expect(operations[0]!.inputSchema).toMatchObject({
      properties: { params: { properties: { p: string } }, body: { type: 'integer' } },
      required: ['body'],
    });
  });

  it('have the server of the nearest list', async () => {
    const servers = (url: string) => ({ servers: [{ url }] });
    const item = { get: {}, post: servers('https://own.example/v1'), ...servers('/item/') };
    const { operations } = await read({ '/a': item, '/b': { get: {} } }, servers('https://all.example'));
    const urls = operations.map((one) => one.request({}).url);
    expect(urls).toEqual(['/item/a', 'https://own.example/v1/a', 'https://all.example/b']);
  });

  describe('have a body that', () => {
    const sentAs = async (content: Json): Promise<string | undefined> => {
      const made = await operation('/', 'post', { requestBody: { content } });
      return made.request({ body: { a: null } }).headers['content-type'];
    };

    it.each([
      [['application/json'], 'application/json'],
      [['text/plain', 'application/vnd.api+json'], 'application/vnd.api+json'],
      [['application/json-patch+json', 'application/json; charset=utf-8'], 'application/json; charset=utf-8'],
      [['*/*'], 'application/json'],
      [['APPLICATION/JSON'], 'APPLICATION/JSON'],
    ])('is sent as one of the types %j: %s', async (types, expected) => {
      expect(await sentAs(Object.fromEntries(types.map((type) => [type, {}])))).toBe(expected);
    });

    it.each([null, false, 0, '', []])('is sent as it is: %j', async (body) => {
      const made = await operation('/', 'put', { requestBody: jsonBody({}) });
      expect(made.request({ body })).toHaveProperty('body', body);
      expect(made.request({})).not.toHaveProperty('body');
    });

    it('is required where the document says so, or where it has required fields and the document says nothing', async () => {
      const required = async (requestBody: Json) => (await operation('/', 'post', { requestBody })).inputSchema;
      const fields = { type: 'object', properties: { a: string }, required: ['a'] };
      expect(await required(jsonBody({}, { required: true }))).toHaveProperty('required', ['body']);
      expect(await required(jsonBody(fields))).toHaveProperty('required', ['body']);
      expect(await required(jsonBody(fields, { required: false }))).not.toHaveProperty('required');
      expect(await required(jsonBody({}))).not.toHaveProperty('required');
    });

    it('is refused with the reason if it is no JSON', async () => {
      const content = { 'multipart/form-data': { schema: {} }, 'text/plain': {}, 'application/json\r\nX-A: b': {} };
      const upload = await operation('/', 'post', { summary: 'Upload', requestBody: { content, required: true } });
      const reason = 'SLACK_UPLOAD takes its body as multipart/form-data or text/plain';
      expect(() => upload.request({ body: 'x' })).toThrow(reason);
      expect(() => upload.request({})).toThrow(ProviderError);
      const optional = await operation('/', 'post', { requestBody: { content } });
      expect(() => optional.request({ body: {} })).toThrow('only JSON can be sent');
      expect(optional.request({})).toMatchObject({ method: 'POST', headers: {} });
    });

    it('is none for a GET, and none where no type is named', async () => {
      for (const [method, requestBody] of [
        ['get', jsonBody({})],
        ['post', { content: {} }],
      ] as const) {
        const made = await operation('/', method, { requestBody });
        expect(made.inputSchema).toEqual({ type: 'object', properties: {}, additionalProperties: false });
        expect(made.request({ body: {} })).not.toHaveProperty('body');
      }
    });
  });

  describe('make requests', () => {
    it('that keep 0, false and the empty text, and leave out null', async () => {
      const parameters = ['a', 'b', 'c', 'd', 'e'].map((name) => query(name));
      const params = { a: 0, b: false, c: '', d: null };
      expect(await request('/', { parameters }, params)).toMatchObject({ url: '/?a=0&b=false&c=' });
    });

    it('with values in the styles of their parameters', async () => {
      const parameters = [
        path('ids', { schema: { type: 'array' } }),
        query('tags', { style: 'pipeDelimited', explode: false }),
        query('filter', { style: 'deepObject' }),
        query('where', { schema: undefined, content: { 'application/json': { schema: { type: 'object' } } } }),
        header('X-List'),
      ];
      const params = { ids: ['a', 'b/c'], tags: ['x', 'y'], filter: { a: 1 }, where: { b: 2 }, 'X-List': [1, 2] };
      expect(await request('/{ids}.json?v=1', { parameters }, params)).toMatchObject({
        url: '/a,b%2Fc.json?v=1&tags=x%7Cy&filter%5Ba%5D=1&where=%7B%22b%22%3A2%7D',
        headers: { 'x-list': '1,2' },
      });
    });

    it('with a URL of printable ASCII for all arguments', async () => {
      const { url } = await request(
        '/ä/{id}',
        { parameters: [path('id'), query('é')] },
        { id: '\u202e\u00e9', é: '\r\n \u0000' },
      );
      expect(url).toMatch(/^[\x21-\x7e]+$/);
    });

    it.each([
      ['a missing path parameter', {}],
      ['a path parameter that is null', { id: null }],
      ['one that every object inherits', { toString: 'a' }],
      ['an empty path parameter', { id: '' }],
      ['a way out of the path', { id: '../admin' }],
      ['an encoded way out of the path', { id: '..%2fadmin' }],
      ['a list that leads out of the path', { id: ['..'] }],
      ['an object with a way out of the path', { id: { '../a/': 'b' } }],
      ['a header that ends the line', { id: 'a', 'X-A': 'b\r\nAuthorization: c' }],
    ])('but not with %s', async (_, params) => {
      const made = await operation('/users/{id}', 'delete', { parameters: [path('id'), header('X-A')] });
      expect(() => made.request({ params })).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
    });

    it.each(['text', 5, [], true])('but not with params %j', async (params) => {
      const made = await operation('/', 'get', { parameters: [query('a')] });
      expect(() => made.request({ params })).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
    });
  });

  describe('that are bad are left out alone', () => {
    it.each<[string, Json, string]>([
      ['no description of a placeholder', {}, 'no parameter describes {id}'],
      ['a placeholder that is described elsewhere', { parameters: [query('id')] }, 'no parameter describes {id}'],
      ['parameters that are no list', { parameters: {} }, 'not a list'],
      ['a parameter that is none', { parameters: [path('id'), 'x'] }, 'has no name'],
      ['a parameter without a name', { parameters: [path('id'), { in: 'query' }] }, 'has no name'],
      [
        'a parameter in an unknown place',
        { parameters: [path('id'), query('a', { in: 'body' })] },
        'neither in the path',
      ],
      ['a parameter without a schema', { parameters: [path('id'), { name: 'a', in: 'query' }] }, 'has no schema'],
      ['a bad schema', { parameters: [path('id', { schema: { type: 'text' } })] }, '/properties/id/type'],
      ['an unknown style', { parameters: [path('id', { style: 'form' })] }, 'unknown style "form"'],
      [
        'a parameter in XML',
        { parameters: [path('id', { schema: undefined, content: { 'text/xml': {} } })] },
        'text/xml',
      ],
      ['an impossible header', { parameters: [path('id'), header('a b')] }, 'no header can have'],
      ['a missing reference', { parameters: [path('id'), { $ref: '#/components/parameters/P' }] }, 'does not resolve'],
      ['a reference out of the file', { parameters: [path('id'), { $ref: 'http://a/b' }] }, 'leads out of this file'],
      ['a circle of references', { parameters: [path('id'), { $ref: '#/x-circle' }] }, 'form a cycle'],
      ['a body without content', { parameters: [path('id')], requestBody: {} }, 'no content'],
      ['a body that is none', { parameters: [path('id')], requestBody: 'x' }, 'no content'],
      ['a bad server', { parameters: [path('id')], servers: [{ url: 'ftp://a' }] }, 'not http'],
    ])('with %s', async (_, bad, reason) => {
      const paths = { '/a/{id}': { post: bad, get: { parameters: [path('id')] } }, '/b': { get: {} } };
      const { operations, skipped, faults } = await read(paths, { 'x-circle': { $ref: '#/x-circle' } });
      expect(skipped).toEqual({ 'POST /a/{id}': expect.stringContaining(reason) });
      expect(operations.map(({ name }) => name)).toEqual(['SLACK_GET_A_ID', 'SLACK_GET_B']);
      expect(faults[0]!.part).toBeInstanceOf(Object);
    });

    it.each<[string, unknown, string]>([
      ['a path that is none', { a: { get: {} } }, 'does not begin with "/"'],
      ['a path item that is none', { '/a': 1 }, 'not an object'],
      ['an operation that is none', { '/a': { get: 'x' } }, 'not an object'],
      ['a path that leads elsewhere', { '/a': { $ref: 'a.yaml' } }, 'leads out of this file'],
      ['a path with dots', { '/../a': { get: {} } }, '".." segments'],
    ])('with %s', async (_, paths, reason) => {
      const { operations, skipped } = await read({ ...(paths as Json), '/good': { get: {} } });
      expect(Object.values(skipped)).toEqual([expect.stringContaining(reason)]);
      expect(operations.map(({ name }) => name)).toEqual(['SLACK_GET_GOOD']);
    });
  });

  it('are not offered where the server of the whole document is bad', async () => {
    await expect(read({ '/': { get: {} } }, { servers: [{ url: '{host}' }] })).rejects.toThrow(OpenApiError);
  });

  it('stay usable, or are left out for a reason, whatever stands in one place of a document', async () => {
    const good = {
      paths: {
        '/a/{id}': {
          parameters: [path('id', { description: 'Whose', explode: true })],
          get: {
            summary: 'A',
            parameters: [query('q', { style: 'form' }), header('X-A'), { $ref: '#/components/parameters/P' }],
          },
          post: { operationId: 'b', requestBody: jsonBody({ $ref: '#/components/schemas/S' }, { required: true }) },
        },
      },
      servers: [{ url: 'https://{x}.example', variables: { x: { default: 'a' } } }],
      components: {
        parameters: { P: query('p', { content: { 'application/json': { schema: {} } }, schema: undefined }) },
        schemas: { S: { type: 'object', properties: { a: { $ref: '#/components/schemas/S' } }, required: ['a'] } },
      },
    };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...placesIn(good)), fc.jsonValue(), async (place, value) => {
        const { paths, ...more } = replaced(good, place, value) as Json;
        const { operations } = await read(isRecord(paths) ? paths : {}, more).catch((error: unknown) => {
          if (error instanceof OpenApiError) return { operations: [] };
          throw error;
        });
        for (const one of operations) {
          try {
            one.request({ params: { id: 'x', q: [1], p: { a: 1 }, 'X-A': 'b' }, body: { a: {} } });
          } catch (error) {
            expect(error).toBeInstanceOf(ProviderError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function placesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[key], ...placesIn(inner).map((place) => [key, ...place])]);
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Json) };
  return Object.assign(copy, { [key]: replaced((value as Json)[key], rest, by) });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { startParagonGateway, type ParagonGateway } from '../support/paragon.js';
import { itOnOne } from '../support/replicated.js';

const document = (operations: object) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Files', version: '1' },
    servers: [{ url: 'https://slack.com/api' }],
    paths: operations,
  });

const GET_FILE = {
  '/files/{file-id}': {
    get: {
      summary: 'Get a file',
      parameters: [
        { name: 'file-id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'page', in: 'query', schema: { type: 'integer' } },
        { name: 'X-Team', in: 'header', schema: { type: 'string' } },
      ],
    },
  },
};
const POST_FILE = {
  '/files': {
    post: {
      operationId: 'createFile',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
          },
        },
      },
    },
  },
};

let folder: string;
let paragon: ParagonGateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manifold-openapi-'));
  writeFileSync(join(folder, 'slack.json'), document(GET_FILE));
  writeFileSync(join(folder, 'hubspot.yaml'), 'openapi: 3.0.0\ninfo: {title: x\npaths: [');
  writeFileSync(join(folder, 'jira.json'), document(GET_FILE)); // not an integration of the project
  paragon = await startParagonGateway({
    ENABLE_CUSTOM_OPENAPI_ACTIONS: 'true',
    ENABLE_PROXY_API_TOOL: 'true',
    OPENAPI_DIR: folder,
    TOOL_LIST_TTL_MS: '500',
  });
  paragon.simulator.connect('alice', 'slack');
});
afterAll(async () => {
  await paragon?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const as = (user: string) => connectSdk1({ url: paragon.gateway.url, user });
const proxied = () =>
  paragon.simulator.requests
    .filter(({ path }) => path.includes('/sdk/proxy/'))
    .map(({ method, path, headers, body, user }) => ({
      user,
      method,
      path: path.split('/proxy')[1],
      url: headers['x-paragon-proxy-url'],
      raw: headers['x-paragon-use-raw-response'],
      team: headers['x-team'],
      body,
    }));
afterEach(() => paragon.simulator.clearRequests());

describe('OpenAPI files', () => {
  it(cites('paragon.openapi', 'give tools to active integrations, whose calls go through the proxy'), async () => {
    const { client } = await as('alice');
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('GET_A_FILE'))).toEqual(['SLACK_GET_A_FILE']);
    const params = { 'file-id': 'a/b c', page: 0, 'X-Team': 'T1' };
    const result = await client.callTool({ name: 'SLACK_GET_A_FILE', arguments: { params } });
    expect(result.isError).toBeUndefined();
    expect(proxied()).toEqual([
      {
        user: 'alice',
        method: 'GET',
        path: '/slack',
        url: 'https://slack.com/api/files/a%2Fb%20c?page=0',
        raw: 'true',
        team: 'T1',
        body: undefined,
      },
    ]);
    await client.close();
  });

  it(cites('paragon.openapi', 'that are bad are named in the log with their line, and disturb no other'), async () => {
    const line = /hubspot\.yaml.*"line":\d+|hubspot\.yaml:\d+/;
    expect(await eventually('the log names it', () => line.test(paragon.gateway.logs()))).toBe(true);
  });

  itOnOne(cites('paragon.openapi', 'are read again when they change, and clients hear of it'), async () => {
    const { client, names, close } = await listening('alice');
    writeFileSync(join(folder, 'slack.json'), document({ ...GET_FILE, ...POST_FILE }));
    await eventually('the new tool is announced', () => names().includes('SLACK_CREATE_FILE'));
    const refused = await client.callTool({ name: 'SLACK_CREATE_FILE', arguments: {} });
    expect([refused.isError, textOf(refused)]).toEqual([true, expect.stringContaining('Validation error')]);
    await client.callTool({ name: 'SLACK_CREATE_FILE', arguments: { body: { name: 'x' } } });
    expect(proxied()).toMatchObject([{ method: 'POST', url: 'https://slack.com/api/files', body: { name: 'x' } }]);
    await close();
  });
});

it(cites('paragon.list-changed', 'a change at Paragon is announced to a client that only listens'), async () => {
  const { names, close } = await listening('bob');
  paragon.simulator.offer('notion', [{ name: 'NOTION_NEW', description: 'New', parameters: { type: 'object' } }]);
  await eventually('the new action is announced', () => names().includes('NOTION_NEW'));
  await close();
});

it(cites('paragon.proxy-tool', 'the agent writes requests to active integrations, and to nobody else'), async () => {
  const { client } = await as('alice');
  const call = (request: object) =>
    client.callTool({
      name: 'CALL_API_REQUEST',
      arguments: { integration: 'slack', url: '/chat.postMessage', httpMethod: 'POST', ...request },
    });
  expect((await call({ queryParams: { pretty: 0 }, body: { text: 'hi' } })).isError).toBeUndefined();
  expect(proxied()).toMatchObject([
    { user: 'alice', method: 'POST', url: '/chat.postMessage?pretty=0', body: { text: 'hi' } },
  ]);
  paragon.simulator.clearRequests();

  const bad = [
    { url: '//evil.example/x' },
    { url: '/v1/..%2fadmin' },
    { url: 'https://slack.com@evil.example/' },
    { url: 'https://127.0.0.1/' },
    { headers: { Authorization: 'Bearer stolen' } },
    { headers: { Host: 'evil.example' } },
    { headers: { 'X-Paragon-Proxy-Url': 'https://evil.example' } },
    { integration: 'jira' },
  ];
  for (const request of bad) expect([request, (await call(request)).isError]).toEqual([request, true]);
  expect(proxied()).toEqual([]);
  await client.close();
});

/** A client that lists its tools anew whenever it is told that they have changed. */
async function listening(user: string) {
  const client = new Client({ name: 'listener', version: '1' });
  let known: string[] = [];
  const list = async () => {
    known = (await client.listTools()).tools.map(({ name }) => name);
  };
  client.setNotificationHandler(ToolListChangedNotificationSchema, list);
  await client.connect(new StreamableHTTPClientTransport(new URL(`/mcp?user=${user}`, paragon.gateway.url)));
  await list();
  return { client, names: () => known, close: () => client.close() };
}

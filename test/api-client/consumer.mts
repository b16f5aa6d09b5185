// A program of somebody who uses the gateway's REST API through a client that is generated from /docs-json. It is compiled against the
// generated types by api-client.spec.ts, strictly, and run against a gateway: a type that does not fit the answer shows in one of the two.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './gateway-api.js';

const [baseUrl, token, command, script] = process.argv.slice(2) as [string, string, string, string];
const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });

/** The body of a success; a problem ends the program. */
function must<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  assert.ok(data !== undefined, `${response.status} ${JSON.stringify(error)}`);
  return data;
}

async function health(): Promise<void> {
  const anonymous = createClient<paths>({ baseUrl });
  const { status } = must(await anonymous.GET('/livez'));
  assert.equal(status, 'ok' satisfies typeof status);
  const { details, status: all } = must(await anonymous.GET('/healthz'));
  assert.equal(all, 'ok');
  assert.equal(details?.store?.status, 'up');
  const { error, response } = await anonymous.GET('/mcp/servers');
  assert.equal(response.status, 401);
  const problem: components['schemas']['ProblemDto'] | undefined = error;
  assert.equal(problem?.status, 401);
}

async function servers(): Promise<void> {
  const registration: components['schemas']['RegisterServerDto'] = { name: 'echo', command, args: [script] };
  const { server, success } = must(await api.POST('/mcp/servers', { body: registration }));
  assert.equal(success, true);
  const { name, enabled, transportType }: components['schemas']['ServerDto'] = server;
  assert.deepEqual([name, enabled, transportType], ['echo', true, 'stdio']);

  const taken = await api.POST('/mcp/servers', { body: registration });
  assert.equal(taken.response.status, 409);
  assert.equal(typeof taken.error?.code, 'string');

  // @ts-expect-error a server has a name
  const nameless = await api.POST('/mcp/servers', { body: { command } });
  assert.equal(nameless.response.status, 400);
  assert.ok(nameless.error?.errors?.some(({ pointer }) => pointer === '/name'));

  const params = { path: { name: 'echo' } };
  assert.equal(must(await api.GET('/mcp/servers/{name}', { params })).server.name, 'echo');
  const { server: changed } = must(await api.PUT('/mcp/servers/{name}', { params, body: { env: { A: 'b' } } }));
  assert.equal(changed.name, 'echo');
  assert.equal(must(await api.PUT('/mcp/servers/{name}/disable', { params })).server.enabled, false);
  assert.equal(must(await api.PUT('/mcp/servers/{name}/enable', { params })).server.enabled, true);
  assert.deepEqual(
    must(await api.GET('/mcp/servers')).servers.map((each) => each.name),
    ['echo'],
  );
  const missing = await api.GET('/mcp/servers/{name}', { params: { path: { name: 'nobody' } } });
  assert.equal(missing.error?.code, 'server_not_found');
}

async function secrets(): Promise<void> {
  const secret = { username: 'alice', serverName: 'echo', secretName: 'TOKEN' };
  assert.equal(must(await api.POST('/secrets/set', { body: { ...secret, secretValue: 'a value' } })).success, true);
  assert.equal(must(await api.POST('/secrets/delete', { body: secret })).success, true);
  const again = await api.POST('/secrets/delete', { body: secret });
  assert.deepEqual([again.response.status, again.error?.success], [404, false]);
}

async function tools(): Promise<void> {
  const listed = must(await api.GET('/mcp/tools')).tools.flatMap((perServer) => Object.values(perServer).flat());
  const echo = listed.find((tool) => tool.name === 'echo');
  assert.equal(typeof echo?.inputSchema, 'object');
  const body = { serverName: 'echo', methodName: 'echo', args: { message: 'hello' } };
  const { data } = must(await api.POST('/mcp/tool/call', { body }));
  assert.match(JSON.stringify(data.content), /hello/);
  const unknown = await api.POST('/mcp/tool/call', { body: { ...body, methodName: 'no-such-tool' } });
  assert.deepEqual([unknown.response.status, unknown.error?.status], [404, 404]);
}

async function packages(): Promise<void> {
  assert.deepEqual(must(await api.GET('/packages')).packages, []);
  assert.deepEqual(must(await api.GET('/packages/jobs')).jobs, []);
  const { servers: offered } = must(await api.GET('/packages/catalog', { params: { query: { query: 'filesystem' } } }));
  assert.ok(offered.every(({ name }) => typeof name === 'string'));
}

async function apiKeys(): Promise<void> {
  const made = must(await api.POST('/auth/keys', { body: { name: 'generated', roles: ['user'] } }));
  // @ts-expect-error there is no such role
  const refused = await api.POST('/auth/keys', { body: { name: 'other', roles: ['root'] } });
  assert.equal(refused.response.status, 400);
  const caller = createClient<paths>({ baseUrl, headers: { 'x-api-key': made.key } });
  assert.equal((await caller.GET('/auth/keys')).error?.status, 403);
  const listed = must(await api.GET('/auth/keys')).keys.find(({ name }) => name === 'generated');
  assert.ok(listed);
  assert.equal(must(await api.DELETE('/auth/keys/{id}', { params: { path: { id: listed.id } } })).success, true);
}

async function end(): Promise<void> {
  const params = { path: { name: 'echo' } };
  assert.equal(must(await api.GET('/mcp/servers/{name}/delete-impact', { params })).success, true);
  assert.equal(must(await api.DELETE('/mcp/servers/{name}', { params })).success, true);
}

for (const step of [health, servers, secrets, tools, packages, apiKeys, end]) {
  await step();
  console.log(step.name);
}

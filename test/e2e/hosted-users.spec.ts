import { TestIssuer } from '@manifold/auth/testing';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { connectSdk1, textOf } from '../support/mcp-clients.js';
import { startParagonGateway, type ParagonGateway } from '../support/paragon.js';
import { RestClient } from '../support/rest-client.js';
import { IntegrationAppSimulator, Workspace } from '../simulators/integration-app/index.js';

const SEND = {
  paragon: { serverName: 'slack', methodName: 'SLACK_SEND_MESSAGE', args: { channel: 'C1', message: 'hello' } },
  integrationApp: { serverName: 'gmail', methodName: 'send-email', args: { to: 'ada@example.com' } },
};
const QUERY = { name: 'SALESFORCE_QUERY_RECORDS', arguments: { query: 'SELECT Id FROM Lead' } };
const ACME_ALICE = 'manifold:["acme","https://acme.test","alice"]';

describe('Users of Paragon and Integration.app', () => {
  const acmeIdp = new TestIssuer('https://acme.test');
  const otherIdp = new TestIssuer('https://other.test');
  const workspace = Workspace.withSecret();
  let membrane: IntegrationAppSimulator;
  let paragon: ParagonGateway;
  let acmeAdmin: RestClient;

  beforeAll(async () => {
    membrane = await IntegrationAppSimulator.start({ workspace });
    const issuers = [acmeIdp, otherIdp].map(({ issuer, pem }) => ({ issuer, publicKey: pem, tenant: 'acme' }));
    paragon = await startParagonGateway({
      NODE_ENV: 'production',
      MCP_SERVER_URL: 'https://gateway.test',
      AUTH_ISSUERS: JSON.stringify(issuers),
      PARAGON_USERS: JSON.stringify([{ tenant: 'default' }, { tenant: 'acme', issuers: ['https://acme.test'] }]),
      ...workspace.settings,
      ...membrane.settings,
    });
    for (const user of ['alice', ACME_ALICE]) {
      paragon.simulator.connect(user, 'slack');
      membrane.connect(user, 'gmail');
    }
    const installation = as(await createApiKey(paragon.gateway, 'installation', 'admin'));
    expect((await installation.request('POST', '/tenants', { id: 'acme' })).status).toBe(200);
    const boss = { name: 'boss', roles: ['admin', 'operator'] };
    const { body } = await installation.request<{ key: string }>('POST', '/tenants/acme/keys', boss);
    acmeAdmin = as(body.key);
  });

  beforeEach(() => {
    paragon.simulator.clearRequests();
    membrane.clearRequests();
  });

  afterAll(async () => {
    await paragon?.dispose();
    await membrane.stop();
  });

  const as = (token: string): RestClient => new RestClient(paragon.gateway.url, { token });
  const newKey = async (key: object): Promise<RestClient> => {
    const made = await acmeAdmin.request<{ key: string }>('POST', '/auth/keys', key);
    expect(made.status).toBe(200);
    return as(made.body.key);
  };
  const appsOf = async (caller: RestClient) => (await caller.tools()).body.tools.flatMap(Object.keys);
  const askedAs = () => ({
    paragon: [...new Set(paragon.simulator.requests.map(({ user }) => user))],
    integrationApp: [...new Set(membrane.requestsTo('/connections').map(({ user }) => user))],
  });

  it(cites('hosted-users.default', 'of the tenant default are called by their subject'), async () => {
    const alice = as(await createApiKey(paragon.gateway, 'alice'));
    expect(await appsOf(alice)).toEqual(expect.arrayContaining(['slack', 'gmail']));
    for (const send of Object.values(SEND)) expect((await alice.callTool(send)).status).toBe(200);
    expect(askedAs()).toEqual({ paragon: ['alice'], integrationApp: ['alice'] });
  });

  it.each<[string, object, string | undefined]>([
    ['a key of the same name', { name: 'alice', roles: ['user'] }, undefined],
    ['a service key', { name: 'service', roles: ['service'] }, 'alice'],
    [
      'a service key for users of a served issuer',
      { name: 'a', roles: ['service'], issuer: 'https://acme.test' },
      'alice',
    ],
    ['a service key for users of the workspace', { name: 'b', roles: ['service'], issuer: workspace.key }, 'alice'],
  ])(cites('hosted-users.keys', 'are never those of another tenant with %s'), async (_title, key, username) => {
    const caller = await newKey(key);
    expect(await appsOf(caller)).toEqual([]);
    for (const send of Object.values(SEND)) {
      expect((await caller.callTool({ ...send, username })).status).toBe(404);
    }
    expect(askedAs()).toEqual({ paragon: [], integrationApp: [] });
  });

  it(cites('hosted-users.keys', 'are never those of another tenant with a key for users of the project'), async () => {
    const issuer = `useparagon.com/${paragon.project.projectId}`;
    const caller = await newKey({ name: 'c', roles: ['service'], issuer });
    for (const send of Object.values(SEND)) {
      expect((await caller.callTool({ ...send, username: 'alice' })).status).toBe(404);
    }
    expect(askedAs()).toEqual({ paragon: [], integrationApp: [] });
  });

  it(cites('hosted-users.mapping', 'of another tenant have ids of their own where its issuer is served'), async () => {
    const alice = as(acmeIdp.token());
    const apps = await appsOf(alice);
    expect(apps).toContain('slack');
    expect(apps).not.toContain('gmail');
    expect((await alice.callTool(SEND.paragon)).status).toBe(200);
    expect((await alice.callTool(SEND.integrationApp)).status).toBe(404);
    expect(askedAs()).toEqual({ paragon: [ACME_ALICE], integrationApp: [] });
    // A key that acts for her is the same principal, and is not served: it does not get her listing either.
    const key = await newKey({ name: 'd', roles: ['service'], issuer: 'https://acme.test' });
    expect((await key.callTool({ ...SEND.paragon, username: 'alice' })).status).toBe(404);
  });

  it(cites('hosted-users.mapping', 'of an issuer that is not served see and call nothing'), async () => {
    const { client } = await connectSdk1({ url: paragon.gateway.url, token: otherIdp.token() });
    expect((await client.listTools()).tools).toEqual([]);
    await client.close();
    expect((await as(otherIdp.token()).callTool(SEND.paragon)).status).toBe(404);
    expect(askedAs()).toEqual({ paragon: [], integrationApp: [] });
  });

  it(cites('hosted-users.mapping', 'connect their own account with a setup link'), async () => {
    const { client } = await connectSdk1({ url: paragon.gateway.url, token: acmeIdp.token() });
    const [, token] = /setup\?token=([\w-]{43})/.exec(textOf(await client.callTool(QUERY)))!;
    await client.close();
    const used = await fetch(`${paragon.gateway.url}/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ token }),
    });
    const { userToken } = (await used.json()) as { userToken: string };
    const me = await fetch(`${paragon.simulator.url}/projects/${paragon.project.projectId}/sdk/me`, {
      headers: { authorization: `Bearer ${userToken}` },
    });
    expect(await me.json()).toMatchObject({ userId: ACME_ALICE });
  });
});

import { join } from 'node:path';
import { AuthorizationServer, KNOWN_CLIENT, ProtectedUpstream } from '../simulators/oauth/index.js';
import { cites } from '../support/cite.js';
import { followConnectLink } from '../support/connect-link.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { keepsState } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';

const MAIL_SERVER = join(import.meta.dirname, '../../libs/providers/mcp-servers/testing/src/mail-server.mjs');
const CLIENT = { web: { client_id: KNOWN_CLIENT.id, client_secret: KNOWN_CLIENT.secret } };

describe('OAuth clients of the operator', () => {
  let gateway: GatewayProcess;
  let authority: AuthorizationServer;
  let operator: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { GOOGLE_OAUTH_CREDENTIALS: JSON.stringify(CLIENT) } });
    const redirectUris = ['/auth/google/callback', '/oauth/callback'].map((path) => `${gateway.url}${path}`);
    authority = await AuthorizationServer.start({ redirectUris });
    operator = new RestClient(gateway.url);
    const env = { MCP_AUTH_TYPE: 'OAUTH2_GOOGLE', ISSUER: authority.issuer };
    await operator.register({ name: 'mail', ...keepsState({ command: 'node', args: [MAIL_SERVER], env }) });
  });

  afterAll(async () => {
    await gateway?.dispose();
    await authority?.stop();
  });

  const whoami = (user: string, serverName = 'mail') =>
    new RestClient(gateway.url, { user }).request<{ authorizationUrl: string; data: { content: { text: string }[] } }>(
      'POST',
      '/mcp/tool/call',
      { serverName, methodName: 'whoami', args: {} },
    );

  it(cites('oauth.tools', 'serve a stdio server whose users connect from the link of a call'), async () => {
    const refused = await whoami('alice');
    expect(refused).toMatchObject({
      status: 401,
      body: { code: 'reauth_required', serverName: 'mail', username: 'alice' },
    });
    expect(await followConnectLink(refused.body.authorizationUrl, 'alice')).toContain('mail is connected');
    expect((await whoami('alice')).body.data.content[0]!.text).toBe('mail of alice');
    expect((await whoami('bob')).status).toBe(401);
    for (const tool of ['auth_get_authorization_url', 'auth_exchange_code']) {
      const call = { serverName: 'mail', methodName: tool, args: { user_id: 'alice', code: 'c', state: 's' } };
      expect((await operator.callTool(call)).body.success).toBe(false);
    }
  });

  it(cites('oauth.tools-login', 'serve it also for users who come from a front end'), async () => {
    const login = await fetch(`${gateway.url}/auth/google/login?user_id=user123`, { redirect: 'manual' });
    expect(login.status).toBe(302);
    await followConnectLink(login.headers.get('location')!, 'user123');
    expect((await whoami('user123')).body.data.content[0]!.text).toBe('mail of user123');
    const ofOthers = await fetch(`${gateway.url}/auth/google/login?user_id=user123&user=bob`, { redirect: 'manual' });
    expect(ofOthers.status).toBe(403);
  });

  it(cites('oauth.secret', 'are in no log, and neither is what they were used for'), async () => {
    const env = { MCP_AUTH_TYPE: 'OAUTH2_GOOGLE', ISSUER: authority.issuer };
    await operator.update('mail', { env: { ...env, MISBEHAVE: 'repeat' } });
    const refused = await whoami('carol');
    expect(await followConnectLink(refused.body.authorizationUrl, 'carol')).toContain('cannot be connected');
    await operator.update('mail', { env });
    const [exchange] = authority.requestsTo('token');
    const { code } = exchange!.body as { code: string };
    for (const secret of [KNOWN_CLIENT.secret, code]) expect(gateway.logs()).not.toContain(secret);
    expect(gateway.logs()).not.toMatch(/access_token|[?&](code|state|link)=/);
  });

  it(cites('oauth.discover', 'oauth.manual-client', 'are set for a server that registers nobody'), async () => {
    const upstream = await ProtectedUpstream.start(authority);
    try {
      authority.changeMetadata({ registration_endpoint: undefined });
      const found = await operator.request<{ authorizationServers: { issuer: string }[] }>(
        'POST',
        '/mcp/external/discover',
        {
          url: upstream.url,
        },
      );
      expect(found.body).toMatchObject({ recommendedRegistrationMode: 'manual', resourceUri: upstream.url });
      expect((await operator.request('POST', '/mcp/external/discover', { url: 'https://10.0.0.1/mcp' })).status).toBe(
        502,
      );
      await operator.register({ name: 'files', transportType: 'streamable_http', url: upstream.url });
      const { issuer } = found.body.authorizationServers[0]!;
      const client = { issuer, clientId: KNOWN_CLIENT.id, clientSecret: KNOWN_CLIENT.secret };
      expect((await operator.request('PUT', '/mcp/servers/files/oauth/client', client)).status).toBe(200);
      await followConnectLink((await whoami('alice', 'files')).body.authorizationUrl, 'alice');
      expect((await whoami('alice', 'files')).body.data.content[0]!.text).toBe('whoami of alice');
      expect(authority.requestsTo('registration')).toEqual([]);
    } finally {
      await upstream.stop();
    }
  });
});

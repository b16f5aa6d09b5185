import { ServerExtensions } from '@manifold/server-model';
import { registration, TestGateway } from '../../testing/src/gateway.js';

describe('the impact of a deletion', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start()));
  afterAll(() => gateway.destroy());

  const impactOf = (name: string) => gateway.rest('GET', `/mcp/servers/${name}/delete-impact`);

  const setSecret = (user: string, serverName: string, secretName: string) =>
    gateway.rest('POST', '/secrets/set', { serverName, secretName, secretValue: 'hunter2' }, user);

  it('is counted, without a secret', async () => {
    const { body } = await gateway.rest('POST', '/mcp/servers', registration('doomed'));
    await gateway.rest('POST', '/mcp/servers', registration('spared'));
    await setSecret('alice', 'doomed', 'A');
    await setSecret('alice', 'doomed', 'B');
    await setSecret('bob', 'doomed', 'A');
    await setSecret('carol', 'spared', 'A');
    const answer = await impactOf('doomed');
    expect(answer).toEqual({
      status: 200,
      body: {
        success: true,
        impact: {
          server: 'doomed',
          usersWithSecrets: 2,
          secrets: 3,
          sessions: 0,
          tools: body.server.toolsList.length,
          processes: 1,
        },
      },
    });
    expect(body.server.toolsList.length).toBeGreaterThan(0);
    await gateway.rest('DELETE', '/mcp/servers/doomed');
    expect((await impactOf('doomed')).status).toBe(404);
    expect((await impactOf('spared')).body.impact).toMatchObject({ secrets: 1, usersWithSecrets: 1 });
  });

  it('counts a session that would be resumed, and no process that does not run', async () => {
    const settings = {
      transportType: 'streamable_http',
      url: 'http://127.0.0.1:9/mcp',
      enabled: false,
      sessionId: 's-1',
    };
    await gateway.rest('POST', '/mcp/servers', { name: 'remote', ...settings });
    expect((await impactOf('remote')).body.impact).toMatchObject({ sessions: 1, processes: 0, tools: 0, secrets: 0 });
  });

  it('shows what other parts of the gateway lose, and nothing of those that lose nothing', async () => {
    await gateway.rest('POST', '/mcp/servers', { ...registration('extended'), enabled: false });
    const extensions = gateway.app.get(ServerExtensions, { strict: false });
    const take = extensions.addImpact({ key: 'package', impactOf: async (_tenant, name) => ({ files: name.length }) });
    extensions.addImpact({ key: 'tokens', impactOf: async () => undefined });
    const { impact } = (await impactOf('extended')).body;
    expect(impact).toMatchObject({ server: 'extended', package: { files: 8 } });
    expect(impact).not.toHaveProperty('tokens');
    take();
    expect((await impactOf('extended')).body.impact).not.toHaveProperty('package');
  });

  it('is for operators, and of servers that are there', async () => {
    await gateway.rest('POST', '/mcp/servers', { ...registration('closed'), enabled: false });
    const refused = await gateway.rest('GET', '/mcp/servers/closed/delete-impact', undefined, 'alice');
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_role']);
    expect(await impactOf('nobody')).toMatchObject({ status: 404, body: { success: false, code: 'server_not_found' } });
  });
});

import { echoServer } from '../../../../../test/support/upstreams.js';
import { as, callTool } from '../../testing/src/callers.js';
import { accepting, FakeClient } from '../../testing/src/fake-client.js';
import { TestGateway, textOf } from '../../testing/src/gateway.js';

afterAll(() => TestGateway.destroyAll());

describe('the dedicated connections of a server that is run for each user', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    const apart = { isolation: 'user', secretsAs: 'environment', secretNames: ['TOKEN'] };
    await gateway.rest('POST', '/mcp/servers', { name: 'apart', ...echoServer('--asks'), ...apart });
    const secret = { serverName: 'apart', secretName: 'TOKEN', secretValue: 'token-of-alice' };
    await gateway.rest('POST', '/secrets/set', secret, 'alice');
  });
  afterAll(() => gateway.destroy());

  const call = async (user: string, tool: string, args: Record<string, unknown> = {}, client?: FakeClient) =>
    textOf(await as(user, (context) => callTool(gateway.provider, 'apart', tool, args, context), client?.brought));

  it("have the user's secrets, and nobody else's", async () => {
    expect(JSON.parse(await call('alice', 'environment', {}, new FakeClient(accepting)))).toContain('TOKEN');
    expect(JSON.parse(await call('bob', 'environment', {}, new FakeClient(accepting)))).not.toContain('TOKEN');
  });

  it('ask the client without repeating the secrets to it', async () => {
    const client = new FakeClient(accepting);
    await call('alice', 'ask', { marker: 'token-of-alice' }, client);
    expect(client.requests).toHaveLength(1);
    expect(JSON.stringify([client.requests, client.logs, client.progress])).not.toContain('token-of-alice');
  });
});

import { as } from '../../testing/src/callers.js';
import { TestGateway, until } from '../../testing/src/gateway.js';
import { INITIALIZE_RESULT, json, RawHttpServer } from '../../../../mcp-client/testing/src/raw-http-server.js';

afterAll(() => TestGateway.destroyAll());

const TOKEN = 'token-of-';

describe('a primitive of one user', () => {
  let gateway: TestGateway;
  let upstream: RawHttpServer;
  /** The resources of each user at the server. */
  const owned: Record<string, string[]> = { alice: ['file://alice'], bob: ['file://bob'] };

  beforeAll(async () => {
    gateway = await TestGateway.start();
    upstream = await RawHttpServer.start((message, response, { headers }) => {
      const user = headers.authorization?.split(TOKEN)[1] ?? '';
      const uris = owned[user] ?? [];
      const answers: Record<string, object> = {
        'tools/list': { tools: [] },
        'resources/list': { resources: uris.map((uri) => ({ uri, name: uri })) },
        'resources/templates/list': { resourceTemplates: [] },
        'resources/read': { contents: [{ uri: uris[0], text: `read with ${headers.authorization}` }] },
      };
      json(response, { id: message.id, result: answers[message.method as string] ?? {} });
    });
    upstream.onInitialize = (message, response) =>
      json(response, { id: message.id, result: { ...INITIALIZE_RESULT, capabilities: { resources: {} } } });
    await gateway.rest('POST', '/mcp/servers', {
      name: 'drive',
      transportType: 'streamable_http',
      url: upstream.url,
      secretsAs: 'headers',
      secretHeaders: { Authorization: 'Bearer {TOKEN}' },
    });
    for (const user of ['alice', 'bob']) {
      const secret = { serverName: 'drive', secretName: 'TOKEN', secretValue: `${TOKEN}${user}` };
      await gateway.rest('POST', '/secrets/set', secret, user);
    }
  });
  afterAll(async () => {
    await gateway.destroy();
    await upstream.stop();
  });

  const uris = (user: string): Promise<string[]> =>
    as(user, async (context) => (await gateway.provider.listResources(context)).map(({ uri }) => uri));

  it("is listed for that user alone, before the first call, and is nobody else's", async () => {
    expect(await Promise.all(['alice', 'bob', 'carol'].map(uris))).toEqual([['file://alice'], ['file://bob'], []]);
  });

  it('is in the very same list until the list changes', async () => {
    const list = () => as('alice', (context) => gateway.provider.listResources(context));
    expect(await list()).toBe(await list());
  });

  it("is read with the user's secrets, which do not come back", async () => {
    const result = await as('bob', (context) => gateway.provider.readResource('drive', 'file://bob', context));
    expect(result).toMatchObject({ contents: [{ uri: 'file://bob' }] });
    expect(JSON.stringify(result)).not.toContain(TOKEN);
  });

  it('is forgotten when the user has other secrets', async () => {
    await gateway.rest('POST', '/secrets/delete', { serverName: 'drive', secretName: 'TOKEN' }, 'alice');
    await until(async () => (await uris('alice')).length === 0);
    expect(await uris('bob')).toEqual(['file://bob']);
  });
});

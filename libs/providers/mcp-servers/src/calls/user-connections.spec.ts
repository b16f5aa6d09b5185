import { TestGateway } from '../../testing/src/gateway.js';
import { json, RawHttpServer, type Received } from '../../../../mcp-client/testing/src/raw-http-server.js';

const TOOLS = { tools: [{ name: 'whoami', inputSchema: { type: 'object' } }] };
const HEADERS = { Authorization: 'Bearer {TOKEN}' };

afterAll(() => TestGateway.destroyAll());

describe('an HTTP server that gets secrets as headers', () => {
  let gateway: TestGateway;
  let upstream: RawHttpServer;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    upstream = await RawHttpServer.start((message, response, request) => {
      if (message.method === 'tools/list') return json(response, { id: message.id, result: TOOLS });
      const said = `I got ${request.headers.authorization}`;
      json(response, { id: message.id, result: { content: [{ type: 'text', text: said }] } });
    });
  });
  afterAll(async () => {
    await gateway.destroy();
    await upstream.stop();
  });

  const register = (name: string, more: object = {}) =>
    gateway.rest('POST', '/mcp/servers', {
      name,
      transportType: 'streamable_http',
      url: upstream.url,
      secretsAs: 'headers',
      secretHeaders: HEADERS,
      ...more,
    });
  const setToken = (user: string, serverName: string, secretValue: string) =>
    gateway.rest('POST', '/secrets/set', { serverName, secretName: 'TOKEN', secretValue }, user);
  /** Returns what the server received with the calls of one task. */
  const callsOf = async (task: () => Promise<unknown>): Promise<Received[]> => {
    const before = upstream.sent('tools/call').length;
    await task();
    return upstream.sent('tools/call').slice(before);
  };
  const credentials = (calls: readonly Received[]) => calls.map(({ headers }) => headers.authorization);
  const sessions = (calls: readonly Received[]) => calls.map(({ headers }) => headers['mcp-session-id']);

  it("speaks with each user's own, in a session of the user's own", async () => {
    await register('apart', { headers: { 'X-Plain': 'kept' } });
    await Promise.all(['alice', 'bob'].map((user) => setToken(user, 'apart', `token-of-${user}`)));
    const alice = await callsOf(() => gateway.call('apart_whoami', {}, { user: 'alice' }));
    const bob = await callsOf(() => gateway.call('apart_whoami', {}, { user: 'bob' }));
    const again = await callsOf(() => gateway.call('apart_whoami', { TOKEN: 'x' }, { user: 'alice' }));
    expect(credentials([...alice, ...bob, ...again])).toEqual([
      'Bearer token-of-alice',
      'Bearer token-of-bob',
      'Bearer token-of-alice',
    ]);
    expect(alice[0]!.headers['x-plain']).toBe('kept');
    expect(sessions(bob)).not.toEqual(sessions(alice));
    expect(sessions(again)).toEqual(sessions(alice));
    expect(again[0]!.message.params).toMatchObject({ arguments: { TOKEN: 'x' } });
  });

  it('takes the secret out of answers', async () => {
    await register('echoing');
    await setToken('alice', 'echoing', 'canary-0123456789');
    const { content } = await gateway.call('echoing_whoami', {}, { user: 'alice' });
    expect(content).toEqual([{ type: 'text', text: 'I got Bearer [secret]' }]);
  });

  it('has nothing to say for a user without a secret, also where the operator has', async () => {
    await register('bare', { headers: { authorization: 'Bearer of-the-operator' } });
    expect(credentials(await callsOf(() => gateway.call('bare_whoami', {}, { user: 'carol' })))).toEqual([undefined]);
    expect(upstream.received.map(({ headers }) => headers.authorization)).not.toContain('Bearer of-the-operator');
  });

  it('speaks with the new one after a change', async () => {
    await register('changing');
    await setToken('alice', 'changing', 'first');
    const before = await callsOf(() => gateway.call('changing_whoami', {}, { user: 'alice' }));
    await setToken('alice', 'changing', 'second');
    const after = await callsOf(() => gateway.call('changing_whoami', {}, { user: 'alice' }));
    expect(credentials([...before, ...after])).toEqual(['Bearer first', 'Bearer second']);
    expect(sessions(after)).not.toEqual(sessions(before));
  });

  it('is not connected with a secret that cannot be a header, and does not repeat it', async () => {
    await register('crooked');
    await setToken('alice', 'crooked', 'canary\r\nX-Injected: 1');
    const error: unknown = await gateway
      .call('crooked_whoami', {}, { user: 'alice' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'upstream_unavailable', message: 'Server crooked is not available' });
    const { body } = await gateway.rest('GET', '/mcp/servers/crooked');
    expect(body.server.instances).toMatchObject([{ user: 'alice', status: 'error' }]);
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(upstream.received.some(({ headers }) => 'x-injected' in headers)).toBe(false);
  });
});

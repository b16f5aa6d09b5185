import { createHash } from 'node:crypto';
import { openCall, ProviderError, type Progress } from '@manifold/tool-provider';
import { principalOf, registration, TestGateway, textOf, until } from '../testing/src/gateway.js';

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

const received = async (gateway: TestGateway, args: Record<string, unknown>, user: string): Promise<unknown> =>
  JSON.parse(textOf(await gateway.call('tools_received', args, { user })));

describe('the provider of registered servers', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', registration('tools'));
  });
  afterAll(() => gateway.destroy());

  const set = (user: string, secretName: string, secretValue: string) =>
    gateway.rest('POST', '/secrets/set', { serverName: 'tools', secretName, secretValue }, user);

  describe('secrets', () => {
    it('reach the server as arguments, as in the example of the specification', async () => {
      const body = {
        username: 'user123',
        serverName: 'tools',
        secretName: 'GITHUB_TOKEN',
        secretValue: 'ghp_xxxxxxxxxxxx',
      };
      const answer = await gateway.rest('POST', '/secrets/set', body, 'agent-service', ['service']);
      expect(answer).toEqual({ status: 200, body: { success: true } });
      expect(await received(gateway, { owner: 'username' }, 'user123')).toEqual({
        owner: sha256('username'),
        GITHUB_TOKEN: sha256('ghp_xxxxxxxxxxxx'),
      });
    });

    it('are overwritten and deleted; what is not there cannot be deleted', async () => {
      await set('carol', 'TOKEN', 'first-value');
      await set('carol', 'TOKEN', 'second-value');
      expect(await received(gateway, {}, 'carol')).toEqual({ TOKEN: sha256('second-value') });
      const body = { serverName: 'tools', secretName: 'TOKEN' };
      expect((await gateway.rest('POST', '/secrets/delete', body, 'carol')).body).toEqual({ success: true });
      expect(await received(gateway, {}, 'carol')).toEqual({});
      const again = await gateway.rest('POST', '/secrets/delete', body, 'carol');
      expect([again.status, again.body.code]).toEqual([404, 'secret_not_found']);
    });

    it('win over arguments of the same name', async () => {
      await set('dave', 'TOKEN', 'of-the-vault');
      expect(await received(gateway, { TOKEN: 'of-the-model' }, 'dave')).toEqual({ TOKEN: sha256('of-the-vault') });
    });

    it('never cross from one user to another, with many calls at once', async () => {
      const users = ['alice', 'bob', 'erin'];
      await Promise.all(users.map((user) => set(user, 'TOKEN', `secret-of-${user}`)));
      const calls = Array.from({ length: 60 }, (_, index) => users[index % users.length]!);
      const answers = await Promise.all(calls.map((user) => received(gateway, { n: user }, user)));
      expect(answers).toEqual(calls.map((user) => ({ n: sha256(user), TOKEN: sha256(`secret-of-${user}`) })));
    });

    it('cannot be set or deleted for somebody else without the role for it', async () => {
      const body = { username: 'bob', serverName: 'tools', secretName: 'TOKEN' };
      for (const [path, input] of [
        ['/secrets/set', { ...body, secretValue: 'forged' }],
        ['/secrets/delete', body],
      ] as const) {
        const answer = await gateway.rest('POST', path, input, 'alice');
        expect([answer.status, answer.body.code]).toEqual([403, 'username_not_allowed']);
      }
      expect(await received(gateway, {}, 'bob')).toEqual({ TOKEN: sha256('secret-of-bob') });
    });

    it.each(['/secrets/set', '/secrets/delete'])('are refused by %s for a server that does not exist', async (path) => {
      const body = {
        serverName: 'nobody',
        secretName: 'TOKEN',
        ...(path === '/secrets/set' && { secretValue: 'value' }),
      };
      const answer = await gateway.rest('POST', path, body, 'alice');
      expect([answer.status, answer.body.code, answer.body.error]).toEqual([
        404,
        'server_not_found',
        'Server nobody not found',
      ]);
    });

    it('do not outlive the server that they were set for', async () => {
      await gateway.rest('POST', '/mcp/servers', registration('inherited'));
      await gateway.rest(
        'POST',
        '/secrets/set',
        { serverName: 'inherited', secretName: 'TOKEN', secretValue: 'old-secret' },
        'alice',
      );
      await gateway.rest('DELETE', '/mcp/servers/inherited');
      await gateway.rest('POST', '/mcp/servers', registration('inherited'));
      expect(textOf(await gateway.call('inherited_received', {}, { user: 'alice' }))).toBe('{}');
    });

    it('are taken out of results, progress, errors and logs that repeat them', async () => {
      await set('frank', 'TOKEN', 'canary-0123456789');
      const progress: Progress[] = [];
      const call = { user: 'frank', onProgress: (step: Progress) => progress.push(step) };
      const result = await gateway.call('tools_echo', { message: 'hello' }, call);
      const error: unknown = await gateway.call('tools_reject', {}, call).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'upstream_rejected', rpcError: { code: -32000 } });
      await until(async () => (await logs()).includes('echo: {"message":"hello","TOKEN"'));
      const { message, rpcError } = error as ProviderError;
      for (const text of [
        JSON.stringify(result),
        JSON.stringify(progress),
        JSON.stringify({ message, rpcError }),
        await logs(),
      ]) {
        expect(text).not.toContain('canary');
        expect(text).toContain('[secret]');
      }
    });

    it('are taken out of what the server logs while the call still runs', async () => {
      await set('grace', 'TOKEN', 'canary-9876543210');
      const call = gateway.call('tools_slow', {}, { user: 'grace', timeoutMs: 1_000 }).catch(() => undefined);
      await until(async () => (await logs()).includes('slow:'));
      expect(await logs()).toContain('slow: {"TOKEN":"[secret]"}');
      await call;
    });

    const logs = async (): Promise<string> =>
      (await gateway.rest('GET', '/mcp/servers/tools')).body.server.logs.join('\n');
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses an argument named %s', async (name) => {
    const args = JSON.parse(`{"${name}": {"polluted": true}}`) as Record<string, unknown>;
    await expect(gateway.call('tools_received', args)).rejects.toMatchObject({ code: 'invalid_arguments' });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('names the tools after their server, in a stable order, and hands their definitions on as they are', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('a-first'));
    const tools = await gateway.list();
    expect(tools.filter(({ app }) => app === 'a-first' || app === 'tools').map(({ publicName }) => publicName)).toEqual(
      [
        ...['received', 'echo', 'reject', 'hang', 'exit', 'grow', 'pid', 'slow'].map((name) => `a-first_${name}`),
        ...['received', 'echo', 'reject', 'hang', 'exit', 'grow', 'pid', 'slow'].map((name) => `tools_${name}`),
      ],
    );
    expect(tools[0]!.definition).toEqual({
      name: 'received',
      inputSchema: { type: 'object' },
      'x-unknown': { kept: true },
    });
  });

  it('waits for a new server in the first listing after its start', async () => {
    const listing = gateway.rest('POST', '/mcp/servers', registration('brand-new'));
    await until(async () => (await gateway.rest('GET', '/mcp/servers/brand-new')).status === 200);
    expect((await gateway.list()).some(({ app }) => app === 'brand-new')).toBe(true);
    await listing;
  });

  it.each<[string, object]>([
    ['is no reference of its own', {}],
    ['is of an unknown kind', Object.freeze(['tools', 'pid'])],
  ])('refuses a reference that %s', async (_, ref) => {
    const call = openCall({ principal: principalOf('alice'), requestId: 'registry-spec', timeoutMs: 500_000 });
    await expect(gateway.provider.callTool(ref, {}, call.context)).rejects.toBeInstanceOf(ProviderError);
    call.close();
  });

  it('serves a tenant nothing of another', async () => {
    const [tool] = await gateway.list();
    const principal = { ...principalOf('alice'), tenant: 'other', key: 'other' };
    const call = openCall({ principal, requestId: 'registry-spec', timeoutMs: 500_000 });
    expect(await gateway.provider.listTools(call.context)).toEqual([]);
    await expect(gateway.provider.callTool(tool!.ref, {}, call.context)).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    expect(await gateway.provider.describeApp('tools', principal)).toBeUndefined();
    call.close();
  });

  it('refuses calls to a server that was disabled or deleted after the listing', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('vanishing'));
    const tool = (await gateway.list()).find(({ publicName }) => publicName === 'vanishing_pid')!;
    const call = openCall({ principal: principalOf('alice'), requestId: 'registry-spec', timeoutMs: 500_000 });
    await gateway.rest('PUT', '/mcp/servers/vanishing/disable');
    await expect(gateway.provider.callTool(tool.ref, {}, call.context)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    await gateway.rest('DELETE', '/mcp/servers/vanishing');
    await expect(gateway.provider.callTool(tool.ref, {}, call.context)).rejects.toMatchObject({
      code: 'invalid_arguments',
    });
    call.close();
  });

  it('stops a call that is cancelled before it begins or while it runs', async () => {
    const tool = (await gateway.list()).find(({ publicName }) => publicName === 'tools_hang')!;
    const early = openCall({ principal: principalOf('alice'), requestId: 'registry-spec', timeoutMs: 500_000 });
    early.cancel();
    await expect(gateway.provider.callTool(tool.ref, {}, early.context)).rejects.toMatchObject({ code: 'cancelled' });
    early.close();
    await expect(gateway.call('tools_hang', {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('says of a server that cannot start that it is not available, and keeps the reason for operators', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('doomed'));
    await gateway.rest('PUT', '/mcp/servers/doomed', { command: './canary-program' });
    const error: unknown = await gateway.call('doomed_pid', {}, { user: 'alice' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'upstream_unavailable', message: 'Server doomed is not available' });
    expect(await gateway.provider.describeApp('doomed', principalOf('alice'))).toMatchObject({ enabled: true });
    const { status, detail } = gateway.provider.health();
    expect(status).toBe('degraded');
    expect(detail).toMatch(/^1 of \d+ enabled servers failed$/);
    await gateway.rest('DELETE', '/mcp/servers/doomed');
    expect(gateway.provider.health()).toEqual({ status: 'up' });
  });
});

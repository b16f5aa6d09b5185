import { ApiKeyService } from '@manifold/auth';
import { ServerHost } from '@manifold/server-model';
import { Tenants } from '@manifold/tenants';
import { registration, TestGateway, textOf } from '../../testing/src/gateway.js';

const http = (name: string, headers: Record<string, string> = {}) => ({
  name,
  transportType: 'streamable_http',
  url: 'http://127.0.0.1:9/mcp',
  headers,
  enabled: false,
});

const off = (name: string, more: object = {}) => ({ ...registration(name), enabled: false, ...more });

const YAML_WITH_NUMBER = 'version: 1\nservers:\n- name: a\n  env: {A: 1}\n  command: x';

describe('a document of servers that is imported', () => {
  let gateway: TestGateway;
  beforeEach(async () => (gateway = await TestGateway.start()));
  afterEach(() => gateway.destroy());

  const exported = async () => (await gateway.rest('GET', '/servers/export')).body;
  const bring = (document: unknown, query = '') => gateway.rest('POST', `/servers/import${query}`, document);
  const register = async (body: object) => expect((await gateway.rest('POST', '/mcp/servers', body)).status).toBe(200);

  it('creates, updates and keeps in one go; what it does not say is as if it had never been set', async () => {
    await register(off('same'));
    await register(off('other', { description: 'old', displayName: 'Other', env: { A: '1' } }));
    await register(off('extra'));
    const document = { version: 1, servers: [off('new'), off('same'), off('other', { description: 'new' })] };
    expect((await bring(document)).body.results).toEqual([
      { name: 'new', action: 'created' },
      { name: 'same', action: 'unchanged' },
      { name: 'other', action: 'updated' },
    ]);
    const { servers } = await exported();
    expect(servers.map(({ name }: { name: string }) => name)).toEqual(['extra', 'new', 'other', 'same']);
    expect(servers[2]).toEqual({ ...off('other', { description: 'new', env: {} }), transportType: 'stdio' });
    expect((await bring(document)).body.results.map(({ action }: { action: string }) => action)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
  });

  it('starts a server anew when its settings differ', async () => {
    await register(registration('runs'));
    const pid = textOf(await gateway.call('runs_pid'));
    const { results } = (await bring({ version: 1, servers: [{ ...registration('runs'), env: { A: '1' } }] })).body;
    expect(results).toEqual([{ name: 'runs', action: 'updated' }]);
    expect(textOf(await gateway.call('runs_pid'))).not.toBe(pid);
  });

  it('deletes what it does not name when it is told to, with the secrets, and only then', async () => {
    await register(off('kept'));
    await register(off('extra'));
    await gateway.rest('POST', '/secrets/set', { serverName: 'extra', secretName: 'T', secretValue: 'x' });
    const document = { version: 1, servers: [off('kept')] };
    expect((await bring(document, '?prune=false')).body.results).toEqual([{ name: 'kept', action: 'unchanged' }]);
    expect((await bring(document, '?prune=true')).body.results).toEqual([
      { name: 'kept', action: 'unchanged' },
      { name: 'extra', action: 'deleted' },
    ]);
    await register(off('extra'));
    const { impact } = (await gateway.rest('GET', '/mcp/servers/extra/delete-impact')).body;
    expect(impact.secrets).toBe(0);
    expect((await bring({ version: 1, servers: [] }, '?prune=true')).body.results).toHaveLength(2);
    expect((await exported()).servers).toEqual([]);
  });

  it('only says what it would do in a dry run', async () => {
    await register(off('old'));
    await register(off('changing'));
    const before = await exported();
    const document = { version: 1, servers: [off('new'), off('changing', { description: 'new' })] };
    expect((await bring(document, '?dryRun=true&prune=true')).body.results).toEqual([
      { name: 'new', action: 'created' },
      { name: 'changing', action: 'updated' },
      { name: 'old', action: 'deleted' },
    ]);
    expect(await exported()).toEqual(before);
  });

  it('keeps the hidden headers that are stored, and replaces those that it spells out', async () => {
    await register(http('remote', { Authorization: 'Bearer old', 'X-Api-Key': 'kept', 'x-team': 'blue' }));
    const headers = { Authorization: 'Bearer new', 'X-Api-Key': '[hidden]', 'x-team': 'red' };
    const { results } = (await bring({ version: 1, servers: [http('remote', headers)] })).body;
    expect(results).toEqual([{ name: 'remote', action: 'updated' }]);
    const again = http('remote', { Authorization: 'Bearer new', 'X-Api-Key': 'kept', 'x-team': 'red' });
    expect((await bring({ version: 1, servers: [again] })).body.results[0].action).toBe('unchanged');
  });

  it.each<[string, unknown, string[]]>([
    ['no body', undefined, ['']],
    ['a list', [], ['']],
    ['no version', { servers: [] }, ['/version']],
    ['another version', { version: 2, servers: [] }, ['/version']],
    ['a version that is text', { version: '1', servers: [] }, ['/version']],
    ['no servers', { version: 1 }, ['/servers']],
    ['servers by name', { version: 1, servers: { a: off('a') } }, ['/servers']],
    ['something more', { version: 1, servers: [], success: true }, ['/success']],
    ['servers that are none', { version: 1, servers: [null, 1, 'x'] }, ['/servers']],
    ['a server in a list', { version: 1, servers: [[off('a')]] }, ['/servers']],
    ['more than 1,000 servers', { version: 1, servers: Array.from({ length: 1_001 }, () => off('a')) }, ['/servers']],
    ['a bad name', { version: 1, servers: [off('ok'), off('../x')] }, ['/servers/1/name']],
    ['a bad environment', { version: 1, servers: [off('a', { env: { A: 1 } })] }, ['/servers/0/env']],
    ['a setting that there is not', { version: 1, servers: [off('a', { tenant: 'b' })] }, ['/servers/0/tenant']],
    ['a session', { version: 1, servers: [off('a', { sessionId: 'b' })] }, ['/servers/0/sessionId']],
    ['a package that is text', { version: 1, servers: [off('a', { package: 'b' })] }, ['/servers/0/package']],
    ['a package without packages', { version: 1, servers: [off('a', { package: {} })] }, ['/servers/0/package']],
    ['no command', { version: 1, servers: [{ name: 'a' }] }, ['/servers/0/command']],
    ['no URL', { version: 1, servers: [{ name: 'a', transportType: 'streamable_http' }] }, ['/servers/0/url']],
    [
      'several faults',
      { version: 1, servers: [off('ok'), { name: 'a' }, off('ok'), http('b', { Authorization: '[hidden]' })] },
      ['/servers/1/command', '/servers/2/name', '/servers/3/headers/Authorization'],
    ],
    [
      'faults of form in several servers',
      { version: 1, servers: [off('a', { args: 'x' }), off('b', { enabled: 'true' })] },
      ['/servers/0/args', '/servers/1/enabled'],
    ],
  ])('is refused with %s, each fault by its pointer, and changes nothing', async (_, document, pointers) => {
    await register(off('there'));
    const before = await exported();
    const { status, body } = await bring(document, '?prune=true');
    expect([status, body.code, body.success]).toEqual([400, 'invalid_request', false]);
    if (pointers[0] !== '') expect(body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual(pointers);
    expect(await exported()).toEqual(before);
  });

  it.each([['?dryRun=yes'], ['?prune=1'], ['?dryRun=true&dryRun=false'], ['?force=true']])(
    'is refused with the options %s',
    async (query) => {
      const { status, body } = await bring({ version: 1, servers: [] }, query);
      expect([status, body.code]).toEqual([400, 'invalid_request']);
    },
  );

  it.each([
    ['YAML that is cut off', 'application/yaml', 'version: 1\nservers: [', 400, 'invalid_yaml'],
    ['nothing', 'application/yaml', '', 400, 'invalid_request'],
    ['words', 'application/yaml', 'just words', 400, 'invalid_request'],
    ['a number for a text', 'application/yaml', YAML_WITH_NUMBER, 400, 'invalid_request'],
    ['more YAML than is read', 'application/yaml', `# ${'x'.repeat(128 * 1024)}`, 413, 'payload_too_large'],
    ['endless nesting', 'application/yaml', '['.repeat(50_000), 400, 'invalid_yaml'],
    ['text', 'text/plain', 'version: 1\nservers: []', 415, 'unsupported_media_type'],
    ['YAML as JSON', 'application/json', 'version: 1', 400, 'invalid_json'],
  ])('is refused as %s', async (_, type, body, status, code) => {
    const response = await gateway.fetch('/servers/import', {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it.each(['text/yaml', 'application/x-yaml', 'text/x-yaml; charset=utf-8'])('may be %s', async (type) => {
    const init = { method: 'POST', headers: { 'content-type': type }, body: 'version: 1\nservers: []' };
    expect((await gateway.fetch('/servers/import', init)).status).toBe(200);
  });

  it('is the only YAML that the gateway takes', async () => {
    const init = { method: 'POST', headers: { 'content-type': 'application/yaml' }, body: 'name: a\ncommand: b' };
    for (const path of ['/mcp/servers', '/secrets/set']) {
      const response = await gateway.fetch(path, init);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        415,
        'unsupported_media_type',
      ]);
    }
  });

  it('is imported once by many at once: the first creates, the others find what they want', async () => {
    const document = { version: 1, servers: [off('a'), off('b', { description: 'x' })] };
    await bring({ version: 1, servers: [] });
    const answers = await Promise.all(Array.from({ length: 5 }, () => bring(document)));
    const actions = answers.map(({ body }) => body.results.map(({ action }: { action: string }) => action).join());
    expect(actions.sort()).toEqual(['created,created', ...Array.from({ length: 4 }, () => 'unchanged,unchanged')]);
  });

  it('is never mixed with another: two imports at once leave what one of them wants', async () => {
    const one = { version: 1, servers: [off('a', { description: 'one' }), off('only-one')] };
    const two = { version: 1, servers: [off('a', { description: 'two' }), off('only-two')] };
    await bring({ version: 1, servers: [off('a')] });
    const answers = await Promise.all([bring(one, '?prune=true'), bring(two, '?prune=true')]);
    for (const { body } of answers) {
      expect(body.results.map(({ action }: { action: string }) => action)).not.toContain('failed');
    }
    const left = (await exported()).servers.map(
      ({ name, description = '' }: Record<string, string>) => name + description,
    );
    expect([
      ['aone', 'only-one'],
      ['atwo', 'only-two'],
    ]).toContainEqual(left);
  });

  it('goes on with the others when one server fails, and says why', async () => {
    await register(off('stuck'));
    await register(off('gone'));
    gateway.app.get(ServerHost, { strict: false }).onDelete({
      before: async (_tenant, name) => {
        if (name === 'stuck') throw new Error('a secret reason');
      },
      after: async () => undefined,
    });
    const { status, body } = await bring({ version: 1, servers: [off('new')] }, '?prune=true');
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { name: 'new', action: 'created' },
      { name: 'gone', action: 'deleted' },
      { name: 'stuck', action: 'failed', error: 'Something went wrong on the gateway' },
    ]);
    expect((await exported()).servers.map(({ name }: { name: string }) => name)).toEqual(['new', 'stuck']);
  });

  it('shows and changes only the servers of the caller’s tenant', async () => {
    gateway.app.get(Tenants, { strict: false }).put('other', {
      enabled: true,
      policy: { stdio: 'any' },
      createdAt: '',
      updatedAt: '',
    });
    await register(off('ours'));
    const { key } = await gateway.app
      .get(ApiKeyService, { strict: false })
      .create({ tenant: 'other', name: 'theirs', roles: ['operator'], createdBy: 'spec' });
    const init = { headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } };
    const url = await gateway.app.getUrl();
    const theirs = async () => (await fetch(`${url}/servers/export`, init)).json();
    expect(await theirs()).toEqual({ version: 1, servers: [] });
    const body = JSON.stringify({ version: 1, servers: [off('ours', { description: 'theirs' })] });
    const answer = await fetch(`${url}/servers/import?prune=true`, { ...init, method: 'POST', body });
    expect(await answer.json()).toEqual({ success: true, results: [{ name: 'ours', action: 'created' }] });
    expect((await exported()).servers).toEqual([{ ...off('ours', { env: {} }), transportType: 'stdio' }]);
  });

  it('is for operators', async () => {
    const read = await gateway.rest('GET', '/servers/export', undefined, 'alice');
    const write = await gateway.rest('POST', '/servers/import', { version: 1, servers: [] }, 'alice');
    expect([read.status, write.status]).toEqual([403, 403]);
  });
});

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerHost } from '@manifold/server-model';
import type { ProviderError } from '@manifold/tool-provider';
import { eventually } from '../../../../../test/support/eventually.js';
import { lives, registration, TestGateway, until } from '../../testing/src/gateway.js';
import { registrationOf, TOOLS, Users } from '../../testing/src/users.js';

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

afterAll(() => TestGateway.destroyAll());

describe('a server that is run for each user', () => {
  let users: Users;
  let gateway: TestGateway;
  beforeAll(async () => {
    users = await Users.start();
    ({ gateway } = users);
  });
  afterAll(() => gateway.destroy());

  it('is introduced without any user, and is listed without a process', async () => {
    const server = await users.register('introduced');
    expect(server).toMatchObject({ status: 'connected', isolation: 'user', secretsAs: 'environment', instances: [] });
    expect(server.toolsList).not.toHaveLength(0);
    expect((await gateway.list('alice')).some(({ app }) => app === 'introduced')).toBe(true);
    expect(users.starts('introduced')).toHaveLength(1);
    expect(users.alive('introduced')).toBe(0);
  });

  it("gives each user's process the user's own secret, and keeps it for the next call", async () => {
    await users.register('tokens');
    const names = ['alice', 'bob', 'carol'];
    await Promise.all(names.map((user) => users.setToken(user, 'tokens', `token-of-${user}`)));
    const calls = Array.from({ length: 30 }, (_, index) => names[index % names.length]!);
    const answers = await Promise.all(calls.map((user) => users.tokenOf(user, 'tokens')));
    expect(answers).toEqual(calls.map((user) => sha256(`token-of-${user}`)));
    const pids = await Promise.all(names.map((user) => users.pidOf(user, 'tokens')));
    expect(new Set(pids).size).toBe(3);
    expect(await Promise.all(names.map((user) => users.pidOf(user, 'tokens')))).toEqual(pids);
    expect(users.starts('tokens')).toHaveLength(1 + 3);
  });

  it('runs without the secret for a user who has none, and never with the one of somebody else or of the operator', async () => {
    const body = { ...registrationOf('bare'), env: { TOKEN: 'of-the-operator', OTHER: 'kept' } };
    await gateway.rest('POST', '/mcp/servers', body);
    await users.setToken('alice', 'bare', 'token-of-alice');
    expect(await users.tokenOf('alice', 'bare')).toBe(sha256('token-of-alice'));
    expect(await users.tokenOf('bob', 'bare')).toBe('not set');
    expect(await users.call('bob', 'bare_variable', { name: 'OTHER' })).toBe(sha256('kept'));
  });

  it('gets none but the named secrets, and none of them as arguments', async () => {
    await users.register('named');
    await users.setToken('alice', 'named', 'token-of-alice');
    await users.setToken('alice', 'named', '--require=/tmp/evil.cjs', 'NODE_OPTIONS');
    expect(await users.call('alice', 'named_variable', { name: 'NODE_OPTIONS' })).toBe('not set');
    expect(JSON.parse(await users.call('alice', 'named_received', { TOKEN: 'own' }))).toEqual({ TOKEN: sha256('own') });
  });

  it('learns its tools from the first user with whose secret it starts', async () => {
    const server = await users.register('needy', '--needs=TOKEN');
    expect(server).toMatchObject({ status: 'error', lastError: expect.stringContaining('TOKEN is not set') });
    expect(await gateway.list('alice')).not.toContainEqual(expect.objectContaining({ app: 'needy' }));
    await users.setToken('alice', 'needy', 'token-of-alice');
    await until(async () => (await gateway.list('alice')).some(({ app }) => app === 'needy'));
    expect(await users.tokenOf('alice', 'needy')).toBe(sha256('token-of-alice'));
    expect(await users.view('needy')).toMatchObject({ status: 'connected' });
    expect((await users.view('needy')).lastError).toBeUndefined();
    expect(await users.failure('bob', 'needy_pid')).toMatchObject({
      code: 'upstream_unavailable',
      message: 'Server needy is not available',
    });
  });

  it('is started anew when the secret has changed or was deleted, and calls in flight finish', async () => {
    const file = join(gateway.dataDir, 'finish');
    await users.register('changing');
    await users.setToken('alice', 'changing', 'first-token');
    await users.setToken('bob', 'changing', 'token-of-bob');
    const [old, other] = [await users.pidOf('alice', 'changing'), await users.pidOf('bob', 'changing')];
    const call = users.call('alice', 'changing_await', { file });
    await until(() => gateway.ledger('changing').includes('call await'));
    await users.setToken('alice', 'changing', 'second-token');
    expect(await users.tokenOf('alice', 'changing')).toBe(sha256('second-token'));
    writeFileSync(file, '');
    expect(Number(await call)).toBe(old);
    await eventually('the old process is gone', () => !lives(old));
    await gateway.rest('POST', '/secrets/delete', { serverName: 'changing', secretName: 'TOKEN' }, 'alice');
    expect(await users.tokenOf('alice', 'changing')).toBe('not set');
    expect(await users.pidOf('bob', 'changing')).toBe(other);
  });

  it('is started once for many calls of a user', async () => {
    await users.register('wanted');
    const pids = await Promise.all(Array.from({ length: 20 }, () => users.pidOf('alice', 'wanted')));
    expect(new Set(pids).size).toBe(1);
    expect(users.starts('wanted')).toHaveLength(1 + 1);
  });

  it('comes back after a crash for the next call of that user, a bounded number of times, and for others all the same', async () => {
    await users.register('fragile');
    const other = await users.pidOf('bob', 'fragile');
    for (let round = 0; round < 8; round += 1) await users.failure('alice', 'fragile_exit');
    const refused = await users.failure('alice', 'fragile_pid');
    expect(refused).toMatchObject({ code: 'upstream_unavailable', retryAfter: expect.any(Number) });
    expect(users.starts('fragile')).toHaveLength(1 + 1 + 6);
    expect(await users.pidOf('bob', 'fragile')).toBe(other);
  });

  it('takes secrets out of what it says and logs, and shows the log of a user to nobody', async () => {
    await users.register('talkative');
    await users.setToken('alice', 'talkative', 'canary-0123456789');
    expect(await users.call('alice', 'talkative_reveal', { name: 'TOKEN' })).toBe('TOKEN is [secret]');
    await users.call('bob', 'talkative_pid');
    const server = await users.view('talkative');
    expect(server.instances).toEqual([
      { user: 'alice', status: 'connected', since: expect.stringMatching(/^\d{4}-.*Z$/) },
      { user: 'bob', status: 'connected', since: expect.any(String) },
    ]);
    expect(JSON.stringify(server.logs)).not.toMatch(/TOKEN is/);
    const { body } = await gateway.rest('GET', '/mcp/servers/talkative', undefined, 'bob');
    expect(Object.keys(body.server).sort()).toEqual(['enabled', 'name', 'status', 'toolsList', 'transportType']);
  });

  it.each([
    ['disabled', 'PUT', '/disable', undefined],
    ['deleted', 'DELETE', '', undefined],
    ['changed', 'PUT', '', { description: 'other' }],
  ])('leaves no process when it is %s', async (name, method, path, body) => {
    await users.register(name);
    await Promise.all(['alice', 'bob'].map((user) => users.pidOf(user, name)));
    const pids = users.starts(name);
    expect(users.alive(name)).toBe(2);
    await gateway.rest(method, `/mcp/servers/${name}${path}`, body);
    expect(pids.filter(lives)).toEqual([]);
  });

  it('brings arguments to a process of its own where they are wanted', async () => {
    await users.put('POST', '/mcp/servers', { ...registration('apart', TOOLS), isolation: 'user' });
    await users.setToken('alice', 'apart', 'token-of-alice');
    expect(JSON.parse(await users.call('alice', 'apart_received', { TOKEN: 'own' }))).toEqual({
      TOKEN: sha256('token-of-alice'),
    });
    expect(await users.tokenOf('alice', 'apart')).toBe('not set');
    expect(await users.pidOf('alice', 'apart')).not.toBe(await users.pidOf('bob', 'apart'));
  });

  it('ends every process with the gateway', async () => {
    const ending = await Users.start();
    await ending.register('ending');
    const pids = await Promise.all(['alice', 'bob'].map((user) => ending.pidOf(user, 'ending')));
    await ending.gateway.destroy();
    expect(pids.filter(lives)).toEqual([]);
  });
});

describe('the replacement of a server that is run for each user', () => {
  let users: Users;
  let host: ServerHost;
  beforeAll(async () => {
    users = await Users.start();
    host = users.gateway.app.get(ServerHost);
  });
  afterAll(() => users.gateway.destroy());

  const replace = (name: string, ...flags: string[]) => {
    const args = registration(name, TOOLS, users.ledgerOf(`${name}-new`), ...flags).args as string[];
    return host.replace('default', name, { args }, { signal: new AbortController().signal });
  };

  it('lets calls in flight finish on the old processes', async () => {
    const file = join(users.gateway.dataDir, 'finish');
    await users.register('busy');
    const old = await users.pidOf('alice', 'busy');
    const call = users.call('alice', 'busy_await', { file });
    await until(() => users.gateway.ledger('busy').includes('call await'));
    const { retired } = await replace('busy');
    expect(await users.pidOf('alice', 'busy')).not.toBe(old);
    writeFileSync(file, '');
    expect(Number(await call)).toBe(old);
    await retired;
    expect(users.alive('busy')).toBe(0);
  });

  it('is tried with the secrets of a user who has the old one running, where it does not start without', async () => {
    await users.register('needy', '--needs=TOKEN');
    await users.setToken('alice', 'needy', 'token-of-alice');
    await until(async () => (await users.view('needy')).status === 'connected');
    const old = await users.pidOf('alice', 'needy');
    await (
      await replace('needy', '--needs=TOKEN')
    ).retired;
    expect(lives(old)).toBe(false);
    expect(await users.tokenOf('alice', 'needy')).toBe(sha256('token-of-alice'));
    await expect(replace('needy', '--needs=OTHER')).rejects.toThrow('OTHER is not set');
    expect(await users.tokenOf('alice', 'needy')).toBe(sha256('token-of-alice'));
  });
});

describe('the places for servers of single users', () => {
  it('are enough for thirty users who come at once, though there are ten', async () => {
    const users = await Users.start({ USER_SERVERS_MAX: '10' });
    await users.register('crowded');
    const names = Array.from({ length: 30 }, (_, index) => `user-${index}`);
    await Promise.all(names.map((user) => users.setToken(user, 'crowded', `token-of-${user}`)));
    let most = 0;
    let refusals = 0;
    const sampler = setInterval(() => (most = Math.max(most, users.alive('crowded'))), 20);
    const patientCall = (user: string): Promise<string> =>
      users.tokenOf(user, 'crowded').catch(async (error: ProviderError) => {
        expect(error).toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) });
        refusals += 1;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return patientCall(user);
      });
    const answers = await Promise.all(names.map(patientCall));
    clearInterval(sampler);
    expect(answers).toEqual(names.map((user) => sha256(`token-of-${user}`)));
    expect(refusals).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(10);
    await users.gateway.destroy();
  });

  it('go from who has been idle for longest to who needs one, but from nobody who has a call in flight', async () => {
    const users = await Users.start({ USER_SERVERS_MAX: '2' });
    const file = join(users.gateway.dataDir, 'finish');
    await users.register('scarce');
    const first = await users.pidOf('first', 'scarce');
    const second = await users.pidOf('second', 'scarce');
    const third = await users.pidOf('third', 'scarce');
    expect([first, second, third].map(lives)).toEqual([false, true, true]);
    const calls = ['second', 'third'].map((user) => users.call(user, 'scarce_await', { file }));
    await until(() => users.gateway.ledger('scarce').filter((line) => line === 'call await').length === 2);
    const refused = await users.failure('first', 'scarce_pid');
    expect(refused.code).toBe('rate_limited');
    expect(refused.retryAfter).toBeGreaterThan(0);
    writeFileSync(file, '');
    expect((await Promise.all(calls)).map(Number)).toEqual([second, third]);
    expect(await users.pidOf('first', 'scarce')).not.toBe(first);
    await users.gateway.destroy();
  });

  it('are given back after some time without a call', async () => {
    const users = await Users.start({ USER_SERVER_IDLE_MS: '300' });
    const file = join(users.gateway.dataDir, 'finish');
    await users.register('resting');
    const busy = users.call('busy', 'resting_await', { file });
    const idle = await users.pidOf('idle', 'resting');
    await eventually('the idle one is gone', () => !lives(idle));
    expect((await users.view('resting')).instances).toMatchObject([{ user: 'busy' }]);
    expect(await users.pidOf('idle', 'resting')).not.toBe(idle);
    writeFileSync(file, '');
    expect(lives(Number(await busy))).toBe(true);
    await eventually('all are gone', () => users.alive('resting') === 0);
    await users.gateway.destroy();
  });
});

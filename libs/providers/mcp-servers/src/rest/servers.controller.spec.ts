import { join } from 'node:path';
import { FIXTURES, lives, registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';

describe('the routes of servers', () => {
  let gateway: TestGateway;
  beforeAll(async () => (gateway = await TestGateway.start()));
  afterAll(() => gateway.destroy());

  it('register a server, start it and answer with its true status, tools and log', async () => {
    const { status, body } = await gateway.rest('POST', '/mcp/servers', { ...registration('first'), env: { A: '1' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      success: true,
      server: {
        name: 'first',
        transportType: 'stdio',
        command: 'node',
        env: { A: '[hidden]' },
        status: 'connected',
        enabled: true,
      },
    });
    expect(body.server.toolsList[0]).toEqual({
      name: 'received',
      inputSchema: { type: 'object' },
      'x-unknown': { kept: true },
    });
    await gateway.call('first_echo', { message: 'hello' });
    const read = await gateway.rest('GET', '/mcp/servers/first');
    await until(async () => (await gateway.rest('GET', '/mcp/servers/first')).body.server.logs.length > 0);
    const { logs } = (await gateway.rest('GET', '/mcp/servers/first')).body.server;
    expect(logs.at(-1)).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z error echo: {"message":"hello"}$/);
    const list = await gateway.rest('GET', '/mcp/servers');
    expect(list.body.servers.map((server: { name: string }) => server.name)).toEqual(['first']);
    expect(list.body.servers[0]).toEqual({ ...read.body.server, logs });
  });

  it('show users neither settings nor logs, and let them change nothing', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('guarded'));
    const { status, body } = await gateway.rest('GET', '/mcp/servers/guarded', undefined, 'alice');
    expect(status).toBe(200);
    expect(Object.keys(body.server).sort()).toEqual(['enabled', 'name', 'status', 'toolsList', 'transportType']);
    for (const [method, path, input] of [
      ['POST', '/mcp/servers', registration('other')],
      ['PUT', '/mcp/servers/guarded', {}],
      ['PUT', '/mcp/servers/guarded/enable', undefined],
      ['PUT', '/mcp/servers/guarded/disable', undefined],
      ['POST', '/mcp/servers/guarded/refresh', undefined],
      ['DELETE', '/mcp/servers/guarded', undefined],
    ] as const) {
      const refused = await gateway.rest(method, path, input, 'alice');
      expect([method, path, refused.status, refused.body.code]).toEqual([method, path, 403, 'insufficient_role']);
    }
  });

  it('give one 200 and seven 409, one record and one process for eight registrations at once', async () => {
    const ledger = join(gateway.dataDir, 'eight');
    const body = registration('eight', `--ledger=${ledger}`);
    const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.rest('POST', '/mcp/servers', body)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    const refused = answers.find(({ status }) => status === 409)!;
    expect(refused.body).toMatchObject({
      success: false,
      code: 'server_already_exists',
      error: 'Server with name eight already exists',
    });
    const list = await gateway.rest('GET', '/mcp/servers');
    expect(list.body.servers.filter((server: { name: string }) => server.name === 'eight')).toHaveLength(1);
    expect(gateway.ledger('eight')).toHaveLength(1);
  });

  it('register a server whose command is bad, with the reason, and leave the others alone', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('healthy'));
    const { status, body } = await gateway.rest('POST', '/mcp/servers', { name: 'bad', command: './no-such-program' });
    expect(status).toBe(200);
    expect(body.server).toMatchObject({ name: 'bad', status: 'error', enabled: true, toolsList: [] });
    expect(body.server.lastError).toContain('no-such-program');
    expect(textOf(await gateway.call('healthy_pid'))).toMatch(/^\d+$/);
  });

  it('show what a server said before it gave up', async () => {
    const { body } = await gateway.rest('POST', '/mcp/servers', registration('crashing', '--crash'));
    expect(body.server.status).toBe('error');
    expect(body.server.lastError).toMatch(/code 3/);
    expect(body.server.logs.join('\n')).toContain('no configuration found');
  });

  it('change only the given fields, and start the server anew', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('changing'));
    const before = Number(textOf(await gateway.call('changing_pid')));
    const { status, body } = await gateway.rest('PUT', '/mcp/servers/changing', { env: { B: '2' } });
    expect(status).toBe(200);
    expect(body.server).toMatchObject({ command: 'node', env: { B: '[hidden]' }, status: 'connected' });
    expect(lives(before)).toBe(false);
    expect(Number(textOf(await gateway.call('changing_pid')))).not.toBe(before);
  });

  it('demand what another transport needs, and leave the server as it was', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('switching'));
    const { status, body } = await gateway.rest('PUT', '/mcp/servers/switching', { transportType: 'streamable_http' });
    expect([status, body.errors[0].pointer]).toEqual([400, '/url']);
    const after = await gateway.rest('GET', '/mcp/servers/switching');
    expect(after.body.server).toMatchObject({ transportType: 'stdio', status: 'connected' });
  });

  it('disable and enable: the process goes and comes, the settings stay', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('pausing'));
    const pid = Number(textOf(await gateway.call('pausing_pid')));
    const disabled = await gateway.rest('PUT', '/mcp/servers/pausing/disable');
    expect(disabled.body.server).toMatchObject({ status: 'disconnected', enabled: false, command: 'node' });
    expect(disabled.body.server.toolsList).not.toHaveLength(0);
    expect(lives(pid)).toBe(false);
    expect((await gateway.list()).some(({ app }) => app === 'pausing')).toBe(false);
    const enabled = await gateway.rest('PUT', '/mcp/servers/pausing/enable');
    expect(enabled.body.server).toMatchObject({ status: 'connected', enabled: true });
    const again = await gateway.rest('PUT', '/mcp/servers/pausing/enable');
    expect(again.body.server.status).toBe('connected');
  });

  it('start a server that failed when it is enabled again', async () => {
    await gateway.rest('POST', '/mcp/servers', { name: 'mending', command: './no-such-program' });
    const program = registration('mending');
    const mended = await gateway.rest('PUT', '/mcp/servers/mending', { command: 'node', args: program.args });
    expect(mended.body.server).toMatchObject({ status: 'connected' });
    expect(mended.body.server.lastError).toBeUndefined();
  });

  it('delete a server with its process and its tools; the name is free again', async () => {
    await gateway.rest('POST', '/mcp/servers', registration('leaving'));
    const pid = Number(textOf(await gateway.call('leaving_pid')));
    expect(await gateway.rest('DELETE', '/mcp/servers/leaving')).toEqual({ status: 200, body: { success: true } });
    expect(lives(pid)).toBe(false);
    expect((await gateway.list()).some(({ app }) => app === 'leaving')).toBe(false);
    expect((await gateway.rest('GET', '/mcp/servers/leaving')).status).toBe(404);
    expect((await gateway.rest('POST', '/mcp/servers', registration('leaving'))).status).toBe(200);
  });

  it('keep their order when many change one server at once: the last word counts, and one process is left', async () => {
    const ledger = join(gateway.dataDir, 'contested');
    await gateway.rest('POST', '/mcp/servers', registration('contested', `--ledger=${ledger}`));
    const changes = ['1', '2', '3', '4'].map((value) =>
      gateway.rest('PUT', '/mcp/servers/contested', { env: { V: value } }),
    );
    const answers = await Promise.all(changes);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const pids = gateway.ledger('contested').map((line) => Number(line.split(' ')[1]));
    expect(pids.filter(lives)).toHaveLength(1);
    const deletions = await Promise.all([1, 2].map(() => gateway.rest('DELETE', '/mcp/servers/contested')));
    expect(deletions.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(pids.filter(lives)).toHaveLength(0);
  });

  it.each([
    ['GET', '/mcp/servers/nobody'],
    ['PUT', '/mcp/servers/nobody'],
    ['PUT', '/mcp/servers/nobody/enable'],
    ['PUT', '/mcp/servers/nobody/disable'],
    ['POST', '/mcp/servers/nobody/refresh'],
    ['DELETE', '/mcp/servers/nobody'],
    ['GET', '/mcp/servers/__proto__'],
  ])('answer 404 to %s %s', async (method, path) => {
    const { status, body } = await gateway.rest(
      method,
      path,
      path === '/mcp/servers/nobody' && method === 'PUT' ? {} : undefined,
    );
    expect(status).toBe(404);
    expect(body).toMatchObject({
      success: false,
      code: 'server_not_found',
      error: expect.stringMatching(/^Server (with name )?\S+ not found$/),
    });
  });

  it('name the field that is at fault', async () => {
    const body = { ...registration('faulty'), tenant: 'other', env: { $ne: null } };
    const answer = await gateway.rest('POST', '/mcp/servers', body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ success: false, code: 'invalid_request' });
    expect(answer.body.errors.map((fault: { pointer: string }) => fault.pointer)).toEqual(['/env']);
    expect((await gateway.rest('GET', '/mcp/servers/faulty')).status).toBe(404);
  });

  it('run commands in the folder that the operator names', async () => {
    const program = { command: 'node', args: ['registered-server.mjs'] };
    const { body } = await gateway.rest('POST', '/mcp/servers', { name: 'relative', ...program, cwd: FIXTURES });
    expect(body.server).toMatchObject({ status: 'connected', cwd: FIXTURES });
    const moved = await gateway.rest('PUT', '/mcp/servers/relative', { cwd: '' });
    expect(moved.body.server.status).toBe('error'); // in its own folder there is no such program
    expect(moved.body.server).not.toHaveProperty('cwd');
  });
});

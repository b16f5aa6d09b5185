import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerHost, type ServerSettings } from '@manifold/server-model';
import { Store } from '@manifold/store';
import { openCall, type ToolResult } from '@manifold/tool-provider';
import { lives, principalOf, registration, TestGateway, textOf, until } from '../../testing/src/gateway.js';

afterAll(() => TestGateway.destroyAll());

describe('the replacement of a running server', () => {
  let gateway: TestGateway;
  let host: ServerHost;
  let ledger: string;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    host = gateway.app.get(ServerHost);
    ledger = join(gateway.dataDir, 'ledger');
  });
  afterAll(() => gateway.destroy());

  const argsOf = (...flags: string[]): ServerSettings => ({ args: registration('any', ...flags).args as string[] });
  const replace = (name: string, settings: ServerSettings, signal = new AbortController().signal) =>
    host.replace('default', name, settings, { signal });
  const pidOf = async (name: string): Promise<number> => Number(textOf(await gateway.call(`${name}_pid`)));
  const view = async (name: string) => (await gateway.rest('GET', `/mcp/servers/${name}`)).body.server;
  const register = (name: string, ...flags: string[]) =>
    gateway.rest('POST', '/mcp/servers', registration(name, ...flags));
  const startsIn = (file: string): number[] =>
    gateway
      .ledger(file)
      .filter((line) => line.startsWith('start '))
      .map((line) => Number(line.split(' ')[1]));

  it('gives new calls to the new process, and ends the old one when nobody needs it', async () => {
    await register('plain');
    const old = await pidOf('plain');
    const { retired } = await replace('plain', argsOf('--also=newer'));
    expect(await pidOf('plain')).not.toBe(old);
    expect((await view('plain')).toolsList.map(({ name }: { name: string }) => name)).toContain('newer');
    expect((await view('plain')).args).toContain('--also=newer');
    await retired;
    expect(lives(old)).toBe(false);
  });

  it('lets calls in flight finish on the old process', async () => {
    await register('busy', '--also=await', `--ledger=${ledger}`);
    const file = join(gateway.dataDir, 'finish');
    const old = await pidOf('busy');
    const call = gateway.call('busy_await', { file });
    await until(() => gateway.ledger('ledger').includes('call await'));
    const { retired } = await replace('busy', argsOf());
    let isRetired = false;
    void retired.then(() => (isRetired = true));
    expect(await pidOf('busy')).not.toBe(old);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than a server without calls stays
    expect([isRetired, lives(old)]).toEqual([false, true]);
    writeFileSync(file, '');
    expect(Number(textOf(await call))).toBe(old);
    await retired;
    expect(lives(old)).toBe(false);
  });

  it('fails no call under load, though the tools get other names', async () => {
    await register('loaded', '--also=name0');
    const answers: ToolResult[] = [];
    let running = true;
    const caller = async (): Promise<void> => {
      while (running) {
        const tools = await gateway.list();
        const tool = tools.find(({ app, name }) => app === 'loaded' && name.startsWith('name'))!;
        await new Promise(setImmediate);
        const call = openCall({ principal: principalOf('alice'), requestId: 'replacement', timeoutMs: 500_000 });
        answers.push(await gateway.provider.callTool(tool.ref, {}, call.context).finally(() => call.close()));
      }
    };
    const callers = Promise.all([caller(), caller(), caller(), caller()]);
    const retirements: Promise<void>[] = [];
    for (const version of [1, 2, 3]) {
      retirements.push((await replace('loaded', argsOf(`--also=name${version}`))).retired);
      const until = answers.length + 20;
      while (answers.length < until) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    running = false;
    await callers;
    expect(new Set(answers.map(textOf)).size).toBe(4);
    await Promise.all(retirements);
  });

  it.each([
    ['exit at once', ['--crash'], /exited with code 3[^]*no configuration found/],
    ['cannot list their tools', ['--reject-list'], /could not be listed/],
  ])('changes nothing for settings that %s, and says why', async (_, flags, reason) => {
    await register('kept');
    const old = await pidOf('kept');
    const before = await view('kept');
    await expect(replace('kept', argsOf(...flags))).rejects.toThrow(reason);
    expect(await pidOf('kept')).toBe(old);
    expect(await view('kept')).toEqual(before);
    await gateway.rest('DELETE', '/mcp/servers/kept');
  });

  describe('that must run once', () => {
    const once = (name: string, ...flags: string[]) =>
      gateway.rest('POST', '/mcp/servers', { ...registration(name, ...flags), replicas: 'one' });

    it('ends the old process before it starts the new one, when its calls have their answers', async () => {
      const [file, pids] = [join(gateway.dataDir, 'once'), join(gateway.dataDir, 'once-ledger')];
      await once('once', '--also=await', `--ledger=${pids}`);
      const old = await pidOf('once');
      const call = gateway.call('once_await', { file });
      await until(() => gateway.ledger('once-ledger').includes('call await'));
      const replacing = replace('once', argsOf('--also=newer', `--ledger=${pids}`));
      await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than a server without calls stays
      expect(startsIn('once-ledger')).toEqual([old]);
      writeFileSync(file, '');
      expect(Number(textOf(await call))).toBe(old);
      await (
        await replacing
      ).retired;
      expect(lives(old)).toBe(false);
      expect(startsIn('once-ledger')).toHaveLength(2);
      expect((await view('once')).toolsList.map(({ name }: { name: string }) => name)).toContain('newer');
    });

    it('goes back to the old settings where the new ones do not work', async () => {
      await once('back');
      await pidOf('back');
      await expect(replace('back', { command: '/there/is/no/such/program' })).rejects.toThrow('does not exist');
      expect(await view('back')).toMatchObject({ command: 'node', replicas: 'one' });
      expect(await pidOf('back')).toBeGreaterThan(0);
    });
  });

  it('changes nothing for a program that does not exist, or settings that do not fit', async () => {
    await register('strict');
    const old = await pidOf('strict');
    await expect(replace('strict', { command: './no-such-program' })).rejects.toThrow(/no-such-program/);
    await expect(replace('strict', { transportType: 'streamable_http' })).rejects.toMatchObject({ status: 400 });
    await expect(replace('nobody', argsOf())).rejects.toMatchObject({ status: 404 });
    expect(await pidOf('strict')).toBe(old);
  });

  it('ends with its signal, and leaves nothing of the new process', async () => {
    const file = join(gateway.dataDir, 'silent');
    await register('patient');
    const old = await pidOf('patient');
    const giveUp = new AbortController();
    const replacing = replace('patient', argsOf('--silent', `--ledger=${file}`), giveUp.signal);
    await until(() => existsAndHas(file));
    giveUp.abort(new Error('enough'));
    await expect(replacing).rejects.toThrow('enough');
    expect(startsIn('silent').map(lives)).toEqual([false]);
    expect(await pidOf('patient')).toBe(old);
  });

  it('tries new settings of a disabled server, stores them and leaves nothing running', async () => {
    const file = join(gateway.dataDir, 'disabled');
    await register('disabled');
    await gateway.rest('PUT', '/mcp/servers/disabled/disable');
    await expect(replace('disabled', argsOf('--crash'))).rejects.toThrow(/no configuration found/);
    await (
      await replace('disabled', argsOf(`--ledger=${file}`, '--also=newer'))
    ).retired;
    expect(startsIn('disabled').map(lives)).toEqual([false]);
    expect(await view('disabled')).toMatchObject({ status: 'disconnected', enabled: false });
    const enabled = await gateway.rest('PUT', '/mcp/servers/disabled/enable');
    expect(enabled.body.server).toMatchObject({ status: 'connected' });
    expect(await pidOf('disabled')).toBe(startsIn('disabled')[1]);
  });

  it.each([
    ['deleted', 'DELETE', '/mcp/servers/raced'],
    ['disabled', 'PUT', '/mcp/servers/raced/disable'],
  ])('ends when the server is %s meanwhile', async (_, method, path) => {
    const file = join(gateway.dataDir, `raced-${method}`);
    await register('raced');
    const old = await pidOf('raced');
    const replacing = replace('raced', argsOf('--silent', `--ledger=${file}`)).catch((error: unknown) => error);
    await until(() => existsAndHas(file));
    await gateway.rest(method, path);
    expect(await replacing).toBeInstanceOf(Error);
    expect([old, ...startsIn(`raced-${method}`)].map(lives)).toEqual([false, false]);
  });

  it('lets one of two replacements at once win, and tells the other', async () => {
    await register('contested');
    const outcomes = await Promise.allSettled([
      replace('contested', argsOf('--also=one')),
      replace('contested', argsOf('--also=two')),
    ]);
    const [won] = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const lost = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(lost).toEqual([expect.objectContaining({ status: 409, code: 'server_changed' })]);
    await won!.retired;
  });

  it('ends the old process at once when the server is deleted', async () => {
    const file = join(gateway.dataDir, 'never');
    await register('gone', '--also=await', `--ledger=${join(gateway.dataDir, 'gone')}`);
    const old = await pidOf('gone');
    const call = gateway.call('gone_await', { file }).catch((error: unknown) => error);
    await until(() => gateway.ledger('gone').includes('call await'));
    const { retired } = await replace('gone', argsOf());
    const current = await pidOf('gone');
    await gateway.rest('DELETE', '/mcp/servers/gone');
    await retired;
    expect([old, current].map(lives)).toEqual([false, false]);
    expect(await call).toMatchObject({ code: 'upstream_unavailable' });
  });

  it('says when the first start has succeeded or failed', async () => {
    const { signal } = new AbortController();
    await host.register('default', 'soon', registration('soon'));
    await host.settled('default', 'soon', signal);
    expect(host.view('default', 'soon')).toMatchObject({ status: 'connected' });
    await host.register('default', 'never', registration('never', '--crash'));
    await host.settled('default', 'never', signal);
    expect(host.view('default', 'never')).toMatchObject({ lastError: expect.stringContaining('no configuration') });
    await host.register('default', 'silent', registration('silent', '--silent'));
    await host.settled('default', 'silent', AbortSignal.abort());
    expect(host.view('default', 'silent')).toMatchObject({ status: 'connecting' });
  });

  const existsAndHas = (file: string): boolean => {
    try {
      return gateway.ledger(file.slice(gateway.dataDir.length + 1)).length > 0;
    } catch {
      return false;
    }
  };
});

describe('a replacement that cannot be stored', () => {
  it('leaves the old process running, and nothing of the new one', async () => {
    const gateway = await TestGateway.start();
    await gateway.rest('POST', '/mcp/servers', registration('steady'));
    const old = textOf(await gateway.call('steady_pid'));
    const args = registration('steady', `--ledger=${join(gateway.dataDir, 'ledger')}`).args as string[];
    (gateway.app.get(Store) as unknown as { onApplicationShutdown(): void }).onApplicationShutdown();
    const { signal } = new AbortController();
    await expect(gateway.app.get(ServerHost).replace('default', 'steady', { args }, { signal })).rejects.toThrow();
    expect(lives(Number(gateway.ledger('ledger')[0]!.split(' ')[1]))).toBe(false);
    expect(textOf(await gateway.call('steady_pid'))).toBe(old);
    await gateway.destroy();
  });
});

describe('hooks of a deletion', () => {
  it('run around the removal of the record; one that fails keeps it, so that the deletion can be repeated', async () => {
    const gateway = await TestGateway.start();
    const host = gateway.app.get(ServerHost);
    await gateway.rest('POST', '/mcp/servers', registration('hooked'));
    const pid = Number(textOf(await gateway.call('hooked_pid')));
    const events: string[] = [];
    let fails = true;
    const note = (event: string) => async (tenant: string, name: string) => {
      events.push(`${event} ${tenant} ${name}: ${host.find(tenant, name) ? 'known' : 'gone'}, ${String(lives(pid))}`);
      if (event === 'before' && fails) throw new Error('the files are held');
    };
    const stop = host.onDelete({ before: note('before'), after: note('after') });
    await expect(host.delete('default', 'hooked')).rejects.toThrow('the files are held');
    await until(async () => (await gateway.rest('GET', '/mcp/servers/hooked')).body.server.status === 'connected');
    fails = false;
    await host.delete('default', 'hooked');
    const before = 'before default hooked: known, false';
    expect(events).toEqual([before, before, 'after default hooked: gone, false']);
    stop();
    await gateway.rest('POST', '/mcp/servers', registration('unhooked'));
    await host.delete('default', 'unhooked');
    expect(events).toHaveLength(3);
    await gateway.destroy();
  });

  it('that fail afterwards do not undo the deletion', async () => {
    const gateway = await TestGateway.start();
    const host = gateway.app.get(ServerHost);
    host.onDelete({ before: () => Promise.resolve(), after: () => Promise.reject(new Error('too late')) });
    await gateway.rest('POST', '/mcp/servers', registration('hooked'));
    expect((await gateway.rest('DELETE', '/mcp/servers/hooked')).status).toBe(200);
    expect(host.find('default', 'hooked')).toBeUndefined();
    await gateway.destroy();
  });
});

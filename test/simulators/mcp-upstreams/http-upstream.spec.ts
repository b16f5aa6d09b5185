import { connectSdk1, connectSdk1Sse, connectSdk2, textOf } from '../../support/mcp-clients.js';
import { HttpUpstream } from '../../support/upstreams.js';

let upstream: HttpUpstream;

afterEach(() => upstream.stop());

const echo = { name: 'echo', arguments: { message: 'hello' } };

describe('the HTTP upstream', () => {
  it('serves SDK 1.32 and SDK 2.4 clients, and shows which requests it saw', async () => {
    upstream = await HttpUpstream.start('--tools=2');
    const first = await connectSdk1({ url: upstream.baseUrl, token: 'abc' });
    const second = await connectSdk2({ url: upstream.baseUrl }, 'legacy');

    expect(textOf(await first.client.callTool(echo))).toBe('hello');
    expect(textOf(await second.client.callTool(echo))).toBe('hello');
    expect((await second.client.listTools()).tools).toHaveLength(10);
    const state = await upstream.state();
    expect(state).toMatchObject({ initializes: 2, sessions: 2 });
    expect(state.requests[0].headers.authorization).toBe('Bearer abc');
    await first.transport.terminateSession();
    expect((await upstream.state()).sessions).toBe(1);
    await Promise.all([first.client.close(), second.client.close()]);
  });

  it('sends progress before the result, and list_changed on the stream of GET', async () => {
    upstream = await HttpUpstream.start();
    const { client } = await connectSdk1({ url: upstream.baseUrl });
    const changed = new Promise<void>((resolve) => {
      client.fallbackNotificationHandler = async ({ method }) => {
        if (method === 'notifications/tools/list_changed') resolve();
      };
    });
    const steps: number[] = [];
    await client.callTool({ name: 'slow', arguments: { ms: 20, steps: 2 } }, undefined, {
      onprogress: ({ progress }) => steps.push(progress),
    });
    await client.callTool({ name: 'change' });
    await changed;

    expect(steps).toEqual([1, 2]);
    await client.close();
  });

  it('answers 404 once its sessions are dropped', async () => {
    upstream = await HttpUpstream.start();
    const { client } = await connectSdk1({ url: upstream.baseUrl });
    await upstream.dropSessions();

    await expect(client.callTool(echo)).rejects.toMatchObject({ code: 404 });
    await client.close();
  });

  it.each([
    ['--sse-only', 405],
    ['--sse-only=400', 400],
  ])('speaks HTTP+SSE only with %s', async (flag, status) => {
    upstream = await HttpUpstream.start(flag);
    await expect(connectSdk1({ url: upstream.baseUrl })).rejects.toMatchObject({ code: status });
    const { client } = await connectSdk1Sse({ url: upstream.baseUrl });

    expect(textOf(await client.callTool(echo))).toBe('hello');
    expect((await upstream.state()).sessions).toBe(1);
    await client.close();
  });
});

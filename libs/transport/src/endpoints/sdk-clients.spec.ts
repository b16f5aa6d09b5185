import { once } from 'node:events';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { freePort } from '../../../../test/support/free-port.js';
import { eventually } from '../../../../test/support/eventually.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { TransportStatus } from './transport-status.js';

const me = { name: 'test', version: '1' };
const as = (user: string) => ({ requestInit: { headers: { authorization: `Bearer ${user}` } } });

interface Connected {
  names(): Promise<string[]>;
  call(name: string, args?: Record<string, unknown>, options?: object): Promise<unknown>;
  close(): Promise<void>;
}

async function legacy(app: TransportApp, user: string, path: '/mcp' | '/sse'): Promise<Connected> {
  const client = new Client(me);
  const url = new URL(`${app.url}${path}`);
  const transport =
    path === '/mcp' ? new StreamableHTTPClientTransport(url, as(user)) : new SSEClientTransport(url, sseOptions(user));
  await client.connect(transport);
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, undefined, options),
    close: () => client.close(),
  };
}

const sseOptions = (user: string) => ({
  ...as(user),
  eventSourceInit: {
    fetch: (url: string | URL, init?: RequestInit) =>
      fetch(url, { ...init, headers: { ...as(user).requestInit.headers, accept: 'text/event-stream' } }),
  },
});

async function second(app: TransportApp, user: string, mode: 'legacy' | 'auto'): Promise<Connected & { era?: string }> {
  const client = new ModernClient(me, { versionNegotiation: { mode } });
  await client.connect(new ModernTransport(new URL(`${app.url}/mcp`), as(user)));
  return {
    era: client.getProtocolEra(),
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: (name, args = {}, options = {}) => client.callTool({ name, arguments: args }, options),
    close: () => client.close(),
  };
}

const CLIENTS = {
  'SDK 1.32 over Streamable HTTP': (app: TransportApp, user: string) => legacy(app, user, '/mcp'),
  'SDK 1.32 over HTTP+SSE': (app: TransportApp, user: string) => legacy(app, user, '/sse'),
  'SDK 2.4 in the legacy era': (app: TransportApp, user: string) => second(app, user, 'legacy'),
  'SDK 2.4 in the modern era': (app: TransportApp, user: string) => second(app, user, 'auto'),
};

describe('real clients', () => {
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport();
  });
  afterAll(() => app.discard());

  describe.each(Object.entries(CLIENTS))('%s', (_title, connect) => {
    let client: Connected;

    beforeAll(async () => {
      client = await connect(app, 'alice');
    });
    afterAll(() => client.close());

    it('lists and calls tools as its user', async () => {
      expect(await client.names()).toContain('whoami');
      expect(await client.call('whoami')).toMatchObject({ content: [{ type: 'text', text: 'alice' }] });
    });

    it('gets progress while the call runs', async () => {
      const seen: unknown[] = [];
      const onprogress = (progress: unknown) => {
        seen.push(progress);
        app.provider.release();
      };
      expect(await client.call('hold', {}, { onprogress })).toMatchObject({ content: [{ text: 'released' }] });
      expect(seen).toMatchObject([{ progress: 1 }]);
    });

    it('gets the errors of a call', async () => {
      await expect(client.call('nothing')).rejects.toMatchObject({ code: -32602 });
      await expect(client.call('reject')).rejects.toMatchObject({ code: -32050 });
      expect(await client.call('busy')).toMatchObject({ isError: true });
    });

    it('cancels a call, and goes on', async () => {
      const controller = new AbortController();
      const [held, aborted] = [app.provider.nextHeld(), once(app.provider.events, 'aborted')];
      const pending = client.call('hold', {}, { signal: controller.signal });
      const refused = expect(pending).rejects.toThrow();
      await held;
      controller.abort();
      await aborted;
      await refused;
      expect(await client.call('whoami')).toMatchObject({ content: [{ text: 'alice' }] });
    });
  });

  it('speaks the newest revision that a client can', async () => {
    const [old, modern] = [await second(app, 'alice', 'legacy'), await second(app, 'alice', 'auto')];
    expect([old.era, modern.era]).toEqual(['legacy', 'modern']);
    await Promise.all([old.close(), modern.close()]);
  });

  it('serves all of them at the same time as different users, and mixes nothing up', async () => {
    const clients = await Promise.all(
      Object.values(CLIENTS).flatMap((connect, kind) =>
        [1, 2].map(async (index) => ({
          user: `user-${kind}-${index}`,
          client: await connect(app, `user-${kind}-${index}`),
        })),
      ),
    );
    await Promise.all(
      clients.map(async ({ user, client }) => {
        for (let round = 0; round < 25; round += 1) {
          expect(await client.call('whoami')).toMatchObject({ content: [{ text: user }] });
        }
      }),
    );
    await Promise.all(clients.map(({ client }) => client.close()));
  });
});

describe('a restart of the gateway', () => {
  let app: TransportApp;
  const open: { close(): Promise<void> }[] = [];
  const opened = <T extends { close(): Promise<void> }>(client: T): T => {
    open.push(client);
    return client;
  };

  beforeEach(async () => {
    app = await startTransport({ port: await freePort() });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
    await app.discard();
  });

  const restart = async () => {
    const { dataDir, port } = app;
    await app.stop();
    app = await startTransport({ dataDir, port });
    // The clients' connection pools have to notice that their connections are gone, as they do in the time that a real restart takes.
    await eventually('the gateway answers', () => fetch(app.url).catch(() => undefined));
  };

  it.each([
    ['SDK 1.32', CLIENTS['SDK 1.32 over Streamable HTTP']],
    ['SDK 2.4', CLIENTS['SDK 2.4 in the legacy era']],
  ])('goes unnoticed by a client of %s', async (_title, connect) => {
    const client = opened(await connect(app, 'alice'));
    await client.call('whoami');
    await restart();
    expect(await client.call('whoami')).toMatchObject({ content: [{ text: 'alice' }] });
    expect(await client.names()).toContain('echo');
  });

  it('brings the stream of notifications back by itself', async () => {
    const client = opened(new Client(me));
    const changed = new Promise<void>((resolve) =>
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
    );
    const delays = { initialReconnectionDelay: 50, maxReconnectionDelay: 50, reconnectionDelayGrowFactor: 1 };
    const options = { ...as('alice'), reconnectionOptions: { ...delays, maxRetries: 100 } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${app.url}/mcp`), options));
    await streamIsOpen();
    await restart();
    await streamIsOpen();
    app.provider.add('new-tool');
    await changed;
  });

  it('lets an HTTP+SSE client reconnect and go on without a new initialize', async () => {
    const client = opened(await legacy(app, 'alice', '/sse'));
    await restart();
    await streamIsOpen();
    // The client posts to the ended session until it has read the `endpoint` event of its new stream.
    const answer = await eventually('the client uses its new stream', () =>
      client.call('whoami').catch(() => undefined),
    );
    expect(answer).toMatchObject({ content: [{ text: 'alice' }] });
  });

  const streamIsOpen = () => eventually('a stream is open', () => app.get(TransportStatus).streams > 0);
});

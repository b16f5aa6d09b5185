import { resolve } from 'node:path';
import { as, callTool } from '../../testing/src/callers.js';
import { FakeClient } from '../../testing/src/fake-client.js';
import { principalOf, TestGateway, textOf, until } from '../../testing/src/gateway.js';
import type { ServerRequest, RawObject } from '@manifold/tool-provider';

const EVERYTHING = resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js');
const ROOT = { uri: 'file:///home/alice', name: 'home' };

/** A client that can do all that a server may ask. */
function answer({ method, params }: ServerRequest): RawObject {
  if (method === 'roots/list') return { roots: [ROOT] };
  if (method === 'elicitation/create') {
    return params?.mode === 'url'
      ? { action: 'accept' }
      : { action: 'accept', content: { name: 'Alice', check: true } };
  }
  return { role: 'assistant', model: 'fake', content: { type: 'text', text: 'sampled' } };
}

describe('server-everything', () => {
  const client = new FakeClient(answer, {
    sampling: {},
    elicitation: { form: {}, url: {} },
    roots: { listChanged: true },
  });
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await TestGateway.start();
    const settings = { name: 'everything', command: process.execPath, args: [EVERYTHING, 'stdio'] };
    await gateway.rest('POST', '/mcp/servers', settings);
  });
  afterAll(() => gateway.destroy());

  const names = async (): Promise<string[]> =>
    (await as('alice', (context) => gateway.provider.listTools(context))).map(({ name }) => name);
  const call = async (tool: string, args: Record<string, unknown> = {}): Promise<string> =>
    textOf(
      await as('alice', (context) => callTool(gateway.provider, 'everything', tool, args, context), client.brought),
    );

  it('lists the tools that ask the client when there is one, and keeps the order of the others', async () => {
    const before = await names();
    expect(before).not.toContain('trigger-sampling-request');
    gateway.provider.onClientConnected(principalOf('alice'), client.capabilities);
    await until(async () => (await names()).includes('trigger-sampling-request'));
    expect((await names()).slice(0, before.length)).toEqual(before);
  });

  it.each<[string, Record<string, unknown>, RegExp, Partial<ServerRequest>]>([
    [
      'trigger-sampling-request',
      { prompt: 'Hello', maxTokens: 10 },
      /sampled/,
      { method: 'sampling/createMessage', params: expect.objectContaining({ maxTokens: 10 }) as RawObject },
    ],
    ['trigger-elicitation-request', {}, /provided/, { method: 'elicitation/create' }],
    [
      'trigger-url-elicitation',
      { url: 'https://example.com/form', message: 'Please' },
      /completed/,
      { params: expect.objectContaining({ mode: 'url', url: 'https://example.com/form' }) as RawObject },
    ],
    ['get-roots-list', {}, /home\/alice/, { method: 'roots/list' }],
  ])('asks the client in %s, and goes on with its answer', async (tool, args, text, asked) => {
    expect(await call(tool, args)).toMatch(text);
    expect(client.requests).toContainEqual(expect.objectContaining(asked));
  });

  it('reports progress', async () => {
    await call('trigger-long-running-operation', { duration: 0.2, steps: 2 });
    expect(client.progress.length).toBeGreaterThanOrEqual(2);
  });

  it('logs to the client that asked for it', async () => {
    await call('toggle-simulated-logging');
    await until(async () => {
      await call('echo', { message: 'x' });
      return client.logs.length > 0;
    });
  });

  it('lists and reads resources and prompts', async () => {
    const { provider } = gateway;
    const [resource] = await as('alice', (context) => provider.listResources(context));
    const read = await as('alice', (context) => provider.readResource('everything', resource!.uri, context));
    expect(read.contents).toEqual([expect.objectContaining({ uri: resource!.uri })]);
    const prompts = await as('alice', (context) => provider.listPrompts(context));
    expect(prompts.length).toBeGreaterThanOrEqual(3);
    expect(provider.serverFeatures('everything', principalOf('alice'))?.instructions).toBeTruthy();
  });
});

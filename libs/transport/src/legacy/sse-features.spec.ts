import { eventually } from '../../../../test/support/eventually.js';
import { askingTools } from '../../testing/src/asking-tools.js';
import { callTool, events, initialize, request } from '../../testing/src/mcp-wire.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

type Message = Record<string, unknown>;

/** A client whose every answer comes on its stream, between other messages. */
class SseClient {
  private id = 100;
  private endpoint = '';
  private readonly stream: ReturnType<typeof events>;

  private constructor(
    private readonly url: string,
    response: Response,
    private readonly controller: AbortController,
  ) {
    this.stream = events(response);
  }

  static async connect(app: TransportApp, capabilities: object): Promise<SseClient> {
    const controller = new AbortController();
    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const response = await fetch(`${app.url}/sse`, { headers, signal: controller.signal });
    const client = new SseClient(app.url, response, controller);
    client.endpoint = (await client.stream.next()).value!.data;
    await client.post(initialize('2024-11-05', capabilities));
    await client.next();
    return client;
  }

  async post(body: object): Promise<void> {
    const headers = { authorization: 'Bearer alice', 'content-type': 'application/json' };
    const response = await fetch(this.url + this.endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(202);
  }

  async next(): Promise<Message> {
    return JSON.parse((await this.stream.next()).value!.data) as Message;
  }

  async ask(method: string, params: object = {}): Promise<Message> {
    await this.post(request((this.id += 1), method, params));
    return this.next();
  }

  leave(): void {
    this.controller.abort();
  }
}

describe('a client of HTTP+SSE', () => {
  const resources = Array.from({ length: 1_200 }, (_, index) => `a://${index}`);
  const provider = new RelayProvider({ app: { tools: askingTools().tools, resources, prompts: ['hello'] } });
  let app: TransportApp;
  let client: SseClient;

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterAll(() => app.discard());
  beforeEach(async () => {
    client = await SseClient.connect(app, { elicitation: {} });
  });
  afterEach(() => client.leave());

  it('reads lists page by page', async () => {
    const read: string[] = [];
    let cursor: string | undefined;
    do {
      const { result } = await client.ask('resources/list', { cursor });
      const page = result as { resources: { uri: string }[]; nextCursor?: string };
      read.push(...page.resources.map(({ uri }) => uri));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(read).toEqual(resources.map((uri) => `${uri}#:~:mcp-server=app`));
    expect(await client.ask('resources/list', { cursor: 'of somebody else' })).toMatchObject({
      error: { code: -32602 },
    });
  });

  it('gets resources, prompts and completions', async () => {
    expect(await client.ask('resources/read', { uri: 'a://7' })).toMatchObject({
      result: { contents: [{ text: 'app a://7' }] },
    });
    expect(await client.ask('prompts/get', { name: 'app_hello' })).toMatchObject({ result: { messages: [{}] } });
    const params = { ref: { type: 'ref/prompt', name: 'app_hello' }, argument: { name: 'a', value: 'b' } };
    expect(await client.ask('completion/complete', params)).toMatchObject({ result: { completion: {} } });
    expect(await client.ask('resources/read', { uri: 'b://7' })).toMatchObject({ error: { code: -32002 } });
  });

  it('hears of changed lists, and of resources until it unsubscribes or leaves', async () => {
    provider.announce('resources');
    expect(await client.next()).toMatchObject({ method: 'notifications/resources/list_changed' });
    for (const uri of ['a://1', 'a://2']) await client.ask('resources/subscribe', { uri });
    provider.update('app', 'a://1');
    expect(await client.next()).toMatchObject({ method: 'notifications/resources/updated', params: { uri: 'a://1' } });
    await client.ask('resources/unsubscribe', { uri: 'a://1' });
    provider.update('app', 'a://1');
    provider.update('app', 'a://2');
    expect(await client.next()).toMatchObject({ params: { uri: 'a://2' } });
    client.leave();
    await eventually('nothing is followed any more', () => provider.subscribed.size === 0);
  });

  it('is sent what is logged, progress, server requests and the result of a call, in order', async () => {
    await client.ask('logging/setLevel', { level: 'info' });
    await client.post(callTool(1, 'app_everything', { mark: 'm' }, 'token'));
    expect(await client.next()).toMatchObject({ method: 'notifications/message', params: { data: { mark: 'm' } } });
    expect(await client.next()).toMatchObject({ method: 'notifications/progress', params: { progressToken: 'token' } });
    const asked = await client.next();
    expect(asked).toMatchObject({ method: 'elicitation/create', params: { message: 'm' } });
    await client.post({ jsonrpc: '2.0', id: asked.id, result: { action: 'accept' } });
    expect(await client.next()).toMatchObject({ method: 'notifications/progress', params: { progress: 2 } });
    expect(await client.next()).toMatchObject({ id: 1, result: { content: [{ text: 'm {"action":"accept"}' }] } });
  });
});

import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, deliverOneByOne, textOf } from '../support/mcp-clients.js';
import { itOnOne } from '../support/replicated.js';
import { RestClient } from '../support/rest-client.js';
import { HttpUpstream } from '../support/upstreams.js';

const PARALLEL = 8;

let gateway: GatewayProcess;
let rest: RestClient;
let upstream: HttpUpstream | undefined;

beforeAll(async () => {
  gateway = await GatewayProcess.start();
  rest = new RestClient(gateway.url);
});

afterAll(() => gateway.dispose());
afterEach(() => upstream?.stop());

async function register(name: string, flags: string[] = [], headers: Record<string, string> = {}) {
  upstream = await HttpUpstream.start(...flags);
  const { body } = await rest.register({ name, transportType: 'streamable_http', url: upstream.url, headers });
  expect(body.server).toMatchObject({ status: 'connected', transportType: 'streamable_http' });
  return upstream;
}

async function echo(serverName: string, message: string): Promise<string> {
  const { body } = await rest.callTool({ serverName, methodName: 'echo', args: { message } });
  return textOf(body.data);
}

const posts = async (server: HttpUpstream) =>
  (await server.state()).requests.filter(({ method, path }) => method === 'POST' && path === '/mcp');

describe('a registered server over Streamable HTTP', () => {
  it(cites('upstream-http.call', 'is listed and called, and its progress comes through'), async () => {
    await register('http', ['--tools=3', '--page-size=4']);
    const { client, transport } = await connectSdk1({ url: gateway.url });
    deliverOneByOne(transport);
    const { tools } = await client.listTools();
    const steps: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => void steps.push(progress);
    const slow = { name: 'http_slow', arguments: { ms: 30, steps: 3 } };
    const answer = await client.callTool(slow, undefined, { onprogress });
    await client.close();

    expect(tools.filter(({ name }) => name.startsWith('http_'))).toHaveLength(8 + 3);
    expect(textOf(answer)).toBe('done');
    expect(steps).toEqual([1, 2, 3]);
  });

  it(cites('upstream-http.headers', 'gets the configured headers with each request of any kind'), async () => {
    const headers = { Authorization: 'Bearer of-the-upstream', 'X-Team': 'blue' };
    const server = await register('headers', [], headers);
    await echo('headers', 'x');
    const methods = await eventually('the gateway has opened the stream', async () => {
      const seen = (await server.state()).requests.map(({ method }) => method);
      return seen.includes('GET') && seen;
    });
    await rest.remove('headers');
    const { requests } = await server.state();

    expect(methods).toContain('POST');
    expect(requests.map(({ method }) => method)).toContain('DELETE');
    for (const request of requests) {
      expect(request.headers).toMatchObject({ authorization: 'Bearer of-the-upstream', 'x-team': 'blue' });
    }
  });

  it(
    cites('upstream-http.headers', 'gets changed headers from then on, and shows none that are confidential'),
    async () => {
      const server = await register('rotated', [], { Authorization: 'Bearer 0ld-value', 'X-Team': 'blue' });
      await rest.update('rotated', { headers: { Authorization: 'Bearer n3w-value' } });
      const before = (await posts(server)).length;
      await echo('rotated', 'x');
      const [request] = (await posts(server)).slice(before);

      expect(request!.headers.authorization).toBe('Bearer n3w-value');
      expect(request!.headers).not.toHaveProperty('x-team');
      expect(JSON.stringify((await rest.server('rotated')).body)).not.toContain('n3w-value');
    },
  );

  itOnOne(
    cites('upstream-http.session-404', 'gets exactly one new session when it has forgotten the old one'),
    async () => {
      const server = await register('forgetful');
      expect((await server.state()).initializes).toBe(1);
      await server.dropSessions();
      const messages = Array.from({ length: PARALLEL }, (_, number) => `call ${number}`);
      const answers = await Promise.all(messages.map((message) => echo('forgetful', message)));

      expect(answers).toEqual(messages);
      expect(await server.state()).toMatchObject({ initializes: 2, sessions: 1 });
      expect((await rest.server('forgetful')).body.server.status).toBe('connected');
    },
  );

  itOnOne(
    cites('upstream-http.session-404', 'gets a new session each time that it forgets, and no call is lost'),
    async () => {
      const server = await register('amnesiac');
      for (let round = 1; round <= 3; round++) {
        await server.dropSessions();
        expect(await echo('amnesiac', `round ${round}`)).toBe(`round ${round}`);
        expect((await server.state()).initializes).toBe(1 + round);
      }
    },
  );

  itOnOne.each(['SIGTERM', 'SIGKILL'])(
    cites('upstream-http.session-resumed', 'is asked to go on with its session after %s of the gateway and a restart'),
    async (signal) => {
      const name = `resumed-${signal}`;
      const server = await register(name);
      const { sessionId } = (await rest.server(name)).body.server;
      await (signal === 'SIGKILL' ? gateway.kill9() : gateway.stop());
      const before = (await posts(server)).length;
      await gateway.restart();
      expect(await echo(name, 'still here')).toBe('still here');
      const since = (await posts(server)).slice(before);

      expect(since.length).toBeGreaterThan(0);
      expect(new Set(since.map(({ headers }) => headers['mcp-session-id']))).toEqual(new Set([sessionId]));
      expect(await server.state()).toMatchObject({ initializes: 1, sessions: 1 });
    },
  );

  itOnOne(
    cites('upstream-http.session-resumed', 'gets one new session when it does not know the old one after a restart'),
    async () => {
      const server = await register('gone');
      await gateway.stop();
      await server.dropSessions();
      await gateway.restart();

      expect(await echo('gone', 'new')).toBe('new');
      expect(await server.state()).toMatchObject({ initializes: 2, sessions: 1 });
    },
  );
});

describe('a registered server over HTTP+SSE', () => {
  it.each(['400', '404', '405'])(
    cites('upstream-http.sse-fallback', 'is found, listed and called where initialize is answered %s'),
    async (status) => {
      const server = await register(`sse-${status}`, [`--sse-only=${status}`]);
      const { body } = await rest.server(`sse-${status}`);

      expect(body.server.toolsList).toHaveLength(8);
      expect(await echo(`sse-${status}`, 'over SSE')).toBe('over SSE');
      expect((await server.state()).requests.map(({ path }) => path)).toContain('/messages');
    },
  );

  it(cites('upstream-http.sse-fallback', 'is not tried where initialize is refused otherwise'), async () => {
    upstream = await HttpUpstream.start('--sse-only=503');
    const { url } = upstream;
    const { body } = await rest.register({ name: 'sse-503', transportType: 'streamable_http', url });

    expect(body.server.status).toBe('error');
    expect(body.server.lastError).toContain('503');
    expect((await upstream.state()).requests.map(({ method }) => method)).not.toContain('GET');
  });
});

import { generateKeyPairSync, sign } from 'node:crypto';
import { forge } from '@manifold/auth/testing';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk1Sse, textOf } from '../support/mcp-clients.js';
import { startParagonGateway, type ParagonGateway } from '../support/paragon.js';
import { RestClient } from '../support/rest-client.js';
import { WireClient } from '../support/wire-client.js';
import { initialize } from '../../libs/transport/testing/src/mcp-wire.js';

const SEND = { name: 'SLACK_SEND_MESSAGE', arguments: { channel: 'C1', message: 'hello' } };
const REST_CALL = { serverName: 'slack', methodName: SEND.name, args: SEND.arguments };
const QUERY = { name: 'SALESFORCE_QUERY_RECORDS', arguments: { query: 'SELECT Id FROM Lead' } };

let paragon: ParagonGateway;

beforeAll(async () => {
  paragon = await startParagonGateway({ NODE_ENV: 'production' });
  paragon.simulator.connect('alice', 'slack');
});
afterAll(() => paragon?.dispose());

const forwarded = () =>
  paragon.simulator.requestsTo(SEND.name).map(({ headers, user }) => [user, headers.authorization]);

describe('a Paragon user token in production', () => {
  it(cites('paragon.tokens', 'opens /mcp, /sse and REST, and is what Paragon gets'), async () => {
    const { gateway, project, simulator } = paragon;
    const token = await project.token('alice');
    const target = { url: gateway.url, token };
    for (const connect of [connectSdk1, connectSdk1Sse]) {
      const { client } = await connect(target);
      expect(JSON.parse(textOf(await client.callTool(SEND)))).toMatchObject({ user: 'alice' });
      await client.close();
    }
    const answer = await new RestClient(gateway.url, { token }).request('POST', '/mcp/tool/call', REST_CALL);
    expect(answer.status).toBe(200);
    expect(forwarded()).toEqual(Array.from({ length: 3 }, () => ['alice', `Bearer ${token}`]));
    simulator.clearRequests();
  });

  it(
    cites('paragon.tokens', 'goes on in a session with the next token of the same user, and not with that of another'),
    async () => {
      const { gateway, project } = paragon;
      const wire = async (user: string, claims = {}) =>
        new WireClient(gateway.url, { token: await project.token(user, claims) });
      const first = await wire('alice');
      const session = await first.openSession();
      const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
      expect((await (await wire('alice', { jti: 'rotated' })).post(list, { session })).status).toBe(200);
      expect((await (await wire('bob')).post(list, { session })).status).toBe(404);
      expect((await (await wire('alice', { jti: 'third' })).delete({ session })).status).toBe(200);
    },
  );

  it(cites('paragon.tokens', 'is refused where it is forged, expired or for another project'), async () => {
    const { gateway, project } = paragon;
    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const claims = { sub: 'alice', exp: Math.floor(Date.now() / 1000) + 600 };
    const tokens = {
      expired: await project.token('alice', { exp: 1 }),
      'for another project': await project.token('alice', { aud: 'useparagon.com/other' }),
      'without exp': await project.token('alice', { exp: undefined }),
      'of a stranger': forge({ alg: 'RS256' }, claims, (text) =>
        sign('sha256', Buffer.from(text), stranger.privateKey),
      ),
      'not signed': forge({ alg: 'none' }, claims, () => Buffer.alloc(0)),
    };
    for (const [title, token] of Object.entries(tokens)) {
      for (const path of ['/mcp', '/messages?sessionId=x']) {
        const response = await new WireClient(gateway.url, { token }).post(initialize(), { path });
        expect([title, path, response.status]).toEqual([title, path, 401]);
        expect(response.headers.get('www-authenticate')).toContain('invalid_token');
      }
    }
  });

  it(cites('paragon.tokens', 'is made for callers of other issuers, in the name of whom they act for'), async () => {
    const { gateway, simulator } = paragon;
    simulator.clearRequests();
    simulator.connect('user-of-service', 'slack');
    const service = new RestClient(gateway.url, { token: await createApiKey(gateway, 'service', 'service') });
    const answer = await service.request('POST', '/mcp/tool/call', { ...REST_CALL, username: 'user-of-service' });
    expect(answer.status).toBe(200);
    expect(forwarded()).toEqual([['user-of-service', expect.stringMatching(/^Bearer ey/)]]);
    expect(gateway.logs()).not.toContain(forwarded()[0]![1]!.replace('Bearer ', ''));
  });
});

describe('a setup link', () => {
  const post = (token: string, headers: Record<string, string> = {}) =>
    fetch(`${paragon.gateway.url}/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
      body: JSON.stringify({ token }),
    });

  it(cites('paragon.setup-link', 'is opened as often as one likes, works once, and survives kill -9'), async () => {
    const { gateway, project, simulator } = paragon;
    const { client } = await connectSdk1({ url: gateway.url, token: await project.token('carol') });
    const url = /http\S+token=[\w-]{43}/.exec(textOf(await client.callTool(QUERY)))![0];
    await client.close();
    const token = new URL(url).searchParams.get('token')!;

    await gateway.kill9();
    await gateway.restart();
    for (const method of ['GET', 'HEAD', 'GET']) {
      const page = await fetch(url, { method });
      expect(page.status).toBe(200);
      expect(page.headers.get('cache-control')).toContain('no-store');
      expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    expect((await post(token, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);

    const answers = await Promise.all(Array.from({ length: 20 }, () => post(token)));
    const good = answers.filter(({ status }) => status === 200);
    expect([good.length, answers.filter(({ status }) => status === 400).length]).toEqual([1, 19]);
    const body = (await good[0]!.json()) as { userToken: string };
    expect(body).toMatchObject({ projectId: project.projectId, integration: 'salesforce' });
    const me = await fetch(`${simulator.url}/projects/${project.projectId}/sdk/me`, {
      headers: { authorization: `Bearer ${body.userToken}` },
    });
    expect(await me.json()).toMatchObject({ userId: 'carol' });
    expect((await fetch(url)).status).toBe(400);
    expect(gateway.logs()).not.toContain(token);
  });

  it.each(['/setup?token=missing', '/setup', '/setup?token=', '/setup?token[$ne]=x'])(
    cites('paragon.setup-link', 'that is none is answered 400: %s'),
    async (path) => {
      const response = await fetch(paragon.gateway.url + path);
      expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8']);
    },
  );
});

it.each<[string, Record<string, string>, string]>([
  ['without a key', { SIGNING_KEY: '' }, 'SIGNING_KEY: is not set, but PROJECT_ID is'],
  ['with a key that is none', { SIGNING_KEY: 'hunter2-hunter2' }, 'SIGNING_KEY: is not an RSA private key'],
])(cites('paragon.bad-key', 'the gateway does not start %s'), async (_title, env, line) => {
  const started = GatewayProcess.start({ env: { PROJECT_ID: 'p-1', ...env } });
  const error = (await started.then((gateway) => gateway.dispose()).catch((reason: unknown) => reason)) as Error;
  expect(error.message).toContain(line);
  expect(error.message).not.toContain('hunter2');
});

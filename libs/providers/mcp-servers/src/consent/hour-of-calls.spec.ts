import { ConnectFlow } from '@manifold/oauth';
import type { ProviderError } from '@manifold/tool-provider';
import { Clock, callbackOf, cookieOf } from '../../../../oauth/testing/src/index.js';
import { AuthorizationServer, ProtectedUpstream, ResourceOwner } from '../../../../../test/simulators/oauth/index.js';
import { principalOf, TestGateway, textOf, until } from '../../testing/src/gateway.js';

const HOUR_MS = 3_600_000;
/** No divisor of a minute: calls come at all ages of a token. */
const PAUSE_MS = 7_000;

let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: TestGateway;

beforeEach(async () => {
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  gateway = await TestGateway.start({ environment: { MCP_SERVER_URL: 'http://127.0.0.1:3001' } });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await gateway.destroy();
  await upstream.stop();
  await authority.stop();
});

const whoami = async (user: string): Promise<string> => textOf(await gateway.call('files_whoami', {}, { user }));

async function connect(user: string): Promise<void> {
  const flow = gateway.app.get(ConnectFlow);
  const server = { name: 'files', url: upstream.url };
  const { authorizationUrl, setCookie } = await flow.start({ principal: principalOf(user), server: 'files' }, server);
  await flow.finish(callbackOf(await new ResourceOwner(user).allow(authorizationUrl)), cookieOf(setCookie));
}

it('serves two users for an hour with tokens of one minute: no call fails, none is refused with 401', async () => {
  const clock = Clock.take();
  authority.rules.accessTokenSeconds = 60;
  await gateway.rest('POST', '/mcp/servers', { name: 'files', transportType: 'streamable_http', url: upstream.url });
  await Promise.all(['alice', 'bob'].map(connect));
  await until(async () => (await gateway.list()).some(({ name }) => name === 'whoami'));
  upstream.requests.length = 0;
  authority.clearRequests();

  const answers = new Map<string, number>();
  for (let passed = 0; passed < HOUR_MS; passed += PAUSE_MS) {
    const user = (passed / PAUSE_MS) % 2 === 0 ? 'alice' : 'bob';
    const answer = await whoami(user).catch((error: ProviderError) => `${error.code} for ${user} after ${passed} ms`);
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
    clock.advance(PAUSE_MS);
  }

  expect(Object.fromEntries(answers)).toEqual({ 'whoami of alice': 258, 'whoami of bob': 257 });
  expect(upstream.count(401)).toBe(0);
  const refreshes = authority.requestsTo('token:refresh_token').length;
  expect(refreshes).toBeGreaterThan(100); // two users, each at least once a minute
  expect(refreshes).toBeLessThanOrEqual(160);
});

import { AuthorizationServer, ProtectedUpstream } from '../simulators/oauth/index.js';
import { cites } from '../support/cite.js';
import { followConnectLink } from '../support/connect-link.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { MongoStandIn } from '../support/mongo-stand-in/mongo-stand-in.js';
import { RestClient } from '../support/rest-client.js';

const CALLS = 100;
const SECRETS_KEY = 'a key of this test that is long enough: 9876543210';

describe('Two gateways that share a store', () => {
  const database = new MongoStandIn();
  const gateways: GatewayProcess[] = [];
  let authority: AuthorizationServer;
  let upstream: ProtectedUpstream;

  beforeAll(async () => {
    if (process.env.MONGO_URL === undefined) await database.start();
    authority = await AuthorizationServer.start();
    upstream = await ProtectedUpstream.start(authority);
  });

  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.dispose()));
    await upstream?.stop();
    await authority?.stop();
    if (process.env.MONGO_URL === undefined) await database.stop();
  });

  async function startGateway(): Promise<RestClient> {
    const env = {
      MONGO_URL: process.env.MONGO_URL ?? database.url,
      MONGO_DBNAME: `e2e-oauth-${process.pid}`,
      SECRETS_KEY,
    };
    const gateway = await GatewayProcess.start({ env });
    gateways.push(gateway);
    return new RestClient(gateway.url, { user: 'alice' });
  }

  const whoami = (rest: RestClient) =>
    rest.request<{ authorizationUrl: string; data: { content: { text: string }[] } }>('POST', '/mcp/tool/call', {
      serverName: 'files',
      methodName: 'whoami',
      args: {},
    });

  it(
    cites('oauth.one-refresh', 'refresh an expired token once for 100 calls, with a refresh token that is good once'),
    async () => {
      const one = await startGateway();
      const operator = new RestClient(gateways[0]!.url);
      await operator.register({ name: 'files', transportType: 'streamable_http', url: upstream.url });
      const page = await followConnectLink((await whoami(one)).body.authorizationUrl, 'alice');
      expect(page).toContain('files is connected');
      const two = await startGateway();
      for (const rest of [one, two]) expect((await whoami(rest)).status).toBe(200);

      authority.expireAccessTokens();
      authority.clearRequests();
      upstream.requests.length = 0;
      const calls = Array.from({ length: CALLS }, (_, n) => whoami(n % 2 === 0 ? one : two));
      const told = (await Promise.all(calls)).map(({ body }) => body.data?.content[0]?.text ?? body.error);
      expect(new Set(told)).toEqual(new Set(['whoami of alice']));
      expect(authority.requestsTo('token')).toHaveLength(1);
      expect(upstream.count(200)).toBe(CALLS);
      // And the new refresh token is known to both.
      authority.expireAccessTokens();
      for (const rest of [two, one]) expect((await whoami(rest)).status).toBe(200);
      expect(authority.requestsTo('token')).toHaveLength(2);
    },
  );
});

import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { HttpUpstream } from '../support/upstreams.js';

const HEADER = 'Bearer canary-of-an-operator';
const SECRET = 'canary-of-alice';
const ALICE = { username: 'alice', serverName: 'moves' };

interface Refusal {
  readonly errors?: { readonly pointer: string; readonly code: string }[];
}

interface ViewOfAlice {
  readonly server: { readonly destination: string; readonly sleepingSecretNames: string[] };
}

/** A server is pointed at another place by an operator who does not know the secrets. */
describe('Secrets of a server that gets another origin', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;
  let trusted: HttpUpstream;
  let other: HttpUpstream;

  beforeAll(async () => {
    [gateway, trusted, other] = await Promise.all([GatewayProcess.start(), HttpUpstream.start(), HttpUpstream.start()]);
    rest = new RestClient(gateway.url);
    await rest.request('POST', '/mcp/servers', {
      name: 'moves',
      transportType: 'streamable_http',
      url: trusted.url,
      headers: { 'X-Operator': HEADER },
      secretsAs: 'headers',
      secretHeaders: { 'X-User': '{TOKEN}' },
    });
    await rest.setSecret({ ...ALICE, secretName: 'TOKEN', secretValue: SECRET });
  });
  afterAll(() => Promise.all([gateway?.dispose(), trusted?.stop(), other?.stop()]));

  const call = () => rest.callTool({ ...ALICE, methodName: 'echo', args: { message: 'hello' } });
  const gets = async (server: HttpUpstream, value: string): Promise<boolean> =>
    (await server.state()).requests.some(({ headers }) => Object.values(headers).includes(value));

  it('go to the origin that they were given for', async () => {
    expect(textOf((await call()).body.data)).toBe('hello');
    expect(await gets(trusted, HEADER)).toBe(true);
    expect(await gets(trusted, SECRET)).toBe(true);
  });

  it('must be given anew by operators, also when they send back what they read', async () => {
    for (const headers of [undefined, { 'X-Operator': '[hidden]' }]) {
      const { status, body } = await rest.request<Refusal>('PUT', '/mcp/servers/moves', { url: other.url, headers });
      expect(status).toBe(400);
      expect(body.errors).toMatchObject([{ pointer: '/headers/X-Operator', code: 'other_destination' }]);
    }
    expect(textOf((await call()).body.data)).toBe('hello');
  });

  it('are asleep until their owner confirms the new origin', async () => {
    const changes = { url: other.url, headers: { 'X-Operator': 'Bearer of-the-other' } };
    expect((await rest.update('moves', changes)).status).toBe(200);
    const refused = await call();
    expect(refused.status).not.toBe(200);
    expect(refused.body.error).toContain(new URL(other.url).origin);
    expect(refused.body.error).toContain('POST /secrets/confirm');
    expect(await gets(other, SECRET)).toBe(false);
    expect(await gets(other, HEADER)).toBe(false);

    const { body } = await rest.request<ViewOfAlice>('GET', '/mcp/user/servers/moves?username=alice');
    const { destination, sleepingSecretNames } = body.server;
    expect([destination, sleepingSecretNames]).toEqual([new URL(other.url).origin, ['TOKEN']]);
    const confirmed = await rest.request('POST', '/secrets/confirm', { ...ALICE, destination });
    expect([confirmed.status, confirmed.body.confirmed]).toEqual([200, ['TOKEN']]);
    expect(textOf((await call()).body.data)).toBe('hello');
    expect(await gets(other, SECRET)).toBe(true);
    expect(await gets(other, HEADER)).toBe(false);
  });
});

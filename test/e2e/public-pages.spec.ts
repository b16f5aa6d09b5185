import { forge } from '@manifold/auth/testing';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';

describe('What anybody may ask of a gateway in production', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({
      env: {
        NODE_ENV: 'production',
        MCP_SERVER_URL: 'https://gateway.test',
        INTEGRATION_APP_FORWARD_ONLY: 'true',
        INTEGRATION_APP_API_URL: 'http://127.0.0.1:9',
      },
    });
  });

  afterAll(() => gateway.dispose());

  it.each(['/livez', '/readyz', '/healthz'])(
    cites('operation.probes', 'the probe %s, without a credential'),
    async (path) => {
      const response = await fetch(`${gateway.url}${path}`);

      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ status: 'ok' });
    },
  );

  it(cites('operation.public-details', 'the status of /healthz alone, and nothing of the API document'), async () => {
    const claims = { id: 'alice', iss: 'workspace-1', exp: Math.floor(Date.now() / 1000) + 3600 };
    const selfMade = forge({ alg: 'HS256' }, claims, () => Buffer.from('forged'));
    for (const token of [undefined, 'mfk_wrong', selfMade]) {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      expect(await (await fetch(`${gateway.url}/healthz`, { headers })).json()).toEqual({ status: 'ok' });
      for (const path of ['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui.css', '/docs/x']) {
        expect([path, (await fetch(`${gateway.url}${path}`, { headers })).status]).toEqual([path, 401]);
      }
    }
  });

  it(cites('operation.public-details', 'with a credential more, but not the names of servers'), async () => {
    const token = await admin(gateway, 'create-key', '--name', 'ops', '--roles', 'operator');
    const ops = new RestClient(gateway.url, { token });
    await ops.register({ name: 'confidential-name', command: '/no/such/program' });
    const text = await ops.text('/healthz');

    expect(JSON.parse(text)).toMatchObject({
      status: 'ok',
      info: { process: { status: 'up' }, store: { status: 'up' }, providers: { 'mcp-servers': { status: 'down' } } },
    });
    expect(text).not.toContain('confidential-name');
    const headers = { 'x-api-key': token };
    for (const path of ['/docs', '/docs-json', '/docs/swagger-ui.css']) {
      expect([path, (await fetch(`${gateway.url}${path}`, { headers })).status]).toEqual([path, 200]);
    }
  });

  it(cites('operation.home', 'the home page, which names the endpoint and the documentation'), async () => {
    const response = await fetch(gateway.url);
    const page = await response.text();

    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page).toContain('Manifold');
    expect(page).toMatch(/\b\d+\.\d+\.\d+\b/);
    expect(page).toContain('https://gateway.test/mcp');
    expect(page.length).toBeLessThan(4000);
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
    expect(links).toEqual(['/healthz']);
    for (const link of links) expect((await fetch(new URL(link, gateway.url))).status).toBe(200);
    expect(page).toContain('/docs-json');
  });
});

describe('What anybody may ask of a gateway in production with PUBLIC_DETAILS', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production', PUBLIC_DETAILS: 'true' } });
  });

  afterAll(() => gateway.dispose());

  it(cites('operation.public-details', 'the checks, and the documents that the home page names'), async () => {
    const health = await (await fetch(`${gateway.url}/healthz`)).json();
    expect(health).toMatchObject({ info: { store: { status: 'up' }, providers: { 'mcp-servers': { status: 'up' } } } });
    const page = await (await fetch(gateway.url)).text();
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!);
    expect(links).toEqual(expect.arrayContaining(['/docs', '/docs-json', '/healthz']));
    for (const link of links) expect((await fetch(new URL(link, gateway.url))).status).toBe(200);
  });

  it('the documentation, with its scripts and styles', async () => {
    const page = await (await fetch(`${gateway.url}/docs`)).text();
    const files = [...page.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(([, file]) => file!);

    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect((await fetch(new URL(file, `${gateway.url}/docs`))).status).toBe(200);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKey } from '../support/api-keys.js';
import { cites } from '../support/cite.js';
import { nginxIsHere, startComposeProxy } from '../support/compose-proxy.js';
import { freePort } from '../support/free-port.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { smoke } from '../support/smoke-command.js';
import { echoServer } from '../support/upstreams.js';

const WAYS = ['Streamable HTTP, with a session', 'Streamable HTTP, stateless', 'HTTP+SSE'];

const linesOf = (stdout: string, mark: string): string[] =>
  stdout.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(6).replace(/ {2}\d+ ms.*/, '')] : []));

describe('npm run smoke', () => {
  let gateway: GatewayProcess;
  let token: string;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production' } });
    const operator = new RestClient(gateway.url, { token: await createApiKey(gateway, 'operator', 'operator') });
    token = await createApiKey(gateway, 'ci');
    await operator.register({ name: 'echo', ...echoServer() });
  });

  afterAll(() => gateway.dispose());

  it(cites('smoke.passes', 'passes against a gateway that works'), async () => {
    const junit = join(gateway.dataDir, 'smoke.xml');
    const { code, stdout } = await smoke(['--junit', junit], { MANIFOLD_URL: gateway.url, MANIFOLD_TOKEN: token });
    expect(linesOf(stdout, 'FAIL')).toEqual([]);
    expect(linesOf(stdout, 'skip')).toEqual([]);
    expect(linesOf(stdout, 'ok')).toEqual(expect.arrayContaining(WAYS.map((way) => `${way}: a tool is called`)));
    expect(stdout).toContain('echo_unknown_fields');
    expect(code).toBe(0);
    const count = linesOf(stdout, 'ok').length;
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain(`<testsuites tests="${count}" failures="0" errors="0" skipped="0"`);
    expect(xml.match(/<testcase /g)).toHaveLength(count);
  });

  it(
    cites('smoke.fails', 'fails in the step that calls when the tool fails, in every way that clients come'),
    async () => {
      const args = ['--url', gateway.url, '--tool', 'echo_crash', '--arguments', '{"x":1}'];
      const { code, stdout } = await smoke(args, { MANIFOLD_TOKEN: token });
      expect(linesOf(stdout, 'FAIL')).toEqual(WAYS.map((way) => `${way}: a tool is called`));
      expect(stdout).toContain('echo_crash failed: ');
      expect(code).toBe(1);
    },
  );

  it('fails where a client connects when the token is wrong, and does not show it', async () => {
    const { code, stdout } = await smoke(['--url', gateway.url, '--no-sse'], { MANIFOLD_TOKEN: 'mfk_wrong-canary' });
    expect(linesOf(stdout, 'FAIL')).toEqual([
      'Streamable HTTP, with a session: a client connects',
      'Streamable HTTP, stateless: a client connects',
      'REST: the registered servers are listed',
      'REST: the API is described (/docs-json)',
    ]);
    expect(stdout).not.toContain('HTTP+SSE');
    expect(stdout).not.toContain('canary');
    expect(code).toBe(1);
  });

  it('fails in the first step when nobody listens, and skips the rest', async () => {
    const { code, stdout } = await smoke(['--url', 'http://127.0.0.1:9', '--token', token]);
    expect(linesOf(stdout, 'FAIL')).toEqual(['health: the gateway is alive (/livez)']);
    expect(linesOf(stdout, 'ok')).toEqual([]);
    expect(code).toBe(1);
  });

  const itWithNginx = nginxIsHere ? it : it.skip;

  itWithNginx(cites('deploy.compose', 'passes through the proxy of docker-compose.yml'), async () => {
    const replica = new URL(gateway.url).host;
    const proxy = await startComposeProxy(await freePort(), [replica, replica]);
    try {
      const { code, stdout } = await smoke(['--url', proxy.url], { MANIFOLD_TOKEN: token });
      expect(linesOf(stdout, 'FAIL')).toEqual([]);
      expect(code).toBe(0);
    } finally {
      await proxy.stop();
    }
  });

  it(cites('smoke.fails', 'ends with 2 when it is used wrongly, with 0 when it explains itself'), async () => {
    const wrong = await smoke(['--url', gateway.url]);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('a token is needed');
    const help = await smoke(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('--token-file');
  });
});

import { readFileSync } from 'node:fs';
import { describeChart, manifestsOf } from '../deploy/helm.js';
import { blocksOf, filled } from '../support/documents/blocks.js';
import { PyPi } from '../support/documents/pypi.js';
import { runDocument, type DocumentRun } from '../support/documents/run-document.js';
import { commandsOf } from '../support/documents/shell.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { HttpUpstream } from '../support/upstreams.js';

const read = (name: string): string => readFileSync(name, 'utf8');

const PLACEHOLDERS = {
  '<your host>': 'mcp.example.com',
  '<your registry>': 'registry.example.com',
  '<your key>': 'mfk_x',
  '<your command>': 'node_modules/.bin/mcp-server-everything',
  '<access token>': 'access-token',
  '<refresh token>': 'refresh-token',
  '<client id>': 'client-id',
  '<client secret>': 'client-secret',
};

/** CI has a way to npm and PyPI, and says so. */
const hasRegistry = process.env.REGISTRY_REQUIRED === '1';
const itWithRegistry = hasRegistry ? it : it.skip;

let production: GatewayProcess;

beforeAll(async () => {
  production = await GatewayProcess.start({ env: { NODE_ENV: 'production', SAMPLE_SERVER: 'true' } });
});

afterAll(() => production.dispose());

describe.each(['README.md', 'docs/GUIDE.md'])('%s, on a fresh gateway in development', (name) => {
  let gateway: GatewayProcess;
  let upstream: HttpUpstream;
  let pypi: PyPi;
  let run: DocumentRun;

  beforeAll(async () => {
    upstream = await HttpUpstream.start();
    pypi = await PyPi.start();
    const certificates = process.env.NODE_EXTRA_CA_CERTS;
    const env = { PIP_INDEX_URL: pypi.indexUrl, ...(certificates && { NODE_EXTRA_CA_CERTS: certificates }) };
    gateway = await GatewayProcess.start({ sampleServer: true, env });
    const placeholders = { 'https://<your server>': upstream.baseUrl, ...PLACEHOLDERS };
    run = { name, gateway, production, placeholders };
  });

  afterAll(async () => {
    await gateway.dispose();
    await upstream.stop();
    pypi.stop();
  });

  it('works from top to bottom', async () => {
    expect(await runDocument(read(name), run)).toEqual([]);
  });

  if (!blocksOf(read(name)).some(({ mark }) => mark === 'needs a registry')) return;

  itWithRegistry('works where it installs packages (npm and PyPI are needed: REGISTRY_REQUIRED=1)', async () => {
    expect(await runDocument(read(name), { ...run, registry: true })).toEqual([]);
  });
});

describe('A secret that is sent as a header', () => {
  it('reaches a server that is registered as README.md says', async () => {
    const upstream = await HttpUpstream.start();
    const gateway = await GatewayProcess.start();
    const rest = new RestClient(gateway.url);
    const [, fields] = /`("secretHeaders": \{.*?\})`/.exec(read('README.md'))!;
    const secret = { serverName: 'notes', username: 'alice', secretName: 'NOTES_TOKEN', secretValue: 'alice-token' };
    await rest.request('POST', '/mcp/servers', {
      ...{ name: 'notes', transportType: 'streamable_http', url: upstream.url },
      ...{ secretsAs: 'headers', secretNames: ['NOTES_TOKEN'], ...(JSON.parse(`{${fields}}`) as object) },
    });
    await rest.request('POST', '/secrets/set', secret);
    await rest.request('POST', '/mcp/tool/call', {
      ...{ serverName: 'notes', username: 'alice', methodName: 'echo', args: { message: 'hello' } },
    });
    const { requests } = await upstream.state();
    await gateway.dispose();
    await upstream.stop();

    expect(requests.at(-1)!.headers.authorization).toBe('Bearer alice-token');
  });
});

describeChart('The chart, as README.md installs it', () => {
  it('renders', async () => {
    const { text } = blocksOf(read('README.md')).find(({ mark }) => mark === 'needs a cluster')!;
    const [[, , , ...args]] = (await commandsOf(filled(text, PLACEHOLDERS), 'helm')) as [string[]];
    const kinds = manifestsOf(...args).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['Deployment', 'Ingress', 'Service']));
  });
});

describe('README.md', () => {
  const commands = (mark: string) => blocksOf(read('README.md')).find((block) => block.mark === mark)?.text;

  it('starts and tests the gateway by one command each', () => {
    expect(commands('starts the gateway')).toBe('npm ci && npm start');
    expect(commands('runs the tests')).toBe('npm ci && npm test');
  });
});

describe('The production settings of README.md', () => {
  it('are all that docker-compose.yml needs', () => {
    const written = blocksOf(read('README.md')).find(({ mark }) => mark === 'in an empty folder')!.text;
    const needed = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, variable]) => variable!);
    expect(needed).toContain('SECRETS_KEY');
    expect(needed.filter((variable) => !written.includes(`\n${variable}=`))).toEqual([]);
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './model/config.js';
import { loadConfig } from './load-config.js';
import { VERSION } from './version.js';

const MIB = 1024 * 1024;
const KEY = 'k3y-of-a-test-that-is-long-enough-0123456789';

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

describe('loadConfig', () => {
  it('makes a development gateway on loopback of an empty environment', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      environment: 'development',
      host: '127.0.0.1',
      port: 3001,
      publicUrl: 'http://127.0.0.1:3001',
      legacySse: true,
      toolNameMax: 60,
      bodies: { bytes: 6 * MIB, messageBytes: 4 * MIB, answerBytes: 8 * MIB, members: 100_000 },
      sessionIdleTimeoutMs: 1_800_000,
    });
    expect(config.mongo).toBeUndefined();
    expect(config.allowedHosts).toEqual(['127.0.0.1', 'localhost', '[::1]']);
  });

  it.each([
    ['20mb', 20, 20, 20],
    ['2mb', 2, 2, 8],
  ])('limits bodies, messages and answers by PAYLOAD_LIMIT=%s', (limit, bytes, messages, answers) => {
    const { bodies } = loadConfig({ PAYLOAD_LIMIT: limit });
    expect(bodies).toMatchObject({ bytes: bytes * MIB, messageBytes: messages * MIB, answerBytes: answers * MIB });
  });

  it('takes an empty string for the default', () => {
    expect(loadConfig({ PORT: '', MONGO_URL: '', ENABLE_LEGACY_SSE: '', SECRETS_KEY: '' })).toEqual(loadConfig({}));
  });

  it('cannot be changed afterwards', () => {
    expect(() => Object.assign(loadConfig({}), { port: 1 })).toThrow(TypeError);
  });

  it('names every fault at once, and never a value', () => {
    const faults = faultsOf({ PORT: '70000', ENABLE_LEGACY_SSE: 'yes', LOG_LEVEL: 'loud', SECRETS_KEY: 'hunter2' });
    const named = faults.map((fault) => fault.split(':')[0]);
    expect(named.sort()).toEqual(['ENABLE_LEGACY_SSE', 'LOG_LEVEL', 'PORT', 'SECRETS_KEY']);
    expect(faults.join()).not.toContain('hunter2');
  });

  it.each([
    ['PORT', '3001.5'],
    ['PORT', '-1'],
    ['PORT', '0x10'],
    ['NODE_ENV', 'test'],
    ['ENABLE_LEGACY_SSE', 'TRUE'],
    ['MCP_SERVER_URL', 'ftp://gateway'],
    ['REGISTRY_URL', 'registry.example.com'],
    ['OAUTH_CLIENT_METADATA_URL', 'http://gateway.example.com/client.json'],
    ['OAUTH_CLIENT_METADATA_URL', 'https://gateway.example.com'],
    ['GOOGLE_OAUTH_CREDENTIALS', '{"web":'],
    ['GOOGLE_OAUTH_CREDENTIALS', '"secret"'],
    ['OAUTH2_CREDENTIALS', '{"Slack Inc":{}}'],
    ['OAUTH2_CREDENTIALS', '{"slack":"secret"}'],
    ['PAYLOAD_LIMIT', '6 megabytes'],
    ['TOOL_NAME_MAX', '0'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '0'],
    ['TRUST_PROXY', '10.0.0.0/0'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', 'proxy.internal'],
    ['SHUTDOWN_DELAY_MS', '-1'],
    ['MONGO_URL', 'postgres://db'],
    ['AUTH_ISSUERS', '{'],
    ['AUTH_ISSUERS', '[{"issuer":"https://idp.test"}]'],
    ['AUTH_ISSUERS', '[{"issuer":"https://idp.test","jwksUri":"https://idp.test/keys","algorithms":["HS256"]}]'],
    [
      'AUTH_ISSUERS',
      '[{"issuer":"https://idp.test","jwksUri":"https://idp.test/keys","algorithms":["RS256","ES256"]}]',
    ],
    ['AUTH_ISSUERS', '[{"issuer":"https://idp.test","jwksUri":"https://idp.test/keys","surprise":true}]'],
  ])('refuses %s=%s', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: .+; write .+`));
  });

  it.each([
    ['', false],
    ['false', false],
    ['2', 2],
    ['10.0.0.0/8, 192.0.2.1,2001:db8::/32', ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32']],
  ])('trusts the proxies %j', (text, trusted) => {
    expect(loadConfig({ TRUST_PROXY: text }).trustProxy).toEqual(trusted);
  });

  it('waits for load balancers before it stops in production, and not on a laptop', () => {
    expect(loadConfig({}).shutdownDelayMs).toBe(0);
    expect(loadConfig({ NODE_ENV: 'production', SECRETS_KEY: KEY }).shutdownDelayMs).toBe(5_000);
    expect(loadConfig({ SHUTDOWN_DELAY_MS: '100' }).shutdownDelayMs).toBe(100);
  });

  it.each([undefined, '', 'short', 'a'.repeat(40), 'your-random-key-your-random-key-your'])(
    'refuses to start in production with the key %s',
    (key) => {
      expect(faultsOf({ NODE_ENV: 'production', ...(key !== undefined && { SECRETS_KEY: key }) })).toEqual([
        expect.stringMatching(/^SECRETS_KEY/),
      ]);
    },
  );

  it.each<[string, Record<string, string>, string]>([
    [
      'an older key without one in use',
      { SECRETS_KEY_PREVIOUS: KEY },
      'SECRETS_KEY: is not set, but SECRETS_KEY_PREVIOUS is',
    ],
    [
      'a short older key',
      { SECRETS_KEY: KEY, SECRETS_KEY_PREVIOUS: `${KEY}1,short` },
      'SECRETS_KEY_PREVIOUS: must have',
    ],
    [
      'a default older key',
      { SECRETS_KEY: KEY, SECRETS_KEY_PREVIOUS: 'a'.repeat(40) },
      'SECRETS_KEY_PREVIOUS: is a default',
    ],
    [
      'the key in use as an older one',
      { SECRETS_KEY: KEY, SECRETS_KEY_PREVIOUS: KEY },
      'SECRETS_KEY_PREVIOUS: contains a key twice',
    ],
    [
      'an older key twice',
      { SECRETS_KEY: KEY, SECRETS_KEY_PREVIOUS: `${KEY}1,${KEY}1` },
      'SECRETS_KEY_PREVIOUS: contains a key twice',
    ],
    [
      'keys here and in a file',
      { SECRETS_KEY: KEY, SECRETS_KEY_FILE: '/keys' },
      'SECRETS_KEY_FILE: SECRETS_KEY or SECRETS_KEY_PREVIOUS is set, too',
    ],
    [
      'an interval of nothing',
      { SECRETS_KEY_REFRESH_MS: '0' },
      'SECRETS_KEY_REFRESH_MS: is out of range; write a whole number from 100',
    ],
  ])('refuses %s', (_what, environment, fault) => {
    expect(faultsOf(environment)).toEqual([expect.stringContaining(fault)]);
    expect(faultsOf(environment).join()).not.toContain(KEY);
  });

  it('takes the master keys in the order of their use, or from a file', () => {
    const ring = loadConfig({ SECRETS_KEY: KEY, SECRETS_KEY_PREVIOUS: `${KEY}1, ${KEY}2` }).secrets;
    expect(ring).toEqual({ keys: [KEY, `${KEY}1`, `${KEY}2`], file: undefined, privateFile: false, refreshMs: 5000 });
    const file = loadConfig({ NODE_ENV: 'production', SECRETS_KEY_FILE: '/run/secrets/keys' }).secrets;
    expect(file).toMatchObject({ keys: [], file: '/run/secrets/keys', privateFile: true });
  });

  it('listens on every address in production, and in development on none but loopback', () => {
    expect(loadConfig({ NODE_ENV: 'production', SECRETS_KEY: KEY }).host).toBe('0.0.0.0');
    expect(faultsOf({ HOST: '0.0.0.0' })).toEqual([expect.stringMatching(/^HOST/)]);
  });

  it('reads the MongoDB settings in one piece or in parts', () => {
    expect(loadConfig({ MONGO_URL: 'mongodb://db/', SECRETS_DBNAME: 'vault' }).mongo).toEqual({
      url: 'mongodb://db/',
      dbName: 'mcp',
      secretsDbName: 'vault',
    });
    const parts = { MONGO_HOST: 'a:1,b:2', MONGO_USER: 'u@x', MONGO_PASS: 'p/w', MONGO_REPLICASET: 'rs0' };
    expect(loadConfig(parts).mongo?.url).toBe('mongodb://u%40x:p%2Fw@a:1,b:2/?replicaSet=rs0');
    expect(faultsOf({ ...parts, MONGO_URL: 'mongodb://db/' })).toEqual([expect.stringMatching(/^MONGO_URL/)]);
  });

  it('gives servers a range of user ids, which SERVER_UID can begin', () => {
    expect(loadConfig({}).hosting.userIds).toEqual({ first: 200_000, last: 265_535 });
    expect(loadConfig({ SERVER_UID: '1001' }).hosting.userIds).toEqual({ first: 1001, last: 11_000 });
    expect(loadConfig({ SERVER_UID_RANGE: '300-399', SERVER_GID: '50' }).hosting.userIds).toEqual({
      first: 300,
      last: 399,
      gid: 50,
    });
    expect(faultsOf({ SERVER_UID: '0' })).toEqual([expect.stringMatching(/^SERVER_UID/)]);
    expect(faultsOf({ SERVER_UID: '1001', SERVER_UID_RANGE: '300-399' })).toEqual([
      expect.stringMatching(/^SERVER_UID/),
    ]);
    for (const range of ['0-5', '9-5', '5', '5-4294967295', 'a-b'])
      expect(faultsOf({ SERVER_UID_RANGE: range })).toEqual([expect.stringMatching(/^SERVER_UID_RANGE: is no range/)]);
  });

  it('expects tokens of an issuer to be meant for this gateway', () => {
    const [issuer] = loadConfig({
      MCP_SERVER_URL: 'https://gateway.test/',
      AUTH_ISSUERS: '[{"issuer":"https://idp.test","jwksUri":"https://idp.test/keys"}]',
    }).issuers;
    expect(issuer).toMatchObject({ audience: 'https://gateway.test/mcp', algorithms: ['RS256'], tenant: 'default' });
  });
});

describe('the settings of Paragon', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
  const on = { PROJECT_ID: 'p-1', SIGNING_KEY: pem };

  it('are absent without a project', () => {
    expect(loadConfig({ SIGNING_KEY: 'no key at all' }).paragon).toBeUndefined();
  });

  it('have the defaults of the specification', () => {
    expect(loadConfig(on).paragon).toMatchObject({
      projectId: 'p-1',
      limitToIntegrations: [],
      limitToTools: [],
      connectSdkUrl: 'https://cdn.useparagon.com/latest/sdk/index.js',
      actionKitUrl: 'https://actionkit.useparagon.com',
      actionKitApi: 'actions',
      zeusUrl: 'https://zeus.useparagon.com',
      proxyUrl: 'https://proxy.useparagon.com',
      openApiDir: undefined,
      proxyTool: false,
    });
  });

  it('make the holder of the key an issuer of tokens, whose public half is derived', () => {
    const [issuer] = loadConfig(on).issuers;
    expect(issuer).toMatchObject({ issuer: 'useparagon.com/p-1', claims: 'paragon', algorithms: ['RS256'] });
    expect(issuer?.publicKey).toBe(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  });

  it('take the key with literal \\n, or from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'manifold-key-')), 'key.pem');
    writeFileSync(file, pem);
    const inline = loadConfig({ ...on, SIGNING_KEY: pem.replaceAll('\n', '\\n') }).paragon;
    const fromFile = loadConfig({ PROJECT_ID: 'p-1', SIGNING_KEY_PATH: file }).paragon;
    expect(inline?.signingKey.equals(rsa.privateKey)).toBe(true);
    expect(fromFile?.signingKey.equals(rsa.privateKey)).toBe(true);
  });

  it.each<[string, Record<string, string>]>([
    ['SIGNING_KEY: is not set, but PROJECT_ID is; set it or SIGNING_KEY_PATH', {}],
    ['SIGNING_KEY: is not an RSA private key', { SIGNING_KEY: 'hunter2' }],
    ['SIGNING_KEY: is not an RSA private key', { SIGNING_KEY: ecKey() }],
    ['SIGNING_KEY_PATH: the file cannot be read', { SIGNING_KEY_PATH: '/nowhere/key.pem' }],
    ['SIGNING_KEY_PATH: is not an RSA private key', { SIGNING_KEY_PATH: 'package.json' }],
    ['SIGNING_KEY: SIGNING_KEY_PATH is set, too', { SIGNING_KEY: pem, SIGNING_KEY_PATH: 'key.pem' }],
  ])('stop the start: %s', (line, settings) => {
    const faults = faultsOf({ PROJECT_ID: 'p-1', ...settings });
    expect(faults).toEqual([expect.stringContaining(line)]);
    expect(faults.join()).not.toContain('hunter2');
  });
});

const TWO = ['https://idp.test', 'https://second.test'];

describe.each(['PARAGON_USERS', 'INTEGRATION_APP_USERS'])('%s', (name) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const idp = { publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string };
  const environment = {
    PROJECT_ID: 'p-1',
    SIGNING_KEY: pem,
    INTEGRATION_APP_WORKSPACE_KEY: 'workspace-1',
    INTEGRATION_APP_WORKSPACE_SECRET: 'hunter2-hunter2-hunter2',
    AUTH_ISSUERS: JSON.stringify([
      { ...idp, issuer: 'https://idp.test' },
      { ...idp, issuer: 'https://acme.test', tenant: 'acme' },
    ]),
  };
  const servedBy = (value: unknown) => {
    const { paragon, integrationApp } = loadConfig({ ...environment, [name]: JSON.stringify(value) });
    return { PARAGON_USERS: paragon, INTEGRATION_APP_USERS: integrationApp }[name]!.served;
  };

  it('names the tenant default unless it is set', () => {
    expect(loadConfig(environment).paragon!.served).toEqual([{ tenant: 'default', userId: 'subject' }]);
    expect(loadConfig(environment).integrationApp!.served).toEqual([{ tenant: 'default', userId: 'subject' }]);
  });

  it('makes ids of the subject in the tenant default, and of the principal in others', () => {
    const issuers = ['https://acme.test'];
    expect(servedBy([{ tenant: 'default' }, { tenant: 'acme', issuers }])).toEqual([
      { tenant: 'default', userId: 'subject' },
      { tenant: 'acme', issuers, userId: 'principal' },
    ]);
    expect(servedBy([])).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['is not valid (names a tenant twice)', [{ tenant: 'acme' }, { tenant: 'acme' }]],
    ['is not valid at 0.userId (only users of the tenant default', [{ tenant: 'acme', userId: 'subject' }]],
    ['is not valid at 1.userId (only', [{ tenant: 'default' }, { tenant: 'acme', userId: 'subject' }]],
    ['is not valid at 0.issuers (API keys of other', [{ tenant: 'acme', issuers: ['manifold'] }]],
    ['is not valid at 0.issuers.1 (it is not', [{ tenant: 'default', issuers: ['manifold', 'https://acme.test'] }]],
    ['is not valid at 0.issuers.0 (it is not', [{ tenant: 'acme', issuers: ['https://typo.test'] }]],
    ['is not valid at 0.userId (', [{ tenant: 'acme', userId: 'name' }]],
    ['is not valid at 0 (', [{ tenant: 'acme', subject: 'x' }]],
    ['is not valid (', { tenant: 'acme' }],
  ])('stops the start: %s', (line, value) => {
    const faults = faultsOf({ ...environment, [name]: JSON.stringify(value) });
    expect(faults).toEqual([expect.stringContaining(`${name}: ${line}`)]);
  });

  it('stops the start where it calls users of several issuers of AUTH_ISSUERS by their subject alone', () => {
    const two = { ...environment, AUTH_ISSUERS: JSON.stringify(TWO.map((issuer) => ({ ...idp, issuer }))) };
    const others = { PARAGON_USERS: '[]', INTEGRATION_APP_USERS: '[]' };
    const faultsWith = (value: unknown) => faultsOf({ ...two, ...others, [name]: JSON.stringify(value) });
    const fault = expect.stringMatching(`^${name}: users of 2 issuers of the tenant default .*"userId": "principal"$`);
    expect(faultsWith([{ tenant: 'default' }])).toEqual([fault]);
    expect(faultsWith([{ tenant: 'default', issuers: TWO }])).toEqual([fault]);
    for (const issuers of [[TWO[0]], ['manifold', TWO[0]], ['manifold', 'useparagon.com/p-1', 'workspace-1']]) {
      expect(faultsWith([{ tenant: 'default', issuers }])).toEqual([]);
    }
    expect(faultsWith([{ tenant: 'default', userId: 'principal' }])).toEqual([]);
    expect(faultsOf(two)).toHaveLength(2); // both backends serve the tenant default unless they are set
  });

  it('does not matter where the backend is off, or gets no tokens from the gateway', () => {
    const AUTH_ISSUERS = JSON.stringify(TWO.map((issuer) => ({ ...idp, issuer })));
    expect(faultsOf({ AUTH_ISSUERS })).toEqual([]);
    expect(faultsOf({ AUTH_ISSUERS, INTEGRATION_APP_FORWARD_ONLY: 'true' })).toEqual([]);
  });

  it.each(['manifold', 'command-line', 'useparagon.com/p-1', 'workspace-1'])(
    'stands for no issuer called %s',
    (issuer) => {
      const faults = faultsOf({ ...environment, AUTH_ISSUERS: JSON.stringify([{ ...idp, issuer, tenant: 'acme' }]) });
      expect(faults).toEqual([expect.stringContaining('AUTH_ISSUERS: is not valid at 0.issuer (')]);
    },
  );
});

function ecKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

it('gives the version of package.json', () => {
  expect((JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version).toBe(VERSION);
});

import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { ConfigError } from '../model/config.js';
import { loadConfig } from '../load-config.js';

const WORKSPACE = { INTEGRATION_APP_WORKSPACE_KEY: 'workspace-1' };
const SECRET = { INTEGRATION_APP_WORKSPACE_SECRET: 'hunter2-hunter2-hunter2' };
const FORWARD = { INTEGRATION_APP_FORWARD_ONLY: 'true' };

const pem = (publicKey: { export(options: object): string | Buffer }, type = 'spki'): string =>
  publicKey.export({ type, format: 'pem' }) as string;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = (namedCurve: string): string => pem(generateKeyPairSync('ec', { namedCurve }).publicKey);
const publicKey = (text: string) => ({ INTEGRATION_APP_PUBLIC_KEY: text });

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
};

describe('the settings of Integration.app', () => {
  it('are absent unless one of the three ways is set', () => {
    const config = loadConfig({ INTEGRATION_APP_API_URL: 'https://api.test', INTEGRATION_APP_FORWARD_ONLY: 'false' });
    expect(config.integrationApp).toBeUndefined();
    expect(config.issuers).toEqual([]);
  });

  it('with the workspace secret verify and make tokens', () => {
    const { integrationApp, issuers } = loadConfig({ ...WORKSPACE, ...SECRET });
    expect(integrationApp).toMatchObject({
      apiUrl: 'https://api.integration.app',
      issuer: 'workspace-1',
      forwardOnly: false,
    });
    expect(integrationApp?.signingSecret?.export().toString()).toBe(SECRET.INTEGRATION_APP_WORKSPACE_SECRET);
    const algorithms = ['HS256', 'HS512'];
    expect(issuers).toMatchObject([{ claims: 'integration-app', issuer: 'workspace-1', algorithms }]);
    expect(issuers[0]).not.toHaveProperty('publicKey');
  });

  it('do not show the secret to whoever prints them', () => {
    expect(inspect(loadConfig({ ...WORKSPACE, ...SECRET }), { depth: 10 })).not.toContain('hunter2');
  });

  it.each([
    ['RSA', pem(rsa.publicKey), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['RSA in PKCS #1', pem(rsa.publicKey, 'pkcs1'), ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['P-256', curve('prime256v1'), ['ES256']],
    ['P-384', curve('secp384r1'), ['ES384']],
    ['P-521', curve('secp521r1'), ['ES512']],
  ])('with a public key (%s) verify tokens of its type, and make none', (_type, text, algorithms) => {
    const { integrationApp, issuers } = loadConfig({ ...WORKSPACE, ...publicKey(text.replaceAll('\n', '\\n')) });
    expect(integrationApp).toMatchObject({ signingSecret: undefined, forwardOnly: false });
    expect(issuers).toMatchObject([{ issuer: 'workspace-1', algorithms, publicKey: text }]);
    expect(issuers[0]).not.toHaveProperty('secret');
  });

  it('in forward-only mode need no key, and there is no issuer to trust', () => {
    const { integrationApp, issuers } = loadConfig({ ...FORWARD, INTEGRATION_APP_API_URL: 'http://127.0.0.1:1/' });
    expect(integrationApp).toEqual({
      apiUrl: 'http://127.0.0.1:1',
      issuer: 'integration.app',
      forwardOnly: true,
      dynamicSearch: false,
      served: [{ tenant: 'default', userId: 'subject' }],
    });
    expect(issuers).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['INTEGRATION_APP_WORKSPACE_SECRET: is not set, but', WORKSPACE],
    ['INTEGRATION_APP_WORKSPACE_KEY: is not set, but', SECRET],
    ['INTEGRATION_APP_WORKSPACE_KEY: is not set, but', publicKey(pem(rsa.publicKey))],
    [
      'INTEGRATION_APP_WORKSPACE_KEY: does not have the right form; write the key',
      { INTEGRATION_APP_WORKSPACE_KEY: 'a key\n', ...SECRET },
    ],
    ['set only one of them', { ...WORKSPACE, ...SECRET, ...publicKey(pem(rsa.publicKey)) }],
    ['INTEGRATION_APP_PUBLIC_KEY: is not a supported public key', { ...WORKSPACE, ...publicKey('hunter2') }],
    [
      'INTEGRATION_APP_PUBLIC_KEY: is not a supported public key',
      { ...WORKSPACE, ...publicKey(pem(rsa.privateKey, 'pkcs8')) },
    ],
    ['INTEGRATION_APP_PUBLIC_KEY: is not a supported public key', { ...WORKSPACE, ...publicKey(curve('secp256k1')) }],
    [
      'INTEGRATION_APP_PUBLIC_KEY: is not a supported public key',
      { ...WORKSPACE, ...publicKey(pem(generateKeyPairSync('ed25519').publicKey)) },
    ],
    [
      'INTEGRATION_APP_FORWARD_ONLY: is neither true nor false; write true or false',
      { INTEGRATION_APP_FORWARD_ONLY: 'yes' },
    ],
    ['INTEGRATION_APP_WORKSPACE_KEY: INTEGRATION_APP_FORWARD_ONLY is set, too', { ...WORKSPACE, ...FORWARD }],
    ['INTEGRATION_APP_WORKSPACE_SECRET: INTEGRATION_APP_FORWARD_ONLY is set', { ...SECRET, ...FORWARD }],
    [
      'INTEGRATION_APP_API_URL: is not a URL; write an http',
      { ...FORWARD, INTEGRATION_APP_API_URL: 'api.integration.app' },
    ],
  ])('stop the start: %s', (line, environment) => {
    const faults = faultsOf(environment);
    expect(faults).toEqual([expect.stringContaining(line)]);
    expect(faults.join()).not.toMatch(/hunter2|BEGIN/);
  });

  it('name every fault at once', () => {
    const faults = faultsOf({ ...publicKey('no key'), PROJECT_ID: 'p-1' });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual([
      'SIGNING_KEY',
      'INTEGRATION_APP_WORKSPACE_KEY',
      'INTEGRATION_APP_PUBLIC_KEY',
    ]);
  });
});

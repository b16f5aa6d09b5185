import { certificateEnvironment, inheritedEnvironment, proxyEnvironment } from './environment.js';

const SECRET = { SECRETS_KEY: 'secret', NPM_TOKEN: 'secret', NODE_OPTIONS: '--require /evil.js' };

describe('the environment of child processes', () => {
  const before = { ...process.env };

  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });

  it('has what programs need to find their way, and no secrets', () => {
    Object.assign(process.env, SECRET, { TZ: 'UTC' });
    expect(inheritedEnvironment()).toMatchObject({ PATH: process.env.PATH, TZ: 'UTC' });
    for (const name of Object.keys(SECRET)) expect(inheritedEnvironment()).not.toHaveProperty(name);
  });

  it('has certificates and the way out of the network only for those who reach one', () => {
    Object.assign(process.env, SECRET, { HTTPS_PROXY: 'http://proxy.test:3128', NODE_EXTRA_CA_CERTS: '/ca.pem' });
    expect(certificateEnvironment()).toMatchObject({ NODE_EXTRA_CA_CERTS: '/ca.pem' });
    expect(proxyEnvironment()).toMatchObject({ HTTPS_PROXY: 'http://proxy.test:3128' });
    for (const name of ['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS']) expect(inheritedEnvironment()).not.toHaveProperty(name);
    for (const name of Object.keys(SECRET)) expect(proxyEnvironment()).not.toHaveProperty(name);
  });
});

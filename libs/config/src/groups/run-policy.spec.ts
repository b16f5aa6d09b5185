import { loadConfig } from '../load-config.js';

const policyOf = (settings: Record<string, string> = {}) => loadConfig(settings).runPolicy;

describe('the settings of the rules for programs and roles', () => {
  it('allow the tenant "default" everything, and others packages without scripts and without operators', () => {
    expect(policyOf()).toEqual({
      stdio: 'any',
      scripts: 'yes',
      tenants: { stdio: 'packages', scripts: 'never', grantableRoles: ['user', 'admin', 'service'] },
    });
  });

  it('take lists', () => {
    const settings = { STDIO_SERVERS: 'node /opt/*.js, uvx', INSTALL_SCRIPTS: 'node:@a/*,python:lxml' };
    expect(policyOf(settings)).toMatchObject({
      stdio: ['node /opt/*.js', 'uvx'],
      scripts: ['node:@a/*', 'python:lxml'],
    });
    expect(policyOf({ TENANT_GRANTABLE_ROLES: 'operator, user' }).tenants.grantableRoles).toEqual(['user', 'operator']);
  });

  it.each([
    ['STDIO_SERVERS', ','],
    ['STDIO_SERVERS', 'packages, node'],
    ['STDIO_SERVERS', 'node  twice'],
    ['TENANT_STDIO_SERVERS', 'any,sh'],
    ['INSTALL_SCRIPTS', 'lxml'],
    ['INSTALL_SCRIPTS', 'true'],
    ['TENANT_INSTALL_SCRIPTS', 'ruby:rails'],
    ['TENANT_GRANTABLE_ROLES', 'root'],
  ])('refuse %s=%s', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(new RegExp(`${name}: .*; write `));
  });
});

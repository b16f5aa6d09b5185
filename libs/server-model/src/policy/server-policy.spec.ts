import { loadConfig } from '@manifold/config';
import { TenantPolicies, Tenants, type TenantPolicy } from '@manifold/tenants';
import { ServerPolicy } from './server-policy.js';

interface Case {
  readonly settings?: Record<string, string>;
  readonly policy?: TenantPolicy;
  readonly tenant?: string;
}

const policyOf = ({ settings = {}, policy, tenant = 'acme' }: Case): ServerPolicy => {
  const tenants = new Tenants();
  tenants.put(tenant, { enabled: true, policy, createdAt: '', updatedAt: '' });
  return new ServerPolicy(new TenantPolicies(loadConfig(settings), tenants));
};

/** Returns the message of the refusal, and "allowed" if there is none. */
async function verdict(
  given: Case,
  line: string,
  { variables = [] as string[], ofPackage = false } = {},
): Promise<string> {
  const [command, ...args] = line.split(' ');
  const program = { command: command!, args, variables };
  try {
    await policyOf(given).check(given.tenant ?? 'acme', program, async () => ofPackage);
    return 'allowed';
  } catch (error) {
    expect(error).toMatchObject({ status: 403, code: 'stdio_not_allowed' });
    return (error as Error).message;
  }
}

describe('the policy for stdio servers', () => {
  it('is any command in the tenant "default", and packages alone in others', async () => {
    expect(await verdict({ tenant: 'default' }, 'sh -c id')).toBe('allowed');
    expect(await verdict({}, 'sh -c id')).toMatch(
      /programs of installed packages.*TENANT_STDIO_SERVERS.*policy\.stdio/,
    );
    expect(await verdict({}, 'node entry.js', { ofPackage: true })).toBe('allowed');
  });

  it('is what the settings of the tenant say, within what the gateway allows', async () => {
    const any: Case = { policy: { stdio: 'any' } };
    expect(await verdict(any, 'sh -c id')).toBe('allowed');
    for (const stdio of ['packages', 'none', 'node /opt/*.js'])
      expect(await verdict({ ...any, settings: { STDIO_SERVERS: stdio } }, 'sh -c id')).toMatch(
        /STDIO_SERVERS of the gateway, which/,
      );
    const none: Case = { policy: { stdio: 'none' } };
    expect(await verdict(none, 'node entry.js', { ofPackage: true })).toMatch(
      /policy\.stdio of tenant acme.*PUT \/tenants\/acme/,
    );
    expect(await verdict({ settings: { TENANT_STDIO_SERVERS: 'any' } }, 'sh -c id')).toBe('allowed');
    const own: Case = { tenant: 'default', policy: { stdio: 'any' }, settings: { STDIO_SERVERS: 'packages' } };
    expect(await verdict(own, 'sh -c id')).toMatch(/STDIO_SERVERS/);
  });

  it.each([
    ['node /opt/servers/files.js', true],
    ['node /opt/servers/files.js --root /srv', true],
    ['node /opt/servers/../../tmp/evil.js', false],
    ['node /opt/servers/files.js/../../../tmp/evil.js', false],
    ['node --import /opt/servers/x.js', false],
    ['node', false],
    ['/usr/bin/node /opt/servers/files.js', false],
    ['uvx mcp-server-git', true],
    ['uvx mcp-server-gitevil', false],
    ['uvx', false],
    ['/opt/bin/tool', true],
    ['/opt/bin/tool2', false],
  ])('with listed commands lets `%s` run: %s', async (line, isAllowed) => {
    const stdio = ['node /opt/servers/*.js', 'uvx mcp-server-git', '/opt/bin/tool'];
    expect((await verdict({ policy: { stdio } }, line)) === 'allowed').toBe(isAllowed);
    expect(await verdict({ policy: { stdio } }, line, { ofPackage: true })).toBe('allowed');
  });

  it.each([
    'NODE_OPTIONS',
    'NODE_PATH',
    'PATH',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'DYLD_INSERT_LIBRARIES',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PYTHONWARNINGS',
    'BASH_ENV',
    'npm_config_registry',
    'PIP_INDEX_URL',
    'UV_DEFAULT_INDEX',
    'OPENSSL_CONF',
    'GIT_SSH_COMMAND',
    'JAVA_TOOL_OPTIONS',
  ])('refuses %s, with which another program would run', async (name) => {
    const given = { variables: ['API_KEY', name], ofPackage: true };
    expect(await verdict({}, 'node entry.js', given)).toMatch(name);
    expect(await verdict({ policy: { stdio: ['node entry.js'] } }, 'node entry.js', given)).toMatch(name);
    expect(await verdict({ policy: { stdio: 'any' } }, 'node entry.js', given)).toBe('allowed');
  });

  it('leaves usual variables alone', async () => {
    const variables = ['NODE_ENV', 'NODE_EXTRA_CA_CERTS', 'PYTHONUNBUFFERED', 'HOME', 'GEMINI_API_KEY', 'GITHUB_TOKEN'];
    expect(await verdict({}, 'node entry.js', { variables, ofPackage: true })).toBe('allowed');
  });

  it('asks for the package only where it matters', async () => {
    const asks = async (given: Case) => {
      let asked = false;
      const isOfPackage = async () => (asked = true);
      const program = { command: 'sh', args: [], variables: [] };
      await policyOf(given)
        .check('acme', program, isOfPackage)
        .catch(() => undefined);
      return asked;
    };
    expect(await asks({ policy: { stdio: 'any' } })).toBe(false);
    expect(await asks({ policy: { stdio: 'none' } })).toBe(false);
    expect(await asks({})).toBe(true);
  });

  it('depends on the isolation of processes on this machine, which says what to change', async () => {
    const policy = policyOf({ policy: { stdio: 'any' } });
    policy.isolation = { refusalFor: (tenant) => (tenant === 'acme' ? 'Set SERVER_SANDBOX' : undefined) };
    const program = { command: 'sh', args: [], variables: [] };
    const check = (tenant: string) => policy.check(tenant, program, async () => true);
    await expect(check('acme')).rejects.toMatchObject({
      status: 403,
      code: 'stdio_not_allowed',
      message: 'Set SERVER_SANDBOX',
    });
    await expect(check('default')).resolves.toBeUndefined();
    policy.isolation = { refusalFor: (_tenant, network) => network && `${network} needs SERVER_SANDBOX` };
    policy.checkNew('default', program, true);
    expect(() => policy.checkNew('default', { ...program, network: 'proxy' }, true)).toThrow(
      'proxy needs SERVER_SANDBOX',
    );
  });
});

import 'reflect-metadata';
import { DtoValidationPipe } from '@manifold/rest';
import { ServerSettingsDto } from '@manifold/server-model';
import type { CatalogServerDto } from './catalog.dto.js';
import { registryPage } from './registry.mapper.js';

const NAMED = { name: 'io.example/tool', description: 'A tool', version: '1.0.0' };
const npm = { registryType: 'npm', identifier: '@example/tool', version: '1.0.0', transport: { type: 'stdio' } };
const pypi = {
  registryType: 'pypi',
  identifier: 'Example-Tool.server',
  version: '1.0.0',
  transport: { type: 'stdio' },
};
const remote = { type: 'streamable-http', url: 'https://example.com/mcp' };

function shown(server: object): CatalogServerDto {
  const page = registryPage(JSON.stringify({ servers: [{ server: { ...NAMED, ...server } }] }), 10);
  expect(page).toMatchObject({ unreadable: 0 });
  return page!.servers[0]!;
}

const bodyOf = (server: object): Record<string, unknown> | undefined => shown(server).install?.body;

describe('a server of the registry', () => {
  it('is installed from npm in the version that the registry names', () => {
    expect(shown({ packages: [npm], title: 'Tool', websiteUrl: 'https://example.com' })).toEqual({
      source: 'registry',
      name: 'io.example/tool',
      title: 'Tool',
      description: 'A tool',
      homepage: 'https://example.com',
      runtime: 'npm',
      package: '@example/tool',
      needs: { secrets: [], arguments: [] },
      install: {
        method: 'POST',
        path: '/packages/install',
        body: { name: '@example/tool', version: '1.0.0', serverName: 'tool', displayName: 'Tool' },
      },
    });
  });

  it('is installed from PyPI by its name alone: nothing is guessed', () => {
    const server = shown({ packages: [pypi] });
    expect(server).toMatchObject({ runtime: 'python', package: 'Example-Tool.server' });
    const body = { name: 'Example-Tool.server', version: '1.0.0', serverName: 'tool', displayName: 'Tool' };
    expect(shown({ packages: [pypi], title: 'Tool' }).install!.body).toEqual({ ...body, runtime: 'python' });
  });

  it('that is remote is registered with its endpoint', () => {
    expect(shown({ remotes: [{ type: 'sse', url: 'https://example.com/sse' }, remote] })).toMatchObject({
      runtime: 'remote',
      url: 'https://example.com/mcp',
      install: { path: '/mcp/servers', body: { name: 'tool', transportType: 'streamable_http', url: remote.url } },
    });
  });

  it('is installed rather than reached, where both can be', () => {
    expect(shown({ packages: [pypi, npm], remotes: [remote] }).runtime).toBe('npm');
    expect(shown({ packages: [pypi], remotes: [remote] }).runtime).toBe('python');
  });

  it.each<[string, string, object]>([
    ['an image', 'container image', { registryType: 'oci' }],
    ['a bundle', 'bundle', { registryType: 'mcpb', identifier: 'https://example.com/tool.mcpb' }],
    ['a package of .NET', 'NuGet', { registryType: 'nuget' }],
    ['a package of a kind that it does not know', 'kind of package', { registryType: 'constructor' }],
    [
      'a package of another registry, whose name may be somebody else’s on npm',
      'another registry',
      { registryBaseUrl: 'https://npm.example.com' },
    ],
    [
      'a server that listens by itself',
      'listens',
      { transport: { type: 'streamable-http', url: 'http://localhost/mcp' } },
    ],
    ['a URL for a name', 'identifier', { identifier: 'https://example.com/x.tgz' }],
    ['a Git URL for a name', 'identifier', { identifier: 'git+https://example.com/x' }],
    ['an option for a name', 'identifier', { identifier: '--registry=https://example.com' }],
    ['a folder for a name', 'identifier', { identifier: '../x' }],
  ])('is shown without a body, and with the reason, when it is %s', (_, reason, change) => {
    expect(shown({ packages: [{ ...npm, ...change }] })).toEqual(
      expect.objectContaining({
        runtime: 'other',
        needs: { secrets: [], arguments: [] },
        reason: expect.stringContaining(reason),
      }),
    );
    expect(bodyOf({ packages: [{ ...npm, ...change }] })).toBeUndefined();
  });

  it.each<[string, object]>([
    ['npm with a range', { packages: [{ ...npm, version: '^1.0.0' }] }],
    ['npm with a tag', { packages: [{ ...npm, version: 'next' }] }],
    ['PyPI with a range', { packages: [{ ...pypi, version: '>=1.0' }] }],
    ['PyPI with a URL for a version', { packages: [{ ...pypi, version: '1.0 @ https://example.com' }] }],
    ['a required secret on the command line', { packages: [{ ...npm, packageArguments: [secretArgument()] }] }],
    ['a strange name of a variable', { packages: [{ ...npm, environmentVariables: [{ name: 'A B' }] }] }],
    ['an endpoint that is no URL', { remotes: [{ ...remote, url: '{baseUrl}/mcp' }] }],
    ['an endpoint with credentials', { remotes: [{ ...remote, url: 'https://a:b@example.com' }] }],
    ['an endpoint of another scheme', { remotes: [{ ...remote, url: 'file:///etc/passwd' }] }],
    [
      'an endpoint that holds a secret',
      { remotes: [{ ...remote, url: 'https://example.com/{token}', variables: { token: { isSecret: true } } }] },
    ],
    ['a strange name of a header', { remotes: [{ ...remote, headers: [{ name: 'A\r\nB', value: 'x' }] }] }],
    ['a header outside ASCII', { remotes: [{ ...remote, headers: [{ name: 'X-A', value: 'é✓' }] }] }],
  ])('is shown without a body: %s', (_, server) => {
    expect(shown(server).runtime).not.toBe('other');
    expect(shown(server).reason).toMatch(/^It cannot be (installed|registered): /);
    expect(bodyOf(server)).toBeUndefined();
  });

  it('gets its arguments: those that are given, and placeholders for those that have to be', () => {
    const packageArguments = [
      { type: 'positional', value: 'serve' },
      { type: 'positional', valueHint: 'folder', isRequired: true, description: 'Where to look', placeholder: '/srv' },
      { type: 'named', name: '--port', default: '80' },
      { type: 'named', name: '--tenant', isRequired: true },
      { type: 'named', name: '--verbose', value: '' },
      { type: 'named', name: '--theme' },
      { type: 'named', name: '--key', isSecret: true },
      {
        type: 'named',
        name: '--url',
        value: 'https://{host}/{path}/{other}',
        variables: { host: {}, path: { value: 'v1' } },
      },
    ];
    const { needs, install } = shown({ packages: [{ ...npm, packageArguments }] });
    const url = 'https://{host}/v1/{other}';
    expect(install!.body.args).toEqual([
      'serve',
      '{folder}',
      '--port',
      '80',
      '--tenant',
      '{tenant}',
      '--verbose',
      '--url',
      url,
    ]);
    expect(needs.arguments).toEqual([
      { placeholder: '{folder}', purpose: 'Where to look', example: '/srv' },
      { placeholder: '{tenant}', purpose: 'tenant' },
      { placeholder: '{host}', purpose: 'host' },
    ]);
    expect(install!.body).not.toHaveProperty('secretNames');
  });

  it('gets its secrets in the environment of a process per user, and the rest as settings', () => {
    const environmentVariables = [
      { name: 'API_KEY', description: 'Key', isRequired: true, isSecret: true },
      { name: 'EXTRA_KEY', isSecret: true, default: 'never shown as a setting' },
      { name: 'REGION', default: 'eu' },
      { name: 'ACCOUNT', isRequired: true, description: 'Account' },
      { name: 'LEVEL' },
    ];
    const { needs, install } = shown({ packages: [{ ...npm, environmentVariables }] });
    expect(needs).toEqual({
      secrets: [
        { name: 'API_KEY', purpose: 'Key' },
        { name: 'EXTRA_KEY', purpose: 'EXTRA_KEY', optional: true },
      ],
      arguments: [{ placeholder: '{ACCOUNT}', purpose: 'Account' }],
    });
    expect(install!.body).toMatchObject({
      env: { REGION: 'eu', ACCOUNT: '{ACCOUNT}' },
      isolation: 'user',
      secretsAs: 'environment',
      secretNames: ['API_KEY', 'EXTRA_KEY'],
    });
  });

  it('gets headers, with those that hold a secret as secrets', () => {
    const headers = [
      {
        name: 'Authorization',
        value: 'Bearer {token}',
        isRequired: true,
        variables: { token: { isSecret: true, isRequired: true, description: 'The token' } },
      },
      { name: 'X-Team', value: '{team}', variables: { team: { description: 'Team' } } },
      { name: 'X-Api-Key', description: 'Key', isSecret: true },
      { name: 'X-Other', isSecret: true, value: 'Key {OTHER_KEY}' },
    ];
    const url = 'https://{region}.example.com/mcp';
    const { needs, install } = shown({
      remotes: [{ ...remote, url, headers, variables: { region: { default: 'eu' } } }],
    });
    expect(install!.body).toMatchObject({
      url: 'https://eu.example.com/mcp',
      headers: { 'X-Team': '{team}' },
      secretsAs: 'headers',
      secretHeaders: { Authorization: 'Bearer {token}', 'X-Api-Key': '{X-Api-Key}', 'X-Other': 'Key {OTHER_KEY}' },
      secretNames: ['token', 'X-Api-Key', 'OTHER_KEY'],
    });
    expect(needs.secrets).toEqual([
      { name: 'token', purpose: 'The token' },
      { name: 'X-Api-Key', purpose: 'Key', optional: true },
      { name: 'OTHER_KEY', purpose: 'OTHER_KEY', optional: true },
    ]);
    expect(needs.arguments).toEqual([{ placeholder: '{team}', purpose: 'Team' }]);
  });

  it('cannot reach into prototypes by the names of variables', () => {
    const packageArguments = [{ type: 'positional', value: '{constructor} {__proto__}', variables: {} }];
    expect(bodyOf({ packages: [{ ...npm, packageArguments }] })!.args).toEqual(['{constructor} {__proto__}']);
  });

  it('has no homepage that is not of the web, and no control characters in what people read', () => {
    const server = shown({
      websiteUrl: 'javascript:alert(1)',
      repository: { url: 'https://example.com/code' },
      title: 'A\u001b[31m tool\n',
    });
    expect(server).toMatchObject({ homepage: 'https://example.com/code', title: 'A [31m tool' });
    expect(shown({ websiteUrl: 'javascript:alert(1)' })).not.toHaveProperty('homepage');
  });

  it.each([
    ['a.b/_private', 'mcp-_private'],
    ['a.b/Weather.API_2', 'Weather.API_2'],
    [`a.b/${'x'.repeat(100)}`, 'x'.repeat(64)],
  ])('%s is installed under a name that servers can have', (name, serverName) => {
    expect(bodyOf({ name, packages: [npm] })).toMatchObject({ serverName });
  });

  it('has settings that the gateway accepts', async () => {
    const { url, headers, transportType, displayName } = bodyOf({
      remotes: [{ ...remote, headers: [{ name: 'X-A', value: 'b' }] }],
    })!;
    const settings = { url, headers, transportType, displayName };
    await expect(
      new DtoValidationPipe().transform(settings, { type: 'body', metatype: ServerSettingsDto }),
    ).resolves.toMatchObject(settings);
  });
});

describe('a page of the registry', () => {
  it('gives no more servers than were asked for', () => {
    const servers = Array.from({ length: 5 }, () => ({ server: NAMED }));
    expect(registryPage(JSON.stringify({ servers }), 3)!.servers).toHaveLength(3);
  });

  it.each([['null'], ['""']])('ends where the cursor is %s', (nextCursor) => {
    expect(registryPage(`{"servers":[],"metadata":{"nextCursor":${nextCursor}}}`, 3)).toEqual({
      servers: [],
      unreadable: 0,
    });
  });

  it.each(['', '[]', '7', '{"servers":{}}', '{', '['.repeat(200_000)])('is not %p', (text) => {
    expect(registryPage(text, 3)).toBeUndefined();
  });

  it('counts entries whose commands hold control characters as unreadable', () => {
    const server = { ...NAMED, packages: [{ ...npm, packageArguments: [{ type: 'positional', value: 'a\u0000b' }] }] };
    expect(registryPage(JSON.stringify({ servers: [{ server }] }), 3)).toEqual({ servers: [], unreadable: 1 });
  });
});

function secretArgument(): object {
  return { type: 'named', name: '--key', isSecret: true, isRequired: true };
}

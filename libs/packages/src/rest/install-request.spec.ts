import { installRequest, understoodInstall } from './install-request.js';

describe('the request of an install', () => {
  it('is a package of npm over stdio, unless the body says something else', () => {
    const body = { name: 'x', serverName: 's', args: ['--a'], env: { A: '1' }, isolation: 'user' };
    expect(installRequest(body as never)).toEqual({
      serverName: 's',
      runtime: 'node',
      wanted: { name: 'x', version: undefined, allowScripts: false },
      settings: { args: ['--a'], env: { A: '1' }, isolation: 'user' },
    });
  });

  it.each([
    ['server-memory', { name: '@modelcontextprotocol/server-memory' }],
    ['mcp-server-fetch', { name: 'mcp-server-fetch', runtime: 'python', pythonModule: 'mcp_server_fetch' }],
    ['own', { name: 'x', serverName: 'own' }],
  ])('is for the server %s, unless %j names another', (serverName, body) => {
    expect(understoodInstall(body as never).request.serverName).toBe(serverName);
  });

  it('needs a name of the server if the package cannot give it one', () => {
    expect(() => understoodInstall({ name: '@a/-x' })).toThrow(
      expect.objectContaining({ status: 400, errors: [expect.objectContaining({ pointer: '/serverName' })] }),
    );
  });

  it('understands the words of other gateways and of clients', () => {
    const { request, warnings } = understoodInstall({
      name: 'x',
      failOnWarning: true,
      authMode: 'none',
      disabled: true,
      env: { TOKEN: '${input:token}', A: 'a' },
    });
    expect(request.settings).toEqual({
      enabled: false,
      env: { A: 'a' },
      isolation: 'user',
      secretsAs: 'environment',
      secretNames: ['TOKEN'],
    });
    expect(warnings).toEqual([
      'each user must set these secrets with POST /secrets/set: TOKEN',
      'failOnWarning has no effect: an install does not fail because of warnings',
    ]);
    expect(understoodInstall({ name: 'x', failOnWarning: false }).warnings).toEqual([]);
    expect(understoodInstall({ name: 'x', url: 'https://a.example/mcp' }).request.settings).toEqual({
      transportType: 'streamable_http',
      url: 'https://a.example/mcp',
    });
  });

  it('keeps Python off remote servers, however their transport is named', () => {
    const python = { name: 'x', runtime: 'python', pythonModule: 'm', type: 'http' } as const;
    expect(() => understoodInstall(python)).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/transportType' })] }),
    );
  });

  it('ignores command, args and env for streamable_http, as the specification says', () => {
    const { settings } = installRequest({
      name: 'x',
      serverName: 's',
      transportType: 'streamable_http',
      url: 'https://example.com/mcp',
      command: 'node',
      args: ['a'],
      env: { A: '1' },
    });
    expect(settings).toEqual({ transportType: 'streamable_http', url: 'https://example.com/mcp' });
  });

  it('takes the arguments of a Python module from pythonArgs', () => {
    const request = installRequest({
      name: 'my-python-mcp',
      serverName: 's',
      runtime: 'python',
      pythonModule: 'my_mcp_server',
      pythonArgs: ['--port', '0'],
      pipDependencies: ['httpx>=0.27'],
      pipIndexUrl: 'https://index.example/simple',
    });
    expect(request).toMatchObject({
      runtime: 'python',
      wanted: {
        python: {
          module: 'my_mcp_server',
          dependencies: ['httpx>=0.27'],
          indexUrl: 'https://index.example/simple',
          extraIndexUrl: undefined,
        },
      },
      settings: { args: ['--port', '0'] },
    });
  });

  it('needs no module for Python: a console script is started', () => {
    const body = { name: 'my-python-mcp', serverName: 's', runtime: 'python', command: 'my-script', args: ['--a'] };
    expect(installRequest(body as never)).toMatchObject({
      wanted: { python: { module: undefined } },
      settings: { command: 'my-script', args: ['--a'] },
    });
  });

  it('takes the extras of a Python package from its name, and installs them with it', () => {
    const { wanted } = installRequest({ name: 'my-mcp[http, sql]', serverName: 's', runtime: 'python' });
    expect(wanted).toMatchObject({ name: 'my-mcp', python: { dependencies: ['my-mcp[http,sql]'] } });
  });

  it.each([
    ['/transportType', { runtime: 'python', pythonModule: 'm', transportType: 'streamable_http' }],
    ['/command', { runtime: 'python', pythonModule: 'm', command: 'bash' }],
    ['/command', { runtime: 'python', command: '/bin/bash' }],
    ['/command', { runtime: 'python', command: '../python' }],
    ['/pythonModule', { pythonModule: 'm' }],
    ['/pythonArgs', { runtime: 'node', pythonArgs: [] }],
    ['/pipIndexUrl', { pipIndexUrl: 'https://index.example' }],
    ['/pipExtraIndexUrl', { pipExtraIndexUrl: 'https://index.example' }],
    ['/pipDependencies', { pipDependencies: ['x'] }],
  ])('names %s where fields do not go together: %j', (pointer, fields) => {
    expect(() => installRequest({ name: 'x', serverName: 's', ...fields } as never)).toThrow(
      expect.objectContaining({ status: 400, errors: [expect.objectContaining({ pointer })] }),
    );
  });
});

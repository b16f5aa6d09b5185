import { destinationOf } from './destination.js';

const program = (line: string, more: { env?: Record<string, string>; cwd?: string } = {}): string => {
  const [command, ...args] = line.split(' ');
  return destinationOf({ transportType: 'stdio', command: command!, args, env: {}, cwd: undefined, ...more });
};

describe('the destination of secrets', () => {
  it.each([
    ['node server.js', 'node server.js --port 4'],
    ['python -u server.py', 'python -u server.py --verbose'],
    ['npx -y weather', 'npx -y weather@2.0.0 --units metric'],
    ['npx -y @acme/weather@1.0.0', 'npx -y @acme/weather@^2'],
    ['uvx mcp-server-git', 'uvx mcp-server-git==2.1'],
  ])('stays the same from `%s` to `%s`', (before, after) => {
    expect(program(after)).toBe(program(before));
  });

  it.each([
    ['another command', 'node server.js', 'deno server.js'],
    ['another program', 'node server.js', 'node evil.js'],
    ['another package', 'npx -y weather', 'npx -y weather-evil'],
    ['an alias of another package', 'npx -y weather@1', 'npx -y weather@npm:evil'],
    ['a package from elsewhere', 'uvx weather', 'uvx git+https://evil.test/weather'],
    ['a package that a flag names', 'npx -y weather', 'npx -y --package=evil weather'],
    ['an index that a flag names', 'uvx weather', 'uvx --index-url https://evil.test weather'],
    ['code that --require loads', 'node server.js', 'node --require ./evil.js server.js'],
    ['code that -r loads', 'node -r ./good.js server.js', 'node -r ./evil.js server.js'],
    ['code that --import loads', 'node server.js', 'node --import=./evil.js server.js'],
    ['another loader', 'node --import ./good.js server.js', 'node --import ./evil.js server.js'],
    ['code as an argument', 'node server.js', 'node -e evil() server.js'],
    ['another module', 'python -m good', 'python -m evil'],
    ['another module behind a plain flag', 'python -u -m good', 'python -u -m evil'],
    ['another program of env', 'env node server.js', 'env node evil.js'],
    ['a variable that env sets', 'env A=b node server.js', 'env NODE_OPTIONS=--import=./evil.js node server.js'],
    ['another image', 'docker run -i good', 'docker run -i evil'],
    ['another volume', 'docker run -i good', 'docker run -i -v /tmp/evil:/app good'],
    ['another program of a launcher with a path', '/usr/bin/env node server.js', '/usr/bin/env node evil.js'],
    ['another package of uv', 'uv run good', 'uv run evil'],
    ['other flags of a program without arguments', 'tool --plugin=good', 'tool --plugin=evil'],
    ['a first argument', 'tool', 'tool evil.js'],
  ])('is another one for %s', (_, before, after) => {
    expect(program(after)).not.toBe(program(before));
  });

  it.each(['LD_PRELOAD', 'NODE_OPTIONS', 'PYTHONPATH', 'PATH', 'DYLD_INSERT_LIBRARIES', 'BASH_ENV', 'ld_preload'])(
    'is another one with the loader variable %s, and with another value of it',
    (name) => {
      const values = [undefined, './good', './evil'];
      const destinations = values.map((value) =>
        program('node server.js', { env: value === undefined ? {} : { [name]: value } }),
      );
      expect(new Set(destinations).size).toBe(values.length);
    },
  );

  it('stays the same with other variables, in any order of loader variables', () => {
    const env = { LD_PRELOAD: 'a', NODE_OPTIONS: 'b', API_KEY: 'c' };
    const others = { API_KEY: 'd', NODE_OPTIONS: 'b', LD_PRELOAD: 'a' };
    expect(program('node server.js', { env: others })).toBe(program('node server.js', { env }));
    expect(program('node server.js', { env: { API_KEY: 'c' } })).toBe(program('node server.js'));
  });

  it('is another one in another working folder', () => {
    expect(program('node server.js', { cwd: '/srv/a' })).not.toBe(program('node server.js', { cwd: '/srv/b' }));
    expect(program('node server.js', { cwd: '/srv/a' })).not.toBe(program('node server.js'));
  });

  it('of a URL is its origin', () => {
    const at = (url: string): string => destinationOf({ transportType: 'streamable_http', url, headers: {} });
    expect(at('https://me:pw@a.test/mcp?key=1')).toBe('https://a.test');
    expect(at('https://a.test:8443/mcp')).toBe('https://a.test:8443');
  });
});

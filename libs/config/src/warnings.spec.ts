import { ConfigError } from './model/config.js';
import { loadConfig } from './load-config.js';
import { misspelt, warningsOf } from './warnings.js';

describe('warnings about the environment', () => {
  it('say what goes wrong in production without MCP_SERVER_URL', () => {
    expect(warningsOf({ NODE_ENV: 'production', PORT: '8080' })).toEqual([
      expect.stringMatching(/^MCP_SERVER_URL: is not set, .* http:\/\/localhost:8080\/mcp; write/),
    ]);
    expect(warningsOf({ NODE_ENV: 'production', MCP_SERVER_URL: 'https://mcp.example.com' })).toEqual([]);
    expect(warningsOf({})).toEqual([]);
  });

  it.each([
    ['SECRET_KEY', 'SECRETS_KEY'],
    ['SECRETS_KEYS', 'SECRETS_KEY'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['MONGO_URI', 'MONGO_URL'],
    ['REDIS_URL_FILES', 'REDIS_URL_FILE'],
  ])('take %s for %s', (name, meant) => {
    expect(misspelt({ [name]: 'value' })).toEqual([
      `${name}: is not a setting of Manifold; write ${meant} if that is what you mean`,
    ]);
  });

  it.each(['SECRETS_KEY', 'PATH', 'HOSTS', 'MONGO_PORT', 'NODE_OPTIONS', 'KUBERNETES_SERVICE_HOST'])(
    'leave %s alone',
    (name) => {
      expect(misspelt({ [name]: 'value' })).toEqual([]);
    },
  );

  it('stand beside the faults of a start that fails', () => {
    const start = () => loadConfig({ NODE_ENV: 'production', SECRET_KEY: 'hunter2' });
    expect(start).toThrow(ConfigError);
    expect(start).toThrow(/1 error[^]*SECRETS_KEY: is not set[^]*SECRET_KEY: is not a setting/);
    expect(start).not.toThrow(/hunter2/);
  });
});

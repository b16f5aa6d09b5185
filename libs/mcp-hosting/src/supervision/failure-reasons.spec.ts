import type { ServerRecord } from '../model/server-record.js';
import { diagnosisOf, missingVariable, withRequest } from './failure-reasons.js';

const record = (env: Record<string, string> = {}): ServerRecord =>
  ({
    name: 'weather',
    transport: { transportType: 'stdio', command: 'node', args: [], env },
  }) as unknown as ServerRecord;

describe('the variable that a program misses', () => {
  it.each([
    ['Error: WEATHER_API_KEY is required', 'WEATHER_API_KEY'],
    ["KeyError: 'GITHUB_TOKEN'", 'GITHUB_TOKEN'],
    ['Missing required environment variable: OPENAI_API_KEY', 'OPENAI_API_KEY'],
    ['please set NOTION_TOKEN before you start', 'NOTION_TOKEN'],
    ['ZodError: [ { "path": [ "API_KEY" ], "message": "Required" } ]', 'API_KEY'],
    ['panic: DATABASE_URL must be set', 'DATABASE_URL'],
    ['it needs an APIKEY', 'APIKEY'],
    ['Missing TOKEN', 'TOKEN'],
    ['Environment variable `SLACK_BOT_TOKEN` is not set', 'SLACK_BOT_TOKEN'],
    ['Please set the BRAVE_API_KEY environment variable', 'BRAVE_API_KEY'],
    ['STRIPE_SECRET_KEY environment variable is required', 'STRIPE_SECRET_KEY'],
    ['Please set SLACK_BOT_TOKEN and SLACK_TEAM_ID environment variables', 'SLACK_BOT_TOKEN'],
    ['LINEAR_API_KEY must be set', 'LINEAR_API_KEY'],
    ['Error: Missing required environment variables: AWS_REGION, AWS_PROFILE', 'AWS_REGION'],
  ])('is read from %s', (reason, name) => {
    expect(missingVariable(`The server exited with code 1: ${reason}`, record())).toBe(name);
  });

  it.each([
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x': it is required",
    'connect ECONNREFUSED 127.0.0.1:5432: a database is required',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE: a certificate is missing',
    'HTTP_PROXY works',
    '7 PERMISSION_DENIED: Missing or insufficient permissions.',
    '5 NOT_FOUND: database not found',
    '3 INVALID_ARGUMENT: project must be set',
    '9 FAILED_PRECONDITION: The query requires an index',
    'getaddrinfo EAI_AGAIN db not found',
    'fetch failed: UND_ERR_CONNECT_TIMEOUT server not found',
    '[CONNECTION_REFUSED] required backend is starting',
    'UNAUTHENTICATED: a login is required',
    'a key is required',
  ])('is none in %s', (reason) => {
    expect(missingVariable(reason, record())).toBeUndefined();
  });

  it('is none if it is set, or if the server is no program', () => {
    expect(missingVariable('API_KEY is missing', record({ API_KEY: 'wrong' }))).toBeUndefined();
    const far = { name: 'far', transport: { transportType: 'streamable_http', url: 'https://x.example' } };
    expect(missingVariable('API_KEY is missing', far as unknown as ServerRecord)).toBeUndefined();
  });

  it('is named with the request that sets it and keeps the others', () => {
    expect(withRequest('It failed', 'API_KEY', record({ REGION: 'eu' }))).toBe(
      'It failed. It needs API_KEY: send PUT /mcp/servers/weather with {"env":{"REGION":"[hidden]","API_KEY":"..."}}, or give it a secret of this name',
    );
  });

  it('is looked for in time that grows with the text alone', () => {
    for (const hostile of [
      'A_'.repeat(300),
      'MISSING '.repeat(75),
      'is set the '.repeat(55),
      '"'.repeat(600),
      'set '.repeat(150),
    ]) {
      expect(missingVariable(hostile, record())).toBeUndefined();
    }
  });
});

describe('a change of the settings is needed', () => {
  const needsChange = (words: string): boolean =>
    diagnosisOf(`The server exited with code 1: ${words}`, record()).needsChange;

  it.each([
    'server: error: the following arguments are required: --token',
    'Missing API key',
    'API_KEY is required',
    'Please provide a database URL as a command-line argument',
    "Environment variable 'apiKey' is required",
    'Error starting the server: missing API key',
  ])('after: %s', (words) => {
    expect(needsChange(words)).toBe(true);
  });

  it.each([
    'connect ECONNREFUSED 127.0.0.1:5432',
    '5 NOT_FOUND: database not found',
    'out of memory',
    'TypeError: x is not a function',
    'could not load the required configuration: connect ECONNREFUSED 10.0.0.5:8500',
    'could not read the required config: context deadline exceeded',
    'request for a token failed with status 503: it is required',
    'fetch failed: connect ECONNREFUSED 10.0.0.5:443; set WEATHER_API_URL to use another host',
  ])('not after: %s', (words) => {
    expect(needsChange(words)).toBe(false);
  });

  it('not if a server over HTTP says so', () => {
    expect(diagnosisOf('The server answered 400: missing token', record()).needsChange).toBe(false);
  });
});

import type { ServerRecord } from '../model/server-record.js';
import { missingVariable, withRequest } from './failure-reasons.js';

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
  ])('is read from %s', (reason, name) => {
    expect(missingVariable(`The server exited with code 1: ${reason}`, record())).toBe(name);
  });

  it.each([
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x': it is required",
    'connect ECONNREFUSED 127.0.0.1:5432: a database is required',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE: a certificate is missing',
    'HTTP_PROXY works',
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
});

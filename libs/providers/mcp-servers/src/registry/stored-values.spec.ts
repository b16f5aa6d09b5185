import { hiddenTransport, type ServerRecord } from '@manifold/mcp-hosting';
import { ProblemError } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import { redefinedRecord } from './redefined-record.js';
import { changedRecord, newRecord, upgradedRecord } from './server-settings.js';

const NOW = new Date('2026-03-02T10:00:00Z');
const HTTP = {
  transportType: 'streamable_http',
  url: 'https://a.example/mcp?api_key=canary-1&team=canary-2',
  headers: { Authorization: 'Bearer canary-3' },
} as const;
const STDIO = {
  command: 'npx',
  args: ['-y', 'weather@1.0.0', '--api-key', 'canary-1', '--dsn=postgres://me:canary-2@db/x', '--units=metric'],
  env: { GITHUB_TOKEN: 'canary-3', LANG: 'canary-4' },
};

const record = (settings: object): ServerRecord => newRecord('default', 'one', settings as ServerSettings, NOW);
const change = (before: ServerRecord, settings: object): ServerRecord =>
  changedRecord(before, settings as ServerSettings, NOW);

/** The pointers and codes of the faults. */
function faultsOf(task: () => unknown): string[] {
  try {
    task();
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    expect(error.status).toBe(400);
    expect(JSON.stringify(error.errors)).not.toContain('canary');
    return error.errors.map(({ pointer, code }) => `${pointer} ${code}`);
  }
}

/** Returns the settings as a client sends them that has read them and changed some. */
const shown = (settings: object, changes: object = {}): object => ({
  ...hiddenTransport(record(settings).transport),
  ...changes,
});

describe('confidential settings', () => {
  it('are not in what is shown', () => {
    expect(shown(HTTP)).toEqual({
      transportType: 'streamable_http',
      url: 'https://a.example/mcp?api_key=[hidden]&team=[hidden]',
      headers: { Authorization: '[hidden]' },
    });
    expect(shown(STDIO)).toEqual({
      transportType: 'stdio',
      command: 'npx',
      args: ['-y', 'weather@1.0.0', '--api-key', '[hidden]', '--dsn=postgres://[hidden]@db/x', '--units=metric'],
      env: { GITHUB_TOKEN: '[hidden]', LANG: '[hidden]' },
    });
  });

  it.each([
    ['a remote server', HTTP],
    ['a program', STDIO],
  ])('stay when they are sent back as they were shown, for %s', (_, settings) => {
    const before = record(settings);
    expect(change(before, shown(settings)).transport).toEqual(before.transport);
    expect(redefinedRecord(before, shown(settings) as ServerSettings, NOW)).toEqual(before);
  });

  it('stay beside new ones', () => {
    const url = 'https://a.example/v2/mcp?team=red&api_key=[hidden]';
    const changed = change(record(HTTP), { url, headers: { Authorization: '[hidden]', 'X-New': 'x' } });
    expect(changed.transport).toEqual({
      transportType: 'streamable_http',
      url: 'https://a.example/v2/mcp?team=red&api_key=canary-1',
      headers: { Authorization: 'Bearer canary-3', 'X-New': 'x' },
    });
    const args = ['-y', 'weather@2.0.0', '--dsn=postgres://[hidden]@db2/x', '--api-key', '[hidden]'];
    expect(change(record(STDIO), { args }).transport).toMatchObject({
      args: ['-y', 'weather@2.0.0', '--dsn=postgres://me:canary-2@db2/x', '--api-key', 'canary-1'],
      env: STDIO.env,
    });
  });

  it('are refused where nothing is stored', () => {
    expect(faultsOf(() => record({ ...STDIO, args: ['[hidden]'], env: { A: '[hidden]' } }))).toEqual([
      '/args/0 no_stored_value',
      '/env/A no_stored_value',
    ]);
    const reference = '${input:one.headers.X}';
    expect(
      faultsOf(() => record({ ...HTTP, url: 'https://a.example/?k=[hidden]', headers: { X: reference } })),
    ).toEqual(['/url no_stored_value', '/headers/X no_stored_value']);
  });

  it.each<[string, object, string[]]>([
    ['https://b.example/mcp', {}, ['/headers/Authorization']],
    ['https://a.example:8443/mcp', {}, ['/headers/Authorization']],
    ['http://a.example/mcp', {}, ['/headers/Authorization']],
    ['https://b.example/mcp?api_key=[hidden]', { headers: {} }, ['/url']],
    ['https://b.example/mcp', { headers: { Authorization: '[hidden]' } }, ['/headers/Authorization']],
    ['https://b.example/mcp', { headers: { Authorization: 'new' } }, []],
    ['https://b.example/mcp', { headers: {} }, []],
    ['https://a.example/other', {}, []],
  ])('for a remote server do not go to %s with %j', (url, more, pointers) => {
    expect(faultsOf(() => change(record(HTTP), { url, ...more }))).toEqual(
      pointers.map((pointer) => `${pointer} other_destination`),
    );
  });

  it.each<[string, object, string[]]>([
    ['another command', { command: 'uvx' }, ['/args/3', '/args/4', '/env/GITHUB_TOKEN', '/env/LANG']],
    ['another package', { args: ['-y', 'evil'] }, ['/env/GITHUB_TOKEN', '/env/LANG']],
    ['another package by a flag', { args: ['-y', '--package=evil', 'weather'] }, ['/env/GITHUB_TOKEN', '/env/LANG']],
    ['an alias of another package', { args: ['-y', 'weather@npm:evil'] }, ['/env/GITHUB_TOKEN', '/env/LANG']],
    ['another package with what was shown', { args: ['-y', 'evil', '--api-key', '[hidden]'], env: {} }, ['/args/3']],
    ['another package with new values', { args: ['-y', 'evil'], env: { A: 'b' } }, []],
    ['other arguments', { args: ['-y', 'weather', '--verbose'] }, []],
    ['a remote server', { transportType: 'streamable_http', url: 'https://b.example/' }, []],
  ])('for a program do not go to %s', (_, settings, pointers) => {
    expect(faultsOf(() => change(record(STDIO), settings))).toEqual(
      pointers.map((pointer) => `${pointer} other_destination`),
    );
  });

  it('stay with another version of a package, which the gateway itself starts', () => {
    const before = record({ ...STDIO, command: 'node', args: ['/packages/weather/1/index.js'] });
    const upgraded = upgradedRecord(before, { args: ['/packages/weather/2/index.js'] }, NOW);
    expect(upgraded).toMatchObject({ destination: before.destination, transport: { env: STDIO.env } });
    expect(change(upgraded, { displayName: 'x' }).destination).toBe(before.destination);
    const program = { args: ['evil.js'], env: {} };
    expect(change(upgraded, program).destination).not.toBe(before.destination);
  });
});

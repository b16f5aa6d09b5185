import { ProblemError } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import { changedRecord, newRecord } from './server-settings.js';
import type { ServerRecord } from '@manifold/mcp-hosting';

const NOW = new Date('2026-03-02T10:00:00Z');
const STDIO = { command: 'node' };
const HTTP = { transportType: 'streamable_http', url: 'https://a.example/mcp' } as const;
const ENVIRONMENT = { ...STDIO, isolation: 'user', secretsAs: 'environment', secretNames: ['TOKEN'] } as const;
const HEADERS = { ...HTTP, secretsAs: 'headers', secretHeaders: { Authorization: 'Bearer {TOKEN}' } } as const;

const record = (settings: object): ServerRecord => newRecord('default', 'files', settings as ServerSettings, NOW);
const change = (before: ServerRecord, settings: object): ServerRecord =>
  changedRecord(before, settings as ServerSettings, NOW);

function faultOf(task: () => unknown): string | undefined {
  try {
    task();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ status: 400 });
    return (error as ProblemError).errors[0]!.pointer;
  }
}

describe('how secrets reach a server', () => {
  it.each<[string, object]>([
    ['nothing said', STDIO],
    ['the environment of a user’s process', ENVIRONMENT],
    ['arguments of a process for each user', { ...STDIO, isolation: 'user' }],
    ['headers', HEADERS],
    [
      'headers of several secrets',
      { ...HEADERS, secretHeaders: { A: '{ID}:{KEY}', B: '{KEY}' }, secretNames: ['ID', 'KEY'] },
    ],
  ])('can be %s', (_, settings) => {
    expect(faultOf(() => record(settings))).toBeUndefined();
  });

  it.each<[string, object]>([
    ['/isolation', { ...ENVIRONMENT, isolation: 'shared' }],
    ['/isolation', { ...ENVIRONMENT, isolation: undefined }],
    ['/secretNames', { ...ENVIRONMENT, secretNames: undefined }],
    ['/secretNames', { ...ENVIRONMENT, secretNames: [] }],
    ['/secretsAs', { ...ENVIRONMENT, ...HTTP }],
    ['/secretsAs', { ...HEADERS, ...STDIO, transportType: 'stdio' }],
    ['/secretHeaders', { ...HEADERS, secretHeaders: undefined }],
    ['/secretHeaders', { ...HEADERS, secretHeaders: {} }],
    ['/secretHeaders', { ...HTTP, secretHeaders: HEADERS.secretHeaders }],
    ['/secretHeaders/Authorization', { ...HEADERS, secretHeaders: { Authorization: 'Bearer token' } }],
    ['/secretHeaders/Authorization', { ...HEADERS, secretNames: ['OTHER'] }],
  ])('is refused at %s for settings that do not go together', (pointer, settings) => {
    expect(faultOf(() => record(settings))).toBe(pointer);
  });

  it('is judged by the whole of old and new settings in an update', () => {
    const before = record(ENVIRONMENT);
    expect(faultOf(() => change(before, { isolation: 'shared' }))).toBe('/isolation');
    expect(faultOf(() => change(before, { secretNames: [] }))).toBe('/secretNames');
    expect(change(before, { secretNames: ['A', 'B'] })).toMatchObject({ secretsAs: 'environment', isolation: 'user' });
    expect(change(before, { isolation: 'shared', secretsAs: 'arguments' })).toMatchObject({ secretNames: ['TOKEN'] });
    expect(change(record(HEADERS), { secretsAs: 'arguments' }).secretHeaders).toBeUndefined();
  });

  it('falls back to arguments with another transport', () => {
    expect(change(record(ENVIRONMENT), HTTP).secretsAs).toBeUndefined();
    expect(change(record(HEADERS), { ...STDIO, transportType: 'stdio' }).secretHeaders).toBeUndefined();
  });

  it('keeps limits that an update does not name', () => {
    const before = record({ ...STDIO, limits: { memoryMb: 100, processes: 5 }, startupTimeout: 2_000 });
    expect(change(before, { limits: { memoryMb: 200 } })).toMatchObject({
      limits: { memoryMb: 200, processes: 5 },
      startupTimeout: 2_000,
    });
  });
});

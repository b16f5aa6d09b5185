import { ProblemError } from '@manifold/rest';
import type { ServerSettings } from '@manifold/server-model';
import { hiddenTransport, type ServerRecord } from '@manifold/mcp-hosting';
import { changedRecord, newRecord } from './server-settings.js';

const MONDAY = new Date('2026-03-02T10:00:00Z');
const TUESDAY = new Date('2026-03-03T10:00:00Z');

const stdio = (): ServerRecord =>
  newRecord('default', 'files', { command: 'node', args: ['a.js'], env: { A: '1' } }, MONDAY);
const http = (): ServerRecord =>
  newRecord(
    'default',
    'remote',
    {
      transportType: 'streamable_http',
      url: 'https://a.example/mcp',
      headers: { Authorization: 'Bearer canary', 'X-Plain': 'b' },
    },
    MONDAY,
  );

function problemOf(task: () => unknown): ProblemError {
  try {
    task();
  } catch (error) {
    if (error instanceof ProblemError) return error;
  }
  throw new Error('No problem was thrown');
}

describe('the settings of a server', () => {
  it('are stdio and enabled unless told', () => {
    expect(stdio()).toMatchObject({ transport: { transportType: 'stdio', command: 'node' }, enabled: true });
  });

  it('keep what an update does not name', () => {
    const changed = changedRecord(stdio(), { args: ['a.js', 'b'] }, TUESDAY);
    expect(changed.transport).toEqual({
      transportType: 'stdio',
      command: 'node',
      args: ['a.js', 'b'],
      env: { A: '1' },
    });
    expect(changed).toMatchObject({ createdAt: MONDAY.toISOString(), updatedAt: TUESDAY.toISOString() });
  });

  it('have a network, whose domains go with the proxy', () => {
    const networkOf = ({ transport }: ServerRecord) => {
      const { network, allowedDomains } = transport as { network?: string; allowedDomains?: string[] };
      return { network, allowedDomains };
    };
    expect(networkOf(stdio())).toEqual({});
    const proxied = changedRecord(stdio(), { network: 'proxy', allowedDomains: ['a.example'] }, TUESDAY);
    expect(networkOf(proxied)).toEqual({ network: 'proxy', allowedDomains: ['a.example'] });
    expect(networkOf(changedRecord(proxied, { args: ['a.js', 'b'] }, TUESDAY))).toEqual(networkOf(proxied));
    expect(networkOf(changedRecord(proxied, { allowedDomains: ['*'] }, TUESDAY)).allowedDomains).toEqual(['*']);
    const closed = changedRecord(proxied, { network: 'none' }, TUESDAY);
    expect(networkOf(closed)).toEqual({ network: 'none' });
    expect(networkOf(changedRecord(closed, { network: 'open' }, TUESDAY))).toEqual({});
    const problem = problemOf(() => changedRecord(stdio(), { allowedDomains: ['a.example'] }, TUESDAY));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/allowedDomains', code: 'does_not_fit' }] });
  });

  it('lose everything of the old transport when it changes', () => {
    const changed = changedRecord(stdio(), { transportType: 'streamable_http', url: 'https://a.example/mcp' }, TUESDAY);
    expect(changed.transport).toEqual({ transportType: 'streamable_http', url: 'https://a.example/mcp', headers: {} });
  });

  it('say of a stdio server only on how many replicas it runs', () => {
    const once = changedRecord(stdio(), { replicas: 'one' }, TUESDAY);
    expect(changedRecord(once, { args: ['a.js'] }, TUESDAY).replicas).toBe('one');
    expect(changedRecord(once, { replicas: 'each' }, TUESDAY).replicas).toBe('each');
    const remote = { transportType: 'streamable_http', url: 'https://a.example/mcp' } as const;
    expect(changedRecord(once, remote, TUESDAY).replicas).toBeUndefined();
    const problem = problemOf(() => changedRecord(http(), { replicas: 'one' }, TUESDAY));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/replicas', code: 'does_not_fit' }] });
  });

  it.each<[string, () => ServerRecord, ServerSettings]>([
    ['/command', http, { transportType: 'stdio', args: ['a.js'] }],
    ['/url', stdio, { transportType: 'streamable_http', headers: {} }],
  ])('need %s when the transport changes', (pointer, record, settings) => {
    const problem = problemOf(() => changedRecord(record(), settings, TUESDAY));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer, code: 'required' }] });
  });

  it('keep a confidential header that comes back as it was shown', () => {
    const shown = hiddenTransport(http().transport);
    expect(shown).toMatchObject({ headers: { Authorization: '[hidden]', 'X-Plain': '[hidden]' } });
    const headers = { Authorization: '[hidden]', 'X-Plain': 'c' };
    const changed = changedRecord(http(), { headers }, TUESDAY);
    expect(changed.transport).toMatchObject({ headers: { Authorization: 'Bearer canary', 'X-Plain': 'c' } });
  });

  it('refuse a hidden value where nothing is stored, also by the name of an inherited property', () => {
    for (const name of ['X-Api-Key', 'toString']) {
      const problem = problemOf(() => changedRecord(http(), { headers: { [name]: '[hidden]' } }, TUESDAY));
      expect(problem).toMatchObject({ status: 400, errors: [{ pointer: `/headers/${name}` }] });
    }
  });
});

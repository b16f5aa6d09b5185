import { importPlan, sealedValues } from './import-plan.js';
import type { OriginalRecord, OriginalRecords } from './original-database.js';
import { OriginalSeal } from './original-seal.js';
import { sealed } from '../../../../test/support/original-sealed.js';

const NOW = Date.UTC(2026, 0, 1);
const KEY = 'the key of the other gateway';
const seal = new OriginalSeal(KEY);
const NONE: OriginalRecords = { servers: [], packages: [], secrets: [], tokens: [] };
const plan = (records: Partial<OriginalRecords>) => importPlan({ ...NONE, ...records }, seal, NOW);
const bodyOf = (records: Partial<OriginalRecords>) => plan(records).at(-1)!.request?.body;
const noteOf = (records: Partial<OriginalRecords>) => plan(records).at(-1)!.note;

describe('sealed values', () => {
  it('are opened by their key alone', () => {
    expect(seal.open(sealed('a value, ä', KEY))).toBe('a value, ä');
    expect(new OriginalSeal('another').open(sealed('a value', KEY))).toBeUndefined();
  });

  it.each([
    ['text', 'abc'],
    ['a number', 7],
    ['null', null],
    ['four parts', `${sealed('a', KEY)}:00`],
    ['a changed part', sealed('abc', KEY).replace(/..$/, (end) => (end === '00' ? '01' : '00'))],
    ['a short tag', sealed('abc', KEY).replace(/:(.{8}).*:/, ':$1:')],
  ])('that are %s are not opened', (_, value) => expect(seal.open(value)).toBeUndefined());

  it('are counted', () => {
    const records = { ...NONE, secrets: [{ value: sealed('a', KEY) }, { value: 'x' }], tokens: [{ accessToken: 'y' }] };
    expect(sealedValues(records, seal)).toEqual({ all: 3, opened: 1 });
    expect(sealedValues(records, undefined)).toEqual({ all: 3, opened: 0 });
  });
});

describe('a server', () => {
  it('is registered with the settings that both gateways have', () => {
    const server = {
      _id: 1,
      name: 'echo',
      command: 'node',
      args: ['a.js'],
      env: { A: '1' },
      enabled: true,
      status: 'connected',
      url: null,
    };
    expect(plan({ servers: [server] })).toEqual([
      {
        kind: 'server',
        server: 'echo',
        request: {
          path: '/mcp/servers',
          body: { name: 'echo', enabled: true, command: 'node', args: ['a.js'], env: { A: '1' } },
        },
      },
    ]);
  });

  it('is registered once', () => {
    const [first, second] = plan({
      servers: [
        { name: 'echo', command: 'a' },
        { name: 'echo', command: 'b' },
      ],
    });
    expect(first!.request?.body).toEqual({ name: 'echo', command: 'a' });
    expect(second).toMatchObject({ request: undefined, note: expect.stringContaining('another record') });
  });

  it('without a name is not', () => expect(noteOf({ servers: [{ command: 'a' }] })).toBe('it has no name'));
});

describe('a package', () => {
  const npm = { name: '@a/weather', version: '1.0.0', mcpServerId: 'weather', runtime: 'node' };

  it('is installed, with what its server has beside the program', () => {
    const args = ['./packages/weather/node_modules/@a/weather/index.js', '--celsius'];
    const servers = [
      { name: 'weather', transportType: 'stdio', command: 'node', args, env: { A: '1' }, enabled: false },
    ];
    expect(plan({ servers, packages: [npm] })).toMatchObject([{ kind: 'package', detail: '@a/weather@1.0.0' }]);
    expect(bodyOf({ servers, packages: [npm] })).toEqual({
      ...{ name: '@a/weather', version: '1.0.0', serverName: 'weather', runtime: 'node' },
      ...{ args: ['--celsius'], env: { A: '1' }, enabled: false },
    });
  });

  it('of Python is installed without the paths of the other gateway', () => {
    const python = {
      ...npm,
      name: 'weather',
      runtime: 'python',
      pythonModule: 'weather.main',
      pythonArgs: ['-x'],
      venvPath: '/v',
    };
    const env = { VIRTUAL_ENV: '/v', PATH: '/v/bin:/bin', A: '1' };
    const servers = [{ name: 'weather', command: '/v/bin/python', args: ['-m', 'weather.main', '-x'], env }];
    expect(bodyOf({ servers, packages: [python] })).toEqual({
      ...{ name: 'weather', version: '1.0.0', serverName: 'weather', runtime: 'python' },
      ...{ pythonModule: 'weather.main', pythonArgs: ['-x'], env: { A: '1' } },
    });
  });

  it('is installed without a record of its server', () => {
    expect(bodyOf({ packages: [npm] })).toMatchObject({ name: '@a/weather', serverName: 'weather' });
    expect(noteOf({ packages: [{ name: 'a' }] })).toBe('it has no server');
  });

  it('that its server does not run is not installed', () => {
    const servers = [{ name: 'weather', command: 'npx', args: ['other'] }];
    expect(plan({ servers, packages: [npm] })).toMatchObject([
      { kind: 'server', note: expect.stringContaining('@a/weather') },
    ]);
  });
});

describe('a secret', () => {
  const servers: OriginalRecord[] = [{ name: 'ae' }, { name: 'ae.b' }];
  const secret = { username: 'alice', key: 'ae.b.TOKEN', value: sealed('of-alice', KEY) };

  it('belongs to the server with the longest name', () => {
    expect(bodyOf({ servers, secrets: [secret] })).toEqual({
      ...{ username: 'alice', serverName: 'ae.b', secretName: 'TOKEN', secretValue: 'of-alice' },
    });
    expect(bodyOf({ servers, secrets: [{ ...secret, username: undefined }] })).toMatchObject({ username: 'default' });
  });

  it.each([
    ['of an unknown server', { key: 'other.TOKEN' }, /that of a server/],
    ['that the key does not open', { value: sealed('a', 'other') }, /does not open/],
    ['with the tokens of Google', { key: 'google_tokens' }, /google\/login/],
  ])('%s is not brought over', (_, change, note) => {
    expect(plan({ servers, secrets: [{ ...secret, ...change }] }).at(-1)).toMatchObject({
      note: expect.stringMatching(note),
    });
    expect(bodyOf({ servers, secrets: [{ ...secret, ...change }] })).toBeUndefined();
  });
});

describe('tokens', () => {
  const REMOTE = [{ name: 'remote', url: 'https://remote.test/mcp' }];
  const tokens = {
    ...{ serverName: 'remote', username: 'alice', tokenType: 'Bearer', clientId: 'c', scopes: ['read'] },
    ...{ accessToken: sealed('at', KEY), refreshToken: sealed('rt', KEY), clientSecret: sealed('cs', KEY) },
    expiresAt: new Date(NOW + 90_500),
  };

  it('are stored with their client and the rest of their life', () => {
    expect(bodyOf({ servers: REMOTE, tokens: [tokens] })).toEqual({
      ...{ username: 'alice', accessToken: 'at', refreshToken: 'rt', clientSecret: 'cs', clientId: 'c' },
      ...{ expiresIn: 90, scopes: ['read'] },
    });
  });

  it('that have expired are refreshed, if they can be', () => {
    const expiresAt = new Date(NOW - 1);
    expect(bodyOf({ servers: REMOTE, tokens: [{ ...tokens, expiresAt }] })).toMatchObject({ expiresIn: 1 });
    expect(noteOf({ servers: REMOTE, tokens: [{ ...tokens, expiresAt, refreshToken: undefined }] })).toMatch(/expired/);
  });

  it('of an unknown server are not stored', () => {
    expect(noteOf({ tokens: [tokens] })).toMatch(/no server/);
  });

  it('that the key does not open are not stored', () => {
    expect(plan({ servers: REMOTE, tokens: [{ ...tokens, accessToken: 'x' }] })[1]).toMatchObject({
      note: expect.stringMatching(/open/),
    });
  });
});

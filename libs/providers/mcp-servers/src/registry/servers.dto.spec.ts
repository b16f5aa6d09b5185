import { validate as validateObject } from 'class-validator';
import { DtoValidationPipe, warningsFor, type ProblemError } from '@manifold/rest';
import { DeleteSecretDto, SetSecretDto } from '../rest/secrets.dto.js';
import { RegisterServerDto, UpdateServerDto } from './servers.dto.js';

const pipe = new DtoValidationPipe();

type Dto = typeof RegisterServerDto | typeof UpdateServerDto | typeof SetSecretDto | typeof DeleteSecretDto;

const validate = (metatype: Dto, body: unknown): Promise<unknown> => pipe.transform(body, { type: 'body', metatype });

async function faultsOf(metatype: Dto, body: unknown): Promise<string[]> {
  const problem = await validate(metatype, body).then(
    () => undefined,
    (error: ProblemError) => error,
  );
  expect(problem?.status ?? 200).toBe(problem ? 400 : 200);
  return (problem?.errors ?? []).map((fault) => fault.pointer);
}

const STDIO = { name: 'files', command: 'node', args: ['a.js'], env: { NODE_ENV: 'production' } };
const HTTP = { name: 'remote', transportType: 'streamable_http', url: 'https://a.example/mcp' };
const SECRET = { serverName: 'files', secretName: 'GITHUB_TOKEN', secretValue: 'ghp_xxxx' };

describe('the body of a registration', () => {
  it('passes with the fields of the specification', async () => {
    expect(await faultsOf(RegisterServerDto, STDIO)).toEqual([]);
    const reconnectionOptions = {
      maxReconnectionDelay: 30000,
      initialReconnectionDelay: 1000,
      reconnectionDelayGrowFactor: 1.5,
      maxRetries: 2,
    };
    const full = {
      ...HTTP,
      headers: { 'X-Custom-Header': 'value' },
      sessionId: 'abc',
      reconnectionOptions,
      enabled: false,
    };
    expect(await faultsOf(RegisterServerDto, full)).toEqual([]);
    expect(await validate(RegisterServerDto, full)).toEqual(full);
  });

  it('names the network of a stdio server, and hosts that can be meant', async () => {
    const allowedDomains = ['api.example', '*.example:8443', '10.0.0.1', '[::1]:80', '*'];
    expect(await faultsOf(RegisterServerDto, { ...STDIO, network: 'proxy', allowedDomains })).toEqual([]);
    for (const network of ['closed', '', null, true])
      expect(await faultsOf(RegisterServerDto, { ...STDIO, network })).toEqual(['/network']);
    for (const domain of ['https://api.example', 'a b', '127.1', '', 7, 'x'.repeat(300)])
      expect(await faultsOf(UpdateServerDto, { allowedDomains: ['api.example', domain] })).toEqual(['/allowedDomains']);
    expect(await faultsOf(UpdateServerDto, { allowedDomains: 'api.example' })).toEqual(['/allowedDomains']);
  });

  it('completes reconnection options that are given in part', async () => {
    const body = await validate(UpdateServerDto, { reconnectionOptions: { maxRetries: 5 } });
    expect(body).toMatchObject({ reconnectionOptions: { maxRetries: 5, maxReconnectionDelay: 30_000 } });
  });

  it.each([
    ['role', 'operator'],
    ['tenant', 'other'],
    ['tenantId', 'other'],
    ['createdAt', '2020-01-01'],
    ['status', 'connected'],
  ])('does not set %s, and says so', async (field, value) => {
    const dto = (await validate(RegisterServerDto, { ...STDIO, [field]: value })) as RegisterServerDto;
    expect(dto).toEqual(STDIO);
    expect(warningsFor(dto).warnings).toEqual([`"${field}" is not a known field and was ignored`]);
  });

  it.each([
    ['/access/group', { access: { group: ['sales'] } }],
    ['/access/users/0/email', { access: { users: [{ subject: 'alice', email: 'alice@a.example' }] } }],
    ['/limits/memory', { limits: { memory: 5 } }],
  ])('is refused where an unknown field is part of a restriction: %s', async (pointer, fields) => {
    expect(await faultsOf(RegisterServerDto, { ...STDIO, ...fields })).toEqual([pointer]);
    expect(await faultsOf(UpdateServerDto, fields)).toEqual([pointer]);
  });

  it.each(['http', 'sse', 'streamable-http', 'streamableHttp', 'streamable_http', 'remote', 'stdio', 'local'])(
    'may name the transport %s as a client does',
    async (type) => {
      expect(await faultsOf(RegisterServerDto, { ...STDIO, type })).toEqual([]);
    },
  );

  it.each([
    ['SSE', 'streamable_http'],
    ['http', 'streamable_http'],
    ['streamable-http', 'streamable_http'],
    ['streamableHttp', 'streamable_http'],
    ['STREAMABLE_HTTP', 'streamable_http'],
    ['STDIO', 'stdio'],
  ])('may name the transport %s in transportType, which is %s', async (transportType, meant) => {
    expect(await validate(RegisterServerDto, { ...STDIO, transportType })).toMatchObject({ transportType: meant });
  });

  it('may write the type in any case', async () => {
    expect(await validate(RegisterServerDto, { ...STDIO, type: 'StreamableHTTP' })).toMatchObject({
      type: 'streamableHttp',
    });
  });

  it.each([
    ['type', 'ws'],
    ['transportType', 'ws'],
    ['type', ['http']],
    ['disabled', 'true'],
    ['authMode', 'basic'],
    ['secretName', { $ne: null }],
    ['homepageUrl', 'javascript:alert(1)'],
  ])('is refused with %s = %j', async (field, value) => {
    expect(await faultsOf(RegisterServerDto, { ...STDIO, [field]: value })).toEqual([`/${field}`]);
  });

  it.each(['', '.hidden', '-x', 'a b', 'a/b', '../x', 'ä', 'a\n', '__proto__', 'x'.repeat(65)])(
    'may not be for the name %j',
    async (name) => {
      expect(await faultsOf(RegisterServerDto, { ...STDIO, name })).toEqual(['/name']);
    },
  );

  it.each(['a', '0', 'mcp-github', 'a.b@c_d-e', 'x'.repeat(64)])('may be for the name %j', async (name) => {
    expect(await faultsOf(RegisterServerDto, { ...STDIO, name })).toEqual([]);
  });

  const wrong = [{ $ne: null }, { $gt: '' }, ['x'], 7];
  it.each(Object.keys(STDIO).flatMap((field) => wrong.map((value) => [field, value] as const)))(
    'is refused with %s = %j',
    async (field, value) => {
      if (field === 'args' && Array.isArray(value)) return;
      expect(await faultsOf(RegisterServerDto, { ...STDIO, [field]: value })).toEqual([`/${field}`]);
    },
  );

  it('may have null in place of an optional field, but not of a rule, and not of the name', async () => {
    const empty = { command: null, env: null, type: null, description: null, displayName: null, secretName: null };
    const reconnectionOptions = { maxRetries: null, initialReconnectionDelay: 50 };
    const dto = await validate(RegisterServerDto, { ...HTTP, ...empty, reconnectionOptions });
    const defaults = { maxReconnectionDelay: 30_000, reconnectionDelayGrowFactor: 1.5, maxRetries: 2 };
    expect(dto).toEqual({ ...HTTP, reconnectionOptions: { ...defaults, initialReconnectionDelay: 50 } });
    expect(await validate(UpdateServerDto, { enabled: null, lastError: null })).toEqual({});
    for (const field of ['access', 'network', 'allowedDomains', 'isolation', 'secretNames', 'name'])
      expect(await faultsOf(RegisterServerDto, { ...STDIO, [field]: null })).toEqual([`/${field}`]);
    expect(await faultsOf(UpdateServerDto, { access: { users: null } })).toEqual(['/access/users']);
  });

  it.each<[string, unknown]>([
    ['url', 'ftp://a.example/'],
    ['url', 'a.example'],
    ['url', 'https://user:password@a.example/'],
    ['url', { $ne: null }],
    ['transportType', 'socket'],
    ['headers', { 'X-A': 'b\r\nX-Injected: 1' }],
    ['headers', { 'X A': 'b' }],
    ['headers', { 'X-A': null }],
    ['headers', JSON.parse('{"toString": 1}')],
    ['env', { 'A=B': 'c' }],
    ['env', { A: 'c\u0000d' }],
    ['args', Array.from({ length: 257 }, () => 'a')],
    ['args', ['a', { $ne: null }]],
    ['command', 'node\u0000'],
    ['enabled', 'true'],
    ['sessionId', 'a b'],
    ['displayName', 'x'.repeat(129)],
    ['isolation', 'none'],
    ['secretsAs', 'cookies'],
    ['secretNames', 'TOKEN'],
    ['secretNames', ['A', '__proto__']],
    ['secretNames', ['a b']],
    ['secretNames', [{ $ne: null }]],
    ['secretNames', Array.from({ length: 65 }, (_, index) => `S${index}`)],
    ['secretHeaders', { 'X A': '{TOKEN}' }],
    ['secretHeaders', { A: '{TOKEN}\r\nB: c' }],
    ['startupTimeout', 999],
    ['startupTimeout', 600_001],
    ['startupTimeout', '5000'],
    ['callTimeout', 99],
    ['callTimeout', 86_400_001],
    ['callTimeout', '5000'],
    ['limits', 'none'],
  ])('is refused with %s = %j', async (field, value) => {
    expect(await faultsOf(RegisterServerDto, { ...HTTP, [field]: value })).toEqual([`/${field}`]);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('is refused with a variable named %s', async (name) => {
    const body = Object.assign(new UpdateServerDto(), {
      env: JSON.parse(`{"${name}": "x"}`) as Record<string, string>,
    });
    expect((await validateObject(body)).map(({ property }) => property)).toEqual(['env']);
  });

  it('names the field inside of the reconnection options', async () => {
    const faults = (reconnectionOptions: unknown) => faultsOf(UpdateServerDto, { reconnectionOptions });
    expect(await faults({ maxRetries: -1 })).toEqual(['/reconnectionOptions/maxRetries']);
    expect(await faults({ other: 1 })).toEqual([]);
    expect(await faults([{}])).toEqual(['/reconnectionOptions']);
    expect(await faults('soon')).toContain('/reconnectionOptions');
  });

  it('names the field inside of the limits', async () => {
    const faults = (limits: unknown) => faultsOf(UpdateServerDto, { limits });
    expect(await faults({ memoryMb: 512, openFiles: 64, processes: 1 })).toEqual([]);
    expect(await faults({ memoryMb: 1 })).toEqual(['/limits/memoryMb']);
    expect(await faults({ openFiles: 1.5 })).toEqual(['/limits/openFiles']);
    expect(await faults({ processes: 0 })).toEqual(['/limits/processes']);
    expect(await faults({ cpu: 1 })).toEqual(['/limits/cpu']);
  });

  it('never repeats a value in the message', async () => {
    const body = { ...HTTP, headers: { 'X-Api-Key': 'canary-1\r\n' }, url: 'https://user:canary-2@a.example/' };
    const problem = await validate(RegisterServerDto, body).catch((error: ProblemError) => error);
    expect(JSON.stringify([(problem as ProblemError).message, (problem as ProblemError).errors])).not.toMatch(/canary/);
  });
});

describe('the body of an update', () => {
  it('may contain what GET has answered, however much that is', async () => {
    const tools = Array.from({ length: 3_000 }, (_, n) => ({ name: `t${n}`, inputSchema: { type: 'object' } }));
    const reported = {
      status: 'connected',
      toolsList: tools,
      lastError: 'x',
      notices: ['y'],
      instances: [],
      logs: ['z'],
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    };
    const dto = (await validate(UpdateServerDto, { name: 'files', command: 'node', ...reported })) as UpdateServerDto;
    expect(dto).toEqual({ name: 'files', command: 'node' });
    expect(warningsFor(dto)).toEqual({});
  });

  it('has a warning for what GET cannot have answered', async () => {
    const dto = (await validate(UpdateServerDto, { status: 'disabled', logs: 'x', createdAt: 7 })) as object;
    expect(warningsFor(dto).warnings).toEqual([
      'status cannot be set and was ignored',
      'logs cannot be set and was ignored',
      'createdAt cannot be set and was ignored',
    ]);
  });

  it('may be empty', async () => {
    expect(await faultsOf(UpdateServerDto, {})).toEqual([]);
  });
});

describe('the body for a secret', () => {
  it('passes with the fields of the specification', async () => {
    expect(await faultsOf(SetSecretDto, { ...SECRET, username: 'user123' })).toEqual([]);
  });

  it.each(Object.keys(SECRET).flatMap((field) => [null, { $ne: null }, '', 1].map((value) => [field, value] as const)))(
    'is refused with %s = %j',
    async (field, value) => {
      expect(await faultsOf(SetSecretDto, { ...SECRET, [field]: value })).toEqual([`/${field}`]);
      if (field !== 'secretValue') {
        const body = { serverName: SECRET.serverName, secretName: SECRET.secretName, [field]: value };
        expect(await faultsOf(DeleteSecretDto, body)).toEqual([`/${field}`]);
      }
    },
  );

  it('may name the server before the secret, whatever the server is called', async () => {
    for (const serverName of ['files', 'a.b', '1st', 'a@b']) {
      const secretName = `${serverName}.TOKEN`;
      expect(await faultsOf(SetSecretDto, { ...SECRET, serverName, secretName })).toEqual([]);
      expect(await faultsOf(DeleteSecretDto, { serverName, secretName })).toEqual([]);
    }
    expect(await faultsOf(SetSecretDto, { ...SECRET, secretName: '1st.TOKEN' })).toEqual(['/secretName']);
  });

  it.each(['__proto__', 'constructor', 'prototype', '1st', 'a b', '$where', 'x'.repeat(129)])(
    'may not name the secret %j',
    async (secretName) => {
      expect(await faultsOf(SetSecretDto, { ...SECRET, secretName })).toEqual(['/secretName']);
    },
  );

  it('bounds the value', async () => {
    expect(await faultsOf(SetSecretDto, { ...SECRET, secretValue: 'x'.repeat(65_536) })).toEqual([]);
    expect(await faultsOf(SetSecretDto, { ...SECRET, secretValue: 'x'.repeat(65_537) })).toEqual(['/secretValue']);
  });

  it('reads null as the user as if none was given', async () => {
    expect(await validate(SetSecretDto, { ...SECRET, username: null })).toEqual(SECRET);
  });
});

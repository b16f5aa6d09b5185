import type { JWTPayload } from 'jose';
import { IntegrationAppSimulator, Workspace } from './index.js';

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly cursor?: string;
}

const workspace = Workspace.withSecret();
let simulator: IntegrationAppSimulator;

beforeEach(async () => {
  simulator = await IntegrationAppSimulator.start({ workspace });
  for (const integration of ['gmail', 'hubspot', 'gmail']) simulator.connect('alice', integration);
  simulator.connect('bob', 'google-docs');
});

afterEach(() => simulator.stop());

async function get(path: string, token?: string): Promise<{ status: number; body: unknown }> {
  const authorization = `Bearer ${token ?? (await workspace.token('alice'))}`;
  const response = await fetch(`${simulator.url}${path}`, { headers: { authorization } });
  return { status: response.status, body: await response.json() };
}

async function run(integration: string, action: string, input: unknown, user = 'alice') {
  const query = new URLSearchParams({ autoCreate: 'true', integrationKey: integration, parentKey: action });
  const response = await fetch(`${simulator.url}/action-instance/run?${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await workspace.token(user)}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
}

describe('the lists', () => {
  it('come in pages, whose cursors lead to the end', async () => {
    const first = (await get('/connections')).body as Page;
    const second = (await get(`/connections?cursor=${first.cursor}`)).body as Page;

    expect(first.items).toEqual([
      {
        id: 'connection-1',
        name: 'Gmail',
        userId: 'alice',
        integrationId: 'integration-gmail',
        disconnected: false,
        integration: { id: 'integration-gmail', key: 'gmail', name: 'Gmail' },
      },
      expect.objectContaining({ id: 'connection-2' }),
    ]);
    expect(second).toEqual({ items: [expect.objectContaining({ id: 'connection-3' })] });
  });

  it('have one connection of an integration where only that is asked for', async () => {
    const { items } = (await get('/connections?integrationKey=hubspot')).body as Page;
    expect(items.map(({ id }) => id)).toEqual(['connection-2']);
  });

  it('show the actions of an integration, some of which have no schema', async () => {
    const first = (await get('/actions?integrationId=integration-gmail')).body as Page;
    const second = (await get(`/actions?integrationId=integration-gmail&cursor=${first.cursor}`)).body as Page;
    const actions = [...first.items, ...second.items];

    expect(actions.map(({ key }) => key)).toEqual(['send-email', 'read-email', 'list-labels']);
    expect(actions[0]).toMatchObject({ name: 'Send Email', integration: { key: 'gmail' }, inputSchema: {} });
    expect(actions[2]).not.toHaveProperty('inputSchema');
  });

  it.each(['/connections?cursor=nonsense', '/actions?integrationId=integration-gmail&cursor=nonsense'])(
    'refuse a cursor that they did not give: %s',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 400, body: { type: 'bad_request' } });
    },
  );

  it.each(['/actions', '/actions?integrationId=none', '/nothing'])('know no %s', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, body: { type: 'bad_request', key: 'not_found' } });
  });
});

describe('a run', () => {
  it('shows for whom it was made, and with what', async () => {
    const { status, body } = await run('gmail', 'send-email', { to: 'a@b' });
    const output = { user: 'alice', connection: 'connection-1', action: 'gmail/send-email', input: { to: 'a@b' } };
    expect([status, body]).toEqual([200, { output, logs: [] }]);
  });

  it('needs a connection, and one that works', async () => {
    expect(await run('gmail', 'send-email', {}, 'bob')).toMatchObject({ status: 404, body: { key: 'not_found' } });
    simulator.disconnect('alice', 'gmail');
    expect(await run('gmail', 'send-email', {})).toMatchObject({
      status: 400,
      body: { type: 'connection', key: 'connection_is_defunct', message: expect.any(String), data: {} },
    });
    simulator.remove('alice', 'gmail');
    expect((await run('gmail', 'send-email', {})).status).toBe(404);
  });

  it('needs an action', async () => {
    expect((await run('gmail', 'dance', {})).status).toBe(404);
    expect((await run('dance', 'send-email', {})).status).toBe(404);
  });

  it('answers as it is told', async () => {
    simulator.next('gmail/send-email', { status: 429, retryAfter: '7' });
    simulator.next('gmail/send-email', { status: 400, json: { type: 'action_run', key: 'x', message: 'm', data: {} } });
    const limited = await run('gmail', 'send-email', {});

    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect(limited.body).toMatchObject({ type: 'bad_request', key: 'rate_limit_exceeded' });
    expect(await run('gmail', 'send-email', {})).toMatchObject({ status: 400, body: { type: 'action_run' } });
    expect(simulator.requestsTo('gmail/send-email')).toHaveLength(2);
  });
});

describe('access tokens', () => {
  it('are accepted in both generations, signed with a secret or a private key', async () => {
    expect((await get('/connections', await workspace.newerToken('bob'))).body).toMatchObject({
      items: [{ userId: 'bob' }],
    });
    const pair = Workspace.withKeyPair();
    const other = await IntegrationAppSimulator.start({ workspace: pair });
    const headers = { authorization: `Bearer ${await pair.token('alice')}` };
    const { status } = await fetch(`${other.url}/connections`, { headers });
    await other.stop();
    expect(status).toBe(200);
  });

  it.each<[string, JWTPayload]>([
    ['without an end', { exp: undefined }],
    ['that has ended', { exp: 1 }],
    ['of another workspace', { iss: 'other' }],
    ['of nobody', { id: undefined }],
  ])('are refused: one %s', async (_, claims) => {
    const { status, body } = await get('/connections', await workspace.token('alice', claims));
    expect(status).toBe(401);
    expect(body).toMatchObject({ type: 'bad_request', key: 'not_authenticated', message: expect.any(String) });
  });

  it('are refused: one that another workspace signed', async () => {
    const stranger = Workspace.withSecret();
    expect((await get('/connections', await stranger.token('alice', { iss: workspace.key }))).status).toBe(401);
  });
});

it.each(['gmail/dance', 'dance', '/connection', 'POST /actions'])(
  'does not take orders for %s, which never comes',
  (target) => {
    expect(() => simulator.next(target, 'never')).toThrow(target);
    expect(() => simulator.requestsTo(target)).toThrow(target);
  },
);

it('shows who gives up, and how many wait at once', async () => {
  simulator.always('/connections', 'never');
  const abort = simulator.nextAbort('/connections');
  const arrival = simulator.nextRequest('/connections');
  const controller = new AbortController();
  const headers = { authorization: `Bearer ${await workspace.token('alice')}` };
  const waiting = fetch(`${simulator.url}/connections`, { headers, signal: controller.signal }).catch(() => 'gone');
  await arrival;
  controller.abort();

  expect(await abort).toMatchObject({ user: 'alice', path: '/connections' });
  expect(await waiting).toBe('gone');
  expect(simulator.counts).toEqual({ total: 1, inFlight: 0, mostInFlight: 1 });
});

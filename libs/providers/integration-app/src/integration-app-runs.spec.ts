import type { ProviderError } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { cites } from '../../../../test/support/cite.js';
import { ProviderApp } from '../testing/src/provider-app.js';

const alice = fixturePrincipal('alice');
const SEND = 'gmail_send-email';
let app: ProviderApp;

beforeAll(async () => {
  app = await ProviderApp.start();
  for (const integration of ['gmail', 'google-calendar']) app.simulator.connect('alice', integration);
});

afterEach(() => {
  app.simulator.behave();
  app.simulator.clearRequests();
});

afterAll(() => app.stop());

const failure = (args?: Record<string, unknown>): Promise<ProviderError> =>
  app.call(alice, SEND, args).then(
    (result) => {
      throw new Error(`It succeeded: ${JSON.stringify(result)}`);
    },
    (error: unknown) => error as ProviderError,
  );

describe('a run', () => {
  it('asks for the action of the integration, in the name of the user, once', async () => {
    const result = await app.call(alice, 'google-calendar_create_event', {
      summary: 'Lunch',
      deep: { list: [1, null] },
    });
    const [request, ...others] = app.simulator.requestsTo('/action-instance/run');
    expect(others).toEqual([]);
    expect(request).toMatchObject({
      method: 'POST',
      user: 'alice',
      query: { autoCreate: 'true', integrationKey: 'google-calendar', parentKey: 'create_event' },
      headers: { accept: 'application/json', 'content-type': 'application/json', 'x-request-id': 'provider-spec' },
      body: { summary: 'Lunch', deep: { list: [1, null] } },
    });
    expect(Object.keys(result)).toEqual(['content']);
    expect(result.content).toEqual([
      { type: 'text', text: expect.stringContaining('"action":"google-calendar/create_event"') },
    ]);
  });

  it('sends arguments that do not fit the schema, too: Integration.app judges them', async () => {
    await app.call(alice, SEND, { subject: 7 });
    expect(app.simulator.requestsTo('gmail/send-email')[0]!.body).toEqual({ subject: 7 });
  });

  it.each<[unknown, string]>([
    [{ output: { id: '1', nested: [true] }, logs: ['a'] }, '{"id":"1","nested":[true]}'],
    [{ output: 'text' }, '"text"'],
    [{ output: 0 }, '0'],
    [{ output: false }, 'false'],
    [{ output: '' }, '""'],
    [{ output: [] }, '[]'],
    [{ output: null }, 'No output'],
    [{ logs: [] }, 'No output'],
    [{}, 'No output'],
  ])(cites('integration-app.outputs', 'that is answered %j is shown as %s'), async (json, text) => {
    app.simulator.next('gmail/send-email', { json });
    expect(await app.call(alice, SEND)).toEqual({ content: [{ type: 'text', text }] });
  });

  it.each<[string, object | string]>([
    ['a list', { json: [] }],
    ['a text', { json: 'done' }],
    ['a page of HTML', 'not JSON'],
  ])('that is answered with %s has failed', async (_title, behaviour) => {
    app.simulator.next('gmail/send-email', behaviour as never);
    expect(await failure()).toMatchObject({ code: 'upstream_rejected' });
  });

  it('shows nothing of the token that an upstream repeats', async () => {
    const credential = await app.workspace.token('alice');
    const caller = { ...fixturePrincipal('alice', app.workspace.key), credential };
    app.simulator.next('gmail/send-email', { json: { output: { youSent: `Bearer ${credential}` } } });
    const text = JSON.stringify(await app.call(caller, SEND));
    expect(text).toContain('Bearer [secret]');
    expect(text).not.toContain(credential);
  });
});

describe('a run that fails', () => {
  it.each<[number, object, string, string]>([
    [400, { type: 'bad_request', key: 'x' }, 'upstream_rejected', 'It failed (HTTP 400, bad_request, x)'],
    [400, { type: 'action_run' }, 'upstream_rejected', 'It failed (HTTP 400, action_run)'],
    [400, { type: 'configuration' }, 'upstream_rejected', 'It failed (HTTP 400, configuration)'],
    [400, { type: 'concurrency' }, 'rate_limited', 'It failed (HTTP 400, concurrency)'],
    [
      401,
      { type: 'bad_request', key: 'not_authenticated' },
      'reauth_required',
      'It failed (HTTP 401, bad_request, not_authenticated). Integration.app does not accept the access token: the user has to sign in again.',
    ],
    [403, { key: 'access_denied' }, 'permission_denied', 'It failed (HTTP 403, access_denied)'],
    [
      404,
      { type: 'bad_request', key: 'not_found' },
      'upstream_rejected',
      'It failed (HTTP 404, bad_request, not_found)',
    ],
    [
      400,
      { type: 'connection', key: 'connection_is_defunct' },
      'not_connected',
      'It failed (HTTP 400, connection, connection_is_defunct). The user has to reconnect Gmail before this can work.',
    ],
    [
      400,
      { type: 'connection', key: 'access_token_expired' },
      'reauth_required',
      'It failed (HTTP 400, connection, access_token_expired). The user has to reconnect Gmail before this can work.',
    ],
    [
      400,
      { type: 'connection', key: 'rate_limit_exceeded' },
      'rate_limited',
      'It failed (HTTP 400, connection, rate_limit_exceeded)',
    ],
    [500, { type: 'internal' }, 'upstream_unavailable', 'It failed (HTTP 500, internal)'],
  ])(
    cites('integration-app.errors', 'with %d %j is an error with the code %s'),
    async (status, body, code, message) => {
      app.simulator.next('gmail/send-email', { status, json: { message: 'It failed.', data: { secret: 1 }, ...body } });
      expect(await failure()).toMatchObject({ name: 'ProviderError', code, message });
    },
  );

  it('because there are too many says how long to wait', async () => {
    app.simulator.next('gmail/send-email', { status: 429, retryAfter: '7' });
    expect(await failure()).toMatchObject({ code: 'rate_limited', retryAfter: 7 });
    app.simulator.next('gmail/send-email', { status: 503, retryAfter: new Date(Date.now() + 60_000).toUTCString() });
    const { code, retryAfter } = await failure();
    expect(code).toBe('upstream_unavailable');
    expect(retryAfter).toBeGreaterThan(50);
  });

  it.each([{ status: 500 }, 'bad gateway', 'cut'])(
    'and may have had an effect is not repeated, and says so: %j',
    async (behaviour) => {
      app.simulator.next('gmail/send-email', behaviour as never);
      const error = await failure();
      expect(error.code).toBe('upstream_unavailable');
      expect(error.modelText).toMatch(/may or may not have had an effect/);
      expect(error.modelText).not.toMatch(/DOCTYPE|<html/i);
      expect(app.simulator.requestsTo('gmail/send-email')).toHaveLength(1);
    },
  );

  it('with a connection that the simulated API knows to be defunct names the integration', async () => {
    const tools = await app.list(alice);
    const { ref } = tools.find(({ publicName }) => publicName === SEND)!;
    app.simulator.disconnect('alice', 'gmail');
    const { signal } = new AbortController();
    const context = { principal: alice, requestId: 'runs-spec', signal, cancellation: signal };
    const run = app.provider.callTool(ref, {}, context);
    await expect(run).rejects.toMatchObject({
      code: 'not_connected',
      message: expect.stringContaining('reconnect Gmail'),
    });
    app.simulator.connect('alice', 'gmail');
  });

  it('with an answer beyond the limit is an error, and the memory stays', async () => {
    app.simulator.next('gmail/send-email', { hugeBytes: 40_000_000 });
    expect(await failure()).toMatchObject({ code: 'upstream_rejected', message: expect.stringContaining('too large') });
  });
});

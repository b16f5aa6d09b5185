import { openCall } from '@manifold/tool-provider';
import { fixturePrincipal } from '@manifold/tool-provider/testing';
import { cites } from '../../../../test/support/cite.js';
import { eventually } from '../../../../test/support/eventually.js';
import { holdTimers } from '../../../../test/support/hold-timers.js';
import { ProviderApp } from '../testing/src/provider-app.js';

const alice = fixturePrincipal('alice');
const bob = fixturePrincipal('bob');
let app: ProviderApp;

beforeEach(async () => {
  app = await ProviderApp.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await app.stop();
});

const actions = (count: number, mark = '') =>
  Array.from({ length: count }, (_, index) => ({
    key: `action-${String(index).padStart(3, '0')}`,
    name: `Action ${index} ${mark}`,
    inputSchema: { type: 'object', properties: { id: { type: 'string', description: 'x'.repeat(300) } } },
  }));

describe('the tools of a user', () => {
  it(
    cites(
      'integration-app.tools',
      'are those of all integrations that the user has connected, of all pages, in one order',
    ),
    async () => {
      for (const integration of ['hubspot', 'google-docs', 'gmail']) app.simulator.connect('alice', integration);
      expect(await app.names(alice)).toEqual([
        'gmail_list-labels',
        'gmail_read-email',
        'gmail_send-email',
        'google-docs_append-text',
        'google-docs_create-document',
        'hubspot_create-contact',
        'hubspot_search-contacts',
      ]);
      expect(await app.names(bob)).toEqual([]);
    },
  );

  it('say what they are for, with the schema as it came', async () => {
    const inputSchema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: {
        when: { type: ['string', 'null'], format: 'date-time', enum: ['a', null], 'x-own': { deep: [1] } },
      },
      required: ['when'],
      $defs: { kept: {} },
    };
    app.simulator.offer('my_crm', [{ key: 'do_it_now', name: 'Do It Now', inputSchema }]);
    app.simulator.connect('alice', 'my_crm');
    const [tool, ...others] = await app.list(alice);
    expect(others).toEqual([]);
    expect(tool).toMatchObject({ app: 'my_crm', name: 'do_it_now', publicName: 'my_crm_do_it_now' });
    expect(tool!.definition).toEqual({
      name: 'my_crm_do_it_now',
      title: 'my_crm: Do It Now',
      description: 'my_crm: Do It Now',
      inputSchema,
    });
  });

  it(cites('integration-app.tools', 'come once, however many connections of one integration there are'), async () => {
    for (const integration of ['gmail', 'hubspot', 'gmail', 'gmail']) app.simulator.connect('alice', integration);
    expect(await app.names(alice)).toHaveLength(5);
    expect(app.simulator.requestsTo('gmail')).toHaveLength(2);
  });

  it('are 300 and more, over many pages', async () => {
    app.simulator.offer('big', actions(301));
    app.simulator.connect('alice', 'big');
    expect(await app.names(alice)).toHaveLength(301);
    const cursors = app.simulator.requestsTo('big').map(({ query }) => query.cursor);
    expect(cursors).toHaveLength(151);
    expect(new Set(cursors).size).toBe(151);
  });

  it('are asked for at once, ten integrations at a time', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `app-${index}`);
    for (const key of keys) {
      app.simulator.offer(key, actions(1));
      app.simulator.connect('alice', key);
      app.simulator.always(key, { slowMs: 500 });
    }
    app.simulator.clearRequests();
    expect(await app.names(alice)).toHaveLength(25);
    expect(app.simulator.counts).toMatchObject({ total: 13 + 25, mostInFlight: 10 });
  });

  it(
    cites('integration-app.at-once', 'of ten integrations take two round trips: the connections, then all actions'),
    async () => {
      await app.stop();
      app = await ProviderApp.start({ pageSize: 100 });
      for (let index = 0; index < 10; index += 1) {
        app.simulator.offer(`app-${index}`, actions(30));
        app.simulator.connect('alice', `app-${index}`);
      }
      for (const path of ['/connections', '/actions']) app.simulator.always(path, { slowMs: 500 });
      expect(await app.names(alice)).toHaveLength(300);
      expect(app.simulator.counts).toEqual({ total: 11, inFlight: 0, mostInFlight: 10 });
    },
  );
});

describe('a disconnected integration', () => {
  it(cites('integration-app.disconnected', 'is left out, and said to be disconnected'), async () => {
    for (const integration of ['gmail', 'hubspot']) app.simulator.connect('alice', integration);
    app.simulator.connect('bob', 'gmail');
    app.simulator.disconnect('alice', 'gmail');
    expect(await app.names(alice)).toEqual(['hubspot_create-contact', 'hubspot_search-contacts']);
    expect(await app.names(bob)).toHaveLength(3);
    const unavailable = 'disconnected: reconnect it';
    expect(await app.provider.describeApp('gmail', alice)).toEqual({ enabled: true, unavailable });
    expect(await app.provider.describeApp('gmail', bob)).toBeUndefined();
    expect(await app.provider.describeApp('hubspot', alice)).toBeUndefined();
    expect(app.simulator.requestsTo('gmail').filter(({ user }) => user === 'alice')).toEqual([]);
  });

  it('is there while another of its connections works, and again when it is reconnected', async () => {
    app.simulator.connect('alice', 'gmail');
    app.simulator.disconnect('alice', 'gmail');
    expect(await app.names(alice)).toEqual([]);
    app.simulator.connect('alice', 'gmail');
    expect(await app.names(alice)).toHaveLength(3);
    expect(await app.provider.describeApp('gmail', alice)).toBeUndefined();
  });
});

describe('an integration that fails', () => {
  beforeEach(() => {
    for (const integration of ['gmail', 'hubspot']) app.simulator.connect('alice', integration);
  });

  const HUBSPOT = ['hubspot_create-contact', 'hubspot_search-contacts'];

  it.each([
    { status: 401 },
    { status: 403 },
    { status: 404 },
    { status: 429, retryAfter: '7' },
    { status: 500 },
    'bad gateway' as const,
    'not JSON' as const,
    'cut' as const,
    { json: { items: 'none' } },
    { json: [] },
  ])(cites('integration-app.part-fails', 'does not hide the others: %j'), async (behaviour) => {
    app.simulator.always('gmail', behaviour);
    expect(await app.names(alice)).toEqual(HUBSPOT);
    const unavailable = 'its actions cannot be listed';
    expect(await app.provider.describeApp('gmail', alice)).toEqual({ enabled: true, unavailable });
    app.simulator.behave();
    expect(await app.names(alice)).toHaveLength(5);
  });

  it('without an answer is given up after a while, and does not hide the others', async () => {
    const limits = holdTimers(10_000);
    app.simulator.always('gmail', 'never');
    const abort = app.simulator.nextAbort('gmail');
    const names = app.names(alice);
    await eventually('all but one have answered', () => limits.begun > 1 && limits.held.size === 1);
    for (const expire of limits.held.values()) expire();
    expect(await names).toEqual(HUBSPOT);
    expect(await abort).toMatchObject({ user: 'alice' });
  });

  it('keeps what it offered last, where the fault is not that it refuses the user', async () => {
    const before = await app.list(alice);
    app.simulator.always('gmail', { status: 500 });
    expect(await app.list(alice)).toBe(before);
    app.simulator.always('gmail', { status: 403 });
    expect(await app.names(alice)).toEqual(HUBSPOT);
  });

  it('keeps nothing of one user for another', async () => {
    await app.list(alice);
    for (const integration of ['gmail', 'hubspot']) app.simulator.connect('bob', integration);
    app.simulator.always('gmail', { status: 500 });
    expect(await app.names(bob)).toEqual(HUBSPOT);
  });

  it('fails the listing where no other is left', async () => {
    app.simulator.always('/actions', { status: 500 });
    await expect(app.list(alice)).rejects.toMatchObject({ name: 'ProviderError', code: 'upstream_unavailable' });
    expect(app.provider.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('HTTP 500') });
    app.simulator.behave();
    await app.list(alice);
    expect(app.provider.health()).toEqual({ status: 'up' });
  });

  it.each<[object | 'not JSON', string]>([
    [{ status: 401 }, 'reauth_required'],
    [{ status: 403 }, 'permission_denied'],
    [{ status: 429, retryAfter: '7' }, 'rate_limited'],
    [{ status: 500 }, 'upstream_unavailable'],
    ['not JSON', 'upstream_rejected'],
    [{ json: { items: [], cursor: 'again' } }, 'upstream_rejected'],
  ])('as a list of connections is the end of the listing: %j', async (behaviour, code) => {
    app.simulator.always('/connections', behaviour as never);
    await expect(app.list(alice)).rejects.toMatchObject({ name: 'ProviderError', code });
  });

  it('is asked no more when the listing is given up', async () => {
    app.simulator.always('/actions', 'never');
    const call = openCall({ principal: alice, requestId: 'listing-spec', timeoutMs: 20_000 });
    const arrivals = [app.simulator.nextRequest('gmail'), app.simulator.nextRequest('hubspot')];
    const aborts = [app.simulator.nextAbort('gmail'), app.simulator.nextAbort('hubspot')];
    const listing = app.provider.listTools(call.context);
    listing.catch(() => undefined);
    await Promise.all(arrivals);
    call.cancel();
    await expect(listing).rejects.toMatchObject({ code: 'cancelled' });
    await Promise.all(aborts);
    expect(app.provider.health()).toEqual({ status: 'up' });
    call.close();
  });

  it('for one user is no fault of the provider', async () => {
    app.simulator.always('/connections', { status: 401 });
    await expect(app.list(alice)).rejects.toMatchObject({ code: 'reauth_required' });
    expect(app.provider.health()).toEqual({ status: 'up' });
  });
});

describe('users with equal integrations', () => {
  it('share one array, and those with some equal ones the tools of these', async () => {
    for (const integration of ['gmail', 'hubspot']) app.simulator.connect('alice', integration);
    for (const integration of ['hubspot', 'gmail']) app.simulator.connect('bob', integration);
    app.simulator.connect('carol', 'hubspot');
    const [mine, again, theirs] = [await app.list(alice), await app.list(alice), await app.list(bob)];
    const some = await app.list(fixturePrincipal('carol'));
    expect(again).toBe(mine);
    expect(theirs).toBe(mine);
    expect(some).toHaveLength(2);
    expect(some.every((tool) => mine.includes(tool))).toBe(true);
  });

  it('get another array when an action changes', async () => {
    app.simulator.connect('alice', 'gmail');
    const before = await app.list(alice);
    app.simulator.offer('gmail', [{ key: 'send-email', name: 'Send' }]);
    const after = await app.list(alice);
    expect(after).not.toBe(before);
    expect(after.map(({ definition }) => definition.title)).toEqual(['Gmail: Send']);
  });
});

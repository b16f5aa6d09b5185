import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthorizationServer, ProtectedUpstream, ResourceOwner } from '../../../../test/simulators/oauth/index.js';
import { Clock, OAuthApp, user } from '../../testing/src/index.js';

const ann = user('ann');
let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let app: OAuthApp;

beforeEach(async () => {
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  app = await OAuthApp.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await app.discard();
  await upstream.stop();
  await authority.stop();
});

const newLink = (owner = ann, url = upstream.url) =>
  app.links.create({
    owner,
    server: { name: owner.server, url },
    challenge: { scopes: ['files:read', 'files:write'] },
  });
const tokenOf = (link: string) => new URL(link).searchParams.get('link')!;

const press = (link: string, headers: Record<string, string> = { origin: app.url }) =>
  fetch(new URL(link).href.split('?')[0]!, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ link: tokenOf(link) }),
  });

/** Presses the button and consents: where the browser is sent back to, and its cookie. */
async function consent(link: string): Promise<{ back: URL; cookie: string }> {
  const answer = await press(link);
  const { authorizationUrl } = (await answer.json()) as { authorizationUrl: string };
  return {
    back: await new ResourceOwner('ann').allow(authorizationUrl),
    cookie: answer.headers.get('set-cookie')!.split(';')[0]!,
  };
}

const stateOf = async (owner = ann) => (await app.connections.status(owner)).state;

describe('the page of a link', () => {
  it('names the user and the server, and may neither be framed, kept nor told to others', async () => {
    const link = await newLink();
    expect(link.startsWith(`${app.url}/oauth/connect/files?link=`)).toBe(true);
    const response = await fetch(link);
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('<bdi>ann</bdi>');
    expect(html).toContain('Connect files');
    expect(html).toContain(new URL(upstream.url).host);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    });
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(html).not.toContain(tokenOf(link));
  });

  it('shows the name of a user as text, whatever it is', async () => {
    const html = await (await fetch(await newLink(user('<img src=x onerror=alert(1)>"')))).text();
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img src=x');
  });

  it('does not use the link up, however often it is opened', async () => {
    const link = await newLink();
    for (let visit = 0; visit < 3; visit += 1) expect((await fetch(link)).status).toBe(200);
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
    expect((await press(link)).status).toBe(200);
  });

  it('is not shown while the tenant is disabled, and the link is not used up by trying', async () => {
    const link = await newLink();
    app.enable('default', false);
    expect((await fetch(link)).status).toBe(400);
    expect((await press(link)).status).toBe(400);
    app.enable('default', true);
    expect((await fetch(link)).status).toBe(200);
    expect((await press(link)).status).toBe(200);
  });

  it('connects nobody whose tenant has been disabled meanwhile', async () => {
    const { back, cookie } = await consent(await newLink());
    app.enable('default', false);
    expect((await fetch(back, { headers: { cookie } })).status).toBe(400);
    expect(await stateOf()).not.toBe('connected');
    expect(authority.requestsTo('token')).toEqual([]);
  });

  it('says the same of a link that is unknown, used, expired, incomplete or of another server', async () => {
    const used = await newLink();
    await press(used);
    const good = await newLink();
    const expired = await newLink();
    const pages = [
      used,
      good.replace('/files?', '/mail?'),
      good.slice(0, -1),
      `${good.split('?')[0]}`,
      `${good}&link=${tokenOf(good)}`,
      good.replace(tokenOf(good), 'A'.repeat(43)),
    ];
    const texts = new Set<string>();
    for (const link of pages) {
      const response = await fetch(link);
      expect([link, response.status]).toEqual([link, 400]);
      texts.add((await response.text()).replaceAll(/nonce="[^"]*"/g, ''));
    }
    Clock.take().advance(15 * 60_000 + 1);
    const response = await fetch(expired);
    texts.add((await response.text()).replaceAll(/nonce="[^"]*"/g, ''));
    expect(response.status).toBe(400);
    expect([...texts]).toEqual([expect.stringContaining('This link cannot be used')]);
  });
});

describe('the button', () => {
  it('sends one of a hundred who press at once to the authorization server, with the scopes of the challenge', async () => {
    const link = await newLink();
    const answers = await Promise.all(Array.from({ length: 100 }, () => press(link)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 99 }, () => 400)]);
    const winner = answers.find(({ status }) => status === 200)!;
    const url = new URL(((await winner.json()) as { authorizationUrl: string }).authorizationUrl);
    expect(url.origin).toBe(authority.issuer);
    expect(url.searchParams.get('scope')!.split(' ')).toEqual(expect.arrayContaining(['files:read', 'files:write']));
    expect(url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(url.searchParams.get('resource')).toBe(upstream.url);
    expect(winner.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/);
    expect(winner.headers.get('cache-control')).toBe('no-store');
  });

  it.each<[string, Record<string, string>]>([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour of the site', { 'sec-fetch-site': 'same-site' }],
    ['of another origin', { origin: 'https://evil.example' }],
    ['of no page at all', {}],
  ])('does nothing for a page %s, and the link stays good', async (_, headers) => {
    const link = await newLink();
    expect((await press(link, headers)).status).toBe(403);
    expect((await press(link)).status).toBe(200);
  });

  it.each([
    {},
    { link: 1 },
    { link: null },
    { link: { $ne: '' } },
    { link: 'short' },
    { link: 'A'.repeat(43), more: 1 },
  ])('is answered 400 for %j', async (body) => {
    const response = await fetch(`${app.url}/oauth/connect/files`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
  });

  it('says why a server cannot be connected, and sends nobody anywhere', async () => {
    upstream.metadata = 'missing';
    const answer = await press(await newLink());
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/^[a-z_]+$/), detail: expect.any(String) });
    expect(answer.headers.get('set-cookie')).toBeNull();
  });
});

describe('the callback', () => {
  it('stores the tokens and says so', async () => {
    const { back, cookie } = await consent(await newLink());
    expect(back.href.startsWith(`${app.url}/oauth/callback?`)).toBe(true);
    const response = await fetch(back, { headers: { cookie } });
    const html = await response.text();
    expect([response.status, html]).toEqual([200, expect.stringContaining('files is connected')]);
    expect(html).toContain('<bdi>ann</bdi>');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await stateOf()).toBe('connected');
    expect(await stateOf(user('bob'))).toBe('none');
  });

  it('works once, and only in the browser that started', async () => {
    const first = await consent(await newLink());
    expect((await fetch(first.back)).status).toBe(400);
    expect((await fetch(first.back, { headers: { cookie: first.cookie } })).status).toBe(400);
    expect(await stateOf()).toBe('none');
    const second = await consent(await newLink());
    expect((await fetch(second.back, { headers: { cookie: second.cookie } })).status).toBe(200);
    expect((await fetch(second.back, { headers: { cookie: second.cookie } })).status).toBe(400);
  });

  it('stores nothing when the answer comes from another issuer, or says no', async () => {
    const mixed = await consent(await newLink());
    mixed.back.searchParams.set('iss', 'https://evil.example');
    const swapped = await fetch(mixed.back, { headers: { cookie: mixed.cookie } });
    expect([swapped.status, await swapped.text()]).toEqual([
      400,
      expect.stringContaining('another authorization server'),
    ]);

    const denied = await consent(await newLink());
    denied.back.searchParams.delete('code');
    denied.back.searchParams.set('error', 'access_denied');
    denied.back.searchParams.set('error_description', '<script>alert(1)</script>');
    const refused = await fetch(denied.back, { headers: { cookie: denied.cookie } });
    const html = await refused.text();
    expect([refused.status, html]).toEqual([400, expect.stringContaining('Access was not granted')]);
    expect(html).toContain('did not grant access: access_denied');
    expect(html).not.toContain('alert(1)');

    const markup = await consent(await newLink());
    markup.back.searchParams.set('error', '<b>Call 555</b>');
    const page = await (await fetch(markup.back, { headers: { cookie: markup.cookie } })).text();
    expect(page).toContain('did not grant access: unknown error');
    expect(page).not.toContain('555');
    expect(authority.requestsTo('token')).toEqual([]);
    expect(await stateOf()).toBe('none');
  });

  it.each(['', '?state=', '?state=a&state=b', '?state[$ne]=1', `?state=${'A'.repeat(43)}&code=x`])(
    'answers a page that says what to do for %s',
    async (query) => {
      const response = await fetch(`${app.url}/oauth/callback${query}`);
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('ask again')]);
    },
  );
});

it('keeps no link in the database that works, and none of a server or user that is gone', async () => {
  const [link, other] = [await newLink(), await newLink(user('bob'))];
  const files = readdirSync(app.dataDir, { withFileTypes: true }).filter((file) => file.isFile());
  const bytes = Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
  expect(bytes.includes('oauth_connect_links')).toBe(true);
  expect(bytes.includes(tokenOf(link))).toBe(false);
  await app.connections.removeUser(ann.principal);
  expect([(await fetch(link)).status, (await fetch(other)).status]).toEqual([400, 200]);
  await app.connections.removeServer('default', 'files');
  expect((await fetch(other)).status).toBe(400);
});

it('tells authorization servers who the gateway is', async () => {
  const response = await fetch(`${app.url}/oauth/client.json`);
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({
    client_id: `${app.url}/oauth/client.json`,
    redirect_uris: [`${app.url}/oauth/callback`],
    token_endpoint_auth_method: 'none',
  });
});

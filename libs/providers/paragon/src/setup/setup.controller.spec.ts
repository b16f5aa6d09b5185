import { jwtVerify } from 'jose';
import { principalOf, PROJECT_ID, startSetup, type SetupApp } from '../../testing/src/setup-app.js';

const ALICE = principalOf('alice');

describe('the setup page', () => {
  let app: SetupApp;

  beforeAll(async () => {
    app = await startSetup();
  });

  afterAll(() => app.discard());

  const newLink = (integration = 'slack', subject = 'alice') => app.links.create(principalOf(subject), integration);
  const tokenOf = (link: string): string => new URL(link).searchParams.get('token')!;

  const post = (token: unknown, headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }) =>
    fetch(`${app.url}/setup`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ token }),
    });

  it('needs no credential, names the app and the user, and does not contain the token', async () => {
    const link = await newLink('googleCalendar', 'alice@example.test');
    const response = await fetch(link);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page).toContain('<h1>Connect Google Calendar</h1>');
    expect(page).toContain('alice@example.test');
    expect(page).toContain(new URL(app.url).host);
    expect(page).not.toContain(tokenOf(link));
  });

  it('can be opened, prefetched and asked for with HEAD without using the link up', async () => {
    const link = await newLink();
    for (const init of [{}, { method: 'HEAD' }, { headers: { purpose: 'prefetch' } }, {}]) {
      expect((await fetch(link, init)).status).toBe(200);
    }
    expect((await post(tokenOf(link))).status).toBe(200);
  });

  it.each([
    '',
    '?token=',
    '?token=missing',
    '?token[$gt]=',
    '?token=a&token=b',
    '?Token=x',
    `?token=${'x'.repeat(5000)}`,
  ])('answers /setup%s with 400 and a page that says what to do', async (query) => {
    const response = await fetch(`${app.url}/setup${query}`);
    const page = await response.text();
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(page).toContain('ask again');
    expect(page).not.toContain('<script');
  });

  it('is not shown while the tenant is disabled, and gives out no credential', async () => {
    const link = await newLink();
    const enable = (enabled: boolean) => app.tenants.put('default', { enabled, createdAt: '', updatedAt: '' });
    enable(false);
    expect([(await fetch(link)).status, (await post(tokenOf(link))).status]).toEqual([400, 400]);
    enable(true);
    expect([(await fetch(link)).status, (await post(tokenOf(link))).status]).toEqual([200, 200]);
  });

  it('says the same of a link that was used', async () => {
    const link = await newLink();
    await post(tokenOf(link));
    expect((await fetch(link)).status).toBe(400);
  });

  it.each([
    ['an integration', `"><img src=x onerror=alert(1)>`, 'alice'],
    ['a user', 'slack', `</b><script>alert('1')</script>&"`],
  ])('shows %s with HTML in its name as text', async (_what, integration, subject) => {
    const page = await (await fetch(await newLink(integration, subject))).text();
    expect(page).not.toMatch(/<img|<script>|onerror=alert\(1\)>/);
    expect(page).toMatch(/&lt;(img|script)/i);
  });

  it.each(['/setup', 'a link that works'])('forbids framing, keeping, sniffing and referring: %s', async (which) => {
    const { headers } = await fetch(which === '/setup' ? `${app.url}/setup` : await newLink());
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin-allow-popups',
    });
    const policy = headers.get('content-security-policy')!.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "connect-src 'self' https://*.useparagon.com https://cdn.useparagon.com https://zeus.useparagon.com",
        'frame-src https://*.useparagon.com https://cdn.useparagon.com https://zeus.useparagon.com',
        expect.stringMatching(/^script-src 'nonce-[\w+/=]{24}' https:\/\/cdn\.useparagon\.com$/),
      ]),
    );
    expect(policy.join()).not.toMatch(/unsafe|\*(?!\.useparagon\.com)/);
  });

  it('marks its script and style with a nonce that is another each time', async () => {
    const link = await newLink();
    const nonces = await Promise.all(
      [1, 2].map(async () => {
        const response = await fetch(link);
        const [, nonce] = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy')!)!;
        const page = await response.text();
        expect(page.split(`nonce="${nonce}"`)).toHaveLength(3);
        expect(page.match(/<(script|style)/g)).toHaveLength(2);
        return nonce;
      }),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('gives the project, a token of the user for ten minutes and the integration, once', async () => {
    const token = tokenOf(await newLink('custom.spotify'));
    const response = await post(token);
    const { userToken, ...rest } = (await response.json()) as { userToken: string };
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(rest).toEqual({ projectId: PROJECT_ID, integration: 'custom.spotify' });
    const { payload } = await jwtVerify(userToken, app.publicKey, { audience: `useparagon.com/${PROJECT_ID}` });
    expect(payload.sub).toBe('alice');
    expect(payload.exp! - payload.iat!).toBe(600);

    const again = await post(token);
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ code: 'setup_link_unusable' });
  });

  it('answers one of 100 parallel requests for one link', async () => {
    const token = tokenOf(await newLink());
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(99).fill(400)]);
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['another site, in an old browser', { origin: 'https://evil.test' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['no page at all', {}],
  ])('refuses a request of %s, and the link stays good', async (_from, headers) => {
    const link = await newLink();
    const response = await post(tokenOf(link), headers);
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect((await post(tokenOf(link))).status).toBe(200);
  });

  it.each<[number, string, RequestInit]>([
    [415, 'a form', { body: 'token=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    [
      415,
      'plain text, which other sites may send',
      { body: '{"token":"x"}', headers: { 'content-type': 'text/plain' } },
    ],
    [400, 'bad JSON', { body: '{' }],
    [400, 'no body', {}],
    [400, 'no token', { body: '{}' }],
    [400, 'an operator', { body: '{"token":{"$ne":""}}' }],
    [400, 'an unknown field', { body: '{"token":"x","integration":"notion"}' }],
    [413, 'a long token', { body: JSON.stringify({ token: 'x'.repeat(2000) }) }],
  ])('answers %i to %s', async (status, _what, init) => {
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...init.headers };
    const response = await fetch(`${app.url}/setup`, { method: 'POST', ...init, headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, success: false });
  });
});

describe('the setup page with other settings', () => {
  const pageOf = async (settings: Record<string, string>) => {
    const app = await startSetup({ settings });
    const link = await app.links.create(ALICE, 'slack');
    const response = await fetch(link.replace(/^https?:\/\/[^/]+\/.*?setup/, `${app.url}/setup`));
    const page = { link, html: await response.text(), policy: response.headers.get('content-security-policy')! };
    await app.discard();
    return page;
  };

  it('lets a self-hosted Paragon in, and tells the SDK of it', async () => {
    const { html, policy } = await pageOf({
      ZEUS_BASE_URL: 'https://zeus.paragon.example.com',
      CONNECT_SDK_CDN_URL: 'https://cdn.paragon.example.com/sdk.js',
    });
    expect(policy).toMatch(/script-src 'nonce-[^']+' https:\/\/cdn\.paragon\.example\.com;/);
    expect(policy).toContain('frame-src https://*.useparagon.com https://*.paragon.example.com ');
    expect(html).toContain('data-host="paragon.example.com"');
  });

  it('allows the origins of an SDK and an API on other addresses', async () => {
    const { html, policy } = await pageOf({
      ZEUS_BASE_URL: 'http://127.0.0.1:4001/api',
      CONNECT_SDK_CDN_URL: 'http://127.0.0.1:4000/sdk/index.js',
    });
    expect(policy).toContain(
      "connect-src 'self' https://*.useparagon.com http://127.0.0.1:4000 http://127.0.0.1:4001;",
    );
    expect(html).toContain('data-sdk="http://127.0.0.1:4000/sdk/index.js"');
    expect(html).toContain('data-host=""');
  });

  it('keeps the path of a public URL behind a proxy in its links', async () => {
    const { link, html } = await pageOf({ MCP_SERVER_URL: 'https://gateway.test/manifold' });
    expect(link).toMatch(/^https:\/\/gateway\.test\/manifold\/setup\?token=/);
    expect(html).toContain('gateway.test');
  });
});

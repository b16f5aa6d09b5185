import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { AuthorizationServer, KNOWN_CLIENT } from './index.js';

const CHROMIUM = '/usr/bin/chromium';
/** Where there is no browser, the report says that this was not run; CI insists on one. */
const here = existsSync(CHROMIUM) || process.env.CHROMIUM_REQUIRED === '1';

(here ? it : it.skip)(`lets a real browser consent${here ? '' : ` (there is no ${CHROMIUM})`}`, async () => {
  const server = await AuthorizationServer.start({ redirectUris: ['http://127.0.0.1:9/callback'] });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage();
    await page.route('http://127.0.0.1:9/**', (route) => route.fulfill({ body: 'back at the client' }));
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: KNOWN_CLIENT.id,
      redirect_uri: 'http://127.0.0.1:9/callback',
      scope: 'files:read files:write',
      resource: 'http://127.0.0.1:9/mcp',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    });
    await page.goto(`${server.issuer}/auth?${parameters.toString()}`);
    await page.getByLabel('Who are you?').fill('ann');
    await page.getByLabel('files:write').uncheck();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('back at the client').waitFor();
    expect(new URL(page.url()).searchParams.get('code')).not.toBeNull();
  } finally {
    await browser.close();
    await server.stop();
  }
});
